-- Money that staff take from a wallet goes back to where it came from. A table's checks cannot be changed, so the ledger is
-- copied, row by row, into one that knows withdrawals.
ALTER TABLE transfers RENAME TO transfers_before;

CREATE TABLE transfers (
    id                INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    debit_account_id  INTEGER NOT NULL REFERENCES accounts (id),
    credit_account_id INTEGER NOT NULL REFERENCES accounts (id),
    amount            INTEGER NOT NULL CHECK (amount > 0),
    currency          TEXT    NOT NULL CHECK (length(currency) = 3),
    kind              TEXT    NOT NULL CHECK (kind IN ('top_up', 'withdrawal', 'charge', 'refund')),
    transaction_id    BLOB    REFERENCES transactions (id) DEFERRABLE INITIALLY DEFERRED,
    created_at        INTEGER NOT NULL,
    CONSTRAINT transfers_accounts CHECK (debit_account_id <> credit_account_id),
    CONSTRAINT transfers_order CHECK (kind IN ('top_up', 'withdrawal') OR transaction_id IS NOT NULL)
) STRICT;

INSERT INTO transfers SELECT * FROM transfers_before;
DROP TABLE transfers_before;

CREATE UNIQUE INDEX transfers_of_transaction ON transfers (transaction_id, kind) WHERE transaction_id IS NOT NULL;
CREATE INDEX transfers_from_settlement ON transfers (debit_account_id, id) WHERE debit_account_id < 0;
CREATE INDEX transfers_to_settlement ON transfers (credit_account_id, id) WHERE credit_account_id < 0;

CREATE TRIGGER transfers_are_kept BEFORE UPDATE ON transfers
BEGIN
    SELECT RAISE(ABORT, 'transfers are never changed');
END;
CREATE TRIGGER transfers_are_never_deleted BEFORE DELETE ON transfers
BEGIN
    SELECT RAISE(ABORT, 'transfers are never deleted');
END;

-- How staff find people: by role, by address. The names have their index.
CREATE INDEX users_by_role ON users (role, username);
CREATE INDEX users_by_email ON users (email);

-- Orders that wait for a person.
CREATE INDEX transactions_parked ON transactions (id) WHERE due_at IS NULL AND completed_at IS NULL;

-- What each check of the whole ledger found: how many differences, and the first of them as a list of sentences.
CREATE TABLE ledger_checks (
    id           INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    at           INTEGER NOT NULL,
    accounts     INTEGER NOT NULL CHECK (accounts >= 0),
    transfers    INTEGER NOT NULL CHECK (transfers >= 0),
    transactions INTEGER NOT NULL CHECK (transactions >= 0),
    differences  INTEGER NOT NULL CHECK (differences >= 0),
    sentences    TEXT    NOT NULL CHECK (json_valid(sentences))
) STRICT;

CREATE TRIGGER ledger_checks_are_kept BEFORE UPDATE ON ledger_checks
BEGIN
    SELECT RAISE(ABORT, 'ledger checks are never changed');
END;
CREATE TRIGGER ledger_checks_are_never_deleted BEFORE DELETE ON ledger_checks
BEGIN
    SELECT RAISE(ABORT, 'ledger checks are never deleted');
END;
