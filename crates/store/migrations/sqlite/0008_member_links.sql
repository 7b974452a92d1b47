-- Links with which a member sets their password: an invitation, or a new password. One for each member at most, used once;
-- only the hash of the secret is kept.
CREATE TABLE member_link (
    organisation_id BLOB NOT NULL,
    member_id       BLOB NOT NULL,
    secret_hash     BLOB NOT NULL,
    made_at         BIGINT NOT NULL,
    ends_at         BIGINT NOT NULL,
    PRIMARY KEY (organisation_id, member_id),
    FOREIGN KEY (organisation_id, member_id) REFERENCES member (organisation_id, member_id)
);
CREATE INDEX member_link_by_secret ON member_link (organisation_id, secret_hash);

PRAGMA user_version = 8;
