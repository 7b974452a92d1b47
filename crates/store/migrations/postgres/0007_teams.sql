-- Teams: their names are sealed, in `record`; who is in one is needed to find a member's matters.
CREATE TABLE team (
    organisation_id UUID NOT NULL REFERENCES organisation (organisation_id),
    team_id         UUID NOT NULL,
    version         BIGINT NOT NULL,
    PRIMARY KEY (organisation_id, team_id)
);

CREATE TABLE team_member (
    organisation_id UUID NOT NULL,
    team_id         UUID NOT NULL,
    member_id       UUID NOT NULL,
    PRIMARY KEY (organisation_id, team_id, member_id),
    FOREIGN KEY (organisation_id, team_id) REFERENCES team (organisation_id, team_id),
    FOREIGN KEY (organisation_id, member_id) REFERENCES member (organisation_id, member_id)
);
CREATE INDEX team_by_member ON team_member (organisation_id, member_id);
