-- Witnesses beyond the installation. What a witness saw last is kept whole, so that it can show it to those who ask: the ledger's
-- signature and its own. Null for what was seen before it was kept.
ALTER TABLE witnessed_ledger ADD COLUMN note TEXT;

-- What asking each partner's witness to cosign this ledger last came to, and when it is asked again. Read and written by every
-- copy of the program, so that one of them asks.
CREATE TABLE asked_witness (
    organisation_id BLOB NOT NULL REFERENCES organisation (organisation_id),
    witness         TEXT NOT NULL,
    epoch           BIGINT NOT NULL,
    seen            BIGINT NOT NULL,
    confirmed_at    BIGINT,
    outcome         TEXT NOT NULL,
    claimed         BIGINT,
    failures        BIGINT NOT NULL,
    asked_at        BIGINT NOT NULL,
    next_at         BIGINT NOT NULL,
    PRIMARY KEY (organisation_id, witness)
);

PRAGMA user_version = 5;
