-- An order, and its own job: it is work from due_at on, which is the end of a lease where leased is set.
CREATE TABLE transactions (
    id            BLOB    NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    user_id       INTEGER NOT NULL REFERENCES users (id),
    offer_id      INTEGER NOT NULL REFERENCES offers (id),
    account_id    INTEGER NOT NULL REFERENCES accounts (id),
    amount        INTEGER NOT NULL CHECK (amount > 0),
    currency      TEXT    NOT NULL CHECK (length(currency) = 3),
    duration_days INTEGER NOT NULL CHECK (duration_days > 0),
    channel       TEXT    NOT NULL CHECK (channel IN ('customer', 'partner')),
    renews        INTEGER REFERENCES user_offers (id),
    created_at    INTEGER NOT NULL,
    status        TEXT    NOT NULL,
    sub_status    TEXT    NOT NULL,
    due_at        INTEGER,
    leased        INTEGER NOT NULL DEFAULT 0 CHECK (leased IN (0, 1)),
    attempt       INTEGER NOT NULL DEFAULT 0 CHECK (attempt >= 0),
    lost_leases   INTEGER NOT NULL DEFAULT 0 CHECK (lost_leases >= 0),
    version       INTEGER NOT NULL DEFAULT 1 CHECK (version > 0),
    reference     TEXT,
    error_code    TEXT    CHECK (error_code IN ('partner_refused', 'partner_unavailable')),
    error_message TEXT,
    updated_at    INTEGER NOT NULL,
    completed_at  INTEGER,
    CONSTRAINT transactions_status CHECK (
        CASE status
            WHEN 'PENDING' THEN sub_status = 'queued'
            WHEN 'PROCESSING' THEN sub_status IN (
                'calling', 'retry_scheduled', 'partner_pending', 'unknown', 'reconciling', 'needs_attention'
            )
            WHEN 'SUCCESS' THEN sub_status = 'confirmed'
            WHEN 'FAILED' THEN sub_status IN ('refused', 'voided')
            ELSE FALSE
        END
    ),
    CONSTRAINT transactions_end CHECK ((completed_at IS NOT NULL) = (status IN ('SUCCESS', 'FAILED'))),
    CONSTRAINT transactions_failure CHECK (
        (error_code IS NOT NULL) = (status = 'FAILED') AND (error_message IS NOT NULL) = (status = 'FAILED')
    ),
    CONSTRAINT transactions_schedule CHECK (
        CASE status
            WHEN 'PENDING' THEN due_at IS NOT NULL AND NOT leased
            WHEN 'PROCESSING' THEN due_at IS NOT NULL OR NOT leased
            ELSE due_at IS NULL AND NOT leased
        END
    )
) STRICT, WITHOUT ROWID;

-- The work list: only orders that have not ended and are not parked are due.
CREATE INDEX transactions_work ON transactions (due_at, id) WHERE due_at IS NOT NULL;
-- What has not ended: the backlog, and a customer's open order for an offer.
CREATE INDEX transactions_open ON transactions (user_id, offer_id, created_at) WHERE completed_at IS NULL;
CREATE INDEX transactions_by_user ON transactions (user_id, id);

CREATE TRIGGER transactions_stay_final BEFORE UPDATE OF status ON transactions
WHEN OLD.status IN ('SUCCESS', 'FAILED') AND NEW.status <> OLD.status
BEGIN
    SELECT RAISE(ABORT, 'a final status never changes');
END;

-- One row for each transition, beginning with the order itself.
CREATE TABLE transaction_events (
    transaction_id BLOB    NOT NULL REFERENCES transactions (id),
    version        INTEGER NOT NULL,
    status         TEXT    NOT NULL CHECK (status IN ('PENDING', 'PROCESSING', 'SUCCESS', 'FAILED')),
    sub_status     TEXT    NOT NULL CHECK (
        sub_status IN (
            'queued', 'calling', 'retry_scheduled', 'partner_pending', 'unknown', 'reconciling', 'needs_attention',
            'confirmed', 'refused', 'voided'
        )
    ),
    attempt        INTEGER NOT NULL,
    at             INTEGER NOT NULL,
    PRIMARY KEY (transaction_id, version)
) STRICT, WITHOUT ROWID;

CREATE TRIGGER transaction_events_are_kept BEFORE UPDATE ON transaction_events
BEGIN
    SELECT RAISE(ABORT, 'history is never changed');
END;
CREATE TRIGGER transaction_events_are_never_deleted BEFORE DELETE ON transaction_events
BEGIN
    SELECT RAISE(ABORT, 'history is never deleted');
END;

-- One row for each claim that ended with an answer of the activation partner.
CREATE TABLE attempts (
    transaction_id BLOB    NOT NULL REFERENCES transactions (id),
    number         INTEGER NOT NULL,
    step           TEXT    NOT NULL CHECK (step IN ('activate', 'query', 'void')),
    answer         TEXT    NOT NULL CHECK (
        answer IN ('confirmed', 'pending', 'refused', 'not_found', 'voided', 'not_executed', 'unknown')
    ),
    detail         TEXT,
    started_at     INTEGER NOT NULL,
    ended_at       INTEGER NOT NULL,
    PRIMARY KEY (transaction_id, number)
) STRICT, WITHOUT ROWID;

CREATE TRIGGER attempts_are_kept BEFORE UPDATE ON attempts
BEGIN
    SELECT RAISE(ABORT, 'attempts are never changed');
END;
CREATE TRIGGER attempts_are_never_deleted BEFORE DELETE ON attempts
BEGIN
    SELECT RAISE(ABORT, 'attempts are never deleted');
END;
