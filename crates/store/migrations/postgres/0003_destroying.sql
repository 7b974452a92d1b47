-- Destroying, what forbids it, and recovery from a backup: what each says is sealed for the organisation, in `record`.

-- A certificate of destruction. The person's own row is gone, so that this names an id and nothing else.
CREATE TABLE destruction (
    organisation_id UUID NOT NULL REFERENCES organisation (organisation_id),
    destruction_id  UUID NOT NULL,
    person_id       UUID NOT NULL,
    decided_at      BIGINT NOT NULL,
    PRIMARY KEY (organisation_id, destruction_id)
);
CREATE INDEX destruction_by_person ON destruction (organisation_id, person_id);

CREATE TABLE legal_hold (
    organisation_id UUID NOT NULL REFERENCES organisation (organisation_id),
    hold_id         UUID NOT NULL,
    version         BIGINT NOT NULL,
    PRIMARY KEY (organisation_id, hold_id)
);

CREATE TABLE recovery (
    organisation_id UUID NOT NULL REFERENCES organisation (organisation_id),
    recovery_id     UUID NOT NULL,
    restored_at     BIGINT NOT NULL,
    PRIMARY KEY (organisation_id, recovery_id)
);
