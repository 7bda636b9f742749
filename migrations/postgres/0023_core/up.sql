-- How far the end of a pause has come: the orders of customers up to this one have had their clocks moved.
ALTER TABLE activation_pauses ADD COLUMN moved_through bigint NOT NULL DEFAULT 0;

-- Partners look for the few orders that failed or have not ended among the many that succeeded.
CREATE INDEX transactions_of_partners ON transactions (status, id) WHERE channel = 'partner' AND status <> 'SUCCESS';
