-- Notices that wait to be sent by e-mail. They say what and when, and a member's id: their address is looked up when one is sent.
CREATE TABLE mail (
    organisation_id BLOB NOT NULL REFERENCES organisation (organisation_id),
    mail_id         BLOB NOT NULL,
    member_id       BLOB NOT NULL,
    notice          TEXT NOT NULL,
    about_at        BIGINT NOT NULL,
    failures        BIGINT NOT NULL,
    next_at         BIGINT NOT NULL,
    PRIMARY KEY (organisation_id, mail_id),
    FOREIGN KEY (organisation_id, member_id) REFERENCES member (organisation_id, member_id)
);
CREATE INDEX mail_by_turn ON mail (organisation_id, next_at);

PRAGMA user_version = 17;
