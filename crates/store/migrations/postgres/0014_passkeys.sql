-- Passkeys. What an authenticator's signature is checked against is sealed under the member's own key; `tag` is an HMAC of the
-- credential's id, by which it is found again.
CREATE TABLE passkey (
    organisation_id UUID NOT NULL,
    member_id       UUID NOT NULL,
    passkey_id      UUID NOT NULL,
    tag             BYTEA NOT NULL,
    added_at        BIGINT NOT NULL,
    used_at         BIGINT,
    sealed          BYTEA NOT NULL,
    PRIMARY KEY (organisation_id, member_id, passkey_id),
    FOREIGN KEY (organisation_id, member_id) REFERENCES member (organisation_id, member_id)
);
CREATE UNIQUE INDEX passkey_by_tag ON passkey (organisation_id, member_id, tag);
