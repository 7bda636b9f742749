use std::slice::from_ref;

use offers_domain::ids::{TransactionId, WebhookId};
use offers_domain::webhook::delivery::{Delivery, DeliveryStatus};
use offers_domain::webhook::endpoint::{
    Description, DisabledReason, Health, NewWebhook, Owner, Webhook, WebhookState, WebhookTerms,
};
use offers_domain::webhook::event::{EventKind, EventKinds, Happening};
use offers_domain::webhook::secret::Secret;
use offers_domain::webhook::views::{DeliveryFilter, ReplayOf, Replayed, WebhookFilter};
use time::Duration;
use uuid::Uuid;

use super::StoreHarness;
use super::steps::transact;
use super::world::{World, all_pages};
use crate::builders::NOON;

fn new(owner: Owner, kinds: EventKinds) -> NewWebhook {
    let description = Description::try_new("orders to the till").unwrap();
    let terms = WebhookTerms { url: "https://till.example/hooks?x=é".into(), description, kinds };
    NewWebhook { owner, terms, secret: Secret("whsec_one".into()), created_at: NOON }
}

pub(super) async fn listen<H: StoreHarness>(world: &World<H>, owner: Owner, kinds: EventKinds) -> WebhookId {
    let webhook = new(owner, kinds);
    world.commit(async |unit| unit.insert_webhook(&webhook).await).await
}

pub(super) async fn operator<H: StoreHarness>(world: &World<H>) -> WebhookId {
    listen(world, Owner::Operator, EventKinds::all()).await
}

/// Orders that have ended well, so many, each with two events.
pub(super) async fn sell<H: StoreHarness>(world: &World<H>, count: i64) -> Vec<TransactionId> {
    let (anna, offer) = (world.customer("anna", 100 * count).await, world.offer_for(100).await);
    let mut orders = Vec::new();
    for _ in 0..count {
        orders.push(world.buy(anna, offer).await.id());
        world.confirm_all(NOON).await;
    }
    orders
}

/// The deliveries of an endpoint, newest first.
pub(super) async fn log<H: StoreHarness>(world: &World<H>, webhook: WebhookId) -> Vec<Delivery> {
    let read = async |page| {
        world.queries.deliveries(webhook, &DeliveryFilter::default(), &page).await.unwrap()
    };
    all_pages(2, Delivery::id, read).await
}

pub(super) async fn kinds<H: StoreHarness>(world: &World<H>, webhook: WebhookId) -> Vec<EventKind> {
    let mut log = log(world, webhook).await;
    log.reverse();
    log.iter().map(|delivery| delivery.parts().event.kind()).collect()
}

pub(super) async fn saved<H: StoreHarness>(world: &World<H>, webhook: WebhookId, step: impl Fn(&mut Webhook)) {
    world
        .commit(async |unit| {
            let mut held = unit.lock_webhooks(&[webhook]).await?.remove(0);
            step(&mut held);
            unit.update_webhooks(from_ref(&*held)).await
        })
        .await;
}

pub async fn an_endpoint_is_kept_word_for_word<H: StoreHarness>() {
    let world = World::<H>::fresh().await;
    let kiosk = world.partner("Kiosk", 0).await;
    let theirs = listen(&world, Owner::Partner(kiosk), "transaction.failed".parse().unwrap()).await;
    let ours = operator(&world).await;
    let read = async |id| world.queries.webhook(id, &WebhookFilter::default()).await.unwrap();
    let mut kept = read(theirs).await.unwrap();
    assert_eq!((kept.owner, kept.state), (Owner::Partner(kiosk), WebhookState::Enabled));
    assert_eq!(kept.terms, new(kept.owner, "transaction.failed".parse().unwrap()).terms);
    kept.secrets.rotate(Secret("whsec_two".into()), Duration::hours(1), NOON);
    kept.state = WebhookState::Disabled(DisabledReason::Failing);
    kept.health =
        Health { failing_since: Some(NOON), failures: 7, resume_at: Some(NOON + Duration::minutes(3)) };
    let change = kept.clone();
    saved(&world, theirs, |held| *held = change.clone()).await;
    assert_eq!(read(theirs).await, Some(kept));
    let mine = WebhookFilter { owner: Some(Owner::Partner(kiosk)) };
    assert_eq!(world.queries.webhook(ours, &mine).await.unwrap(), None, "another's is nobody's");
    let all = |filter: WebhookFilter| {
        let queries = world.queries.clone();
        async move {
            let read = async |page| queries.webhooks(&filter, &page).await.unwrap();
            let found = all_pages(1, |webhook: &Webhook| webhook.id, read).await;
            found.iter().map(|webhook| webhook.id).collect::<Vec<_>>()
        }
    };
    assert_eq!(all(WebhookFilter::default()).await, [theirs, ours]);
    assert_eq!(all(mine).await, [theirs]);
    assert_eq!(all(WebhookFilter { owner: Some(Owner::Operator) }).await, [ours]);
}

pub async fn a_deleted_endpoint_is_nowhere<H: StoreHarness>() {
    let world = World::<H>::fresh().await;
    let (gone, kept) = (operator(&world).await, operator(&world).await);
    saved(&world, gone, Webhook::delete).await;
    assert_eq!(world.queries.webhook(gone, &WebhookFilter::default()).await.unwrap(), None);
    let (locked, count) = world
        .commit(async |unit| {
            let locked = unit.lock_webhooks(&[kept, gone, kept, WebhookId(987)]).await?;
            Ok((locked.len(), unit.count_webhooks(Owner::Operator).await?))
        })
        .await;
    assert_eq!((locked, count), (1, 1));
    sell(&world, 1).await;
    assert_eq!(log(&world, gone).await, []);
    assert_eq!(log(&world, kept).await.len(), 2);
}

pub async fn the_end_of_an_order_is_written_in_its_commit<H: StoreHarness>() {
    let world = World::<H>::fresh().await;
    let webhook = operator(&world).await;
    let order = sell(&world, 1).await[0];
    let (bert, offer) = (world.customer("bert", 100).await, world.offer_for(100).await);
    world.buy(bert, offer).await;
    world.refuse_all(NOON).await;
    assert_eq!(
        kinds(&world, webhook).await,
        [EventKind::TransactionSucceeded, EventKind::SubscriptionActivated, EventKind::TransactionFailed]
    );
    let first = log(&world, webhook).await.pop().unwrap();
    let parts = first.parts();
    assert_eq!(first.status(), DeliveryStatus::Queued);
    assert_eq!((parts.event.happening.unwrap().about, parts.event.at, parts.queued_at), (order, NOON, NOON));
    assert_eq!(parts.event.reference, None, "no partner placed it");
}

pub async fn where_nobody_listens_nothing_is_written<H: StoreHarness>() {
    let world = World::<H>::fresh().await;
    let only_failures = listen(&world, Owner::Operator, "transaction.failed".parse().unwrap()).await;
    let order = sell(&world, 1).await[0];
    let later = operator(&world).await;
    let everything = ReplayOf::Between { from: NOON, to: NOON + Duration::DAY, after: None };
    let replayed = world.commit(async |unit| unit.replay(later, everything, 10, NOON).await).await;
    assert_eq!(replayed, Replayed::default(), "there is nothing of {order} to send");
    assert_eq!(log(&world, only_failures).await, []);
}

pub async fn the_same_is_written_once<H: StoreHarness>() {
    let world = World::<H>::fresh().await;
    let other = world.harness.second_connection();
    let webhook = operator(&world).await;
    sell(&world, 1).await;
    let happening = log(&world, webhook).await[0].parts().event.happening.unwrap();
    let again = [Happening { about: TransactionId(Uuid::from_u128(77)), ..happening }, happening];
    let (one, two) = tokio::join!(
        transact(&*world.store, async |unit| unit.record_events(&again, NOON).await),
        transact(&*other, async |unit| unit.record_events(&again, NOON).await),
    );
    assert_eq!((one, two), (Ok(()), Ok(())));
    assert_eq!(log(&world, webhook).await.len(), 3);
}

pub async fn a_partner_hears_of_its_own_orders_alone<H: StoreHarness>() {
    let world = World::<H>::fresh().await;
    let (kiosk, stall) = (world.partner("Kiosk", 500).await, world.partner("Stall", 500).await);
    let [theirs, others] = [kiosk, stall].map(Owner::Partner);
    let theirs = listen(&world, theirs, EventKinds::all()).await;
    let others = listen(&world, others, EventKinds::all()).await;
    let ours = operator(&world).await;
    let (anna, offer) = (world.customer("anna", 100).await, world.offer_for(100).await);
    let sold = world.partner_buys(kiosk, anna, offer, 1, None).await;
    world.buy(world.customer("bert", 100).await, offer).await;
    world.confirm_all(NOON).await;
    assert_eq!(log(&world, ours).await.len(), 4);
    assert_eq!(log(&world, others).await, []);
    let log = log(&world, theirs).await;
    assert_eq!(log.len(), 2);
    for delivery in log {
        let event = delivery.parts().event;
        assert_eq!(event.happening.unwrap().about, sold.transaction);
        assert_eq!(event.reference, Some(sold.reference));
    }
    let everything = ReplayOf::Between { from: NOON, to: NOON + Duration::DAY, after: None };
    let replayed = world.commit(async |unit| unit.replay(others, everything, 10, NOON).await).await;
    assert_eq!(replayed, Replayed::default(), "another's events are not replayed either");
}

pub async fn the_ends_of_a_subscription_are_told_to_the_partner_that_sold_it<H: StoreHarness>() {
    let world = World::<H>::fresh().await;
    let kiosk = world.partner("Kiosk", 500).await;
    let theirs = listen(&world, Owner::Partner(kiosk), EventKinds::all()).await;
    let (anna, offer) = (world.customer("anna", 500).await, world.offer_for(100).await);
    let sold = world.partner_buys(kiosk, anna, offer, 1, None).await;
    world.confirm_all(NOON).await;
    let end = NOON + Duration::days(30);
    world
        .commit(async |unit| {
            let mut ended = unit.lock_ended(10, end).await?;
            let held = &mut ended[0];
            held.expire(end).unwrap();
            unit.update_user_offers(&[**held], end).await?;
            unit.record_events(&[Happening::expired(held).unwrap()], end).await
        })
        .await;
    let last = log(&world, theirs).await.remove(0);
    let happening = last.parts().event.happening.unwrap();
    assert_eq!((happening.kind(), happening.about), (EventKind::SubscriptionExpired, sold.transaction));
}
