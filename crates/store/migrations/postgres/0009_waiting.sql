-- Between the halves of signing in by way of an identity provider or an authenticator. `tag` is the hash of a secret that only the visitor's
-- browser holds. Both come before an organisation is known, and are forgotten within minutes.
CREATE TABLE taken_answer (
    tag       BYTEA NOT NULL PRIMARY KEY,
    forget_at BIGINT NOT NULL
);
CREATE INDEX taken_answer_by_end ON taken_answer (forget_at);

-- A form that its writer sends again once signed in.
CREATE TABLE waiting_form (
    tag       BYTEA NOT NULL PRIMARY KEY,
    forget_at BIGINT NOT NULL,
    sealed    BYTEA NOT NULL
);
CREATE INDEX waiting_form_by_end ON waiting_form (forget_at);
