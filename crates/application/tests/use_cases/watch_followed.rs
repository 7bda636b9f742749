//! A look at the orders that clients follow.

use std::sync::{Arc, Mutex};

use futures_util::FutureExt;
use offers_application::watch_followed::WatchFollowed;
use offers_domain::ids::TransactionId;
use offers_domain::ports::{Follow, StoreError, WakeUp};
use offers_local::LocalBell;

use crate::queries::MockQueries;
use crate::stage::id;

type Versions = Arc<Mutex<Result<Vec<(TransactionId, u32)>, StoreError>>>;

/// A watch over a store that knows these versions.
fn watching(bell: &Arc<LocalBell>) -> (WatchFollowed, Versions) {
    let versions: Versions = Arc::new(Mutex::new(Ok(Vec::new())));
    let told = versions.clone();
    let mut queries = MockQueries::new();
    queries.expect_versions().returning(move |ids| {
        let known = told.lock().unwrap().clone()?;
        Ok(known.into_iter().filter(|(id, _)| ids.contains(id)).collect())
    });
    (WatchFollowed::new(Arc::new(queries), bell.clone()), versions)
}

fn woken(follower: &mut Box<dyn Follow>) -> bool {
    follower.changed().now_or_never().is_some()
}

#[tokio::test]
async fn a_change_whose_bell_was_lost_is_found_and_told_once() {
    let bell = Arc::new(LocalBell::default());
    let (watch, versions) = watching(&bell);
    let (mut anna, mut ben) = (bell.follow(id(1)), bell.follow(id(2)));
    *versions.lock().unwrap() = Ok(vec![(id(1), 1), (id(2), 1)]);
    watch.run().await.unwrap();
    assert!(woken(&mut anna) && woken(&mut ben), "they may have read it a moment too early");

    *versions.lock().unwrap() = Ok(vec![(id(1), 2), (id(2), 1)]);
    watch.run().await.unwrap();
    assert_eq!((woken(&mut anna), woken(&mut ben)), (true, false));

    watch.run().await.unwrap();
    assert_eq!((woken(&mut anna), woken(&mut ben)), (false, false));
}

#[tokio::test]
async fn a_look_that_fails_is_made_up_for_by_the_next_one() {
    let bell = Arc::new(LocalBell::default());
    let (watch, versions) = watching(&bell);
    let mut anna = bell.follow(id(1));
    *versions.lock().unwrap() = Ok(vec![(id(1), 1)]);
    watch.run().await.unwrap();
    assert!(woken(&mut anna));

    let down = StoreError::Unavailable("down".into());
    *versions.lock().unwrap() = Err(down.clone());
    assert_eq!(watch.run().await, Err(down));
    assert!(!woken(&mut anna));
    *versions.lock().unwrap() = Ok(vec![(id(1), 2)]);
    watch.run().await.unwrap();
    assert!(woken(&mut anna));
}

#[tokio::test]
async fn nothing_is_asked_where_nobody_follows() {
    let watch = WatchFollowed::new(Arc::new(MockQueries::new()), Arc::new(LocalBell::default()));
    assert_eq!(watch.run().await, Ok(()));
}
