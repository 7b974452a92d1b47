-- Tags by which sessions, links and passwords are bound to whom they are for: HMACs under the installation's key. Passwords that are kept
-- are tagged as they stand in the same transaction, which takes the key, and so is done by the program (`schema`). Whoever is signed in
-- while this is done signs in again, and links are given anew. An empty tag fits nothing.
DELETE FROM session;
ALTER TABLE session ADD COLUMN tag BLOB NOT NULL DEFAULT x'';

DELETE FROM member_link;
ALTER TABLE member_link ADD COLUMN tag BLOB NOT NULL DEFAULT x'';

ALTER TABLE member_password ADD COLUMN tag BLOB NOT NULL DEFAULT x'';

PRAGMA user_version = 21;
