-- When a worker first took the order to call, and the same moved forward by the pauses of its partner since: what its time
-- for retries and questions counts from.
ALTER TABLE transactions ADD COLUMN called_at timestamptz(6);
ALTER TABLE transactions ADD COLUMN clock_from timestamptz(6) CONSTRAINT transactions_clock CHECK (
    (clock_from IS NULL) = (called_at IS NULL) AND (clock_from IS NULL OR clock_from >= called_at)
);
UPDATE transactions SET called_at = created_at, clock_from = created_at WHERE attempt > 0 AND completed_at IS NULL;
