-- How each view was opened, so that unusual reading is found without opening every one of them: the way (not the words of a reason), the
-- matter by which the reader was involved, and whether it was a protected address. They follow the sealed view, and are filled from it
-- when the program starts where they are missing (an empty way).
ALTER TABLE viewing ADD COLUMN opened TEXT NOT NULL DEFAULT '';
ALTER TABLE viewing ADD COLUMN matter_id BLOB;
ALTER TABLE viewing ADD COLUMN address BIGINT NOT NULL DEFAULT 0;

-- Involvement that ended lately.
CREATE INDEX matter_member_by_end ON matter_member (organisation_id, until);

PRAGMA user_version = 19;
