-- The ledger. A unit of work may write an order's charge before the order, hence the deferred reference.
CREATE TABLE transfers (
    id                INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    debit_account_id  INTEGER NOT NULL REFERENCES accounts (id),
    credit_account_id INTEGER NOT NULL REFERENCES accounts (id),
    amount            INTEGER NOT NULL CHECK (amount > 0),
    currency          TEXT    NOT NULL CHECK (length(currency) = 3),
    kind              TEXT    NOT NULL CHECK (kind IN ('top_up', 'charge', 'refund')),
    transaction_id    BLOB    REFERENCES transactions (id) DEFERRABLE INITIALLY DEFERRED,
    created_at        INTEGER NOT NULL,
    CONSTRAINT transfers_accounts CHECK (debit_account_id <> credit_account_id),
    CONSTRAINT transfers_order CHECK (kind = 'top_up' OR transaction_id IS NOT NULL)
) STRICT;

CREATE UNIQUE INDEX transfers_of_transaction ON transfers (transaction_id, kind) WHERE transaction_id IS NOT NULL;

CREATE TRIGGER transfers_are_kept BEFORE UPDATE ON transfers
BEGIN
    SELECT RAISE(ABORT, 'transfers are never changed');
END;
CREATE TRIGGER transfers_are_never_deleted BEFORE DELETE ON transfers
BEGIN
    SELECT RAISE(ABORT, 'transfers are never deleted');
END;
