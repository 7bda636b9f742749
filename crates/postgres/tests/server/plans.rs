//! Statements stay prepared: a plan that was made while the tables were small serves them when they have grown.

use std::time::Duration as Patience;

use offers_domain::activation::PlaceOrder;
use offers_domain::ids::{EventId, OfferId, SessionId, TransactionId, UserId, WebhookId};
use offers_domain::money::Currency;
use offers_domain::page::{PageLimit, PageRequest};
use offers_domain::partner::Answer;
use offers_domain::ports::{Store, WebhookQueries};
use offers_domain::session::{RefreshHash, RefreshToken, Session, SessionPolicy};
use offers_domain::webhook::delivery::DeliveryStatus;
use offers_domain::webhook::endpoint::{Description, NewWebhook, Owner, WebhookTerms};
use offers_domain::webhook::secret::Secret;
use offers_domain::webhook::views::{DeliveryFilter, ReplayOf};
use offers_postgres::PgStore;
use offers_testkit::builders::{NOON, cents, handle, new_user, place_order, terms};
use offers_testkit::contract::store::steps;
use offers_testkit::servers::Database;
use time::Duration;
use time::macros::datetime;
use uuid::Uuid;

use crate::open;

/// A plan is kept after the fifth execution, at the latest.
const ROUNDS: u128 = 8;
const CUSTOMERS: u8 = 16;

/// Of everything that a batch looks for, twenty thousand that are somebody else's, put there without a look at anything.
const CROWD: &str = "
    SET session_replication_role = replica;
    INSERT INTO sessions (id, user_id, created_at, expires_at)
    SELECT gen_random_uuid(), 1, '2030-01-01', '2040-01-01' FROM generate_series(1, 20000);
    INSERT INTO user_offers (user_id, offer_id, transaction_id, status, activated_at, expires_at, created_at, updated_at)
    SELECT 1, 1, gen_random_uuid(), 'active', '2020-01-01', timestamptz '2040-01-01' + n * interval '1 second',
           '2020-01-01', '2020-01-01' FROM generate_series(1, 20000) AS n;
    INSERT INTO transactions (id, user_id, offer_id, account_id, amount, currency, duration_days, channel, created_at,
                              status, sub_status, due_at, updated_at)
    SELECT gen_random_uuid(), 1, 1, 3, 1, 'EUR', 30, 'customer', '2020-01-01', 'PENDING', 'queued', '2040-01-01',
           '2020-01-01' FROM generate_series(1, 20000);
    INSERT INTO idempotency_records (principal, route, key, fingerprint, transaction_id, response_status, response_body,
                                     created_at)
    SELECT 'user:1', 'POST /activation', n::text, decode(repeat('00', 32), 'hex'), gen_random_uuid(), 202, '', '2020-01-01'
    FROM generate_series(1, 20000) AS n;";

/// Twenty thousand events, a second apart, that were delivered to the first endpoint, which has lost interest in them since.
const EVENTS: &str = "
    SET session_replication_role = replica;
    WITH told AS (
        INSERT INTO webhook_events (kind, dedupe_key, transaction_id, user_id, offer_id, created_at)
        SELECT 'transaction.succeeded', 'crowd:' || n, gen_random_uuid(), 1, 1,
               timestamptz '2020-01-01' + n * interval '1 second' FROM generate_series(1, 20000) AS n
        RETURNING id, transaction_id, created_at
    )
    INSERT INTO webhook_deliveries (event_id, webhook_id, topic, queued_at, updated_at, status, due_at)
    SELECT id, 1, transaction_id, created_at, created_at, STATE FROM told;";
const DELIVERED: &str = "'delivered', NULL";
const WAITING: &str = "'queued', created_at";

/// What was read too often to be found by a key.
const WALKED: &str = "
    SELECT indexrelname || ': ' || idx_tup_read FROM pg_stat_user_indexes WHERE idx_tup_read > 10000
    UNION ALL
    SELECT relname || ': ' || seq_tup_read FROM pg_stat_user_tables WHERE seq_tup_read > 10000";

const CONNECTED: &str = "SELECT pid::text FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'";

struct Shop {
    store: PgStore,
    users: Vec<UserId>,
    sessions: Vec<SessionId>,
    offer: OfferId,
}

impl Shop {
    async fn open(store: PgStore) -> Self {
        let mut unit = store.begin().await.unwrap();
        let names: Vec<_> = (0..=CUSTOMERS).map(|number| new_user(&format!("customer{number}"))).collect();
        let users = unit.insert_users(&names).await.unwrap();
        unit.open_wallets(&users, Currency::EUR, NOON).await.unwrap();
        let offer = unit.insert_offers(&[terms(100)], NOON).await.unwrap()[0];
        let mut wallets = unit.lock_wallets(&users).await.unwrap();
        let top_ups: Vec<_> =
            wallets.iter_mut().map(|wallet| wallet.top_up(cents(100_000)).unwrap()).collect();
        unit.apply_transfers(&top_ups, NOON).await.unwrap();
        let mut sessions = Vec::new();
        for (number, user) in (0..=CUSTOMERS).zip(&users) {
            let id = SessionId(Uuid::from_u128(number.into()));
            let session = Session::begin(id, *user, &SessionPolicy::default(), NOON);
            let hash = RefreshHash([number; 32]);
            let expires_at = session.expires_at;
            let token = RefreshToken { hash, session: id, parent: None, expires_at, used_at: None };
            unit.insert_session(&session, &token).await.unwrap();
            sessions.push(id);
        }
        unit.commit().await.unwrap();
        Self { store, users, sessions, offer }
    }

    /// An order of each customer but the first, from its request to its end.
    async fn carry_orders_to_their_end(&self, round: u128) {
        let who = self.users.iter().zip(&self.sessions).skip(1);
        let batch = (round * 1000..).zip(who).map(|(number, (user, session))| PlaceOrder {
            session: Some(*session),
            handle: Some(handle(*user, &number.to_string(), 1)),
            ..place_order(TransactionId(Uuid::from_u128(number)), *user, self.offer)
        });
        let batch: Vec<_> = batch.collect();
        let mut unit = self.store.begin().await.unwrap();
        let placed = steps::place(&mut *unit, &batch, NOON).await.unwrap();
        assert!(placed.iter().all(Result::is_ok), "{placed:?}");
        unit.commit().await.unwrap();
        let mut unit = self.store.begin().await.unwrap();
        let claimed = steps::claim(&mut *unit, batch.len(), Duration::seconds(30), NOON).await.unwrap();
        unit.commit().await.unwrap();
        assert_eq!(claimed.len(), batch.len());
        let confirmed = || Answer::Confirmed { reference: "R-1".into() };
        let answers: Vec<_> = claimed.iter().map(|one| steps::answered(one, confirmed(), NOON)).collect();
        let mut unit = self.store.begin().await.unwrap();
        let settled = steps::settle(&mut *unit, &answers, NOON).await.unwrap();
        assert!(settled.iter().all(Result::is_ok), "{settled:?}");
        unit.commit().await.unwrap();
    }
}

/// The server adds up what a connection has read when it ends, if not before.
async fn walked(database: &Database) -> Vec<String> {
    while !database.texts(CONNECTED).await.is_empty() {
        tokio::time::sleep(Patience::from_millis(20)).await;
    }
    database.texts(WALKED).await
}

#[tokio::test]
async fn a_plan_from_small_tables_finds_rows_by_their_keys_when_the_tables_have_grown() {
    let (database, store) = open(1).await;
    let shop = Shop::open(store).await;
    for round in 1..=ROUNDS {
        shop.carry_orders_to_their_end(round).await;
    }
    database.execute(CROWD).await.unwrap();
    shop.carry_orders_to_their_end(ROUNDS + 1).await;
    drop(shop);
    assert_eq!(walked(&database).await, Vec::<String>::new());
}

/// An endpoint, and a test for it.
async fn listen(store: &PgStore) -> (WebhookId, EventId) {
    let terms = WebhookTerms {
        url: "https://till.example/".into(),
        description: Description::default(),
        kinds: "transaction.failed".parse().unwrap(),
    };
    let webhook =
        NewWebhook { owner: Owner::Operator, terms, secret: Secret("whsec_one".into()), created_at: NOON };
    let mut unit = store.begin().await.unwrap();
    let webhook = unit.insert_webhook(&webhook).await.unwrap();
    let test = EventId(Uuid::from_u128(1));
    unit.insert_test(webhook, test, NOON).await.unwrap();
    unit.commit().await.unwrap();
    (webhook, test)
}

#[tokio::test]
async fn a_replay_reads_the_events_that_it_asks_for_and_none_before_or_behind_them() {
    let (database, store) = open(1).await;
    let (webhook, test) = listen(&store).await;
    let replay = async |of| {
        let mut unit = store.begin().await.unwrap();
        let replayed = unit.replay(webhook, of, 1000, NOON).await.unwrap();
        unit.commit().await.unwrap();
        replayed
    };
    let begin = datetime!(2020-01-01 02:46:40 UTC);
    let some = |after| ReplayOf::Between { from: begin, to: begin + Duration::seconds(10), after };
    for _ in 1..=ROUNDS {
        assert_eq!(replay(ReplayOf::Event(test)).await.last, Some(test));
        assert_eq!(replay(some(Some(test))).await.queued, 0);
    }
    database.execute(&EVENTS.replace("STATE", DELIVERED)).await.unwrap();
    let between = replay(some(None)).await;
    assert_eq!((between.queued, between.has_more), (10, false));
    assert_eq!(replay(some(between.last)).await.last, None);
    assert_eq!(replay(ReplayOf::Event(between.last.unwrap())).await.last, between.last);
    drop(store);
    assert_eq!(walked(&database).await, Vec::<String>::new());
}

#[tokio::test]
async fn what_has_not_reached_an_endpoint_is_found_among_what_has() {
    let (database, store) = open(1).await;
    let (webhook, test) = listen(&store).await;
    database.execute(&EVENTS.replace("STATE", DELIVERED)).await.unwrap();
    let page = PageRequest { limit: PageLimit::default(), after: None };
    for (status, expected) in
        [(DeliveryStatus::Queued, &[test][..]), (DeliveryStatus::Sending, &[]), (DeliveryStatus::Failed, &[])]
    {
        let filter = DeliveryFilter { status: Some(status) };
        let found = store.deliveries(webhook, &filter, &page).await.unwrap();
        let found: Vec<_> = found.items.iter().map(|delivery| delivery.parts().event.id).collect();
        assert_eq!(found, expected, "{status}");
    }
    drop(store);
    assert_eq!(walked(&database).await, Vec::<String>::new());
}

#[tokio::test]
async fn the_first_of_a_backlog_are_claimed_without_a_look_at_the_others() {
    let (database, store) = open(1).await;
    listen(&store).await;
    let due = async || {
        let mut unit = store.begin().await.unwrap();
        let due = unit.lock_due_deliveries(32, 8, NOON).await.unwrap().len();
        unit.rollback().await.unwrap();
        due
    };
    for _ in 1..=ROUNDS {
        assert_eq!(due().await, 1);
    }
    database.execute(&EVENTS.replace("STATE", WAITING)).await.unwrap();
    assert_eq!(due().await, 8);
    drop(store);
    assert_eq!(walked(&database).await, Vec::<String>::new());
}
