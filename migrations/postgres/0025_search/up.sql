-- Staff look for orders by what the activation partner called them, for those that failed, and for those of a time. Orders
-- are written in the order of their times, so that a summary of the table's pages serves, which costs an order nothing.
CREATE INDEX transactions_by_reference ON transactions (reference) WHERE reference IS NOT NULL;
CREATE INDEX transactions_failed ON transactions (id) WHERE error_code IS NOT NULL;
CREATE INDEX transactions_by_time ON transactions USING brin (created_at);
