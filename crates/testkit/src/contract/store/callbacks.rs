//! Reports of activation partners: heard once, and settled as any answer.

use offers_domain::activation_partner::ActivationPartner;
use offers_domain::callback::{Callback, CallbackId, CallbackOutcome};
use offers_domain::ids::TransactionId;
use offers_domain::partner::{Answer, Repeated};
use offers_domain::settlement::SettleError;
use offers_domain::transaction::{Phase, Schedule, Status, Transaction, TransitionError};
use time::{Duration, OffsetDateTime};
use uuid::Uuid;

use super::StoreHarness;
use super::steps;
use super::world::{World, confirmed, refused};
use crate::builders::NOON;

const LATER: OffsetDateTime = NOON.saturating_add(Duration::seconds(1));

pub(super) fn report(id: &str, transaction: TransactionId, answer: Answer) -> Callback {
    Callback {
        partner: ActivationPartner::DEFAULT,
        id: CallbackId::try_new(id).unwrap(),
        transaction,
        answer,
        repeated: Repeated::default(),
    }
}

pub(super) async fn hear<H: StoreHarness>(world: &World<H>, batch: &[Callback]) -> Vec<CallbackOutcome> {
    world.commit(async |unit| steps::hear(unit, batch, LATER).await).await
}

/// An order of Anna's, who had just enough for it.
async fn bought<H: StoreHarness>(world: &World<H>) -> (super::world::Customer, Transaction) {
    let (anna, offer) = (world.customer("anna", 100).await, world.offer_for(100).await);
    (anna, world.buy(anna, offer).await)
}

async fn status<H: StoreHarness>(world: &World<H>, id: TransactionId) -> Status {
    world.queries.status(id).await.unwrap().unwrap().status
}

pub async fn a_report_ends_its_order_whoever_holds_it<H: StoreHarness>() {
    for parked in [false, true] {
        let world = World::<H>::fresh().await;
        let (_, order) = bought(&world).await;
        let held = world.claim_all(NOON).await.remove(0);
        if parked {
            world
                .commit(async |unit| {
                    let mut found = unit.lock_transactions(&[order.id()]).await?;
                    found[0].wait(1, Phase::NeedsAttention, Schedule::Parked, None, NOON).unwrap();
                    unit.update_transactions(&[(*found[0]).clone()]).await
                })
                .await;
        }
        let outcomes = hear(&world, &[report("msg_1", order.id(), confirmed())]).await;
        assert_eq!(outcomes, [CallbackOutcome::Settled]);
        assert_eq!(status(&world, order.id()).await, Status::Success);

        let late = [steps::answered(&held, refused(), LATER)];
        let answers = world.commit(async |unit| steps::settle(unit, &late, LATER).await).await;
        assert_eq!(answers, [Err(SettleError::Late(TransitionError::Final))], "the worker comes too late");
        assert_eq!(world.claim_all(NOON + Duration::days(1)).await.len(), 0);
        world.assert_sound().await;
    }
}

pub async fn a_refusal_by_report_returns_the_money<H: StoreHarness>() {
    let world = World::<H>::fresh().await;
    let (anna, order) = bought(&world).await;
    world.claim_all(NOON).await;
    assert_eq!(world.balance(anna).await, 0);
    let outcomes = hear(&world, &[report("msg_1", order.id(), refused())]).await;
    assert_eq!(outcomes, [CallbackOutcome::Settled]);
    assert_eq!((status(&world, order.id()).await, world.balance(anna).await), (Status::Failed, 100));
    world.assert_sound().await;
}

pub async fn a_report_that_is_sent_again_has_no_second_effect<H: StoreHarness>() {
    let world = World::<H>::fresh().await;
    let (_, order) = bought(&world).await;
    world.claim_all(NOON).await;
    let (one, other) = (report("msg_1", order.id(), confirmed()), report("msg_2", order.id(), confirmed()));
    let outcomes = hear(&world, &[one.clone(), one.clone(), other]).await;
    use CallbackOutcome::{Duplicate, Noted, Settled};
    assert_eq!(outcomes, [Settled, Duplicate, Noted]);
    let elsewhere = Callback { partner: "tv-house".parse().unwrap(), ..one.clone() };
    assert_eq!(hear(&world, &[one, elsewhere]).await, [Duplicate, CallbackOutcome::Unknown]);
    world.assert_sound().await;
}

pub async fn two_reports_at_once_have_one_effect<H: StoreHarness>() {
    let world = World::<H>::fresh().await;
    let (anna, order) = bought(&world).await;
    world.claim_all(NOON).await;
    let (first, second) = (world.store.clone(), world.harness.second_connection());
    let batch = [report("msg_1", order.id(), refused())];
    let hear = async |store: &dyn offers_domain::ports::Store| {
        steps::transact(store, async |unit| steps::hear(unit, &batch, LATER).await).await.unwrap()
    };
    let (one, other) = tokio::join!(hear(&*first), hear(&*second));
    let mut outcomes = [one[0], other[0]];
    outcomes.sort_unstable();
    assert_eq!(outcomes, [CallbackOutcome::Settled, CallbackOutcome::Duplicate]);
    assert_eq!(world.balance(anna).await, 100);
    world.assert_sound().await;
}

pub async fn a_report_about_nothing_is_kept<H: StoreHarness>() {
    let world = World::<H>::fresh().await;
    let (_, order) = bought(&world).await;
    let stranger = report("msg_1", TransactionId(Uuid::from_u128(987)), confirmed());
    let early = report("msg_2", order.id(), confirmed());
    let batch = [stranger, early];
    use CallbackOutcome::{Duplicate, Premature, Unknown};
    assert_eq!(hear(&world, &batch).await, [Unknown, Premature]);
    assert_eq!(hear(&world, &batch).await, [Duplicate, Duplicate]);
    assert_eq!(status(&world, order.id()).await, Status::Pending);
    world.assert_sound().await;
}

pub async fn old_reports_are_forgotten<H: StoreHarness>() {
    let world = World::<H>::fresh().await;
    let one = [report("msg_1", TransactionId(Uuid::from_u128(987)), confirmed())];
    hear(&world, &one).await;
    for (limit, purged) in [(LATER, 0), (LATER + Duration::microseconds(1), 1)] {
        let forgotten = world.commit(async |unit| unit.purge_callbacks(limit, 10).await).await;
        assert_eq!(forgotten, purged);
    }
    assert_eq!(hear(&world, &one).await, [CallbackOutcome::Unknown], "it is as new");
}
