-- Instants are microseconds since 1970 UTC, amounts are minor units of their currency, UUIDs are 16 bytes.

CREATE TABLE users (
    id            INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    username      TEXT    NOT NULL UNIQUE,
    email         TEXT    NOT NULL,
    phone         TEXT,
    password_hash TEXT    NOT NULL,
    role          TEXT    NOT NULL CHECK (role IN ('customer', 'staff', 'superuser')),
    locale        TEXT    NOT NULL CHECK (locale IN ('en', 'fr')),
    is_active     INTEGER NOT NULL DEFAULT 1 CHECK (is_active IN (0, 1)),
    joined_at     INTEGER NOT NULL,
    updated_at    INTEGER NOT NULL
) STRICT;

-- Wallets and settlement accounts carry a balance; the accounts of the house carry none, so that no order waits for
-- another one's.
CREATE TABLE accounts (
    id           INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    kind         TEXT    NOT NULL CHECK (kind IN ('wallet', 'settlement', 'sales', 'funding', 'losses')),
    user_id      INTEGER UNIQUE REFERENCES users (id),
    partner_id   INTEGER UNIQUE,
    currency     TEXT    CHECK (length(currency) = 3),
    balance      INTEGER,
    credit_limit INTEGER NOT NULL DEFAULT 0 CHECK (credit_limit >= 0),
    created_at   INTEGER NOT NULL,
    updated_at   INTEGER NOT NULL,
    CONSTRAINT accounts_owner CHECK (
        (user_id IS NOT NULL) = (kind = 'wallet') AND (partner_id IS NOT NULL) = (kind = 'settlement')
    ),
    CONSTRAINT accounts_carrier CHECK (
        (balance IS NOT NULL) = (kind IN ('wallet', 'settlement')) AND (balance IS NULL) = (currency IS NULL)
    ),
    CONSTRAINT accounts_credit CHECK (credit_limit = 0 OR kind = 'settlement'),
    CONSTRAINT accounts_balance CHECK (balance + credit_limit >= 0)
) STRICT;

INSERT INTO accounts (id, kind, created_at, updated_at) VALUES
    (1, 'sales', 0, 0),
    (2, 'funding', 0, 0),
    (3, 'losses', 0, 0);

-- Ids below 100 are the house's.
UPDATE sqlite_sequence SET seq = 99 WHERE name = 'accounts';
