//! Units that are in each other's way, and units that nobody finishes.

use std::time::{Duration, Instant};

use offers_domain::ids::EventId;
use offers_domain::ports::{StatusQueries, Store, StoreError};
use offers_domain::webhook::endpoint::{Description, NewWebhook, Owner, WebhookTerms};
use offers_domain::webhook::event::EventKinds;
use offers_domain::webhook::secret::Secret;
use offers_domain::webhook::views::ReplayOf;
use offers_postgres::{PgSettings, PgStore};
use offers_testkit::builders::{NOON, cents};
use uuid::Uuid;

use crate::{customer, open, support};

/// 55P03, with the settings that come with the program.
#[tokio::test]
async fn a_lock_that_is_waited_for_too_long_is_contention() {
    let (_database, store) = open(2).await;
    let anna = customer(&store, "anna").await;
    let mut first = store.begin().await.unwrap();
    first.lock_wallets(&[anna]).await.unwrap();
    let mut second = store.begin().await.unwrap();
    let outcome = second.lock_wallets(&[anna]).await;
    assert!(matches!(outcome, Err(StoreError::Contention(_))), "{outcome:?}");
    second.rollback().await.unwrap();
    first.commit().await.unwrap();
}

/// 40P01, by really crossing locks.
#[tokio::test]
async fn of_two_units_that_lock_crosswise_one_is_contention() {
    let database = support::fresh().await;
    let patient = PgSettings {
        lock_timeout: Duration::from_secs(20),
        statement_timeout: Duration::from_secs(20),
        ..PgSettings::new(database.url())
    };
    let store = PgStore::connect(&patient).await.unwrap();
    let (anna, bert) = (customer(&store, "anna").await, customer(&store, "bert").await);
    let (mut first, mut second) = (store.begin().await.unwrap(), store.begin().await.unwrap());
    first.lock_wallets(&[anna]).await.unwrap();
    second.lock_wallets(&[bert]).await.unwrap();
    let cross = async |mut unit: Box<dyn offers_domain::ports::UnitOfWork>, user| {
        let outcome = unit.lock_wallets(&[user]).await.map(drop);
        unit.rollback().await.unwrap();
        outcome
    };
    let (first, second) = tokio::join!(cross(first, bert), cross(second, anna));
    let outcomes = [first, second];
    assert_eq!(outcomes.iter().filter(|outcome| outcome.is_ok()).count(), 1, "{outcomes:?}");
    assert!(outcomes.contains(&Err(StoreError::Contention("deadlock detected".into()))), "{outcomes:?}");
}

/// Who sends has locked a delivery and goes on to its endpoint; who replays has locked the endpoint.
#[tokio::test]
async fn a_replay_does_not_wait_for_a_delivery_that_somebody_holds() {
    let (_database, store) = open(2).await;
    let terms = WebhookTerms {
        url: "https://till.example/".into(),
        description: Description::try_new("").unwrap(),
        kinds: EventKinds::all(),
    };
    let secret = Secret("whsec_one".into());
    let new = NewWebhook { owner: Owner::Operator, terms, secret, created_at: NOON };
    let event = EventId(Uuid::from_u128(5));
    let mut unit = store.begin().await.unwrap();
    let webhook = unit.insert_webhook(&new).await.unwrap();
    unit.insert_test(webhook, event, NOON).await.unwrap();
    unit.commit().await.unwrap();

    let mut sender = store.begin().await.unwrap();
    assert_eq!(sender.lock_due_deliveries(1, 1, NOON).await.unwrap().len(), 1);
    let mut replay = store.begin().await.unwrap();
    replay.lock_webhooks(&[webhook]).await.unwrap();
    let replayed = replay.replay(webhook, ReplayOf::Event(event), 10, NOON).await.unwrap();
    assert_eq!((replayed.queued, replayed.last), (0, Some(event)), "what is held is left alone");
    replay.commit().await.unwrap();
    assert_eq!(sender.lock_webhooks(&[webhook]).await.unwrap().len(), 1);
    sender.commit().await.unwrap();
}

/// 40001. At READ COMMITTED, PostgreSQL's default, no unit meets it, whatever isolation the sessions beside it use. It comes
/// as soon as somebody sets a stricter default for the server, the database or the role.
#[tokio::test]
async fn under_a_stricter_isolation_a_unit_that_comes_too_late_is_contention() {
    let database = support::fresh().await;
    let stricter =
        format!("ALTER DATABASE {} SET default_transaction_isolation = 'repeatable read'", database.name());
    database.execute(&stricter).await.unwrap();
    let store = PgStore::connect(&PgSettings::new(database.url())).await.unwrap();
    let anna = customer(&store, "anna").await;
    let mut late = store.begin().await.unwrap();
    late.find_users(&[anna]).await.unwrap();
    let mut quick = store.begin().await.unwrap();
    let top_up = quick.lock_wallets(&[anna]).await.unwrap()[0].top_up(cents(100)).unwrap();
    quick.apply_transfers(&[top_up], NOON).await.unwrap();
    quick.commit().await.unwrap();
    let outcome = late.lock_wallets(&[anna]).await;
    assert!(matches!(outcome, Err(StoreError::Contention(_))), "{outcome:?}");
    late.rollback().await.unwrap();
}

#[tokio::test]
async fn a_unit_that_is_dropped_leaves_no_transaction_open() {
    let (database, store) = open(1).await;
    let anna = customer(&store, "anna").await;
    for _ in 0..3 {
        let mut unit = store.begin().await.unwrap();
        unit.lock_wallets(&[anna]).await.unwrap();
        drop(unit);
    }
    // The only writer is free, its lock is gone, and what follows is a transaction of its own.
    let mut unit = store.begin().await.unwrap();
    assert_eq!(unit.lock_wallets(&[anna]).await.unwrap().len(), 1);
    unit.commit().await.unwrap();
    let open = "SELECT state FROM pg_stat_activity
                WHERE datname = current_database() AND state LIKE 'idle in transaction%'";
    assert_eq!(database.texts(open).await, [""; 0]);
}

#[tokio::test]
async fn a_unit_that_is_cancelled_in_a_statement_leaves_no_transaction_open() {
    let (_database, store) = open(2).await;
    let anna = customer(&store, "anna").await;
    let mut holder = store.begin().await.unwrap();
    holder.lock_wallets(&[anna]).await.unwrap();
    let mut waiting = store.begin().await.unwrap();
    let cancelled = tokio::time::timeout(Duration::from_millis(50), waiting.lock_wallets(&[anna])).await;
    assert!(cancelled.is_err());
    let unusable = waiting.commit().await;
    assert!(matches!(unusable, Err(StoreError::Misuse(_))), "{unusable:?}");
    holder.commit().await.unwrap();
    let (first, second) = (store.begin().await, store.begin().await);
    first.unwrap().lock_wallets(&[anna]).await.unwrap();
    second.unwrap().rollback().await.unwrap();
}

#[tokio::test]
async fn with_all_writers_busy_a_unit_is_refused_soon_and_reads_go_on() {
    let (_database, store) = open(1).await;
    let busy = store.begin().await.unwrap();
    let asked = Instant::now();
    let refused = store.begin().await.err();
    assert_eq!(refused, Some(StoreError::Overloaded("all connections are busy".into())));
    assert!(asked.elapsed() < Duration::from_secs(2), "{:?}", asked.elapsed());
    assert_eq!(store.ping().await, Ok(()));
    busy.rollback().await.unwrap();
    store.begin().await.unwrap().rollback().await.unwrap();
}
