CREATE TABLE idempotency_records (
    principal       TEXT    NOT NULL,
    route           TEXT    NOT NULL,
    key             TEXT    NOT NULL,
    fingerprint     BLOB    NOT NULL CHECK (length(fingerprint) = 32),
    transaction_id  BLOB    NOT NULL CHECK (length(transaction_id) = 16),
    response_status INTEGER NOT NULL,
    response_body   TEXT    NOT NULL,
    created_at      INTEGER NOT NULL,
    PRIMARY KEY (principal, route, key)
) STRICT;

CREATE INDEX idempotency_records_by_age ON idempotency_records (created_at);
