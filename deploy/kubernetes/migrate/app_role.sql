-- What the program needs from the database at run time, and nothing more: it may add to the ledger and to the history,
-- but neither change nor delete there, and it owns nothing. Run by the owner of the tables after every migration, in one
-- transaction, because it begins by taking everything away:
--
--   psql --single-transaction "$OWNER_DATABASE_URL" -v ON_ERROR_STOP=1 -v role=offers_app -f deploy/postgres/app_role.sql
--
-- The role itself is made once, by a superuser:
--
--   CREATE ROLE offers_app LOGIN PASSWORD '…';
--   ALTER ROLE offers_app SET lc_messages = 'C';   -- the program tells errors apart by their English text

REVOKE ALL ON ALL TABLES IN SCHEMA public FROM :"role";
GRANT USAGE ON SCHEMA public TO :"role";
GRANT SELECT ON ALL TABLES IN SCHEMA public TO :"role";
GRANT INSERT ON users, accounts, offers, offer_stocks, transactions, transaction_events, attempts, transfers, user_offers,
    idempotency_records, notices, schedules, sessions, refresh_tokens, audit_events, ledger_checks, partners, api_keys,
    partner_orders, imported_rows, activation_pauses, activation_callbacks, incidents, webhooks, webhook_events,
    webhook_deliveries, webhook_attempts TO :"role";
GRANT UPDATE ON users, accounts, offers, offer_stocks, transactions, user_offers, notices, schedules, sessions,
    refresh_tokens, partners, api_keys, activation_pauses, incidents, webhooks, webhook_deliveries TO :"role";
GRANT DELETE ON idempotency_records, notices, sessions, refresh_tokens, activation_pauses, activation_callbacks,
    webhook_events TO :"role";
