//! A row that the domain cannot have written is named, not guessed at.

use offers_domain::activation_partner::ActivationPartner;
use offers_domain::ids::{OfferId, SessionId, TransactionId, UserId, UserOfferId, WebhookId};
use offers_domain::notice::NoticeChannel;
use offers_domain::page::{PageLimit, PageRequest};
use offers_domain::ports::{
    AccountQueries, AuditFilter, AuditQueries, CatalogueQueries, IdentityQueries, StatusQueries, Store,
    StoreError, WebhookQueries,
};
use offers_domain::session::RefreshHash;
use offers_domain::transaction::FailureKind;
use offers_domain::user_offer::{Ending, UserOfferRef};
use offers_domain::webhook::event::{Happening, What};
use offers_domain::webhook::views::DeliveryFilter;
use offers_sqlite::SqliteStore;
use offers_testkit::builders::{NOON, places};
use time::OffsetDateTime;
use uuid::Uuid;

use crate::Database;

const ORDER: TransactionId = TransactionId(Uuid::from_u128(0x0100_0000_0000_0000_0000_0000_0000_0003));

/// Reads everything that the shop has, each thing by itself.
async fn errors(store: &SqliteStore) -> Vec<StoreError> {
    let page = PageRequest { limit: PageLimit::default(), after: None };
    let (user, pointer) = (UserId(1), [UserOfferRef::Existing(UserOfferId(3))]);
    let mut errors = vec![
        store.offer(OfferId(1)).await.err(),
        store.credentials("anna").await.err(),
        store.session(SessionId(Uuid::nil())).await.err(),
        store.balance(user).await.err(),
        store.user_offers(user, None, &page, NOON).await.err(),
        store.status(ORDER).await.err(),
        store.transaction(user, ORDER).await.err(),
        store
            .audit(&AuditFilter::default(), &PageRequest { limit: PageLimit::default(), after: None })
            .await
            .err(),
    ];
    let mut unit = store.begin().await.unwrap();
    errors.push(unit.lock_wallets(&[user]).await.err());
    unit.rollback().await.unwrap();
    let mut unit = store.begin().await.unwrap();
    errors.push(unit.lock_user_offers(&pointer).await.err());
    unit.rollback().await.unwrap();
    let mut unit = store.begin().await.unwrap();
    errors.push(unit.lock_refresh_token(RefreshHash([0; 32])).await.err());
    unit.rollback().await.unwrap();
    errors.into_iter().flatten().collect()
}

#[tokio::test]
async fn a_sound_shop_reads_without_errors() {
    assert_eq!(errors(&Database::shop().open()).await, []);
}

#[tokio::test]
async fn a_bad_row_is_named_by_table_column_and_key() {
    let order = ORDER.to_string();
    let session = Uuid::nil().to_string();
    for (damage, table, column, row) in [
        ("offers SET category = 'radio'", "offers", "category", "1"),
        ("offers SET price = 0", "offers", "price", "1"),
        ("offers SET currency = 'e'", "offers", "currency", "1"),
        ("offers SET duration_days = -1", "offers", "duration_days", "1"),
        ("offers SET sale_from = 9223372036854775807", "offers", "sale_from", "1"),
        ("users SET role = 'king'", "users", "role", "1"),
        ("users SET locale = 'xx'", "users", "locale", "1"),
        ("sessions SET expires_at = 9223372036854775807", "sessions", "expires_at", &session),
        ("refresh_tokens SET expires_at = -9223372036854775807", "refresh_tokens", "expires_at", &session),
        ("accounts SET currency = NULL", "accounts", "currency", "100"),
        ("accounts SET balance = NULL", "accounts", "balance", "100"),
        ("accounts SET partner_id = id", "accounts", "user_id", "100"),
        ("user_offers SET status = 'lost'", "user_offers", "status", "3"),
        ("user_offers SET status = 'active'", "user_offers", "activated_at", "3"),
        ("transactions SET status = 'LOST'", "transactions", "status", &order),
        ("transactions SET due_at = NULL", "transactions", "due_at", &order),
        ("transactions SET status = 'PROCESSING'", "transactions", "sub_status", &order),
        ("transactions SET status = 'SUCCESS'", "transactions", "completed_at", &order),
        ("transactions SET status = 'FAILED', completed_at = 0", "transactions", "error_code", &order),
        ("transactions SET amount = -1", "transactions", "amount", &order),
        ("transactions SET attempt = -1", "transactions", "attempt", &order),
        ("transactions SET version = 4294967296", "transactions", "version", &order),
        ("transactions SET channel = 'bird'", "user_offers", "channel", "3"),
        ("audit_events SET actor_id = NULL", "audit_events", "actor_id", "1"),
        ("audit_events SET action = 'sang'", "audit_events", "action", "1"),
        ("audit_events SET subject_id = 'x'", "audit_events", "subject_id", "1"),
        ("audit_events SET details = '[]'", "audit_events", "details", "1"),
        ("transaction_events SET sub_status = 'lost'", "transaction_events", "sub_status", &order),
    ] {
        let database = Database::shop();
        database.damage(&format!("UPDATE {damage} WHERE {}", key_of(damage)));
        let expected = StoreError::Corrupt { table, column, row: row.into() };
        let errors = errors(&database.open()).await;
        assert!(errors.contains(&expected), "{damage}: {errors:?}");
    }
}

/// As due as the shop's own; of all of them only 20… and 30… can be read.
const DUE_ORDERS: &str = "
    INSERT INTO transactions
    SELECT due.column1, user_id, offer_id, account_id, amount, currency, duration_days, channel, renews, created_at,
           status, sub_status, due_at, leased, attempt, lost_leases, version, reference, error_code, error_message,
           updated_at, completed_at, from_stock, activation_partner, called_at, clock_from, traceparent
    FROM transactions, (
        VALUES (X'02000000000000000000000000000000'), (X'20000000000000000000000000000000'),
               (X'25000000000000000000000000000000'), (X'30000000000000000000000000000000')
    ) AS due WHERE id = X'01000000000000000000000000000003';
    UPDATE transactions SET amount = -1 WHERE id < X'10';
    UPDATE transactions SET duration_days = 4294967296 WHERE id = X'25000000000000000000000000000000';";

#[tokio::test]
async fn orders_that_cannot_be_read_do_not_stop_the_work() {
    let database = Database::shop();
    database.damage(DUE_ORDERS);
    let store = database.open();
    for (limit, expected) in [(0, &[][..]), (1, &[0x20]), (2, &[0x20, 0x30]), (10, &[0x20, 0x30])] {
        let mut unit = store.begin().await.unwrap();
        let due = unit.lock_due_transactions(&places(limit), NOON).await.unwrap();
        unit.rollback().await.unwrap();
        let first_bytes: Vec<u8> = due.readable.iter().map(|order| order.id().0.as_bytes()[0]).collect();
        assert_eq!(first_bytes, expected);
        let passed_over = due.unreadable.iter().map(|order| order.id.0.as_bytes()[0]);
        let bad = [0x01, 0x02, 0x25].into_iter().filter(|first| limit > 1 || (limit == 1 && *first < 0x20));
        assert!(passed_over.eq(bad), "{due:?}");
    }
}

/// Three subscriptions that ended before noon and renew themselves; the middle one alone can be read.
const DUE_SUBSCRIPTIONS: &str = "
    UPDATE user_offers SET status = 'active', activated_at = 1, expires_at = 2, auto_renew = 1, renew_at = 2;
    INSERT INTO transactions
    SELECT due.column1, user_id, offer_id, account_id, amount, currency, duration_days, channel, renews, created_at,
           status, sub_status, due_at, leased, attempt, lost_leases, version, reference, error_code, error_message,
           updated_at, completed_at, from_stock, activation_partner, called_at, clock_from, traceparent
    FROM transactions, (
        VALUES (X'02000000000000000000000000000000'), (X'20000000000000000000000000000000')
    ) AS due WHERE id = X'01000000000000000000000000000003';
    INSERT INTO user_offers (
        id, user_id, offer_id, transaction_id, status, activated_at, expires_at, created_at, updated_at, auto_renew, renew_at
    )
    SELECT due.column1, user_id, offer_id, due.column2, status, activated_at, expires_at + due.column1, created_at, updated_at,
           auto_renew, renew_at + due.column1
    FROM user_offers, (
        VALUES (4, X'02000000000000000000000000000000'), (5, X'20000000000000000000000000000000')
    ) AS due WHERE id = 3;
    UPDATE user_offers SET activated_at = NULL WHERE id <> 4;";

#[tokio::test]
async fn subscriptions_that_cannot_be_read_do_not_stop_the_scheduled_work() {
    let database = Database::shop();
    database.damage(DUE_SUBSCRIPTIONS);
    let store = database.open();
    let start = Ending { at: OffsetDateTime::UNIX_EPOCH, id: UserOfferId(0) };
    for limit in [1, 10] {
        let mut unit = store.begin().await.unwrap();
        let ended = unit.lock_ended(limit, NOON).await.unwrap();
        let due = unit.lock_due_renewals(limit, NOON).await.unwrap();
        let ending = unit.ending(start, NOON, limit).await.unwrap();
        unit.rollback().await.unwrap();
        let ids = |found: Vec<UserOfferId>| assert_eq!(found, [UserOfferId(4)], "{limit} at most");
        ids(ended.iter().map(|held| held.id).collect());
        ids(due.iter().map(|held| held.id).collect());
        ids(ending.iter().map(|held| held.id).collect());
    }
}

/// Three of each that are due, one after the other; the first and the last have been tried more often than can be counted.
const DUE_ERRANDS: &str = "
    CREATE TEMP VIEW due AS
    SELECT column1 AS n, CASE column1 WHEN 2 THEN 0 ELSE 4294967296 END AS attempt FROM (VALUES (1), (2), (3));
    INSERT INTO notices (user_id, channel, kind, dedupe_key, user_offer_id, offer_id, ends_at, status, due_at, attempt,
                         created_at, updated_at)
    SELECT 1, 'email', 'expired', n, 1, 1, n, 'queued', n, attempt, n, n FROM due;
    INSERT INTO incidents (transaction_id, activation_partner, kind, evidence, status, due_at, attempt, created_at, updated_at)
    SELECT randomblob(16), 'default', 'late_success', 'late', 'voiding', n, attempt, n, n FROM due;
    INSERT INTO webhooks (url, description, kinds, status, secret, created_at, updated_at)
    VALUES ('https://till.example/', '', 'transaction.failed', 'enabled', 'whsec_one', 1, 1);
    INSERT INTO webhook_events (kind, dedupe_key, created_at) SELECT 'webhook.test', n, n FROM due;
    INSERT INTO webhook_deliveries (event_id, webhook_id, status, due_at, attempt, queued_at, updated_at)
    SELECT n, 1, 'queued', n, attempt, n, n FROM due;";

#[tokio::test]
async fn errands_that_cannot_be_read_do_not_stop_those_behind_them() {
    let database = Database::shop();
    database.damage(DUE_ERRANDS);
    let store = database.open();
    for limit in [1, 10] {
        let mut unit = store.begin().await.unwrap();
        let notices = unit.lock_due_notices(NoticeChannel::Email, limit, NOON).await.unwrap();
        let incidents = unit.lock_due_incidents(&[ActivationPartner::DEFAULT], limit, NOON).await.unwrap();
        let deliveries = unit.lock_due_deliveries(limit, limit, NOON).await.unwrap();
        unit.rollback().await.unwrap();
        let readable = |found: Vec<i64>| assert_eq!(found, [2], "{limit} at most");
        readable(notices.iter().map(|notice| notice.id().0).collect());
        readable(incidents.iter().map(|incident| incident.id.0).collect());
        readable(deliveries.iter().map(|delivery| delivery.id().0).collect());
    }
}

/// Two endpoints, the first of which has failed more often than can be counted.
const ENDPOINTS: &str = "
    INSERT INTO webhooks (url, description, kinds, status, secret, failures, created_at, updated_at)
    VALUES ('https://till.example/', '', 'transaction.failed', 'enabled', 'whsec_one', 4294967296, 1, 1),
           ('https://till.example/', '', 'transaction.failed', 'enabled', 'whsec_one', 0, 1, 1);";

#[tokio::test]
async fn an_endpoint_that_cannot_be_read_stops_neither_orders_nor_the_others_deliveries() {
    let database = Database::shop();
    database.damage(ENDPOINTS);
    let store = database.open();
    let happening = Happening {
        about: ORDER,
        user: UserId(1),
        offer: OfferId(1),
        what: What::Failed(FailureKind::Refused),
    };
    let mut unit = store.begin().await.unwrap();
    unit.record_events(&[happening], NOON).await.unwrap();
    let due = unit.lock_due_deliveries(1, 1, NOON).await.unwrap();
    let held = unit.lock_webhooks(&[WebhookId(1), WebhookId(2)]).await.unwrap();
    unit.commit().await.unwrap();
    assert_eq!(due.iter().map(|delivery| delivery.parts().webhook).collect::<Vec<_>>(), [WebhookId(2)]);
    assert_eq!(held.iter().map(|webhook| webhook.id).collect::<Vec<_>>(), [WebhookId(2)]);
    let page = PageRequest { limit: PageLimit::default(), after: None };
    let log = store.deliveries(WebhookId(1), &DeliveryFilter::default(), &page).await.unwrap();
    assert_eq!(log.items.len(), 1, "it is told as soon as it can be read again");
}

/// Which row of the table is damaged: the one that [`errors`] reads.
fn key_of(damage: &str) -> &'static str {
    match damage.split(' ').next().unwrap() {
        "accounts" => "id = 100",
        "user_offers" => "id = 3",
        "transactions" => "id = X'01000000000000000000000000000003'",
        "transaction_events" => "transaction_id = X'01000000000000000000000000000003'",
        _ => "TRUE",
    }
}
