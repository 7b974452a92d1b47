-- The second step of signing in, and the devices on which somebody has signed in before.
CREATE TABLE second_step (
    organisation_id UUID NOT NULL,
    member_id       UUID NOT NULL,
    set_at          BIGINT NOT NULL,
    last_step       BIGINT NOT NULL,
    sealed          BYTEA NOT NULL,
    PRIMARY KEY (organisation_id, member_id),
    FOREIGN KEY (organisation_id, member_id) REFERENCES member (organisation_id, member_id)
);

CREATE TABLE recovery_code (
    organisation_id UUID NOT NULL,
    member_id       UUID NOT NULL,
    tag             BYTEA NOT NULL,
    PRIMARY KEY (organisation_id, member_id, tag),
    FOREIGN KEY (organisation_id, member_id) REFERENCES member (organisation_id, member_id)
);

-- Found by the tag of the address that was typed, before an organisation is known.
CREATE TABLE known_device (
    tag             BYTEA NOT NULL,
    device          BYTEA NOT NULL,
    known_until     BIGINT NOT NULL,
    PRIMARY KEY (tag, device)
);
CREATE INDEX known_device_by_end ON known_device (known_until);
