-- Companies that sell through the partner API. A discount is in hundredths of a percent.
CREATE TABLE partners (
    id                  INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT CHECK (id > 0),
    name                TEXT    NOT NULL UNIQUE CHECK (length(name) BETWEEN 1 AND 100),
    funding             TEXT    NOT NULL CHECK (funding IN ('partner', 'subscriber')),
    discount            INTEGER NOT NULL CHECK (discount BETWEEN 0 AND 9999),
    requests_per_minute INTEGER CHECK (requests_per_minute > 0),
    is_active           INTEGER NOT NULL CHECK (is_active IN (0, 1)),
    created_at          INTEGER NOT NULL,
    updated_at          INTEGER NOT NULL
) STRICT;

-- SHA-256 of each key; the key itself is kept nowhere.
CREATE TABLE api_keys (
    id           INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    partner_id   INTEGER NOT NULL REFERENCES partners (id),
    hash         BLOB    NOT NULL UNIQUE CHECK (length(hash) = 32),
    hint         TEXT    NOT NULL CHECK (length(hint) = 4),
    mode         TEXT    NOT NULL CHECK (mode IN ('live', 'test')),
    scopes       TEXT    NOT NULL CHECK (scopes IN ('activate', 'read', 'activate,read')),
    created_at   INTEGER NOT NULL,
    expires_at   INTEGER,
    revoked_at   INTEGER,
    last_used_at INTEGER
) STRICT;

CREATE INDEX api_keys_by_partner ON api_keys (partner_id, id);

-- The names of an order that a partner placed, beside its transaction, which keeps its shape.
CREATE TABLE partner_orders (
    transaction_id    BLOB    NOT NULL PRIMARY KEY REFERENCES transactions (id),
    partner_id        INTEGER NOT NULL REFERENCES partners (id),
    reference         TEXT    NOT NULL UNIQUE CHECK (length(reference) = 16 AND reference LIKE 'REF-%'),
    partner_reference TEXT    CHECK (length(partner_reference) BETWEEN 1 AND 100)
) STRICT, WITHOUT ROWID;

CREATE INDEX partner_orders_by_partner ON partner_orders (partner_id, transaction_id);
CREATE UNIQUE INDEX partner_orders_partner_reference ON partner_orders (partner_id, partner_reference)
WHERE partner_reference IS NOT NULL;

CREATE TRIGGER partner_orders_are_kept BEFORE UPDATE ON partner_orders
BEGIN
    SELECT RAISE(ABORT, 'partner_orders are never changed');
END;
CREATE TRIGGER partner_orders_are_never_deleted BEFORE DELETE ON partner_orders
BEGIN
    SELECT RAISE(ABORT, 'partner_orders are never deleted');
END;

-- A settlement account has its partner's id, negated. So it is locked before every wallet, and the ledger's index of what
-- it moved holds no customer's transfers: their orders pay nothing for it. A table's checks cannot be added to, hence
-- the trigger.
CREATE TRIGGER accounts_settlement AFTER INSERT ON accounts
WHEN (NEW.kind = 'settlement') <> (NEW.id IS -NEW.partner_id) OR (NEW.kind = 'settlement') <> (NEW.id < 0)
    OR (NEW.kind = 'settlement' AND NOT EXISTS (SELECT 1 FROM partners WHERE id = NEW.partner_id))
BEGIN
    SELECT RAISE(ABORT, 'a settlement account has the negated id of its partner');
END;

CREATE INDEX transfers_from_settlement ON transfers (debit_account_id, id) WHERE debit_account_id < 0;
CREATE INDEX transfers_to_settlement ON transfers (credit_account_id, id) WHERE credit_account_id < 0;
