//! Knowing a partner by its API key.

use std::sync::Arc;

use offers_application::partner_channel::{AuthenticatePartner, AuthenticatePartnerError, PartnerCaller};
use offers_domain::partner_channel::api_key::{KeyHash, KeyHolder, KeyMode, KeyRefusal, KeyScope};
use offers_domain::ports::mocks::{MockApiKeys, MockKeyCache};
use offers_domain::ports::{Store, StoreError};
use offers_testkit::builders::{NOON, key_holder};
use time::Duration;

use crate::queries::MockQueries;
use crate::stage::{Log, Stage, unit};

const HASH: KeyHash = KeyHash([1; 32]);

fn keys() -> Arc<MockApiKeys> {
    let mut keys = MockApiKeys::new();
    keys.expect_hash().returning(|key| key.starts_with("ok_").then_some(HASH));
    Arc::new(keys)
}

/// Holds `cached`, and writes what it is given into the log.
fn cache(log: &Log, cached: Option<KeyHolder>) -> Arc<MockKeyCache> {
    let mut cache = MockKeyCache::new();
    cache.expect_get().return_const(cached);
    let log = log.clone();
    cache.expect_put().returning(move |_, _| log.add("put"));
    Arc::new(cache)
}

/// Units that note the use of a key.
fn noting(stage: &Stage) -> Arc<dyn Store> {
    let log = stage.log.clone();
    stage.store(move || {
        let mut unit = unit(&log);
        let log = log.clone();
        unit.expect_touch_api_key().returning(move |key, at| log.note(format!("touch {key} {}", at.time())));
        Ok(unit)
    })
}

fn authenticate(
    stage: &Stage,
    store: Arc<dyn Store>,
    cached: Option<KeyHolder>,
    stored: Option<KeyHolder>,
) -> AuthenticatePartner {
    let read = stage.log.clone();
    let mut queries = MockQueries::new();
    queries.expect_key_holder().returning(move |_| {
        read.add("read");
        Ok(stored.clone())
    });
    AuthenticatePartner {
        keys: keys(),
        cache: cache(&stage.log, cached),
        queries: Arc::new(queries),
        store,
        clock: stage.clock.clone(),
        ids: stage.ids.clone(),
        accepts_test_keys: false,
    }
}

fn refused(refusal: KeyRefusal) -> Result<PartnerCaller, AuthenticatePartnerError> {
    Err(AuthenticatePartnerError::Refused(refusal))
}

#[tokio::test]
async fn a_key_that_is_near_is_not_read_from_the_store() {
    let stage = Stage::new();
    let know = authenticate(&stage, stage.no_store(), Some(key_holder(1)), None);
    let caller = know.run("ok_live_x", KeyScope::Read).await.unwrap();
    assert_eq!((caller.partner, caller.key), (key_holder(1).partner.id, key_holder(1).key.id));
    assert_eq!(stage.log.entries(), [""; 0]);
}

#[tokio::test]
async fn a_key_that_is_read_is_kept_near_and_its_use_is_noted() {
    let stage = Stage::new();
    let know = authenticate(&stage, noting(&stage), None, Some(key_holder(1)));
    assert!(know.run("ok_live_x", KeyScope::Read).await.is_ok());
    assert_eq!(stage.log.entries(), ["read", "put", "begin", "touch 1 12:00:00.0", "commit"]);
}

#[tokio::test]
async fn a_use_is_noted_once_a_minute() {
    for (seconds, noted) in [(0, false), (59, false), (60, true)] {
        let stage = Stage::new();
        let mut holder = key_holder(1);
        holder.key.last_used_at = Some(NOON - Duration::seconds(seconds));
        let know = authenticate(&stage, noting(&stage), None, Some(holder));
        assert!(know.run("ok_live_x", KeyScope::Read).await.is_ok());
        assert_eq!(stage.log.count("begin") == 1, noted, "{seconds}");
    }
}

#[tokio::test]
async fn a_use_that_cannot_be_noted_refuses_nobody() {
    let stage = Stage::new();
    let store = stage.store(|| Err(StoreError::Unavailable("read-only".into())));
    let know = authenticate(&stage, store, None, Some(key_holder(1)));
    assert!(know.run("ok_live_x", KeyScope::Read).await.is_ok());
}

#[tokio::test]
async fn what_is_no_key_is_not_even_looked_up_and_an_unknown_one_is_not_kept() {
    let stage = Stage::new();
    let know = authenticate(&stage, stage.no_store(), None, None);
    assert_eq!(know.run("eyJhbGciOi", KeyScope::Read).await, refused(KeyRefusal::Invalid));
    assert_eq!(stage.log.entries(), [""; 0]);
    assert_eq!(know.run("ok_live_x", KeyScope::Read).await, refused(KeyRefusal::Invalid));
    assert_eq!(stage.log.entries(), ["read"]);
}

#[tokio::test]
async fn a_test_key_works_only_where_test_keys_are_accepted() {
    let stage = Stage::new();
    let mut holder = key_holder(1);
    holder.key.mode = KeyMode::Test;
    let mut know = authenticate(&stage, stage.no_store(), Some(holder), None);
    assert_eq!(know.run("ok_test_x", KeyScope::Activate).await, refused(KeyRefusal::Invalid));
    know.accepts_test_keys = true;
    assert!(know.run("ok_test_x", KeyScope::Activate).await.is_ok());
}
