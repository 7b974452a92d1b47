-- What each certificate of destruction names, so that whoever comes to it is told that it was destroyed, however long ago. It says
-- ids and nothing else, follows the sealed certificate, and is filled from it when the program starts where it is missing.
CREATE TABLE destroyed_record (
    organisation_id UUID NOT NULL,
    record_id       UUID NOT NULL,
    destruction_id  UUID NOT NULL,
    PRIMARY KEY (organisation_id, record_id, destruction_id),
    FOREIGN KEY (organisation_id, destruction_id) REFERENCES destruction (organisation_id, destruction_id)
);
CREATE INDEX destroyed_record_by_destruction ON destroyed_record (organisation_id, destruction_id);
