//! What this process last read from the store.

use std::hash::Hash;
use std::sync::Arc;

use offers_domain::ids::{OfferId, SessionId, TransactionId};
use offers_domain::offer::Offer;
use offers_domain::page::Page;
use offers_domain::ports::{Clock, Kept, LastKnown, OfferListQuery, Signal, SignalSink};
use offers_domain::session::Session;
use offers_domain::views::StatusView;
use time::Duration;

use crate::shelf::Shelf;

/// How long anything is good enough to be shown.
const STAYS: Duration = Duration::minutes(5);

/// Offers that are kept, at most.
const OFFERS: usize = 10_000;
/// Pages of the catalogue that are kept, at most: any client may ask for any filter.
const PAGES: usize = 200;
/// Statuses and sessions that are kept, at most.
const OTHERS: usize = 20_000;

/// The last known, in memory.
pub struct LocalLastKnown {
    pages: Shelf<OfferListQuery, Kept<Arc<Page<Offer>>>>,
    offers: Shelf<OfferId, Kept<Offer>>,
    statuses: Shelf<TransactionId, Kept<StatusView>>,
    sessions: Shelf<SessionId, Kept<Session>>,
}

impl LocalLastKnown {
    /// Empty.
    pub fn new(clock: &Arc<dyn Clock>) -> Self {
        Self {
            pages: Shelf::new(PAGES, clock.clone()),
            offers: Shelf::new(OFFERS, clock.clone()),
            statuses: Shelf::new(OTHERS, clock.clone()),
            sessions: Shelf::new(OTHERS, clock.clone()),
        }
    }
}

fn keep<K, V>(shelf: &Shelf<K, Kept<V>>, key: &K, value: V, may_follow: impl FnOnce(&V) -> bool)
where
    K: Hash + Eq + Clone,
    V: Clone,
{
    let read_at = shelf.now();
    let kept = Kept { value, read_at };
    shelf.put(key, kept, read_at.saturating_add(STAYS), |before| may_follow(&before.value));
}

impl LastKnown for LocalLastKnown {
    fn keep_page(&self, query: &OfferListQuery, page: &Page<Offer>) {
        for offer in &page.items {
            self.keep_offer(offer);
        }
        keep(&self.pages, query, Arc::new(page.clone()), |_| true);
    }

    fn page(&self, query: &OfferListQuery) -> Option<Kept<Page<Offer>>> {
        let Kept { value, read_at } = self.pages.get(query)?;
        Some(Kept { value: Page::clone(&value), read_at })
    }

    fn keep_offer(&self, offer: &Offer) {
        keep(&self.offers, &offer.id, offer.clone(), |_| true);
    }

    fn offer(&self, id: OfferId) -> Option<Kept<Offer>> {
        self.offers.get(&id)
    }

    fn keep_status(&self, status: &StatusView) {
        if status.status.is_final() {
            keep(&self.statuses, &status.transaction, status.clone(), |_| true);
        }
    }

    fn status(&self, id: TransactionId) -> Option<Kept<StatusView>> {
        self.statuses.get(&id)
    }

    fn keep_session(&self, session: &Session) {
        let revoked = session.revoked_at.is_some();
        keep(&self.sessions, &session.id, *session, |before| revoked || before.revoked_at.is_none());
    }

    fn session(&self, id: SessionId) -> Option<Kept<Session>> {
        self.sessions.get(&id)
    }
}

/// A session that ended elsewhere lets nobody in while the store is away, either.
impl SignalSink for LocalLastKnown {
    fn deliver(&self, signal: &Signal) {
        if let Signal::SessionEnded(id) = signal {
            self.sessions.remove(id);
        }
    }
}

#[cfg(test)]
mod tests {
    use offers_domain::ids::{AccountId, UserId};
    use offers_domain::session::SessionPolicy;
    use offers_domain::transaction::Transaction;
    use offers_testkit::builders::{NOON, order};
    use offers_testkit::clock::FakeClock;
    use uuid::Uuid;

    use super::*;

    fn memory() -> (Arc<FakeClock>, LocalLastKnown) {
        let clock = Arc::new(FakeClock::at(NOON));
        let shared: Arc<dyn Clock> = clock.clone();
        (clock, LocalLastKnown::new(&shared))
    }

    #[test]
    fn a_session_that_was_revoked_stays_revoked() {
        let (clock, memory) = memory();
        let id = SessionId(Uuid::from_u128(1));
        let live = Session::begin(id, UserId(1), &SessionPolicy::default(), NOON);
        let revoked = Session { revoked_at: Some(NOON), ..live };
        for session in [live, revoked, live] {
            memory.keep_session(&session);
        }
        assert_eq!(memory.session(id), Some(Kept { value: revoked, read_at: NOON }));
        clock.advance(STAYS);
        assert_eq!(memory.session(id), None);
    }

    #[test]
    fn a_session_that_ended_elsewhere_is_forgotten() {
        let (_, memory) = memory();
        let id = SessionId(Uuid::from_u128(1));
        memory.keep_session(&Session::begin(id, UserId(1), &SessionPolicy::default(), NOON));
        memory.deliver(&Signal::SessionEnded(SessionId(Uuid::from_u128(2))));
        assert!(memory.session(id).is_some());
        memory.deliver(&Signal::SessionEnded(id));
        assert_eq!(memory.session(id), None);
    }

    #[test]
    fn a_status_that_may_change_is_not_kept() {
        let (_, memory) = memory();
        let id = TransactionId(Uuid::from_u128(1));
        let mut transaction = Transaction::place(id, order(UserId(1), OfferId(1), AccountId(100), 100), NOON);
        memory.keep_status(&StatusView::from(&transaction));
        transaction.claim(NOON, Duration::MINUTE, 5).unwrap();
        memory.keep_status(&StatusView::from(&transaction));
        assert_eq!(memory.status(id), None);
        transaction.succeed(1, "R-1".into(), NOON).unwrap();
        memory.keep_status(&StatusView::from(&transaction));
        assert_eq!(memory.status(id).unwrap().value, StatusView::from(&transaction));
    }
}
