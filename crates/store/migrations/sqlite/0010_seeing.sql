-- Who was shown what about whom; where people live; and emergency access. What each says is sealed, in `record`.

-- That a member was shown something about people. `times` counts further views of the same hour; it stands outside the ledger.
CREATE TABLE viewing (
    organisation_id BLOB NOT NULL REFERENCES organisation (organisation_id),
    view_id         BLOB NOT NULL,
    version         BIGINT NOT NULL,
    member_id       BLOB NOT NULL,
    first_at        BIGINT NOT NULL,
    times           BIGINT NOT NULL,
    PRIMARY KEY (organisation_id, view_id),
    FOREIGN KEY (organisation_id, member_id) REFERENCES member (organisation_id, member_id)
);
CREATE INDEX viewing_by_time ON viewing (organisation_id, first_at);

CREATE TABLE viewing_person (
    organisation_id BLOB NOT NULL,
    view_id         BLOB NOT NULL,
    person_id       BLOB NOT NULL,
    PRIMARY KEY (organisation_id, view_id, person_id),
    FOREIGN KEY (organisation_id, view_id) REFERENCES viewing (organisation_id, view_id),
    FOREIGN KEY (organisation_id, person_id) REFERENCES person (organisation_id, person_id)
);
CREATE INDEX viewing_person_by_person ON viewing_person (organisation_id, person_id, view_id);

-- An address is a record of its own, so that nothing else that is read can hold it.
CREATE TABLE person_address (
    organisation_id BLOB NOT NULL,
    person_id       BLOB NOT NULL,
    version         BIGINT NOT NULL,
    PRIMARY KEY (organisation_id, person_id),
    FOREIGN KEY (organisation_id, person_id) REFERENCES person (organisation_id, person_id)
);

CREATE TABLE emergency (
    organisation_id BLOB NOT NULL REFERENCES organisation (organisation_id),
    emergency_id    BLOB NOT NULL,
    version         BIGINT NOT NULL,
    matter_id       BLOB NOT NULL,
    member_id       BLOB NOT NULL,
    begins_at       BIGINT NOT NULL,
    PRIMARY KEY (organisation_id, emergency_id),
    FOREIGN KEY (organisation_id, matter_id) REFERENCES matter (organisation_id, matter_id),
    FOREIGN KEY (organisation_id, member_id) REFERENCES member (organisation_id, member_id)
);
CREATE INDEX emergency_by_member ON emergency (organisation_id, member_id, begins_at);

PRAGMA user_version = 10;
