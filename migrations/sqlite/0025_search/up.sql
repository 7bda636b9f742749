-- Staff look for orders by what the activation partner called them, for those that failed, and for those of a time.
CREATE INDEX transactions_by_reference ON transactions (reference) WHERE reference IS NOT NULL;
CREATE INDEX transactions_failed ON transactions (id) WHERE error_code IS NOT NULL;
CREATE INDEX transactions_by_time ON transactions (created_at);
