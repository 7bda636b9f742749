//! What a batch costs does not depend on its length. A process of its own, because it counts everything that is sent.

#![cfg(test)]

mod support;

use std::sync::atomic::{AtomicUsize, Ordering};

use diesel::connection::{Instrumentation, InstrumentationEvent, set_default_instrumentation};
use offers_domain::activation::{PlaceOrder, Wish};
use offers_domain::ids::{OfferId, TransactionId, UserId};
use offers_domain::money::Currency;
use offers_domain::partner::Answer;
use offers_domain::ports::Store;
use offers_domain::user_offer::RenewalOf;
use offers_postgres::{PgSettings, PgStore};
use offers_testkit::builders::{NOON, cents, handle, new_user, place_order, terms};
use offers_testkit::contract::store::steps;
use time::Duration;
use uuid::Uuid;

static SENT: AtomicUsize = AtomicUsize::new(0);

#[expect(clippy::unnecessary_wraps, reason = "diesel asks for this signature")]
fn counter() -> Option<Box<dyn Instrumentation>> {
    Some(Box::new(|event: InstrumentationEvent<'_>| {
        if matches!(event, InstrumentationEvent::StartQuery { .. }) {
            SENT.fetch_add(1, Ordering::Relaxed);
        }
    }))
}

fn order(number: u128, user: UserId, offer: OfferId) -> PlaceOrder {
    let id = TransactionId(Uuid::from_u128(number));
    PlaceOrder { handle: Some(handle(user, &number.to_string(), 1)), ..place_order(id, user, offer) }
}

/// So many orders with keys, by many customers; how many statements they cost. No login asks for them, so that one looks up
/// who is locked out; where logins ask, one looks up whether they live instead.
async fn place(store: &PgStore, users: &[UserId], offer: OfferId, first: u128, count: u128) -> usize {
    let orders = (first..first + count).zip(users.iter().cycle());
    run(store, &orders.map(|(number, user)| order(number, *user, offer)).collect::<Vec<_>>()).await
}

async fn run(store: &PgStore, batch: &[PlaceOrder]) -> usize {
    let before = SENT.load(Ordering::Relaxed);
    let mut unit = store.begin().await.unwrap();
    let answers = steps::place(&mut *unit, batch, NOON).await.unwrap();
    unit.commit().await.unwrap();
    assert!(answers.iter().all(Result::is_ok), "{answers:?}");
    SENT.load(Ordering::Relaxed) - before
}

/// Ends so many claims well, and tells the customers.
async fn settle(store: &PgStore, count: usize) -> usize {
    let mut unit = store.begin().await.unwrap();
    let claimed = steps::claim(&mut *unit, count, Duration::seconds(30), NOON).await.unwrap();
    unit.commit().await.unwrap();
    assert_eq!(claimed.len(), count);
    let confirmed = || Answer::Confirmed { reference: "R-1".into() };
    let batch: Vec<_> = claimed.iter().map(|one| steps::answered(one, confirmed(), NOON)).collect();
    let before = SENT.load(Ordering::Relaxed);
    let mut unit = store.begin().await.unwrap();
    let answers = steps::settle(&mut *unit, &batch, NOON).await.unwrap();
    unit.commit().await.unwrap();
    assert!(answers.iter().all(Result::is_ok), "{answers:?}");
    SENT.load(Ordering::Relaxed) - before
}

#[tokio::test]
async fn a_batch_of_any_length_is_twelve_statements_to_take_and_eleven_to_end() {
    set_default_instrumentation(counter).unwrap();
    let database = support::fresh().await;
    let settings = PgSettings { pool_size: 1, ..PgSettings::new(database.url()) };
    let store = PgStore::connect(&settings).await.unwrap();
    let mut unit = store.begin().await.unwrap();
    let names: Vec<_> = (0..16).map(|number| new_user(&format!("customer{number}"))).collect();
    let users = unit.insert_users(&names).await.unwrap();
    unit.open_wallets(&users, Currency::EUR, NOON).await.unwrap();
    let offer = unit.insert_offers(&[terms(100)], NOON).await.unwrap()[0];
    let mut wallets = unit.lock_wallets(&users).await.unwrap();
    let top_ups: Vec<_> = wallets.iter_mut().map(|wallet| wallet.top_up(cents(100_000)).unwrap()).collect();
    unit.apply_transfers(&top_ups, NOON).await.unwrap();
    unit.commit().await.unwrap();
    for (first, count) in [(1, 1), (1000, 128), (2000, 17)] {
        assert_eq!(place(&store, &users, offer, first, count).await, 12, "a batch of {count}");
    }
    for count in [1, 128, 17] {
        assert_eq!(settle(&store, count).await, 11, "a batch of {count}");
    }
    for (first, count) in [(3000, 1), (4000, 16)] {
        let renew = |(number, user): (u128, &UserId)| PlaceOrder {
            wish: Wish::Renew(RenewalOf::Offer(offer)),
            ..order(number, *user, offer)
        };
        let who = &users[if count == 1 { 0..1 } else { 1..16 }];
        let mut batch: Vec<_> = (first..).zip(who).map(renew).collect();
        batch.push(order(first + 100, users[0], offer));
        assert_eq!(run(&store, &batch).await, 13, "renewals among {count} orders");
    }
    let started = std::time::Instant::now();
    for round in 0..20 {
        place(&store, &users, offer, 10_000 + round * 128, 128).await;
    }
    println!("a batch of 128 orders takes {:?}", started.elapsed() / 20);
}
