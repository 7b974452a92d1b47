-- How whoever signed in proved who they are, when they last did, and in which sort of browser. Sessions are short: whoever is signed in
-- while this is done signs in again.
DROP TABLE session;
CREATE TABLE session (
    organisation_id UUID NOT NULL,
    token_hash      BYTEA NOT NULL,
    session_id      UUID NOT NULL,
    member_id       UUID NOT NULL,
    proved          TEXT NOT NULL,
    browser         TEXT NOT NULL,
    started_at      BIGINT NOT NULL,
    confirmed_at    BIGINT NOT NULL,
    seen_at         BIGINT NOT NULL,
    idle_until      BIGINT NOT NULL,
    ends_at         BIGINT NOT NULL,
    PRIMARY KEY (organisation_id, token_hash),
    FOREIGN KEY (organisation_id, member_id) REFERENCES member (organisation_id, member_id)
);
CREATE INDEX session_by_member ON session (organisation_id, member_id);
