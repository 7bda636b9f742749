//! A row that the domain cannot have written is left out of the work, and the others are done.

use offers_domain::activation_partner::ActivationPartner;
use offers_domain::ids::{AccountId, OfferId, TransactionId, UserId, UserOfferId, WebhookId};
use offers_domain::notice::NoticeChannel;
use offers_domain::page::{PageLimit, PageRequest};
use offers_domain::ports::{Store, UnitOfWork, WebhookQueries};
use offers_domain::transaction::{FailureKind, Transaction};
use offers_domain::user_offer::Ending;
use offers_domain::webhook::event::{Happening, What};
use offers_domain::webhook::views::DeliveryFilter;
use offers_testkit::builders::{NOON, order, places, terms};
use offers_testkit::crowd;
use time::{Duration, OffsetDateTime};
use uuid::Uuid;

use crate::{customer, open};

const fn id(number: u128) -> TransactionId {
    TransactionId(Uuid::from_u128(number))
}

async fn due(unit: &mut dyn UnitOfWork, limit: usize) -> Vec<TransactionId> {
    let due = unit.lock_due_transactions(&places(limit), NOON).await.unwrap();
    due.readable.iter().map(|order| order.id()).collect()
}

#[tokio::test]
async fn orders_that_cannot_be_read_do_not_stop_the_work() {
    let (database, store) = open(2).await;
    let anna = customer(&store, "anna").await;
    let mut unit = store.begin().await.unwrap();
    let wallet: AccountId = unit.lock_wallets(&[anna]).await.unwrap()[0].id();
    let offer = unit.insert_offers(&[terms(100)], NOON).await.unwrap()[0];
    let orders = [1, 2, 3, 4, 5, 6, 7, 8, 9]
        .map(|number| Transaction::place(id(number), order(anna, offer, wallet, 100), NOON));
    unit.insert_transactions(&orders).await.unwrap();
    unit.commit().await.unwrap();
    let damage = [
        "UPDATE transactions SET amount = 1.005 WHERE right(id::text, 1) IN ('1', '2', '3')",
        "UPDATE transactions SET duration_days = 4294967296 WHERE right(id::text, 1) = '5'",
        // What the server can hold and the program cannot.
        "UPDATE transactions SET amount = 'NaN' WHERE right(id::text, 1) = '7'",
        "UPDATE transactions SET due_at = '-infinity' WHERE right(id::text, 1) = '8'",
        "ALTER TABLE transactions DROP CONSTRAINT transactions_status;
         UPDATE transactions SET sub_status = 'lost', status = 'PROCESSING' WHERE right(id::text, 1) = '9'",
    ];
    for statement in damage {
        database.execute(statement).await.unwrap();
    }
    for (limit, expected) in [(0, &[][..]), (1, &[id(4)]), (2, &[id(4), id(6)]), (10, &[id(4), id(6)])] {
        let mut unit = store.begin().await.unwrap();
        assert_eq!(due(&mut *unit, limit).await, expected);
        unit.rollback().await.unwrap();
    }
    let mut unit = store.begin().await.unwrap();
    let unreadable = unit.lock_due_transactions(&places(10), NOON).await.unwrap().unreadable;
    unit.rollback().await.unwrap();
    let mut ids: Vec<_> = unreadable.iter().map(|order| order.id).collect();
    ids.sort_unstable();
    assert_eq!(ids, [1, 2, 3, 5, 7, 8, 9].map(id));
    assert!(unreadable.iter().all(|order| !order.reason.is_empty()), "{unreadable:?}");
    // What one unit holds is skipped by another, as ever.
    let (mut first, mut second) = (store.begin().await.unwrap(), store.begin().await.unwrap());
    assert_eq!(due(&mut *first, 1).await, [id(4)]);
    assert_eq!(due(&mut *second, 2).await, [id(6)]);
    first.rollback().await.unwrap();
    second.rollback().await.unwrap();
}

#[tokio::test]
async fn subscriptions_that_cannot_be_read_do_not_stop_the_scheduled_work() {
    let (database, store) = open(2).await;
    let minutes = |number: usize| Duration::minutes(i64::try_from(number).unwrap());
    crowd::subscribe(&store, "over", 3, |number| NOON - Duration::HOUR + minutes(number)).await.unwrap();
    let ids = "SELECT id::text FROM user_offers ORDER BY expires_at";
    let ids: Vec<i64> = database.texts(ids).await.iter().map(|id| id.parse().unwrap()).collect();
    let [first, middle, last] = ids.try_into().unwrap();
    // The first and the last have ended without having begun, which no rule of the schema lets be written.
    let damage = format!(
        "UPDATE user_offers SET auto_renew = TRUE, renew_at = expires_at;
         ALTER TABLE user_offers DROP CONSTRAINT user_offers_period;
         UPDATE user_offers SET activated_at = NULL WHERE id IN ({first}, {last})"
    );
    database.execute(&damage).await.unwrap();
    let start = Ending { at: OffsetDateTime::UNIX_EPOCH, id: UserOfferId(0) };
    for limit in [1, 10] {
        let mut unit = store.begin().await.unwrap();
        let ended = unit.lock_ended(limit, NOON).await.unwrap();
        let due = unit.lock_due_renewals(limit, NOON).await.unwrap();
        let ending = unit.ending(start, NOON, limit).await.unwrap();
        unit.rollback().await.unwrap();
        let readable = |found: Vec<UserOfferId>| assert_eq!(found, [UserOfferId(middle)], "{limit} at most");
        readable(ended.iter().map(|held| held.id).collect());
        readable(due.iter().map(|held| held.id).collect());
        readable(ending.iter().map(|held| held.id).collect());
    }
}

/// Three of each that are due, one after the other; the first and the last have been tried more often than can be counted.
const DUE_ERRANDS: &str = "
    SET session_replication_role = replica;
    CREATE VIEW due AS
    SELECT n, timestamptz '2020-01-01' + n * interval '1 minute' AS at, CASE n WHEN 2 THEN 0 ELSE 4294967296 END AS attempt
    FROM generate_series(1, 3) AS n;
    INSERT INTO notices (user_id, channel, kind, dedupe_key, user_offer_id, offer_id, ends_at, status, due_at, attempt,
                         created_at, updated_at)
    SELECT 1, 'email', 'expired', n::text, 1, 1, at, 'queued', at, attempt, at, at FROM due;
    INSERT INTO incidents (transaction_id, activation_partner, kind, evidence, status, due_at, attempt, created_at, updated_at)
    SELECT gen_random_uuid(), 'default', 'late_success', 'late', 'voiding', at, attempt, at, at FROM due;
    INSERT INTO webhooks (url, description, kinds, status, secret, created_at, updated_at)
    VALUES ('https://till.example/', '', 'transaction.failed', 'enabled', 'whsec_one', '2020-01-01', '2020-01-01');
    INSERT INTO webhook_events (kind, dedupe_key, created_at) SELECT 'webhook.test', n::text, at FROM due;
    INSERT INTO webhook_deliveries (event_id, webhook_id, status, due_at, attempt, queued_at, updated_at)
    SELECT n, 1, 'queued', at, attempt, at, at FROM due;";

#[tokio::test]
async fn errands_that_cannot_be_read_do_not_stop_those_behind_them() {
    let (database, store) = open(1).await;
    database.execute(DUE_ERRANDS).await.unwrap();
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
    VALUES ('https://till.example/', '', 'transaction.failed', 'enabled', 'whsec_one', 4294967296, '2020-01-01', '2020-01-01'),
           ('https://till.example/', '', 'transaction.failed', 'enabled', 'whsec_one', 0, '2020-01-01', '2020-01-01');";

#[tokio::test]
async fn an_endpoint_that_cannot_be_read_stops_neither_orders_nor_the_others_deliveries() {
    let (database, store) = open(1).await;
    database.execute(ENDPOINTS).await.unwrap();
    let happening = Happening {
        about: id(1),
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
