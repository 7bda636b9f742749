ALTER TABLE offers
    ADD COLUMN stock          bigint CHECK (stock >= 0),
    ADD COLUMN per_customer   bigint CHECK (per_customer > 0),
    ADD COLUMN requires       bigint REFERENCES offers (id),
    ADD COLUMN excludes       bigint REFERENCES offers (id),
    ADD COLUMN name_fr        text   COLLATE "C",
    ADD COLUMN description_fr text   COLLATE "C",
    ADD CONSTRAINT offers_eligibility CHECK (excludes <> requires),
    ADD CONSTRAINT offers_french CHECK ((description_fr IS NULL) = (name_fr IS NULL));

-- How many subscriptions to an offer with a stock are taken: a row apart, so that only such offers are waited for. Room is
-- left in each page, because the count changes in place.
CREATE TABLE offer_stocks (
    offer_id bigint NOT NULL PRIMARY KEY REFERENCES offers (id),
    taken    bigint NOT NULL CHECK (taken >= 0)
) WITH (fillfactor = 50);

ALTER TABLE transactions ADD COLUMN from_stock boolean NOT NULL DEFAULT FALSE;
