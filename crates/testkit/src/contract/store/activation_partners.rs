//! Activation partners: whose work is handed out, and whose is not.

use std::collections::HashMap;
use std::slice::from_ref;

use offers_domain::activation::Placed;
use offers_domain::activation_partner::{ActivationPartner, ActivationPause, ActivationRoutes, Places};
use offers_domain::audit::Reason;
use offers_domain::ids::TransactionId;
use offers_domain::partner::Answer;
use offers_domain::ports::Resumption;
use offers_domain::transaction::{CallClock, Transaction, TransactionParts};
use time::{Duration, OffsetDateTime};

use super::StoreHarness;
use super::steps;
use super::world::World;
use crate::builders::NOON;

fn partner(name: &str) -> ActivationPartner {
    name.parse().unwrap()
}

fn pause(name: &str) -> ActivationPause {
    let reason = Reason::try_new("their maintenance: \"until six\", été").unwrap();
    ActivationPause { partner: partner(name), reason, since: NOON + Duration::microseconds(1) }
}

/// An order, so many seconds after noon, which this partner activates.
async fn buy<H: StoreHarness>(world: &World<H>, name: &str, second: i64) -> Transaction {
    let customer = world.customer(&format!("customer-{name}-{second}"), 100).await;
    let offer = world.offer_for(100).await;
    let routes = ActivationRoutes {
        offers: HashMap::from([(offer, partner(name))]),
        ..ActivationRoutes::default()
    };
    let (wish, now) = (world.wish(customer, offer), NOON + Duration::seconds(second));
    let answers = world
        .commit(async |unit| steps::place_by(unit, from_ref(&wish), &routes, now).await)
        .await;
    match &answers[0] {
        Ok(Placed::Fresh(transaction)) => transaction.clone(),
        other => panic!("the order was not taken: {other:?}"),
    }
}

/// One step of a resumption.
async fn resume<H: StoreHarness>(
    world: &World<H>,
    name: &str,
    limit: usize,
    now: OffsetDateTime,
) -> Resumption {
    world.commit(async |unit| unit.resume_activation(partner(name), limit, now).await).await
}

/// What a worker with these places is given.
async fn due<H: StoreHarness>(
    world: &World<H>,
    places: &[(&str, usize)],
    now: OffsetDateTime,
) -> Vec<TransactionId> {
    let places: Vec<_> =
        places.iter().map(|(name, free)| Places { partner: partner(name), free: *free, since: None }).collect();
    let due = world.commit(async |unit| unit.lock_due_transactions(&places, now).await).await;
    due.readable.iter().map(|transaction| transaction.id()).collect()
}

const LATER: OffsetDateTime = NOON.saturating_add(Duration::minutes(1));

pub async fn an_order_stays_with_the_partner_that_it_was_placed_with<H: StoreHarness>() {
    let world = World::<H>::fresh().await;
    let bought = buy(&world, "tv-house", 0).await;
    assert_eq!(bought.order().activated_by, partner("tv-house"));
    let kept = world.commit(async |unit| unit.lock_transactions(&[bought.id()]).await).await;
    assert_eq!(*kept[0], bought);
    assert_eq!(kept[0].request().partner, partner("tv-house"));
}

pub async fn each_partner_has_places_of_its_own<H: StoreHarness>() {
    let world = World::<H>::fresh().await;
    let mut dead = Vec::new();
    for second in 0..4 {
        dead.push(buy(&world, "dead", second).await.id());
    }
    let quick = [buy(&world, "quick", 4).await.id(), buy(&world, "quick", 5).await.id()];
    assert_eq!(due(&world, &[("dead", 2), ("quick", 5)], LATER).await, [dead[0], dead[1], quick[0], quick[1]]);
    assert_eq!(due(&world, &[("quick", 1)], LATER).await, [quick[0]]);
    assert_eq!(due(&world, &[("quick", 0), ("nobody", 9)], LATER).await, []);
    assert_eq!(due(&world, &[], LATER).await, []);
}

pub async fn a_paused_partner_is_given_no_work_until_it_is_resumed<H: StoreHarness>() {
    let world = World::<H>::fresh().await;
    let (slow, quick) = (buy(&world, "slow", 0).await.id(), buy(&world, "quick", 1).await.id());
    let both = [("slow", 5), ("quick", 5)];
    assert!(world.commit(async |unit| unit.pause_activation(&pause("slow")).await).await);
    assert_eq!(due(&world, &both, LATER).await, [quick]);
    assert_eq!(resume(&world, "slow", 500, LATER).await, Resumption::Ended);
    assert_eq!(due(&world, &both, LATER).await, [slow, quick]);
}

pub async fn a_pause_is_kept_word_for_word_and_begins_once<H: StoreHarness>() {
    let world = World::<H>::fresh().await;
    let (first, second) = (pause("slow"), pause("also-slow"));
    for new in [&first, &second] {
        assert!(world.commit(async |unit| unit.pause_activation(new).await).await);
    }
    let again = ActivationPause { since: LATER, ..first.clone() };
    assert!(!world.commit(async |unit| unit.pause_activation(&again).await).await);
    assert_eq!(world.queries.activation_pauses().await.unwrap(), [second.clone(), first.clone()]);
    assert_eq!(resume(&world, "slow", 500, LATER).await, Resumption::Ended);
    assert_eq!(resume(&world, "slow", 500, LATER).await, Resumption::NotPaused);
    assert_eq!(world.queries.activation_pauses().await.unwrap(), [second]);
}

/// An order of this partner that was first called for at noon, and has a clock that an earlier pause has moved.
async fn call<H: StoreHarness>(world: &World<H>, name: &str, second: i64, from: OffsetDateTime) -> Transaction {
    let id = buy(world, name, second).await.id();
    let called = world
        .commit(async |unit| {
            let mut orders = unit.lock_transactions(&[id]).await?;
            let mut order = orders.remove(0);
            order.claim(LATER, Duration::MINUTE, 5).unwrap();
            let clock = Some(CallClock { first_call: NOON, from });
            let order = Transaction::from_parts(TransactionParts { clock, ..order.parts().clone() });
            unit.update_transactions(from_ref(&order)).await?;
            Ok(order)
        })
        .await;
    assert_eq!(kept(world, id).await, called);
    called
}

async fn kept<H: StoreHarness>(world: &World<H>, id: TransactionId) -> Transaction {
    let mut found = world.commit(async |unit| unit.lock_transactions(&[id]).await).await;
    (*found.remove(0)).clone()
}

pub async fn a_pause_does_not_count_against_the_open_orders_of_its_partner<H: StoreHarness>() {
    let world = World::<H>::fresh().await;
    let pause = pause("default");
    let ended = call(&world, "default", 0, NOON).await;
    world.settle_all(Answer::Confirmed { reference: "R-1".into() }, LATER + Duration::HOUR).await;
    let ended = kept(&world, ended.id()).await;
    let mut called = Vec::new();
    for (second, from) in [NOON, pause.since, pause.since + Duration::SECOND].into_iter().enumerate() {
        called.push(call(&world, "default", 1 + i64::try_from(second).unwrap(), from).await);
    }
    let others = [ended, call(&world, "quick", 4, NOON).await, buy(&world, "default", 5).await];

    let resumed_at = NOON + Duration::hours(30);
    assert!(world.commit(async |unit| unit.pause_activation(&pause).await).await);
    assert_eq!(resume(&world, "default", 500, resumed_at).await, Resumption::Ended);
    for before in called {
        let clock = before.parts().clock.map(|clock| clock.after_pause(pause.since, resumed_at));
        let after = TransactionParts { clock, ..before.parts().clone() };
        assert_eq!(*kept(&world, before.id()).await.parts(), after, "the clock moves, and nothing else");
    }
    for before in others {
        assert_eq!(kept(&world, before.id()).await, before, "ended, another's, or never called for");
    }
    world.assert_sound().await;
}

pub async fn a_long_pause_ends_in_short_steps_that_move_each_clock_once<H: StoreHarness>() {
    let world = World::<H>::fresh().await;
    let pause = pause("default");
    let mut called = Vec::new();
    for second in 0..5 {
        called.push(call(&world, "default", second, NOON).await);
    }
    world.commit(async |unit| unit.pause_activation(&pause).await).await;
    let (mut steps, resumed_at) = (Vec::new(), NOON + Duration::hours(30));
    while steps.last() != Some(&Resumption::Ended) {
        assert_eq!(world.queries.activation_pauses().await.unwrap().len(), 1, "paused until the last step");
        assert_eq!(due(&world, &[("default", 9)], resumed_at).await, []);
        steps.push(resume(&world, "default", 2, resumed_at).await);
    }
    assert_eq!(steps, [Resumption::Unfinished, Resumption::Unfinished, Resumption::Ended]);
    assert_eq!(world.queries.activation_pauses().await.unwrap(), []);
    for before in called {
        let clock = before.parts().clock.map(|clock| clock.after_pause(pause.since, resumed_at));
        assert_eq!(kept(&world, before.id()).await.parts().clock, clock);
    }
    world.assert_sound().await;
}

pub async fn a_resumption_that_was_cut_off_charges_nobody_for_the_rest_of_the_pause<H: StoreHarness>() {
    let world = World::<H>::fresh().await;
    let pause = pause("default");
    let mut called = Vec::new();
    for (second, from) in (0..).zip([NOON, NOON, pause.since + Duration::SECOND, NOON, NOON]) {
        called.push(call(&world, "default", second, from).await);
    }
    world.commit(async |unit| unit.pause_activation(&pause).await).await;
    // The second one brings the first to its end and is cut off on its own way; the third goes to the end.
    for (asked_at, steps) in [(6, 1), (18, 3)] {
        for _ in 0..steps {
            let now = NOON + Duration::hours(asked_at);
            assert_eq!(resume(&world, "default", 2, now).await, Resumption::Unfinished);
        }
        assert_eq!(world.queries.activation_pauses().await.unwrap(), from_ref(&pause), "as it was begun");
    }
    let resumed_at = NOON + Duration::hours(30);
    while resume(&world, "default", 2, resumed_at).await != Resumption::Ended {}
    for before in called {
        let clock = before.parts().clock.map(|clock| clock.after_pause(pause.since, resumed_at));
        let after = TransactionParts { clock, ..before.parts().clone() };
        assert_eq!(*kept(&world, before.id()).await.parts(), after, "the whole pause, and once");
    }
    assert_eq!(resume(&world, "default", 2, resumed_at).await, Resumption::NotPaused);
    world.assert_sound().await;
}

pub async fn two_resumptions_at_once_end_the_pause_once<H: StoreHarness>() {
    let world = World::<H>::fresh().await;
    let pause = pause("default");
    let mut called = Vec::new();
    for second in 0..5 {
        called.push(call(&world, "default", second, NOON).await);
    }
    world.commit(async |unit| unit.pause_activation(&pause).await).await;
    let [first, second] = [30, 31].map(|hours| NOON + Duration::hours(hours));
    let (mut ends, mut asked) = (0, [first, second].into_iter().cycle());
    loop {
        match resume(&world, "default", 2, asked.next().unwrap()).await {
            Resumption::NotPaused => break,
            Resumption::Ended => ends += 1,
            Resumption::Unfinished => {}
        }
    }
    assert_eq!(ends, 1);
    for before in called {
        let from = kept(&world, before.id()).await.parts().clock.unwrap().from;
        let moved = [first, second].map(|end| before.parts().clock.unwrap().after_pause(pause.since, end).from);
        assert!(moved.contains(&from), "{from}");
    }
    world.assert_sound().await;
}

pub async fn open_orders_are_counted_by_partner<H: StoreHarness>() {
    let world = World::<H>::fresh().await;
    assert_eq!(world.queries.open_orders().await.unwrap(), []);
    for second in 0..3 {
        buy(&world, "tv-house", second).await;
    }
    let (anna, offer) = (world.customer("anna", 200).await, world.offer_for(100).await);
    world.buy(anna, offer).await;
    world.confirm_all(NOON).await;
    assert_eq!(world.queries.open_orders().await.unwrap(), [(partner("tv-house"), 3)]);
    world.buy(anna, offer).await;
    let both = [(ActivationPartner::DEFAULT, 1), (partner("tv-house"), 3)];
    assert_eq!(world.queries.open_orders().await.unwrap(), both);
}
