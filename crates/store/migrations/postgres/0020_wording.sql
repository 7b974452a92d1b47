-- The words of guidance packs as advice uses them. A decision's record keeps what is its own and says, by the digest, where the rest
-- stands here. Made of a pack alone, before there is any case.
CREATE TABLE wording (
    digest  TEXT NOT NULL PRIMARY KEY,
    kept_at BIGINT NOT NULL,
    content TEXT NOT NULL
);
