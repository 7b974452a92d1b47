-- Involvement has an end, and teams can be involved too. Both follow the sealed matter; an end that is not set is the end of the
-- year 9999, which is also that of every involvement from before it could have one.
ALTER TABLE matter_member ADD COLUMN until BIGINT NOT NULL DEFAULT 253402300799000000;

CREATE TABLE matter_team (
    organisation_id UUID NOT NULL,
    matter_id       UUID NOT NULL,
    team_id         UUID NOT NULL,
    until           BIGINT NOT NULL,
    PRIMARY KEY (organisation_id, matter_id, team_id),
    FOREIGN KEY (organisation_id, matter_id) REFERENCES matter (organisation_id, matter_id),
    FOREIGN KEY (organisation_id, team_id) REFERENCES team (organisation_id, team_id)
);
CREATE INDEX matter_by_team ON matter_team (organisation_id, team_id);
