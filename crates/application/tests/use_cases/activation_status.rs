//! Following an order.

use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use offers_application::activation_status::ActivationStatus;
use offers_application::fallback::Known;
use offers_domain::ports::mocks::{MockStatusCache, MockWakeUp};
use offers_domain::ports::{Follow, StoreError};
use offers_domain::views::StatusView;
use offers_testkit::builders::NOON;
use time::Duration as Span;
use tokio::sync::Notify;
use tokio::time::{Duration, Instant, sleep};

use crate::queries::MockQueries;
use crate::stage::{ANNA, BEN, Stage, id, placed};

type Place = Arc<Mutex<Option<StatusView>>>;

/// One order's status in the cache and in the store, and the bell that announces it.
struct Followed {
    stage: Stage,
    cached: Place,
    stored: Place,
    bell: Arc<Notify>,
}

struct Bell(Arc<Notify>);

#[async_trait]
impl Follow for Bell {
    async fn changed(&mut self) {
        self.0.notified().await;
    }
}

impl Followed {
    fn new(cached: Option<StatusView>, stored: Option<StatusView>) -> Self {
        let [cached, stored] = [cached, stored].map(|view| Arc::new(Mutex::new(view)));
        Self { stage: Stage::new(), cached, stored, bell: Arc::default() }
    }

    fn use_case(&self) -> ActivationStatus {
        let mut near = MockStatusCache::new();
        let (place, log) = (self.cached.clone(), self.stage.log.clone());
        near.expect_get().returning(move |_| {
            log.add("get");
            place.lock().unwrap().clone()
        });
        let log = self.stage.log.clone();
        near.expect_put().returning(move |views, known_at| {
            assert_eq!(known_at, NOON, "when it was read");
            log.add(format!("put {}", views[0].version));
        });
        let mut queries = MockQueries::new();
        let (place, log) = (self.stored.clone(), self.stage.log.clone());
        queries.expect_status().returning(move |_| {
            log.add("read");
            Ok(place.lock().unwrap().clone())
        });
        let bell = self.bell.clone();
        let mut wake_up = MockWakeUp::new();
        wake_up.expect_follow().returning(move |_| Box::new(Bell(bell.clone())));
        ActivationStatus::new(Arc::new(near), Arc::new(queries), Arc::new(wake_up), self.stage.fallback())
    }

    /// Waits as Anna, up to 30 seconds; says what she gets and when.
    async fn wait(&self, seen: Option<u32>) -> (Option<u32>, Duration) {
        let began = Instant::now();
        let view = self.use_case().wait(ANNA, id(1), seen, Duration::from_secs(30)).await.unwrap();
        (view.map(|known| known.value.version), began.elapsed())
    }
}

/// Anna's order, never claimed: version 1.
fn pending() -> StatusView {
    StatusView::from(&placed(1))
}

/// Anna's order, claimed: version 2.
fn calling() -> StatusView {
    let mut order = placed(1);
    order.claim(NOON, Span::MINUTE, 5).unwrap();
    StatusView::from(&order)
}

/// Anna's order, ended: version 3.
fn success() -> StatusView {
    let mut order = placed(1);
    order.claim(NOON, Span::MINUTE, 5).unwrap();
    order.succeed(1, "R-1".into(), NOON).unwrap();
    StatusView::from(&order)
}

#[tokio::test]
async fn a_cached_status_is_read_without_the_store() {
    let order = Followed::new(Some(calling()), None);
    assert_eq!(order.use_case().read(ANNA, id(1)).await, Ok(Some(Known::current(calling()))));
    assert_eq!(order.stage.log.entries(), ["get"]);
}

#[tokio::test]
async fn a_miss_reads_the_store_and_writes_back() {
    let order = Followed::new(None, Some(calling()));
    assert_eq!(order.use_case().read(ANNA, id(1)).await, Ok(Some(Known::current(calling()))));
    assert_eq!(order.stage.log.entries(), ["get", "read", "put 2"]);
}

#[tokio::test]
async fn somebody_elses_order_reads_as_none_wherever_it_is_found() {
    for (cached, stored) in [(Some(calling()), None), (None, Some(calling()))] {
        let order = Followed::new(cached, stored);
        let use_case = order.use_case();
        assert_eq!(use_case.read(BEN, id(1)).await, Ok(None));
        assert_eq!(use_case.wait(BEN, id(1), None, Duration::from_secs(30)).await, Ok(None));
    }
}

#[tokio::test]
async fn an_order_that_does_not_exist_reads_as_none_and_is_not_cached() {
    let order = Followed::new(None, None);
    assert_eq!(order.use_case().read(ANNA, id(1)).await, Ok(None));
    assert_eq!(order.stage.log.entries(), ["get", "read"]);
}

#[tokio::test]
async fn a_store_that_is_down_matters_only_where_the_cache_does_not_know() {
    let down = StoreError::Unavailable("down".into());
    for (cached, expected) in
        [(Some(success()), Ok(Some(Known::current(success())))), (None, Err(down.clone()))]
    {
        let mut queries = MockQueries::new();
        let error = down.clone();
        queries.expect_status().returning(move |_| Err(error.clone()));
        let mut cache = MockStatusCache::new();
        cache.expect_get().return_const(cached);
        let (wake_up, stage) = (Arc::new(MockWakeUp::new()), Stage::new());
        let use_case = ActivationStatus::new(Arc::new(cache), Arc::new(queries), wake_up, stage.fallback());
        assert_eq!(use_case.read(ANNA, id(1)).await, expected);
    }
}

#[tokio::test(start_paused = true)]
async fn a_wait_ends_when_the_order_is_announced() {
    let order = Followed::new(Some(pending()), None);
    let change = async {
        sleep(Duration::from_millis(300)).await;
        *order.cached.lock().unwrap() = Some(calling());
        order.bell.notify_one();
    };
    let ((version, took), ()) = tokio::join!(order.wait(None), change);
    assert_eq!((version, took), (Some(2), Duration::from_millis(300)));
}

#[tokio::test(start_paused = true)]
async fn a_cache_that_has_not_heard_of_the_change_does_not_hide_it() {
    let order = Followed::new(Some(pending()), Some(success()));
    let ring = async {
        sleep(Duration::from_millis(300)).await;
        order.bell.notify_one();
    };
    let ((version, took), ()) = tokio::join!(order.wait(Some(1)), ring);
    assert_eq!((version, took), (Some(3), Duration::from_millis(300)));
}

#[tokio::test(start_paused = true)]
async fn a_wait_goes_on_when_the_bell_rings_for_what_was_seen_already() {
    let order = Followed::new(Some(pending()), Some(pending()));
    let ring = async {
        sleep(Duration::from_millis(300)).await;
        order.bell.notify_one();
        sleep(Duration::from_millis(100)).await;
        *order.stored.lock().unwrap() = Some(success());
        order.bell.notify_one();
    };
    let ((version, took), ()) = tokio::join!(order.wait(Some(1)), ring);
    assert_eq!((version, took), (Some(3), Duration::from_millis(400)));
}

#[tokio::test(start_paused = true)]
async fn a_wait_asks_nothing_until_its_deadline_and_then_looks_past_the_cache() {
    let order = Followed::new(Some(pending()), Some(pending()));
    let change = async {
        sleep(Duration::from_millis(1300)).await;
        *order.stored.lock().unwrap() = Some(success());
    };
    let ((version, took), ()) = tokio::join!(order.wait(None), change);
    assert_eq!((version, took), (Some(3), Duration::from_secs(30)));
    assert_eq!(order.stage.log.entries(), ["get", "read", "put 3"]);
}

#[tokio::test(start_paused = true)]
async fn a_wait_ends_at_its_deadline_with_the_unchanged_order() {
    let order = Followed::new(Some(pending()), Some(pending()));
    let began = Instant::now();
    let view = order.use_case().wait(ANNA, id(1), None, Duration::from_millis(2500)).await;
    assert_eq!(view, Ok(Some(Known::current(pending()))));
    assert_eq!(began.elapsed(), Duration::from_millis(2500));
}

#[tokio::test(start_paused = true)]
async fn there_is_no_wait_for_what_is_known_already() {
    for (what, cached, seen) in [
        ("final", success(), None),
        ("final and seen", success(), Some(3)),
        ("newer than what the client has seen", calling(), Some(1)),
    ] {
        let order = Followed::new(Some(cached.clone()), None);
        assert_eq!(order.wait(seen).await, (Some(cached.version), Duration::ZERO), "{what}");
    }
    let order = Followed::new(Some(pending()), None);
    assert_eq!(
        order.use_case().wait(ANNA, id(1), None, Duration::ZERO).await,
        Ok(Some(Known::current(pending())))
    );
    assert_eq!(Followed::new(None, None).wait(None).await, (None, Duration::ZERO), "no such order");
}

#[tokio::test]
async fn a_final_status_is_remembered_for_its_owner_and_any_other_order_is_unavailable() {
    let down = StoreError::Unavailable("the store does not answer".into());
    let mut queries = MockQueries::new();
    let mut stored = vec![Ok(Some(calling())), Ok(Some(success()))];
    let error = down.clone();
    queries.expect_status().returning(move |_| stored.pop().unwrap_or_else(|| Err(error.clone())));
    let mut cache = MockStatusCache::new();
    cache.expect_get().return_const(None);
    cache.expect_put().returning(|_, _| ());
    let stage = Stage::new();
    let wake_up = Arc::new(MockWakeUp::new());
    let use_case = ActivationStatus::new(Arc::new(cache), Arc::new(queries), wake_up, stage.fallback());
    assert_eq!(use_case.read(ANNA, id(1)).await, Ok(Some(Known::current(success()))));
    assert_eq!(use_case.read(ANNA, id(2)).await, Ok(Some(Known::current(calling()))));

    stage.clock.advance(Span::SECOND);
    let remembered = Known { value: success(), stale: Some(Span::SECOND) };
    assert_eq!(use_case.read(ANNA, id(1)).await, Ok(Some(remembered)));
    assert_eq!(use_case.read(ANNA, id(2)).await, Err(down.clone()), "it may have changed");
    assert_eq!(use_case.read(BEN, id(1)).await, Err(down), "as if nobody knew it");
}
