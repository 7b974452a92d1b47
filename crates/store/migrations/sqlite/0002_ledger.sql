-- The ledger of each organisation: an RFC 6962 tree over leaves that say nothing by themselves (docs/ledger.md).

-- Which leaf stands for a version. Null only for versions recorded before the ledger began, until they are entered.
ALTER TABLE record ADD COLUMN leaf_id BLOB;

-- A leaf is added in the transaction of what it stands for; its position is given once, when it is sequenced.
CREATE TABLE ledger_leaf (
    organisation_id BLOB NOT NULL REFERENCES organisation (organisation_id),
    leaf_id         BLOB NOT NULL,
    added_at        BIGINT NOT NULL,
    content         BLOB NOT NULL,
    position        BIGINT,
    PRIMARY KEY (organisation_id, leaf_id)
);
CREATE UNIQUE INDEX ledger_leaf_by_position ON ledger_leaf (organisation_id, position);

-- Where the tree stands: its size, its right edge, and how often the ledger was taken up again after a restore.
CREATE TABLE ledger_head (
    organisation_id BLOB NOT NULL REFERENCES organisation (organisation_id),
    size            BIGINT NOT NULL,
    frontier        BLOB NOT NULL,
    epoch           BIGINT NOT NULL,
    PRIMARY KEY (organisation_id)
);

-- The roots of whole subtrees of 256, 65536, … leaves, kept so that a proof need not read them all.
CREATE TABLE ledger_node (
    organisation_id BLOB NOT NULL REFERENCES organisation (organisation_id),
    level           BIGINT NOT NULL,
    position        BIGINT NOT NULL,
    hash            BLOB NOT NULL,
    PRIMARY KEY (organisation_id, level, position)
);

-- Signed checkpoints (C2SP tlog-checkpoint), and the signatures of partners who witnessed them (tlog-cosignature).
CREATE TABLE ledger_checkpoint (
    organisation_id BLOB NOT NULL REFERENCES organisation (organisation_id),
    epoch           BIGINT NOT NULL,
    size            BIGINT NOT NULL,
    signed_at       BIGINT NOT NULL,
    note            TEXT NOT NULL,
    PRIMARY KEY (organisation_id, epoch, size)
);

CREATE TABLE ledger_cosignature (
    organisation_id BLOB NOT NULL,
    epoch           BIGINT NOT NULL,
    size            BIGINT NOT NULL,
    witness         TEXT NOT NULL,
    cosigned_at     BIGINT NOT NULL,
    line            TEXT NOT NULL,
    PRIMARY KEY (organisation_id, epoch, size, witness),
    FOREIGN KEY (organisation_id, epoch, size) REFERENCES ledger_checkpoint (organisation_id, epoch, size)
);

-- The ledgers of others as this organisation last witnessed them.
CREATE TABLE witnessed_ledger (
    organisation_id BLOB NOT NULL REFERENCES organisation (organisation_id),
    origin          TEXT NOT NULL,
    size            BIGINT NOT NULL,
    root            BLOB NOT NULL,
    seen_at         BIGINT NOT NULL,
    PRIMARY KEY (organisation_id, origin)
);

PRAGMA user_version = 2;
