-- Declared conflicts of interest: in words, sealed under a key of its own for each, which goes with it when it is lifted. Whom it met
-- stands in the member's record, by id.
CREATE TABLE declaration (
    organisation_id BLOB NOT NULL,
    declaration_id  BLOB NOT NULL,
    member_id       BLOB NOT NULL,
    sealed          BLOB NOT NULL,
    PRIMARY KEY (organisation_id, declaration_id),
    FOREIGN KEY (organisation_id, member_id) REFERENCES member (organisation_id, member_id)
);

PRAGMA user_version = 18;
