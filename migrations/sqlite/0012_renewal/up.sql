-- A subscription that is renewed by itself is work from renew_at on, as an order is from due_at on.
ALTER TABLE user_offers ADD COLUMN auto_renew INTEGER NOT NULL DEFAULT 0 CHECK (auto_renew IN (0, 1));
ALTER TABLE user_offers ADD COLUMN renew_at INTEGER CHECK (renew_at IS NULL OR auto_renew);

CREATE INDEX user_offers_to_renew ON user_offers (renew_at, id) WHERE renew_at IS NOT NULL;
-- What runs, by its end.
CREATE INDEX user_offers_ending ON user_offers (expires_at, id) WHERE status = 'active';
