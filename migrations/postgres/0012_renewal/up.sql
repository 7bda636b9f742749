-- A subscription that is renewed by itself is work from renew_at on, as an order is from due_at on.
ALTER TABLE user_offers
    ADD COLUMN auto_renew boolean NOT NULL DEFAULT FALSE,
    ADD COLUMN renew_at timestamptz(6),
    ADD CONSTRAINT user_offers_renewal CHECK (renew_at IS NULL OR auto_renew);

CREATE INDEX user_offers_to_renew ON user_offers (renew_at, id) WHERE renew_at IS NOT NULL;
-- What runs, by its end.
CREATE INDEX user_offers_ending ON user_offers (expires_at, id) WHERE status = 'active';
