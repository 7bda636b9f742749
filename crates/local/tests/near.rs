//! Caches of this process before those that processes share: the contracts hold for each, and what one process learns
//! counts in the other.

#![cfg(test)]

use std::sync::{Arc, OnceLock};

use async_trait::async_trait;
use offers_domain::ids::{SessionId, TransactionId, UserId};
use offers_domain::offer::{Offer, OfferSort};
use offers_domain::page::{Page, PageLimit, PageRequest};
use offers_domain::ports::{
    Clock, Edition, OfferCache, OfferFilter, OfferListQuery, OfferLookup, SessionCache, Signal, SignalRelay,
    SignalSink, StatusCache,
};
use offers_domain::session::{Session, SessionPolicy};
use offers_domain::views::StatusView;
use offers_local::{
    LocalOfferCache, LocalSessionCache, LocalStatusCache, NearOffers, NearSessions, NearStatuses,
};
use offers_testkit::builders::{NOON, processing};
use offers_testkit::clock::FakeClock;
use offers_testkit::contract::offer_cache::OfferCacheHarness;
use offers_testkit::contract::session_cache::SessionCacheHarness;
use time::Duration;
use uuid::Uuid;

const CAPACITY: u64 = 1000;
const NEAR_FOR: Duration = Duration::seconds(1);
const FAR_FOR: Duration = Duration::seconds(4);

/// Carries every signal to one other process at once, unless the wire is cut.
#[derive(Default)]
struct Wire(OnceLock<Arc<dyn SignalSink>>);

#[async_trait]
impl SignalRelay for Wire {
    async fn send(&self, signal: Signal) {
        if let Some(sink) = self.0.get() {
            sink.deliver(&signal);
        }
    }
}

struct Statuses {
    here: Arc<NearStatuses>,
    elsewhere: Arc<NearStatuses>,
    clock: Arc<FakeClock>,
}

impl Statuses {
    fn new() -> Self {
        let clock = Arc::new(FakeClock::at(NOON));
        let far = Arc::new(LocalStatusCache::new(CAPACITY, FAR_FOR, clock.clone()));
        let near = || Arc::new(NearStatuses::new(CAPACITY, NEAR_FOR, far.clone(), clock.clone()));
        Self { here: near(), elsewhere: near(), clock }
    }
}

struct Sessions {
    here: Arc<NearSessions>,
    elsewhere: Arc<NearSessions>,
    clock: Arc<FakeClock>,
}

impl Sessions {
    /// Two processes; what happens here is told elsewhere if they are wired.
    fn new(wired: bool) -> Self {
        let clock = Arc::new(FakeClock::at(NOON));
        let far = Arc::new(LocalSessionCache::new(CAPACITY, Duration::minutes(10), clock.clone()));
        let wire = Arc::new(Wire::default());
        let near = || Arc::new(NearSessions::new(CAPACITY, far.clone(), wire.clone(), clock.clone()));
        let (here, elsewhere) = (near(), near());
        if wired {
            assert!(wire.0.set(elsewhere.clone()).is_ok());
        }
        Self { here, elsewhere, clock }
    }
}

#[async_trait]
impl SessionCacheHarness for Sessions {
    async fn fresh() -> Self {
        Self::new(true)
    }

    fn cache(&self) -> Arc<dyn SessionCache> {
        self.here.clone()
    }
}

struct Offers {
    here: Arc<NearOffers>,
    elsewhere: Arc<NearOffers>,
}

#[async_trait]
impl OfferCacheHarness for Offers {
    async fn fresh() -> Self {
        let clock = Arc::new(FakeClock::at(NOON));
        let far = Arc::new(LocalOfferCache::new(CAPACITY, Duration::minutes(5), clock.clone()));
        let wire = Arc::new(Wire::default());
        let near = || Arc::new(NearOffers::new(CAPACITY, far.clone(), wire.clone(), clock.clone()));
        let (here, elsewhere) = (near(), near());
        assert!(wire.0.set(elsewhere.clone()).is_ok());
        Self { here, elsewhere }
    }

    fn cache(&self) -> Arc<dyn OfferCache> {
        self.here.clone()
    }
}

mod sessions {
    offers_testkit::session_cache_contract!(super::Sessions);
}

mod offers {
    offers_testkit::offer_cache_contract!(super::Offers);
}

fn live() -> Session {
    Session::begin(SessionId(Uuid::from_u128(1)), UserId(7), &SessionPolicy::default(), NOON)
}

fn revoked() -> Session {
    Session { revoked_at: Some(NOON), ..live() }
}

#[tokio::test]
async fn a_login_that_ends_here_has_ended_elsewhere() {
    let Sessions { here, elsewhere, .. } = Sessions::new(true);
    here.put(live()).await;
    assert_eq!(elsewhere.get(live().id).await, Some(live()));
    here.put(revoked()).await;
    assert_eq!(elsewhere.get(live().id).await, Some(revoked()));
}

#[tokio::test]
async fn a_read_that_was_slower_than_the_end_is_not_believed() {
    let Sessions { here, elsewhere, .. } = Sessions::new(true);
    here.put(revoked()).await;
    elsewhere.put(live()).await;
    assert_eq!(elsewhere.get(live().id).await, Some(revoked()));
}

#[tokio::test]
async fn what_the_shared_cache_still_says_of_a_login_that_has_ended_is_not_believed() {
    let Sessions { here, elsewhere, .. } = Sessions::new(true);
    here.put(live()).await;
    elsewhere.deliver(&Signal::SessionEnded(live().id));
    assert_eq!(elsewhere.get(live().id).await, None, "the store has to be asked");
}

#[tokio::test]
async fn a_process_that_missed_the_signal_learns_of_the_end_in_five_seconds() {
    let Sessions { here, elsewhere, clock } = Sessions::new(false);
    here.put(live()).await;
    assert_eq!(elsewhere.get(live().id).await, Some(live()));
    here.put(revoked()).await;
    clock.advance(Duration::seconds(5));
    assert_eq!(elsewhere.get(live().id).await, Some(revoked()));
}

#[tokio::test]
async fn a_process_that_may_have_missed_signals_asks_again_at_once() {
    let Sessions { here, elsewhere, .. } = Sessions::new(false);
    here.put(live()).await;
    assert_eq!(elsewhere.get(live().id).await, Some(live()));
    here.put(revoked()).await;
    elsewhere.deliver(&Signal::Missed);
    assert_eq!(elsewhere.get(live().id).await, Some(revoked()));
}

const ORDER: TransactionId = TransactionId(Uuid::from_u128(1));

fn status(version: u32) -> StatusView {
    processing(ORDER, version)
}

#[tokio::test]
async fn an_order_that_changed_elsewhere_is_read_again() {
    let Statuses { here, elsewhere, clock } = Statuses::new();
    here.put(&[status(1)], clock.now()).await;
    elsewhere.put(&[status(2)], clock.now()).await;
    assert_eq!(here.get(ORDER).await, Some(status(1)), "not told yet");
    here.deliver(&Signal::Changed(vec![ORDER]));
    assert_eq!(here.get(ORDER).await, Some(status(2)));
}

#[tokio::test]
async fn an_order_of_which_no_signal_came_is_read_again_after_a_second() {
    let Statuses { here, elsewhere, clock } = Statuses::new();
    here.put(&[status(1)], clock.now()).await;
    elsewhere.put(&[status(2)], clock.now()).await;
    clock.advance(NEAR_FOR);
    assert_eq!(here.get(ORDER).await, Some(status(2)));
}

#[tokio::test]
async fn a_status_that_may_change_is_served_for_no_longer_than_both_keep_it() {
    let Statuses { here, elsewhere, clock } = Statuses::new();
    elsewhere.put(&[status(1)], clock.now()).await;
    clock.advance(FAR_FOR - Duration::milliseconds(1));
    assert_eq!(here.get(ORDER).await, Some(status(1)));
    clock.advance(NEAR_FOR);
    assert_eq!(here.get(ORDER).await, None);
}

#[tokio::test]
async fn a_change_of_the_catalogue_here_drops_pages_elsewhere() {
    let Offers { here, elsewhere } = Offers::fresh().await;
    let page = PageRequest { limit: PageLimit::default(), after: None };
    let query = OfferListQuery { filter: OfferFilter::default(), sort: OfferSort::Id, page };
    let OfferLookup::Missing(Some(edition)) = elsewhere.get(&query).await else { panic!("not empty") };
    let page = Page { items: Vec::<Offer>::new(), has_more: false };
    elsewhere.put(&query, &page, edition).await;
    assert!(matches!(elsewhere.get(&query).await, OfferLookup::Found(_)), "kept near from now on");
    assert!(matches!(here.get(&query).await, OfferLookup::Found(_)));
    here.clear().await;
    for process in [here, elsewhere] {
        assert!(matches!(process.get(&query).await, OfferLookup::Missing(Some(Edition(_)))));
    }
}
