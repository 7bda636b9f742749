//! Knowing a partner by its API key.

use std::sync::Arc;

use offers_domain::ids::{ApiKeyId, PartnerId};
use offers_domain::partner_channel::api_key::{KeyHash, KeyHolder, KeyMode, KeyRefusal, KeyScope};
use offers_domain::ports::{ApiKeys, Clock, IdSource, KeyCache, Queries, Store, StoreError};
use thiserror::Error;
use time::{Duration, OffsetDateTime};

use crate::transact::{Done, transact};

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
    /// Whose key it is could not be read.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// The use case.
pub struct AuthenticatePartner {
    /// Reads keys.
    pub keys: Arc<dyn ApiKeys>,
    /// Partners near.
    pub cache: Arc<dyn KeyCache>,
    /// Reads.
    pub queries: Arc<dyn Queries>,
    /// Units of work.
    pub store: Arc<dyn Store>,
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// Randomness for retries.
    pub ids: Arc<dyn IdSource>,
    /// Whether keys for trials work here.
    pub accepts_test_keys: bool,
}

impl AuthenticatePartner {
    /// Checks that the key works and opens `scope`. What is cached may be a few seconds old; an order asks again in its own
    /// commit.
    pub async fn run(&self, key: &str, scope: KeyScope) -> Result<PartnerCaller, AuthenticatePartnerError> {
        let now = self.clock.now();
        let hash = self.keys.hash(key).ok_or(KeyRefusal::Invalid)?;
        let holder = match self.cache.get(hash) {
            Some(holder) => holder,
            None => self.look_up(hash, now).await?,
        };
        holder.admit(scope, now)?;
        if holder.key.mode == KeyMode::Test && !self.accepts_test_keys {
            return Err(KeyRefusal::Invalid.into());
        }
        let KeyHolder { key, partner } = holder;
        let requests_per_minute = partner.terms.requests_per_minute;
        Ok(PartnerCaller { partner: partner.id, key: key.id, requests_per_minute })
    }

    /// Keys that nobody was given are not remembered: whoever guesses would fill the cache.
    async fn look_up(
        &self,
        hash: KeyHash,
        now: OffsetDateTime,
    ) -> Result<KeyHolder, AuthenticatePartnerError> {
        let holder = self.queries.key_holder(hash).await?.ok_or(KeyRefusal::Invalid)?;
        self.cache.put(hash, &holder);
        let known = holder.key.last_used_at.is_some_and(|seen| now < seen.saturating_add(SEEN_TO));
        if holder.key.is_live(now)
            && !known
            && let Err(error) = self.note_use(holder.key.id, now).await
        {
            tracing::warn!(%error, "the use of an API key could not be noted; the next one tries again");
        }
        Ok(holder)
    }

    async fn note_use(&self, key: ApiKeyId, now: OffsetDateTime) -> Result<(), StoreError> {
        transact(&*self.store, &*self.ids, |unit| {
            Box::pin(async move {
                unit.touch_api_key(key, now).await?;
                Ok(Done::Write(()))
            })
        })
        .await
    }
}
