CREATE TABLE idempotency_records (
    principal       text           NOT NULL,
    route           text           NOT NULL,
    key             text           NOT NULL,
    fingerprint     bytea          NOT NULL CHECK (length(fingerprint) = 32),
    transaction_id  uuid           NOT NULL,
    response_status bigint         NOT NULL,
    response_body   text           NOT NULL,
    created_at      timestamptz(6) NOT NULL,
    PRIMARY KEY (principal, route, key)
);

CREATE INDEX idempotency_records_by_age ON idempotency_records (created_at);
