//! Two processes on one database. What they do together is what they could have done one after the other.

use std::collections::BTreeSet;
use std::slice::from_ref;
use std::sync::atomic::{AtomicBool, Ordering};

use offers_domain::activation::{OrderRefusal, PlaceOrder, Placed};
use offers_domain::ids::{OfferId, TransactionId};
use offers_domain::ports::{Constraint, Store, StoreError};
use offers_domain::settlement::SettleError;
use offers_domain::transaction::{Status, Transaction};

use super::StoreHarness;
use super::steps::{self, transact};
use super::world::{Customer, LEASE, World, confirmed, refused};
use crate::builders::{NOON, handle};

/// Each wish in a unit of its own; how many were taken.
async fn buy_all(store: &dyn Store, wishes: &[PlaceOrder]) -> usize {
    let mut taken = 0;
    for wish in wishes {
        let batch = from_ref(wish);
        match transact(store, async |unit| steps::place(unit, batch, NOON).await).await.unwrap().remove(0) {
            Ok(_) => taken += 1,
            Err(refusal) => assert_eq!(refusal, OrderRefusal::InsufficientBalance),
        }
    }
    taken
}

/// As many wishes for one offer, each with a key of its own, so that none counts as a double click.
fn wishes<H: StoreHarness>(
    world: &World<H>,
    customer: Customer,
    offer: OfferId,
    count: usize,
) -> Vec<PlaceOrder> {
    let keyed = |id: TransactionId| Some(handle(customer.user, &id.to_string(), 1));
    let wish = || world.wish(customer, offer);
    (0..count).map(|_| wish()).map(|wish| PlaceOrder { handle: keyed(wish.id), ..wish }).collect()
}

pub async fn parallel_orders_spend_exactly_the_balance<H: StoreHarness>() {
    let world = World::<H>::fresh().await;
    let (anna, offer) = (world.customer("anna", 1050).await, world.offer_for(100).await);
    let other = world.harness.second_connection();
    let lots: [Vec<PlaceOrder>; 4] = std::array::from_fn(|_| wishes(&world, anna, offer, 5));
    let taken = tokio::join!(
        buy_all(&*world.store, &lots[0]),
        buy_all(&*other, &lots[1]),
        buy_all(&*world.store, &lots[2]),
        buy_all(&*other, &lots[3]),
    );
    assert_eq!(taken.0 + taken.1 + taken.2 + taken.3, 10);
    assert_eq!(world.balance(anna).await, 50);
    world.assert_sound().await;
}

pub async fn two_buyers_with_one_price_left_are_one_customer<H: StoreHarness>() {
    let world = World::<H>::fresh().await;
    let other = world.harness.second_connection();
    for round in 0..5 {
        let anna = world.customer(&format!("anna{round}"), 100).await;
        let wishes = wishes(&world, anna, world.offer_for(100).await, 2);
        let (here, there) =
            tokio::join!(buy_all(&*world.store, &wishes[..1]), buy_all(&*other, &wishes[1..]));
        assert_eq!(here + there, 1);
        assert_eq!(world.balance(anna).await, 0);
    }
    world.assert_sound().await;
}

/// Claims two at a time until nothing is due.
async fn claim_until_none(store: &dyn Store) -> Vec<TransactionId> {
    let mut claimed = Vec::new();
    loop {
        let more = transact(store, async |unit| steps::claim(unit, 2, LEASE, NOON).await).await.unwrap();
        if more.is_empty() {
            return claimed;
        }
        claimed.extend(more.iter().map(|one| one.transaction.id()));
    }
}

pub async fn due_work_is_claimed_once<H: StoreHarness>() {
    let world = World::<H>::fresh().await;
    let (anna, offer) = (world.customer("anna", 3000).await, world.offer_for(100).await);
    let wishes = wishes(&world, anna, offer, 30);
    world.commit(async |unit| steps::place(unit, &wishes, NOON).await).await;
    let other = world.harness.second_connection();
    let (here, there) = tokio::join!(claim_until_none(&*world.store), claim_until_none(&*other));
    let all: BTreeSet<TransactionId> = here.iter().chain(&there).copied().collect();
    assert_eq!(here.len() + there.len(), 30, "some were claimed twice");
    // Work that another unit had locked is skipped, not waited for: a last look finds it.
    assert_eq!(all.len() + world.claim_all(NOON).await.len(), 30);
    world.assert_sound().await;
}

pub async fn one_claim_is_settled_once<H: StoreHarness>() {
    let world = World::<H>::fresh().await;
    let other = world.harness.second_connection();
    for round in 0..5 {
        let anna = world.customer(&format!("anna{round}"), 100).await;
        let bought = world.buy(anna, world.offer_for(100).await).await;
        let one = world.claim_all(NOON).await.remove(0);
        let (yes, no) = (steps::answered(&one, confirmed(), NOON), steps::answered(&one, refused(), NOON));
        let (yes, no) = ([yes], [no]);
        let (yes, no) = tokio::join!(
            transact(&*world.store, async |unit| steps::settle(unit, &yes, NOON).await),
            transact(&*other, async |unit| steps::settle(unit, &no, NOON).await),
        );
        let outcomes: [Result<Transaction, SettleError>; 2] = [yes.unwrap().remove(0), no.unwrap().remove(0)];
        let ended: Vec<Status> = outcomes.iter().flatten().map(Transaction::status).collect();
        assert_eq!(ended.len(), 1, "{outcomes:?}");
        let view = world.queries.status(bought.id()).await.unwrap().unwrap();
        assert_eq!(view.status, ended[0]);
        assert_eq!(world.balance(anna).await, if ended[0] == Status::Failed { 100 } else { 0 });
    }
    world.assert_sound().await;
}

/// A request as the program runs it: a key that another unit has taken meanwhile is looked up again.
async fn send(store: &dyn Store, wish: &PlaceOrder) -> Placed {
    loop {
        let batch = from_ref(wish);
        match transact(store, async |unit| steps::place(unit, batch, NOON).await).await {
            Err(StoreError::Conflict(Constraint::IdempotencyKey)) => {}
            outcome => return outcome.unwrap().remove(0).unwrap(),
        }
    }
}

pub async fn one_key_sent_twice_at_once_has_one_effect<H: StoreHarness>() {
    let world = World::<H>::fresh().await;
    let other = world.harness.second_connection();
    let (anna, offer) = (world.customer("anna", 1000).await, world.offer_for(100).await);
    for round in 0..5 {
        let key = Some(handle(anna.user, &round.to_string(), 1));
        let click = || PlaceOrder { handle: key.clone(), ..world.wish(anna, offer) };
        let (first, second) = (click(), click());
        let (first, second) = tokio::join!(send(&*world.store, &first), send(&*other, &second));
        let (fresh, replayed) = match (first, second) {
            (Placed::Fresh(fresh), Placed::Replayed { transaction, .. })
            | (Placed::Replayed { transaction, .. }, Placed::Fresh(fresh)) => (fresh, transaction),
            both => panic!("not one effect: {both:?}"),
        };
        assert_eq!(fresh.id(), replayed);
    }
    assert_eq!(world.balance(anna).await, 500);
    world.assert_sound().await;
}

pub async fn a_reader_never_sees_half_a_unit<H: StoreHarness>() {
    let world = World::<H>::fresh().await;
    let (anna, offer) = (world.customer("anna", 10_000).await, world.offer_for(100).await);
    let wishes = wishes(&world, anna, offer, 30);
    let done = AtomicBool::new(false);
    let write = async {
        buy_all(&*world.store, &wishes[..15]).await;
        world.refuse_all(NOON).await;
        buy_all(&*world.store, &wishes[15..]).await;
        world.confirm_all(NOON).await;
        done.store(true, Ordering::Relaxed);
    };
    let read = async {
        while !done.load(Ordering::Relaxed) {
            world.assert_sound().await;
        }
    };
    tokio::join!(write, read);
    assert_eq!(world.balance(anna).await, 8500);
    world.assert_sound().await;
}
