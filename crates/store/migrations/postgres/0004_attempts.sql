-- Failed attempts to sign in, counted by the tag of the address that was typed, whether anybody has it or not. They come before
-- an organisation is known, and are forgotten when they no longer count.
CREATE TABLE sign_in_attempt (
    tag          BYTEA NOT NULL,
    attempt_id   UUID NOT NULL,
    counts_until BIGINT NOT NULL,
    PRIMARY KEY (tag, attempt_id)
);
CREATE INDEX sign_in_attempt_by_end ON sign_in_attempt (counts_until);
