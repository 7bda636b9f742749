-- What was taken over from an earlier system: the key there, the id here, and what the row said, so that it is taken once.
CREATE TABLE imported_rows (
    source_table TEXT    NOT NULL CHECK (
        source_table IN ('user', 'offer', 'account', 'transaction', 'partner_transaction', 'user_offer')
    ),
    source_id    INTEGER NOT NULL,
    target       TEXT    NOT NULL,
    seen         TEXT    NOT NULL,
    imported_at  INTEGER NOT NULL,
    PRIMARY KEY (source_table, source_id)
) STRICT, WITHOUT ROWID;

CREATE TRIGGER imported_rows_are_kept BEFORE UPDATE ON imported_rows
BEGIN
    SELECT RAISE(ABORT, 'what was taken over is never changed');
END;
CREATE TRIGGER imported_rows_are_never_deleted BEFORE DELETE ON imported_rows
BEGIN
    SELECT RAISE(ABORT, 'what was taken over is never deleted');
END;

-- Orders that were taken over have ids that do not tell their age, so a customer's orders are listed by time.
CREATE INDEX transactions_by_user_and_time ON transactions (user_id, created_at, id);
DROP INDEX transactions_by_user;
