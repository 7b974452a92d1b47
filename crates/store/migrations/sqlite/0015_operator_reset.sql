-- That whoever runs the installation gave a member a new way in, so that administrators and advisers are told. It follows the sealed member.
CREATE TABLE operator_reset (
    organisation_id BLOB NOT NULL,
    member_id       BLOB NOT NULL,
    reset_at        BIGINT NOT NULL,
    PRIMARY KEY (organisation_id, member_id),
    FOREIGN KEY (organisation_id, member_id) REFERENCES member (organisation_id, member_id)
);

PRAGMA user_version = 15;
