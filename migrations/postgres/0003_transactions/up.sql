-- An order, and its own job: it is work from due_at on, which is the end of a lease where leased is set.
CREATE TABLE transactions (
    id            uuid           PRIMARY KEY,
    user_id       bigint         NOT NULL REFERENCES users (id),
    offer_id      bigint         NOT NULL REFERENCES offers (id),
    account_id    bigint         NOT NULL REFERENCES accounts (id),
    amount        numeric(20, 3) NOT NULL CHECK (amount > 0),
    currency      text           NOT NULL CHECK (length(currency) = 3),
    duration_days bigint         NOT NULL CHECK (duration_days > 0),
    channel       text           NOT NULL CHECK (channel IN ('customer', 'partner')),
    renews        bigint,
    created_at    timestamptz(6) NOT NULL,
    status        text           NOT NULL,
    sub_status    text           NOT NULL,
    due_at        timestamptz(6),
    leased        boolean        NOT NULL DEFAULT FALSE,
    attempt       bigint         NOT NULL DEFAULT 0 CHECK (attempt >= 0),
    lost_leases   bigint         NOT NULL DEFAULT 0 CHECK (lost_leases >= 0),
    version       bigint         NOT NULL DEFAULT 1 CHECK (version > 0),
    reference     text,
    error_code    text           CHECK (error_code IN ('partner_refused', 'partner_unavailable')),
    error_message text,
    updated_at    timestamptz(6) NOT NULL,
    completed_at  timestamptz(6),
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
);

-- The work list: only orders that have not ended and are not parked are due.
CREATE INDEX transactions_work ON transactions (due_at, id) WHERE due_at IS NOT NULL;
-- What has not ended: the backlog, and a customer's open order for an offer.
CREATE INDEX transactions_open ON transactions (user_id, offer_id, created_at) WHERE completed_at IS NULL;
CREATE INDEX transactions_by_user ON transactions (user_id, id);

CREATE FUNCTION refuse_to_leave_a_final_status() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'a final status never changes' USING ERRCODE = 'restrict_violation';
END $$;

CREATE TRIGGER transactions_stay_final BEFORE UPDATE OF status ON transactions FOR EACH ROW
WHEN (OLD.status IN ('SUCCESS', 'FAILED') AND NEW.status <> OLD.status)
EXECUTE FUNCTION refuse_to_leave_a_final_status();

-- For tables that only grow.
CREATE FUNCTION refuse_to_rewrite() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% are never changed and never deleted', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END $$;

-- One row for each transition, beginning with the order itself.
CREATE TABLE transaction_events (
    transaction_id uuid           NOT NULL REFERENCES transactions (id),
    version        bigint         NOT NULL,
    status         text           NOT NULL CHECK (status IN ('PENDING', 'PROCESSING', 'SUCCESS', 'FAILED')),
    sub_status     text           NOT NULL CHECK (
        sub_status IN (
            'queued', 'calling', 'retry_scheduled', 'partner_pending', 'unknown', 'reconciling', 'needs_attention',
            'confirmed', 'refused', 'voided'
        )
    ),
    attempt        bigint         NOT NULL,
    at             timestamptz(6) NOT NULL,
    PRIMARY KEY (transaction_id, version)
);

CREATE TRIGGER transaction_events_only_grow BEFORE UPDATE OR DELETE OR TRUNCATE ON transaction_events
FOR EACH STATEMENT EXECUTE FUNCTION refuse_to_rewrite();

-- One row for each claim that ended with an answer of the activation partner.
CREATE TABLE attempts (
    transaction_id uuid           NOT NULL REFERENCES transactions (id),
    number         bigint         NOT NULL,
    step           text           NOT NULL CHECK (step IN ('activate', 'query', 'void')),
    answer         text           NOT NULL CHECK (
        answer IN ('confirmed', 'pending', 'refused', 'not_found', 'voided', 'not_executed', 'unknown')
    ),
    detail         text,
    started_at     timestamptz(6) NOT NULL,
    ended_at       timestamptz(6) NOT NULL,
    PRIMARY KEY (transaction_id, number)
);

CREATE TRIGGER attempts_only_grow BEFORE UPDATE OR DELETE OR TRUNCATE ON attempts
FOR EACH STATEMENT EXECUTE FUNCTION refuse_to_rewrite();
