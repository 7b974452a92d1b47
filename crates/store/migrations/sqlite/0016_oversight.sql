-- Oversight: whether emergency access still waits for a review, which follows the sealed record; and decisions by time.
ALTER TABLE emergency ADD COLUMN awaits_review BIGINT NOT NULL DEFAULT 1;
CREATE INDEX emergency_by_review ON emergency (organisation_id, awaits_review, begins_at);
CREATE INDEX emergency_by_time ON emergency (organisation_id, begins_at);
CREATE INDEX decision_by_time ON decision (organisation_id, recorded_at);

PRAGMA user_version = 16;
