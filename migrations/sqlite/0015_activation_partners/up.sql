-- Who switches the service on: chosen when the order is placed, and kept.
ALTER TABLE transactions
    ADD COLUMN activation_partner TEXT NOT NULL DEFAULT 'default' CHECK (length(activation_partner) BETWEEN 1 AND 24);

-- The work list, partner by partner: one that is slow, dead or paused hides nobody else's orders.
DROP INDEX transactions_work;
CREATE INDEX transactions_work ON transactions (activation_partner, due_at, id) WHERE due_at IS NOT NULL;

-- Activation partners that are not called for the time being.
CREATE TABLE activation_pauses (
    activation_partner TEXT    NOT NULL PRIMARY KEY CHECK (length(activation_partner) BETWEEN 1 AND 24),
    reason             TEXT    NOT NULL CHECK (length(reason) BETWEEN 1 AND 500),
    since              INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- What activation partners reported of their own accord. A report is known by the partner's own id for it and has one
-- effect; it may be about no order of ours.
CREATE TABLE activation_callbacks (
    activation_partner TEXT    NOT NULL CHECK (length(activation_partner) BETWEEN 1 AND 24),
    callback_id        TEXT    NOT NULL CHECK (length(callback_id) BETWEEN 1 AND 128),
    transaction_id     BLOB    NOT NULL CHECK (length(transaction_id) = 16),
    answer             TEXT    NOT NULL CHECK (answer IN ('confirmed', 'pending', 'refused')),
    detail             TEXT,
    outcome            TEXT    NOT NULL CHECK (length(outcome) BETWEEN 1 AND 40),
    received_at        INTEGER NOT NULL,
    PRIMARY KEY (activation_partner, callback_id)
) STRICT, WITHOUT ROWID;

CREATE INDEX activation_callbacks_by_age ON activation_callbacks (received_at);

-- What a partner said after an order had ended otherwise. It is work from due_at on, which is the end of a lease while the
-- partner is being called.
CREATE TABLE incidents (
    id                 INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    transaction_id     BLOB    NOT NULL REFERENCES transactions (id),
    activation_partner TEXT    NOT NULL CHECK (length(activation_partner) BETWEEN 1 AND 24),
    kind               TEXT    NOT NULL CHECK (kind IN ('late_success', 'late_refusal')),
    evidence           TEXT    NOT NULL CHECK (length(evidence) BETWEEN 1 AND 500),
    status             TEXT    NOT NULL CHECK (status IN ('voiding', 'needs_attention', 'resolved')),
    due_at             INTEGER,
    attempt            INTEGER NOT NULL DEFAULT 0 CHECK (attempt >= 0),
    last_answer        TEXT    CHECK (length(last_answer) BETWEEN 1 AND 500),
    created_at         INTEGER NOT NULL,
    updated_at         INTEGER NOT NULL,
    CONSTRAINT incidents_once UNIQUE (transaction_id, kind),
    CONSTRAINT incidents_work_is_voiding CHECK ((due_at IS NOT NULL) = (status = 'voiding'))
) STRICT;

CREATE INDEX incidents_work ON incidents (due_at, id) WHERE due_at IS NOT NULL;
