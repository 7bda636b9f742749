-- What was taken over from an earlier system: the key there, the id here, and what the row said, so that it is taken once.
CREATE TABLE imported_rows (
    source_table text           NOT NULL CHECK (
        source_table IN ('user', 'offer', 'account', 'transaction', 'partner_transaction', 'user_offer')
    ),
    source_id    bigint         NOT NULL,
    target       text           NOT NULL,
    seen         text           NOT NULL,
    imported_at  timestamptz(6) NOT NULL,
    PRIMARY KEY (source_table, source_id)
);

CREATE TRIGGER imported_rows_only_grow BEFORE UPDATE OR DELETE OR TRUNCATE ON imported_rows
FOR EACH STATEMENT EXECUTE FUNCTION refuse_to_rewrite();

-- Orders that were taken over have ids that do not tell their age, so a customer's orders are listed by time.
CREATE INDEX transactions_by_user_and_time ON transactions (user_id, created_at, id);
DROP INDEX transactions_by_user;
