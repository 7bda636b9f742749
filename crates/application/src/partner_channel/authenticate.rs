//! Knowing a partner by its API key.

use std::sync::Arc;

use offers_domain::ids::{ApiKeyId, PartnerId};
use offers_domain::limits::{LimitKey, Quota, Verdict};
use offers_domain::partner_channel::api_key::{KeyHash, KeyHolder, KeyMode, KeyRefusal, KeyScope};
use offers_domain::ports::{
    ApiKeys, Clock, KeyCache, KnownKey, Measure, Metrics, Queries, RateLimits, StoreError,
};
use thiserror::Error;
use time::{Duration, OffsetDateTime};

use crate::notebook::Notebook;

/// How exactly it is known when a key was last seen.
const SEEN_TO: Duration = Duration::MINUTE;

/// Which partner calls.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PartnerCaller {
    /// The partner.
    pub partner: PartnerId,
    /// The key that it showed.
    pub key: ApiKeyId,
    /// How many requests it may send in a minute, where that was agreed.
    pub requests_per_minute: Option<u32>,
}

/// Why a partner is not let in.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum AuthenticatePartnerError {
    /// The key does not open the door.
    #[error(transparent)]
    Refused(#[from] KeyRefusal),
    /// Too many keys were looked up for whoever asks.
    #[error("too many keys were tried")]
    TooManyKeys {
        /// So many may be.
        quota: Quota,
        /// When one makes sense again.
        verdict: Verdict,
    },
    /// Whose key it is could not be read.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// How many keys are looked up.
pub struct KeyLookups {
    /// Counts them.
    pub counter: Arc<dyn RateLimits>,
    /// So many; none where there is no limit.
    pub quota: Option<Quota>,
}

/// The use case.
pub struct AuthenticatePartner {
    /// Reads keys.
    pub keys: Arc<dyn ApiKeys>,
    /// Partners near, and keys that nobody has.
    pub cache: Arc<dyn KeyCache>,
    /// Keys that are not near are looked up so often, so that guessing costs the store next to nothing.
    pub lookups: KeyLookups,
    /// Reads.
    pub queries: Arc<dyn Queries>,
    /// Takes down when keys were seen.
    pub notebook: Arc<Notebook>,
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// Counts who is not let in.
    pub metrics: Arc<dyn Metrics>,
    /// Whether keys for trials work here.
    pub accepts_test_keys: bool,
}

impl AuthenticatePartner {
    /// Checks that the key works and opens `scope`. What is cached may be a few seconds old; an order asks again in its own
    /// commit. Look-ups are counted under `whence`: the address that the request comes from.
    pub async fn run(
        &self,
        key: &str,
        scope: KeyScope,
        whence: LimitKey,
    ) -> Result<PartnerCaller, AuthenticatePartnerError> {
        let caller = self.know(key, scope, whence).await;
        let why = match &caller {
            Err(AuthenticatePartnerError::Refused(KeyRefusal::Invalid)) => "invalid",
            Err(AuthenticatePartnerError::Refused(KeyRefusal::OutOfScope(_))) => "out_of_scope",
            Err(AuthenticatePartnerError::TooManyKeys { .. }) => "too_many",
            Ok(_) | Err(AuthenticatePartnerError::Store(_)) => return caller,
        };
        self.metrics.record(Measure::ApiKeyRefused { why });
        caller
    }

    async fn know(
        &self,
        key: &str,
        scope: KeyScope,
        whence: LimitKey,
    ) -> Result<PartnerCaller, AuthenticatePartnerError> {
        let now = self.clock.now();
        let hash = self.keys.hash(key).ok_or(KeyRefusal::Invalid)?;
        let holder = match self.cache.get(hash) {
            Some(KnownKey::Held(holder)) => holder,
            Some(KnownKey::Nobodys) => return Err(KeyRefusal::Invalid.into()),
            None => self.look_up(hash, whence, now).await?,
        };
        holder.admit(scope, now)?;
        if holder.key.mode == KeyMode::Test && !self.accepts_test_keys {
            return Err(KeyRefusal::Invalid.into());
        }
        let KeyHolder { key, partner } = holder;
        let requests_per_minute = partner.terms.requests_per_minute;
        Ok(PartnerCaller { partner: partner.id, key: key.id, requests_per_minute })
    }

    async fn look_up(
        &self,
        hash: KeyHash,
        whence: LimitKey,
        now: OffsetDateTime,
    ) -> Result<KeyHolder, AuthenticatePartnerError> {
        if let Some(quota) = self.lookups.quota {
            let verdict = self.lookups.counter.take(&[(whence, quota)]).await.into_iter().next();
            if let Some(verdict) = verdict.filter(|verdict| !verdict.allowed) {
                return Err(AuthenticatePartnerError::TooManyKeys { quota, verdict });
            }
        }
        let Some(holder) = self.queries.key_holder(hash).await? else {
            self.cache.put(hash, KnownKey::Nobodys);
            return Err(KeyRefusal::Invalid.into());
        };
        self.cache.put(hash, KnownKey::Held(holder.clone()));
        let known = holder.key.last_used_at.is_some_and(|seen| now < seen.saturating_add(SEEN_TO));
        if holder.key.is_live(now) && !known {
            self.notebook.key_used(holder.key.id, now);
        }
        Ok(holder)
    }
}
