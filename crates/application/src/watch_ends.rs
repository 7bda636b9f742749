//! The ends of subscriptions: warned of before, made true when they come.

use std::sync::Arc;

use offers_domain::expiry::{WarningDays, expired};
use offers_domain::ids::UserOfferId;
use offers_domain::notice::NoticeChannels;
use offers_domain::ports::{IdSource, Store, StoreError};
use offers_domain::user_offer::{Ending, UserOffer};
use offers_domain::webhook::Happening;
use time::OffsetDateTime;

use crate::transact::{Done, transact};

/// How many subscriptions one unit looks at: memory and locks are bounded, however many there are.
const CHUNK: usize = 1000;

/// The use cases.
pub struct WatchEnds {
    /// Units of work.
    pub store: Arc<dyn Store>,
    /// Randomness for retries.
    pub ids: Arc<dyn IdSource>,
    /// When holders are warned.
    pub warning: WarningDays,
    /// How they are told.
    pub channels: NoticeChannels,
}

impl WatchEnds {
    /// Expires every subscription whose time is over, however long ago; how many. Any number of processes may do it at
    /// once, and one that dies leaves the rest to the next run.
    pub async fn expire(&self) -> Result<usize, StoreError> {
        let mut expired = 0;
        loop {
            let (found, chunk) = self.expire_chunk().await?;
            expired += chunk;
            if found < CHUNK {
                return Ok(expired);
            }
        }
    }

    async fn expire_chunk(&self) -> Result<(usize, usize), StoreError> {
        transact(&*self.store, &*self.ids, |unit| {
            Box::pin(async move {
                let now = unit.now().await?;
                let mut ended = unit.lock_ended(CHUNK, now).await?;
                let changed: Vec<UserOffer> =
                    ended.iter_mut().filter_map(|held| held.expire(now).ok().map(|()| **held)).collect();
                if changed.is_empty() {
                    return Ok(Done::Nothing((0, 0)));
                }
                unit.update_user_offers(&changed, now).await?;
                let news: Vec<_> = changed.iter().filter_map(expired).collect();
                unit.insert_notices(&self.channels.notices(&news), now).await?;
                let events: Vec<_> = changed.iter().filter_map(Happening::expired).collect();
                unit.record_events(&events, now).await?;
                Ok(Done::Write((ended.len(), changed.len())))
            })
        })
        .await
    }

    /// Warns the holders of every subscription that ends soon; how many warnings. A notice that was queued before is not
    /// queued again, so a run that was interrupted is simply repeated.
    pub async fn warn(&self) -> Result<usize, StoreError> {
        let mut warned = 0;
        let mut after = None;
        loop {
            let (told, last) = self.warn_chunk(after).await?;
            warned += told;
            let Some(last) = last else { return Ok(warned) };
            after = Some(last);
        }
    }

    /// How many were told, and where the next chunk begins, if there is one.
    async fn warn_chunk(&self, after: Option<Ending>) -> Result<(usize, Option<Ending>), StoreError> {
        transact(&*self.store, &*self.ids, |unit| {
            Box::pin(async move {
                let now = unit.now().await?;
                let after = after.unwrap_or_else(|| everything_after(now));
                let ending = unit.ending(after, now.saturating_add(self.warning.reach()), CHUNK).await?;
                let news = self.warning.warnings(&ending, now);
                unit.insert_notices(&self.channels.notices(&news), now).await?;
                unit.record_events(&self.warning.events(&ending, now), now).await?;
                let full = ending.len() == CHUNK;
                let outcome = (news.len(), ending.last().filter(|_| full).and_then(place));
                Ok(if news.is_empty() { Done::Nothing(outcome) } else { Done::Write(outcome) })
            })
        })
        .await
    }
}

fn everything_after(now: OffsetDateTime) -> Ending {
    Ending { at: now, id: UserOfferId(i64::MAX) }
}

fn place(user_offer: &UserOffer) -> Option<Ending> {
    user_offer.period().map(|period| Ending { at: period.expires_at, id: user_offer.id })
}
