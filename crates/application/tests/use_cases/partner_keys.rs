//! Knowing a partner by its API key.

use std::sync::Arc;

use offers_application::notebook::Notebook;
use offers_application::partner_channel::{
    AuthenticatePartner, AuthenticatePartnerError, KeyLookups, PartnerCaller,
};
use offers_domain::limits::{LimitKey, Quota};
use offers_domain::partner_channel::api_key::{KeyHash, KeyHolder, KeyMode, KeyRefusal, KeyScope};
use offers_domain::ports::mocks::{MockApiKeys, MockKeyCache};
use offers_domain::ports::{KnownKey, Measure, Store, StoreError};
use offers_local::LocalRateLimits;
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
fn cache(log: &Log, cached: Option<KnownKey>) -> Arc<MockKeyCache> {
    let mut cache = MockKeyCache::new();
    cache.expect_get().return_const(cached);
    let log = log.clone();
    cache.expect_put().returning(move |_, known| {
        log.add(if known == KnownKey::Nobodys { "put nobody's" } else { "put" });
    });
    Arc::new(cache)
}

/// Units that note the use of a key.
fn noting(stage: &Stage) -> Arc<dyn Store> {
    let log = stage.log.clone();
    stage.store(move || {
        let mut unit = unit(&log);
        let log = log.clone();
        unit.expect_touch_api_keys().returning(move |seen| {
            seen.iter().try_for_each(|(key, at)| log.note(format!("touch {key} {}", at.time())))
        });
        Ok(unit)
    })
}

fn authenticate(
    stage: &Stage,
    store: Arc<dyn Store>,
    cached: Option<KnownKey>,
    stored: Option<KeyHolder>,
) -> AuthenticatePartner {
    let read = stage.log.clone();
    let mut queries = MockQueries::new();
    queries.expect_key_holder().returning(move |_| {
        read.add("read");
        Ok(stored.clone())
    });
    let counter = Arc::new(LocalRateLimits::new(10, stage.clock.clone()));
    AuthenticatePartner {
        keys: keys(),
        cache: cache(&stage.log, cached),
        lookups: KeyLookups { counter, quota: Quota::per_minute(2) },
        queries: Arc::new(queries),
        notebook: Arc::new(Notebook::new(store, stage.ids.clone())),
        clock: stage.clock.clone(),
        metrics: stage.counter.clone(),
        accepts_test_keys: false,
    }
}

/// Where requests come from.
fn home() -> LimitKey {
    LimitKey::of_network("key_lookup", "192.0.2.1")
}

fn refused(refusal: KeyRefusal) -> Result<PartnerCaller, AuthenticatePartnerError> {
    Err(AuthenticatePartnerError::Refused(refusal))
}

#[tokio::test]
async fn a_key_that_is_near_is_not_read_from_the_store() {
    let stage = Stage::new();
    let near = Some(KnownKey::Held(key_holder(1)));
    let know = authenticate(&stage, stage.no_store(), near, None);
    for _ in 0..5 {
        let caller = know.run("ok_live_x", KeyScope::Read, home()).await.unwrap();
        assert_eq!((caller.partner, caller.key), (key_holder(1).partner.id, key_holder(1).key.id));
    }
    assert_eq!(stage.log.entries(), [""; 0]);
}

#[tokio::test]
async fn a_key_that_is_read_is_kept_near_and_its_use_is_written_later() {
    let stage = Stage::new();
    let know = authenticate(&stage, noting(&stage), None, Some(key_holder(1)));
    assert!(know.run("ok_live_x", KeyScope::Read, home()).await.is_ok());
    assert_eq!(stage.log.entries(), ["read", "put"], "nobody waits for a commit");
    know.notebook.write().await.unwrap();
    let written = ["begin", "touch 1 12:00:00.0", "commit"];
    assert_eq!(stage.log.entries()[2..], written);
    know.notebook.write().await.unwrap();
    assert_eq!(stage.log.count("begin"), 1, "what is written is not written again");
}

#[tokio::test]
async fn a_use_is_noted_once_a_minute() {
    for (seconds, noted) in [(0, false), (59, false), (60, true)] {
        let stage = Stage::new();
        let mut holder = key_holder(1);
        holder.key.last_used_at = Some(NOON - Duration::seconds(seconds));
        let know = authenticate(&stage, noting(&stage), None, Some(holder));
        assert!(know.run("ok_live_x", KeyScope::Read, home()).await.is_ok());
        know.notebook.write().await.unwrap();
        assert_eq!(stage.log.count("begin") == 1, noted, "{seconds}");
    }
}

#[tokio::test]
async fn a_use_that_cannot_be_written_waits_for_the_next_time() {
    let stage = Stage::new();
    let (log, mut down) = (stage.log.clone(), true);
    let store = stage.store(move || {
        if std::mem::take(&mut down) {
            return Err(StoreError::Unavailable("read-only".into()));
        }
        let mut unit = unit(&log);
        let log = log.clone();
        unit.expect_touch_api_keys().returning(move |seen| log.note(format!("touch {}", seen.len())));
        Ok(unit)
    });
    let know = authenticate(&stage, store, None, Some(key_holder(1)));
    assert!(know.run("ok_live_x", KeyScope::Read, home()).await.is_ok());
    assert!(know.notebook.write().await.is_err());
    know.notebook.write().await.unwrap();
    assert_eq!((stage.log.count("touch 1"), stage.log.count("commit")), (1, 1));
}

#[tokio::test]
async fn what_is_no_key_is_not_even_looked_up_and_an_unknown_one_is_remembered_as_such() {
    let stage = Stage::new();
    let know = authenticate(&stage, stage.no_store(), None, None);
    assert_eq!(know.run("eyJhbGciOi", KeyScope::Read, home()).await, refused(KeyRefusal::Invalid));
    assert_eq!(stage.log.entries(), [""; 0]);
    assert_eq!(know.run("ok_live_x", KeyScope::Read, home()).await, refused(KeyRefusal::Invalid));
    assert_eq!(stage.log.entries(), ["read", "put nobody's"]);

    let stage = Stage::new();
    let know = authenticate(&stage, stage.no_store(), Some(KnownKey::Nobodys), None);
    assert_eq!(know.run("ok_live_x", KeyScope::Read, home()).await, refused(KeyRefusal::Invalid));
    assert_eq!(stage.log.entries(), [""; 0], "the store is not asked again");
}

#[tokio::test]
async fn whoever_guesses_keys_is_soon_not_looked_up_any_more() {
    let stage = Stage::new();
    let know = authenticate(&stage, stage.no_store(), None, None);
    for _ in 0..2 {
        assert_eq!(know.run("ok_live_x", KeyScope::Read, home()).await, refused(KeyRefusal::Invalid));
    }
    let third = know.run("ok_live_x", KeyScope::Read, home()).await;
    let Err(AuthenticatePartnerError::TooManyKeys { quota, verdict }) = third else { panic!("{third:?}") };
    assert_eq!((Some(quota), verdict.retry_after), (Quota::per_minute(2), Duration::seconds(30)));
    assert_eq!(stage.log.count("read"), 2);
    let elsewhere = LimitKey::of_network("key_lookup", "192.0.2.2");
    assert_eq!(know.run("ok_live_x", KeyScope::Read, elsewhere).await, refused(KeyRefusal::Invalid));
    let refusals: Vec<_> = stage.counter.measures();
    let count = |why| refusals.iter().filter(|one| **one == Measure::ApiKeyRefused { why }).count();
    assert_eq!((count("invalid"), count("too_many")), (3, 1));
}

#[tokio::test]
async fn a_test_key_works_only_where_test_keys_are_accepted() {
    let stage = Stage::new();
    let mut holder = key_holder(1);
    holder.key.mode = KeyMode::Test;
    let mut know = authenticate(&stage, stage.no_store(), Some(KnownKey::Held(holder)), None);
    assert_eq!(know.run("ok_test_x", KeyScope::Activate, home()).await, refused(KeyRefusal::Invalid));
    know.accepts_test_keys = true;
    assert!(know.run("ok_test_x", KeyScope::Activate, home()).await.is_ok());
}
