//! What a process last read, for when the store does not answer.

use time::OffsetDateTime;

use super::OfferListQuery;
use crate::ids::{OfferId, SessionId, TransactionId};
use crate::offer::Offer;
use crate::page::Page;
use crate::session::Session;
use crate::views::StatusView;

/// A value, and when it was read from the store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kept<T> {
    /// The value.
    pub value: T,
    /// When it was read, UTC.
    pub read_at: OffsetDateTime,
}

impl<T> Kept<T> {
    /// Another value that was read with it.
    pub fn map<U>(self, value: impl FnOnce(T) -> U) -> Kept<U> {
        Kept { value: value(self.value), read_at: self.read_at }
    }
}

/// Keeps what this process reads from the store, for five minutes. Nobody tells it of changes, so it is asked only while
/// the store does not answer. Never blocks, never fails, and may forget.
pub trait LastKnown: Send + Sync {
    /// Keeps a page of the catalogue and the offers on it.
    fn keep_page(&self, query: &OfferListQuery, page: &Page<Offer>);

    /// A page of the catalogue.
    fn page(&self, query: &OfferListQuery) -> Option<Kept<Page<Offer>>>;

    /// Keeps an offer.
    fn keep_offer(&self, offer: &Offer);

    /// An offer.
    fn offer(&self, id: OfferId) -> Option<Kept<Offer>>;

    /// Keeps a status, if it is final: any other may change while nobody looks.
    fn keep_status(&self, status: &StatusView);

    /// The final status of an order.
    fn status(&self, id: TransactionId) -> Option<Kept<StatusView>>;

    /// Keeps a session. One that was revoked stays revoked.
    fn keep_session(&self, session: &Session);

    /// A session.
    fn session(&self, id: SessionId) -> Option<Kept<Session>>;
}
