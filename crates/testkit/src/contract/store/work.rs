//! The work list: what is due, what is leased, who may end it.

use offers_domain::activation_partner::Places;
use offers_domain::ids::TransactionId;
use offers_domain::partner::{Answer, Step};
use offers_domain::settlement::{Claim, SettleError};
use offers_domain::transaction::{Phase, Schedule, Status, Transaction, TransitionError};
use time::{Duration, OffsetDateTime};

use super::StoreHarness;
use super::steps;
use super::world::{LEASE, World, claimed, confirmed, refused};
use crate::builders::{NOON, places};

async fn due<H: StoreHarness>(world: &World<H>, limit: usize, now: OffsetDateTime) -> Vec<TransactionId> {
    let due = world.commit(async |unit| unit.lock_due_transactions(&places(limit), now).await).await;
    due.readable.iter().map(|transaction| transaction.id()).collect()
}

async fn buy_each_second<H: StoreHarness>(world: &World<H>, count: i64) -> Vec<Transaction> {
    let mut bought = Vec::new();
    for number in 0..count {
        let customer = world.customer(&format!("customer{number}"), 100).await;
        let offer = world.offer_for(100).await;
        bought.push(world.buy_at(NOON + Duration::seconds(number), customer, offer).await);
    }
    bought
}

pub async fn the_longest_waiting_comes_first_and_no_more_than_asked<H: StoreHarness>() {
    let world = World::<H>::fresh().await;
    let bought = buy_each_second(&world, 4).await;
    let ids: Vec<TransactionId> = bought.iter().map(Transaction::id).collect();
    let later = NOON + Duration::minutes(1);
    assert_eq!(due(&world, 10, later).await, ids);
    assert_eq!(due(&world, 2, later).await, ids[..2]);
}

pub async fn what_is_not_due_is_not_handed_out<H: StoreHarness>() {
    let world = World::<H>::fresh().await;
    let bought = buy_each_second(&world, 2).await;
    assert_eq!(due(&world, 10, NOON - Duration::microseconds(1)).await, []);
    assert_eq!(due(&world, 10, NOON).await, [bought[0].id()]);
}

pub async fn leased_work_comes_back_when_its_lease_is_over<H: StoreHarness>() {
    let world = World::<H>::fresh().await;
    let bought = buy_each_second(&world, 1).await;
    assert_eq!(world.claim_all(NOON).await.len(), 1);
    assert_eq!(due(&world, 10, NOON + LEASE - Duration::microseconds(1)).await, []);
    assert_eq!(due(&world, 10, NOON + LEASE).await, [bought[0].id()]);
    let again = world.claim_all(NOON + LEASE).await;
    assert_eq!((again[0].transaction.attempt(), again[0].transaction.parts().lost_leases), (2, 1));
}

pub async fn a_retry_is_due_at_its_time<H: StoreHarness>() {
    let world = World::<H>::fresh().await;
    buy_each_second(&world, 1).await;
    let answer = Answer::NotExecuted { reason: "busy".into(), retry_after: Some(Duration::seconds(20)) };
    let waiting = world.settle_all(answer, NOON).await;
    assert_eq!(due(&world, 10, NOON + Duration::seconds(19)).await, []);
    assert_eq!(due(&world, 10, NOON + Duration::seconds(20)).await, [waiting[0].id()]);
}

pub async fn what_was_looked_at_a_moment_ago_can_be_left_out<H: StoreHarness>() {
    let world = World::<H>::fresh().await;
    let bought = buy_each_second(&world, 3).await;
    let later = NOON + Duration::seconds(2);
    let since = async |since| {
        let places = places(10).map(|places| Places { since: Some(since), ..places });
        let due = world.commit(async |unit| unit.lock_due_transactions(&places, later).await).await;
        due.readable.iter().map(|transaction| transaction.id()).collect::<Vec<_>>()
    };
    assert_eq!(since(NOON + Duration::SECOND).await, [bought[1].id(), bought[2].id()]);
    assert_eq!(since(later + Duration::SECOND).await, []);
}

pub async fn ended_and_parked_orders_are_no_work<H: StoreHarness>() {
    let world = World::<H>::fresh().await;
    buy_each_second(&world, 1).await;
    world.confirm_all(NOON).await;
    let (dora, offer) = (world.customer("dora", 200).await, world.offer_for(100).await);
    world.buy(dora, offer).await;
    world.refuse_all(NOON).await;
    world.buy(dora, offer).await;
    let one = world.claim_all(NOON).await.remove(0);
    world
        .commit(async |unit| {
            let mut found = unit.lock_transactions(&[one.transaction.id()]).await?;
            found[0].wait(1, Phase::NeedsAttention, Schedule::Parked, None, NOON).unwrap();
            unit.update_transactions(&[(*found[0]).clone()]).await
        })
        .await;
    assert_eq!(due(&world, 10, NOON + Duration::days(365)).await, []);
}

pub async fn a_worker_whose_lease_was_lost_cannot_settle<H: StoreHarness>() {
    let world = World::<H>::fresh().await;
    buy_each_second(&world, 1).await;
    let slow = world.claim_all(NOON).await.remove(0);
    let later = NOON + LEASE;
    let quick = world.claim_all(later).await.remove(0);
    let late = [steps::answered(&slow, refused(), later)];
    let answers = world.commit(async |unit| steps::settle(unit, &late, later).await).await;
    assert_eq!(answers, [Err(SettleError::Late(TransitionError::StaleClaim))]);
    let good = [steps::answered(&quick, confirmed(), later)];
    let answers = world.commit(async |unit| steps::settle(unit, &good, later).await).await;
    assert_eq!(answers[0].as_ref().unwrap().status(), Status::Success);
    world.assert_sound().await;
}

pub async fn work_that_is_given_back_is_taken_at_once_and_asked_about<H: StoreHarness>() {
    let world = World::<H>::fresh().await;
    let bought = buy_each_second(&world, 3).await;
    let later = NOON + Duration::seconds(3);
    let held = world.claim_all(later).await;
    let claims: Vec<Claim> = held.iter().map(|one| Claim::on(&one.transaction)).collect();
    let released = world.commit(async |unit| steps::release(unit, &claims[..2], later).await).await;
    assert_eq!(released.len(), 2);
    assert_eq!(due(&world, 10, later).await, [bought[0].id(), bought[1].id()]);

    let again = world.claim_all(later).await;
    for one in &again {
        assert_eq!((one.step, one.transaction.attempt()), (Step::Query, 2));
        assert_eq!(one.transaction.parts().lost_leases, 0, "its worker did not vanish");
    }
    let good: Vec<_> = again.iter().map(|one| steps::answered(one, confirmed(), later)).collect();
    let answers = world.commit(async |unit| steps::settle(unit, &good, later).await).await;
    assert!(answers.iter().all(|answer| answer.as_ref().unwrap().status() == Status::Success));
    world.assert_sound().await;
}

pub async fn a_claim_that_is_over_cannot_be_given_back<H: StoreHarness>() {
    let world = World::<H>::fresh().await;
    buy_each_second(&world, 2).await;
    let held = world.claim_all(NOON + LEASE).await;
    let claims: Vec<Claim> = held.iter().map(|one| Claim::on(&one.transaction)).collect();
    let settled = [steps::answered(&held[0], confirmed(), NOON)];
    world.commit(async |unit| steps::settle(unit, &settled, NOON + LEASE).await).await;
    let taken_over = world.claim_all(NOON + LEASE * 2).await;
    assert_eq!(taken_over.len(), 1);
    let released = world.commit(async |unit| steps::release(unit, &claims, NOON + LEASE * 2).await).await;
    assert_eq!(released, []);
    world.assert_sound().await;
}

pub async fn an_order_that_nobody_claimed_cannot_be_settled<H: StoreHarness>() {
    let world = World::<H>::fresh().await;
    let bought = buy_each_second(&world, 1).await;
    let made_up = [steps::answered(&claimed(&bought[0]), confirmed(), NOON)];
    let answers = world.commit(async |unit| steps::settle(unit, &made_up, NOON).await).await;
    assert_eq!(answers, [Err(SettleError::Late(TransitionError::StaleClaim))]);
    world.assert_sound().await;
}

pub async fn leases_run_by_the_stores_clock<H: StoreHarness>() {
    let world = World::<H>::fresh().await;
    let (anna, offer) = (world.customer("anna", 100).await, world.offer_for(100).await);
    let now = world.commit(async |unit| unit.now().await).await;
    world.buy_at(now, anna, offer).await;
    let lease = Duration::milliseconds(1);
    let first = world
        .commit(async |unit| {
            let now = unit.now().await?;
            steps::claim(unit, 1, lease, now).await
        })
        .await;
    let until = first[0].transaction.parts().updated_at + lease;
    let again = loop {
        let claimed = world
            .commit(async |unit| {
                let now = unit.now().await?;
                steps::claim(unit, 1, LEASE, now).await
            })
            .await;
        if let Some(one) = claimed.into_iter().next() {
            break one;
        }
        tokio::task::yield_now().await;
    };
    assert_eq!(again.transaction.attempt(), 2);
    assert!(again.transaction.parts().updated_at >= until);
}
