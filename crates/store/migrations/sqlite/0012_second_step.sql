-- The second step of signing in, and the devices on which somebody has signed in before.
CREATE TABLE second_step (
    organisation_id BLOB NOT NULL,
    member_id       BLOB NOT NULL,
    set_at          BIGINT NOT NULL,
    last_step       BIGINT NOT NULL,
    sealed          BLOB NOT NULL,
    PRIMARY KEY (organisation_id, member_id),
    FOREIGN KEY (organisation_id, member_id) REFERENCES member (organisation_id, member_id)
);

CREATE TABLE recovery_code (
    organisation_id BLOB NOT NULL,
    member_id       BLOB NOT NULL,
    tag             BLOB NOT NULL,
    PRIMARY KEY (organisation_id, member_id, tag),
    FOREIGN KEY (organisation_id, member_id) REFERENCES member (organisation_id, member_id)
);

-- Found by the tag of the address that was typed, before an organisation is known.
CREATE TABLE known_device (
    tag             BLOB NOT NULL,
    device          BLOB NOT NULL,
    known_until     BIGINT NOT NULL,
    PRIMARY KEY (tag, device)
);
CREATE INDEX known_device_by_end ON known_device (known_until);

PRAGMA user_version = 12;
