ALTER TABLE offers ADD COLUMN stock INTEGER CHECK (stock >= 0);
ALTER TABLE offers ADD COLUMN per_customer INTEGER CHECK (per_customer > 0);
ALTER TABLE offers ADD COLUMN requires INTEGER REFERENCES offers (id);
ALTER TABLE offers ADD COLUMN excludes INTEGER REFERENCES offers (id) CHECK (excludes <> requires);
ALTER TABLE offers ADD COLUMN name_fr TEXT;
ALTER TABLE offers ADD COLUMN description_fr TEXT CHECK ((description_fr IS NULL) = (name_fr IS NULL));

-- How many subscriptions to an offer with a stock are taken: a row apart, so that only such offers are waited for.
CREATE TABLE offer_stocks (
    offer_id INTEGER NOT NULL PRIMARY KEY REFERENCES offers (id),
    taken    INTEGER NOT NULL CHECK (taken >= 0)
) STRICT;

ALTER TABLE transactions ADD COLUMN from_stock INTEGER NOT NULL DEFAULT 0 CHECK (from_stock IN (0, 1));
