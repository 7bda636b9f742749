-- Rows of the money path name only rows that their unit of work has locked or written, and none of those is ever deleted.
-- Asking for each of them again, one by one, costs a third of an order. The check of the ledger (rule references_hold)
-- looks for what a mistake would leave behind. A transfer's order is still asked for: no money moves for nothing.
ALTER TABLE transactions
    DROP CONSTRAINT transactions_user_id_fkey,
    DROP CONSTRAINT transactions_offer_id_fkey,
    DROP CONSTRAINT transactions_account_id_fkey,
    DROP CONSTRAINT transactions_renews_fkey;
ALTER TABLE transaction_events DROP CONSTRAINT transaction_events_transaction_id_fkey;
ALTER TABLE attempts DROP CONSTRAINT attempts_transaction_id_fkey;
ALTER TABLE transfers
    DROP CONSTRAINT transfers_debit_account_id_fkey,
    DROP CONSTRAINT transfers_credit_account_id_fkey;
ALTER TABLE user_offers
    DROP CONSTRAINT user_offers_user_id_fkey,
    DROP CONSTRAINT user_offers_offer_id_fkey,
    DROP CONSTRAINT user_offers_transaction_id_fkey;
