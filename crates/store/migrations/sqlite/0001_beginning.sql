-- Every key starts with the organisation, except the few tables that come before one is known: installation,
-- sign_in_name and the guidance packs, which hold nothing of an organisation's. Times are microseconds of UTC.
-- Personal fields live only in columns named `sealed`.

CREATE TABLE schema_migration (
    schema     BIGINT NOT NULL PRIMARY KEY,
    applied_at BIGINT NOT NULL
);

CREATE TABLE installation (
    one        BIGINT NOT NULL PRIMARY KEY CHECK (one = 1),
    commitment BLOB NOT NULL,
    created_at BIGINT NOT NULL
);

CREATE TABLE organisation (
    organisation_id BLOB NOT NULL PRIMARY KEY,
    version         BIGINT NOT NULL,
    commitment      BLOB NOT NULL
);

-- A random key for each person (and for what has no person), wrapped under the organisation's key. Deleting the row
-- destroys the key; this table is backed up apart from all others.
CREATE TABLE holder_key (
    organisation_id BLOB NOT NULL REFERENCES organisation (organisation_id),
    holder_kind     TEXT NOT NULL,
    holder_id       BLOB NOT NULL,
    wrapped         BLOB NOT NULL,
    PRIMARY KEY (organisation_id, holder_kind, holder_id)
);

-- A record's own random key, wrapped once for each holder.
CREATE TABLE record_key (
    organisation_id BLOB NOT NULL REFERENCES organisation (organisation_id),
    kind            TEXT NOT NULL,
    record_id       BLOB NOT NULL,
    holder_kind     TEXT NOT NULL,
    holder_id       BLOB NOT NULL,
    wrapped         BLOB NOT NULL,
    PRIMARY KEY (organisation_id, kind, record_id, holder_kind, holder_id)
);

-- Every version of every record that must not change unseen. Rows are only ever added.
CREATE TABLE record (
    organisation_id BLOB NOT NULL REFERENCES organisation (organisation_id),
    kind            TEXT NOT NULL,
    record_id       BLOB NOT NULL,
    version         BIGINT NOT NULL,
    sealed          BLOB NOT NULL,
    PRIMARY KEY (organisation_id, kind, record_id, version)
);

CREATE TABLE member (
    organisation_id BLOB NOT NULL REFERENCES organisation (organisation_id),
    member_id       BLOB NOT NULL,
    version         BIGINT NOT NULL,
    PRIMARY KEY (organisation_id, member_id)
);

-- Finds who signs in from a keyed tag of the e-mail address; the address itself is sealed with the member.
CREATE TABLE sign_in_name (
    tag             BLOB NOT NULL PRIMARY KEY,
    organisation_id BLOB NOT NULL,
    member_id       BLOB NOT NULL,
    FOREIGN KEY (organisation_id, member_id) REFERENCES member (organisation_id, member_id)
);

CREATE TABLE member_password (
    organisation_id BLOB NOT NULL,
    member_id       BLOB NOT NULL,
    hash            TEXT NOT NULL,
    set_at          BIGINT NOT NULL,
    PRIMARY KEY (organisation_id, member_id),
    FOREIGN KEY (organisation_id, member_id) REFERENCES member (organisation_id, member_id)
);

CREATE TABLE session (
    organisation_id BLOB NOT NULL,
    token_hash      BLOB NOT NULL,
    session_id      BLOB NOT NULL,
    member_id       BLOB NOT NULL,
    started_at      BIGINT NOT NULL,
    seen_at         BIGINT NOT NULL,
    idle_until      BIGINT NOT NULL,
    ends_at         BIGINT NOT NULL,
    PRIMARY KEY (organisation_id, token_hash),
    FOREIGN KEY (organisation_id, member_id) REFERENCES member (organisation_id, member_id)
);
CREATE INDEX session_by_member ON session (organisation_id, member_id);

CREATE TABLE contact (
    organisation_id BLOB NOT NULL REFERENCES organisation (organisation_id),
    contact_id      BLOB NOT NULL,
    version         BIGINT NOT NULL,
    PRIMARY KEY (organisation_id, contact_id)
);

CREATE TABLE person (
    organisation_id BLOB NOT NULL REFERENCES organisation (organisation_id),
    person_id       BLOB NOT NULL,
    version         BIGINT NOT NULL,
    PRIMARY KEY (organisation_id, person_id)
);

CREATE TABLE matter (
    organisation_id BLOB NOT NULL REFERENCES organisation (organisation_id),
    matter_id       BLOB NOT NULL,
    version         BIGINT NOT NULL,
    opened_at       BIGINT NOT NULL,
    PRIMARY KEY (organisation_id, matter_id)
);

CREATE TABLE matter_person (
    organisation_id BLOB NOT NULL,
    matter_id       BLOB NOT NULL,
    person_id       BLOB NOT NULL,
    PRIMARY KEY (organisation_id, matter_id, person_id),
    FOREIGN KEY (organisation_id, matter_id) REFERENCES matter (organisation_id, matter_id),
    FOREIGN KEY (organisation_id, person_id) REFERENCES person (organisation_id, person_id)
);
CREATE INDEX matter_by_person ON matter_person (organisation_id, person_id);

CREATE TABLE matter_member (
    organisation_id BLOB NOT NULL,
    matter_id       BLOB NOT NULL,
    member_id       BLOB NOT NULL,
    PRIMARY KEY (organisation_id, matter_id, member_id),
    FOREIGN KEY (organisation_id, matter_id) REFERENCES matter (organisation_id, matter_id),
    FOREIGN KEY (organisation_id, member_id) REFERENCES member (organisation_id, member_id)
);
CREATE INDEX matter_by_member ON matter_member (organisation_id, member_id);

CREATE TABLE item (
    organisation_id BLOB NOT NULL,
    item_id         BLOB NOT NULL,
    matter_id       BLOB NOT NULL,
    version         BIGINT NOT NULL,
    added_at        BIGINT NOT NULL,
    PRIMARY KEY (organisation_id, item_id),
    FOREIGN KEY (organisation_id, matter_id) REFERENCES matter (organisation_id, matter_id)
);
CREATE INDEX item_by_matter ON item (organisation_id, matter_id);

CREATE TABLE item_person (
    organisation_id BLOB NOT NULL,
    item_id         BLOB NOT NULL,
    person_id       BLOB NOT NULL,
    PRIMARY KEY (organisation_id, item_id, person_id),
    FOREIGN KEY (organisation_id, item_id) REFERENCES item (organisation_id, item_id),
    FOREIGN KEY (organisation_id, person_id) REFERENCES person (organisation_id, person_id)
);
CREATE INDEX item_by_person ON item_person (organisation_id, person_id);

-- Decisions are added and never changed.
CREATE TABLE decision (
    organisation_id BLOB NOT NULL,
    decision_id     BLOB NOT NULL,
    matter_id       BLOB NOT NULL,
    member_id       BLOB NOT NULL,
    recorded_at     BIGINT NOT NULL,
    corrects_id     BLOB,
    PRIMARY KEY (organisation_id, decision_id),
    FOREIGN KEY (organisation_id, matter_id) REFERENCES matter (organisation_id, matter_id),
    FOREIGN KEY (organisation_id, member_id) REFERENCES member (organisation_id, member_id),
    FOREIGN KEY (organisation_id, corrects_id) REFERENCES decision (organisation_id, decision_id)
);
CREATE INDEX decision_by_matter ON decision (organisation_id, matter_id, recorded_at);
CREATE INDEX decision_by_member ON decision (organisation_id, member_id, recorded_at);
CREATE INDEX decision_by_corrected ON decision (organisation_id, corrects_id);

CREATE TABLE decision_person (
    organisation_id BLOB NOT NULL,
    decision_id     BLOB NOT NULL,
    person_id       BLOB NOT NULL,
    PRIMARY KEY (organisation_id, decision_id, person_id),
    FOREIGN KEY (organisation_id, decision_id) REFERENCES decision (organisation_id, decision_id),
    FOREIGN KEY (organisation_id, person_id) REFERENCES person (organisation_id, person_id)
);
CREATE INDEX decision_by_person ON decision_person (organisation_id, person_id);

CREATE TABLE decision_item (
    organisation_id BLOB NOT NULL,
    decision_id     BLOB NOT NULL,
    item_id         BLOB NOT NULL,
    PRIMARY KEY (organisation_id, decision_id, item_id),
    FOREIGN KEY (organisation_id, decision_id) REFERENCES decision (organisation_id, decision_id),
    FOREIGN KEY (organisation_id, item_id) REFERENCES item (organisation_id, item_id)
);

-- A draft is working paper: one row, replaced as it is saved, gone when recorded or thrown away.
CREATE TABLE draft (
    organisation_id BLOB NOT NULL,
    draft_id        BLOB NOT NULL,
    member_id       BLOB NOT NULL,
    version         BIGINT NOT NULL,
    saved_at        BIGINT NOT NULL,
    sealed          BLOB NOT NULL,
    PRIMARY KEY (organisation_id, draft_id),
    FOREIGN KEY (organisation_id, member_id) REFERENCES member (organisation_id, member_id)
);
CREATE INDEX draft_by_member ON draft (organisation_id, member_id, saved_at);

-- Guidance packs, by the digest of their files: public text, kept so that a past decision can be replayed.
CREATE TABLE pack (
    digest   TEXT NOT NULL PRIMARY KEY,
    pack_id  TEXT NOT NULL,
    version  TEXT NOT NULL,
    kept_at  BIGINT NOT NULL
);

CREATE TABLE pack_file (
    digest   TEXT NOT NULL REFERENCES pack (digest),
    path     TEXT NOT NULL,
    content  BLOB NOT NULL,
    PRIMARY KEY (digest, path)
);

PRAGMA user_version = 1;
