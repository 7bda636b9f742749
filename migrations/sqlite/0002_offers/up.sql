CREATE TABLE offers (
    id              INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    name            TEXT    NOT NULL,
    description     TEXT    NOT NULL,
    category        TEXT    NOT NULL CHECK (category IN ('internet', 'tv', 'voice', 'music')),
    price           INTEGER NOT NULL CHECK (price > 0),
    currency        TEXT    NOT NULL CHECK (length(currency) = 3),
    duration_days   INTEGER NOT NULL CHECK (duration_days BETWEEN 1 AND 3650),
    sale_from       INTEGER,
    sale_until      INTEGER,
    purchase_policy TEXT    NOT NULL CHECK (purchase_policy IN ('allow', 'extend', 'reject')),
    is_active       INTEGER NOT NULL DEFAULT 1 CHECK (is_active IN (0, 1)),
    version         INTEGER NOT NULL DEFAULT 1,
    created_at      INTEGER NOT NULL,
    updated_at      INTEGER NOT NULL,
    CONSTRAINT offers_sale CHECK (sale_from < sale_until)
) STRICT;

-- One for each order in which the catalogue is read.
CREATE INDEX offers_by_price ON offers (price, id);
CREATE INDEX offers_by_price_descending ON offers (price DESC, id);
CREATE INDEX offers_by_name ON offers (name, id);
