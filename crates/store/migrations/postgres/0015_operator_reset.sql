-- That whoever runs the installation gave a member a new way in, so that administrators and advisers are told. It follows the sealed member.
CREATE TABLE operator_reset (
    organisation_id UUID NOT NULL,
    member_id       UUID NOT NULL,
    reset_at        BIGINT NOT NULL,
    PRIMARY KEY (organisation_id, member_id),
    FOREIGN KEY (organisation_id, member_id) REFERENCES member (organisation_id, member_id)
);
