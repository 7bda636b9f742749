//! Subscriptions by the clock.

use offers_domain::auto_renew::{AutoRenew, Taken};
use offers_domain::ids::UserOfferId;
use offers_domain::offer::OfferTerms;
use offers_domain::page::Page;
use offers_domain::ports::Store;
use offers_domain::user_offer::{Ending, UserOffer, UserOfferRef, UserOfferStatus};
use offers_domain::views::UserOfferView;
use time::{Duration, OffsetDateTime};

use super::StoreHarness;
use super::steps::transact;
use super::world::{Customer, World, page};
use crate::builders::{NOON, terms};

const DAY: Duration = Duration::DAY;

/// A customer with subscriptions since noon of so many days each.
async fn subscriber<H: StoreHarness>(world: &World<H>, days: &[u32]) -> (Customer, Vec<UserOffer>) {
    let anna = world.customer("anna", 100_000).await;
    let mut opened = Vec::new();
    for duration_days in days {
        let offer = world.offer(OfferTerms { duration_days: *duration_days, ..terms(100) });
        let order = world.buy(anna, offer.await).await;
        opened.push(UserOfferRef::OpenedBy(order.id()));
    }
    world.confirm_all(NOON).await;
    let mut held = Vec::new();
    for pointer in opened {
        held.push(*world.commit(async |unit| unit.lock_user_offers(&[pointer]).await).await[0].1);
    }
    (anna, held)
}

pub async fn what_has_ended_is_handed_out_the_first_to_end_first<H: StoreHarness>() {
    let world = World::<H>::fresh().await;
    let (_, held) = subscriber(&world, &[3, 1, 2, 9]).await;
    let ended = async |limit, now| {
        let found = world.commit(async |unit| unit.lock_ended(limit, now).await).await;
        found.iter().map(|held| held.id).collect::<Vec<_>>()
    };
    assert_eq!(ended(9, NOON + DAY - Duration::microseconds(1)).await, []);
    assert_eq!(ended(9, NOON + DAY).await, [held[1].id], "at its instant");
    assert_eq!(ended(2, NOON + DAY * 5).await, [held[1].id, held[2].id]);
    let mut first = held[1];
    first.expire(NOON + DAY).unwrap();
    world.commit(async |unit| unit.update_user_offers(&[first], NOON).await).await;
    assert_eq!(ended(9, NOON + DAY * 5).await, [held[2].id, held[0].id], "and once");
    world.assert_sound().await;
}

/// Expires everything, a few at a time; how many.
async fn sweep(store: &dyn Store, now: OffsetDateTime) -> usize {
    let mut swept = 0;
    loop {
        let count = transact(store, async |unit| {
            let mut ended = unit.lock_ended(3, now).await?;
            let expired: Vec<_> =
                ended.iter_mut().map(|held| held.expire(now).map(|()| **held).unwrap()).collect();
            unit.update_user_offers(&expired, now).await?;
            Ok(expired.len())
        });
        match count.await.unwrap() {
            0 => return swept,
            count => swept += count,
        }
    }
}

pub async fn two_sweeps_share_the_work<H: StoreHarness>() {
    let world = World::<H>::fresh().await;
    let (anna, _) = subscriber(&world, &[1; 20]).await;
    let (other, now) = (world.harness.second_connection(), NOON + DAY * 2);
    let (here, there) = tokio::join!(sweep(&*world.store, now), sweep(&*other, now));
    // One that the other has locked is skipped, so a last look finds what both have left.
    assert_eq!(here + there + sweep(&*world.store, now).await, 20, "each ends once");
    let (status, all) = (Some(UserOfferStatus::Expired), page(50, None));
    let expired = world.queries.user_offers(anna.user, status, &all, NOON).await.unwrap();
    assert_eq!(expired.items.len(), 20);
}

pub async fn a_renewal_is_due_from_its_time_on<H: StoreHarness>() {
    let world = World::<H>::fresh().await;
    let (_, held) = subscriber(&world, &[10, 30, 10]).await;
    for mut on in [held[0], held[1]] {
        on.set_auto_renew(true).unwrap();
        world.commit(async |unit| unit.update_user_offers(&[on], NOON).await).await;
    }
    let due = async |limit, now| {
        let found = world.commit(async |unit| unit.lock_due_renewals(limit, now).await).await;
        found.iter().map(|held| held.id).collect::<Vec<_>>()
    };
    assert_eq!(due(9, NOON + DAY * 9 - Duration::microseconds(1)).await, []);
    assert_eq!(due(9, NOON + DAY * 9).await, [held[0].id], "the third one is not switched on");
    assert_eq!(due(1, NOON + DAY * 40).await, [held[0].id]);
    let now = NOON + DAY * 9;
    let taken = world
        .commit(async |unit| {
            let mut due = unit.lock_due_renewals(9, now).await?;
            let taken = due[0].take_renewal(now);
            unit.update_user_offers(&[*due[0]], now).await?;
            Ok(taken)
        })
        .await;
    let Taken::Try(taken) = taken else { panic!("{taken:?}") };
    assert_eq!(due(9, now).await, [], "somebody has it");
    assert_eq!(due(9, taken.leased_until).await, [held[0].id], "until the lease is over");
}

pub async fn switching_is_kept_through_every_state<H: StoreHarness>() {
    let world = World::<H>::fresh().await;
    let (anna, held) = subscriber(&world, &[30]).await;
    let pointer = UserOfferRef::Existing(held[0].id);
    let read = async || *world.commit(async |unit| unit.lock_user_offers(&[pointer]).await).await[0].1;
    assert_eq!(read().await.auto_renew, AutoRenew::Off);
    for auto_renew in
        [AutoRenew::On { next_try: Some(NOON) }, AutoRenew::On { next_try: None }, AutoRenew::Off]
    {
        let changed = UserOffer { auto_renew, ..held[0] };
        world.commit(async |unit| unit.update_user_offers(&[changed], NOON).await).await;
        assert_eq!(read().await, changed);
        let view = world.queries.user_offer(anna.user, held[0].id, NOON).await.unwrap().unwrap();
        assert_eq!(view.auto_renew, auto_renew.is_on());
    }
}

pub async fn what_ends_is_walked_in_chunks<H: StoreHarness>() {
    let world = World::<H>::fresh().await;
    let (_, held) = subscriber(&world, &[5, 2, 2, 1, 2]).await;
    let by_end: Vec<_> = [3, 1, 2, 4].iter().map(|place| held[*place].id).collect();
    for limit in [1, 2, 3, 10] {
        let (mut found, mut after) = (Vec::new(), Ending { at: NOON, id: UserOfferId(i64::MAX) });
        loop {
            let chunk = world.commit(async |unit| unit.ending(after, NOON + DAY * 3, limit).await).await;
            let Some(last) = chunk.last() else { break };
            after = Ending { at: last.period().unwrap().expires_at, id: last.id };
            assert!(chunk.len() <= limit);
            found.extend(chunk.iter().map(|held| held.id));
        }
        assert_eq!(found, by_end, "{limit} at a time");
    }
}

pub async fn what_ends_soon_is_listed_to_its_holder_alone<H: StoreHarness>() {
    let world = World::<H>::fresh().await;
    let (anna, held) = subscriber(&world, &[5, 2, 2, 1, 9]).await;
    let bert = world.customer("bert", 0).await;
    let (now, until) = (NOON + DAY, NOON + DAY * 5);
    let list = async |customer: Customer, limit, after| -> Page<UserOfferView> {
        world.queries.expiring(customer.user, until, &page(limit, after), now).await.unwrap()
    };
    let ids = |page: &Page<UserOfferView>| page.items.iter().map(|view| view.id).collect::<Vec<_>>();
    let all = list(anna, 10, None).await;
    assert_eq!(ids(&all), [held[1].id, held[2].id, held[0].id], "what has just ended runs no more");
    let first = list(anna, 1, None).await;
    assert!(first.has_more);
    let view = &first.items[0];
    let rest = list(anna, 9, Some(Ending { at: view.period.unwrap().expires_at, id: view.id })).await;
    assert_eq!(ids(&rest), [held[2].id, held[0].id]);
    assert_eq!(ids(&list(bert, 9, None).await), []);
}

pub async fn a_subscription_is_shown_to_its_holder_alone<H: StoreHarness>() {
    let world = World::<H>::fresh().await;
    let (anna, held) = subscriber(&world, &[1]).await;
    let bert = world.customer("bert", 0).await;
    let show = async |customer: Customer, now| {
        world.queries.user_offer(customer.user, held[0].id, now).await.unwrap()
    };
    assert_eq!(show(anna, NOON).await.map(|view| view.status), Some(UserOfferStatus::Active));
    assert_eq!(show(anna, NOON + DAY).await.map(|view| view.status), Some(UserOfferStatus::Expired));
    assert_eq!(show(bert, NOON).await, None);
}
