//! Pages of the catalogue, shared by all processes.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use async_trait::async_trait;
use deadpool_redis::redis::cmd;
use offers_domain::offer::Offer;
use offers_domain::page::Page;
use offers_domain::ports::{Clock, Edition, OfferCache, OfferListQuery, OfferLookup};
use time::Duration;
use uuid::Uuid;

use crate::connection::RedisConnection;
use crate::hashes::milliseconds;
use crate::offer_page::{from_json, parse_edition, spell_edition, to_json};

const STAYS: Duration = Duration::minutes(5);

/// Pages of offers in Redis.
///
/// One key names the current edition of the catalogue, and each page names its own: writing another edition drops all
/// pages at once. Editions are random, so that one that was lost with its key never comes back. A change that could not be
/// announced is announced before this process believes a page again.
pub struct RedisOfferCache {
    connection: RedisConnection,
    clock: Arc<dyn Clock>,
    changes: AtomicU64,
    announced: AtomicU64,
}

impl RedisOfferCache {
    /// Keeps each page for up to 5 minutes.
    pub fn new(connection: RedisConnection, clock: Arc<dyn Clock>) -> Self {
        Self { connection, clock, changes: AtomicU64::new(0), announced: AtomicU64::new(0) }
    }

    /// Drops every page by beginning another edition.
    async fn begin_edition(&self) -> Option<Edition> {
        let changes = self.changes.load(Ordering::SeqCst);
        let edition = new_edition();
        let mut set = cmd("SET");
        set.arg(self.connection.keys().offer_edition()).arg(spell_edition(edition));
        self.connection.query::<()>(&set).await.ok()?;
        self.announced.fetch_max(changes, Ordering::SeqCst);
        Some(edition)
    }

    fn owes_an_edition(&self) -> bool {
        self.announced.load(Ordering::SeqCst) < self.changes.load(Ordering::SeqCst)
    }
}

#[async_trait]
impl OfferCache for RedisOfferCache {
    async fn get(&self, query: &OfferListQuery) -> OfferLookup {
        if self.owes_an_edition() {
            return OfferLookup::Missing(self.begin_edition().await);
        }
        let keys = self.connection.keys();
        let mut both = cmd("MGET");
        both.arg(keys.offer_edition()).arg(keys.offer_list(query));
        let Ok((current, kept)) = self.connection.query::<(Option<Vec<u8>>, Option<Vec<u8>>)>(&both).await
        else {
            return OfferLookup::Missing(None);
        };
        let Some(current) = current.and_then(|text| parse_edition(&text)) else {
            return OfferLookup::Missing(self.begin_edition().await);
        };
        match kept.and_then(|json| from_json(&json)) {
            Some((edition, page)) if edition == current => OfferLookup::Found(page),
            _ => OfferLookup::Missing(Some(current)),
        }
    }

    async fn put(&self, query: &OfferListQuery, page: &Page<Offer>, edition: Edition) {
        let Some(json) = to_json(page, edition) else { return };
        let ends = milliseconds(self.clock.now().saturating_add(STAYS));
        let mut set = cmd("SET");
        set.arg(self.connection.keys().offer_list(query)).arg(json).arg("PXAT").arg(ends);
        // A cache may lose what it is given.
        let _ = self.connection.query::<()>(&set).await;
    }

    async fn clear(&self) {
        // Counted before the first wait, so that a caller who gives up half-way loses nothing.
        self.changes.fetch_add(1, Ordering::SeqCst);
        self.begin_edition().await;
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "an edition means nothing beyond this cache; it only has to be new"
)]
fn new_edition() -> Edition {
    Edition(Uuid::new_v4().as_u128())
}
