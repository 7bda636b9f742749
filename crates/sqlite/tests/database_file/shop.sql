-- A small shop whose books are sound. Anna pays 1000 in and orders four times for 100:
-- 01 succeeds, 02 fails, 03 waits, 04 renews what 01 opened and succeeds.
INSERT INTO users VALUES (1, 'anna', 'anna@example.com', NULL, 'hash', 'customer', 'en', 1, 0, 0);
INSERT INTO accounts VALUES (100, 'wallet', 1, NULL, 'EUR', 700, 0, 0, 0);
INSERT INTO offers (
    id, name, description, category, price, currency, duration_days, sale_from, sale_until, purchase_policy, is_active,
    version, created_at, updated_at
) VALUES (1, 'Fibre', '', 'internet', 100, 'EUR', 30, NULL, NULL, 'allow', 1, 1, 0, 0);

INSERT INTO transactions (
    id, user_id, offer_id, account_id, amount, currency, duration_days, channel, renews, created_at, status, sub_status,
    due_at, leased, attempt, lost_leases, version, reference, error_code, error_message, updated_at, completed_at
) VALUES
    (X'01000000000000000000000000000001', 1, 1, 100, 100, 'EUR', 30, 'customer', NULL, 0,
     'SUCCESS', 'confirmed', NULL, 0, 1, 0, 3, 'ok', NULL, NULL, 0, 0),
    (X'01000000000000000000000000000002', 1, 1, 100, 100, 'EUR', 30, 'customer', NULL, 0,
     'FAILED', 'refused', NULL, 0, 1, 0, 3, NULL, 'partner_refused', 'no', 0, 0),
    (X'01000000000000000000000000000003', 1, 1, 100, 100, 'EUR', 30, 'customer', NULL, 0,
     'PENDING', 'queued', 0, 0, 0, 0, 1, NULL, NULL, NULL, 0, NULL);
INSERT INTO user_offers (
    id, user_id, offer_id, transaction_id, status, activated_at, expires_at, created_at, updated_at
) VALUES
    (1, 1, 1, X'01000000000000000000000000000001', 'active', 0, 5184000000000, 0, 0),
    (2, 1, 1, X'01000000000000000000000000000002', 'cancelled', NULL, NULL, 0, 0),
    (3, 1, 1, X'01000000000000000000000000000003', 'pending', NULL, NULL, 0, 0);
INSERT INTO transactions (
    id, user_id, offer_id, account_id, amount, currency, duration_days, channel, renews, created_at, status, sub_status,
    due_at, leased, attempt, lost_leases, version, reference, error_code, error_message, updated_at, completed_at
) VALUES
    (X'01000000000000000000000000000004', 1, 1, 100, 100, 'EUR', 30, 'customer', 1, 0,
     'SUCCESS', 'confirmed', NULL, 0, 1, 0, 3, 'ok', NULL, NULL, 0, 0);

INSERT INTO transaction_events VALUES
    (X'01000000000000000000000000000001', 1, 'PENDING', 'queued', 0, 0),
    (X'01000000000000000000000000000001', 2, 'PROCESSING', 'calling', 1, 0),
    (X'01000000000000000000000000000001', 3, 'SUCCESS', 'confirmed', 1, 0),
    (X'01000000000000000000000000000002', 1, 'PENDING', 'queued', 0, 0),
    (X'01000000000000000000000000000002', 2, 'PROCESSING', 'calling', 1, 0),
    (X'01000000000000000000000000000002', 3, 'FAILED', 'refused', 1, 0),
    (X'01000000000000000000000000000003', 1, 'PENDING', 'queued', 0, 0),
    (X'01000000000000000000000000000004', 1, 'PENDING', 'queued', 0, 0),
    (X'01000000000000000000000000000004', 2, 'PROCESSING', 'calling', 1, 0),
    (X'01000000000000000000000000000004', 3, 'SUCCESS', 'confirmed', 1, 0);

INSERT INTO transfers VALUES
    (1, 2, 100, 1000, 'EUR', 'top_up', NULL, 0),
    (2, 100, 1, 100, 'EUR', 'charge', X'01000000000000000000000000000001', 0),
    (3, 100, 1, 100, 'EUR', 'charge', X'01000000000000000000000000000002', 0),
    (4, 1, 100, 100, 'EUR', 'refund', X'01000000000000000000000000000002', 0),
    (5, 100, 1, 100, 'EUR', 'charge', X'01000000000000000000000000000003', 0),
    (6, 100, 1, 100, 'EUR', 'charge', X'01000000000000000000000000000004', 0);

INSERT INTO attempts VALUES (X'01000000000000000000000000000001', 1, 'activate', 'confirmed', 'ok', 0, 0);

INSERT INTO sessions VALUES (zeroblob(16), 1, 0, 1, NULL, 0);
INSERT INTO refresh_tokens VALUES (zeroblob(32), zeroblob(16), 1, NULL, NULL);
INSERT INTO audit_events VALUES (1, 0, 'user', 1, 'login_succeeded', 'user', '1', NULL, '{}', NULL);
INSERT INTO ledger_checks VALUES (1, 0, 1, 6, 4, 0, '[]');
