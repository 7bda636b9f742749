//! Ports that count how they are used, before the ones that do the work.

use std::sync::Arc;
use std::time::Instant;

use async_trait::async_trait;
use offers_domain::ids::{SessionId, TransactionId};
use offers_domain::offer::Offer;
use offers_domain::page::Page;
use offers_domain::partner::{ActivationRequest, Answer, Step};
use offers_domain::partner_channel::api_key::KeyHash;
use offers_domain::ports::{
    ActivationGateway, Edition, KeyCache, KnownKey, Measure, Metrics, OfferCache, OfferListQuery,
    OfferLookup, SessionCache, StatusCache,
};
use offers_domain::session::Session;
use offers_domain::views::StatusView;
use time::OffsetDateTime;

/// A port, and where its use is counted.
pub struct Counted<P: ?Sized> {
    port: Arc<P>,
    metrics: Arc<dyn Metrics>,
}

impl<P: ?Sized> Counted<P> {
    /// Passes everything on to `port`.
    pub fn new(port: Arc<P>, metrics: Arc<dyn Metrics>) -> Self {
        Self { port, metrics }
    }

    fn looked_up(&self, cache: &'static str, hit: bool) {
        self.metrics.record(Measure::CacheLookup { cache, hit });
    }

    fn called(&self, request: &ActivationRequest, step: Step, started: Instant, answer: &Answer) {
        let (partner, answer, took) = (request.partner, answer.kind(), started.elapsed());
        self.metrics.record(Measure::PartnerCall { partner, step, answer, took });
    }
}

#[async_trait]
impl StatusCache for Counted<dyn StatusCache> {
    async fn get(&self, id: TransactionId) -> Option<StatusView> {
        let status = self.port.get(id).await;
        self.looked_up("statuses", status.is_some());
        status
    }

    async fn put(&self, statuses: &[StatusView], known_at: OffsetDateTime) {
        self.port.put(statuses, known_at).await;
    }
}

#[async_trait]
impl SessionCache for Counted<dyn SessionCache> {
    async fn get(&self, id: SessionId) -> Option<Session> {
        let session = self.port.get(id).await;
        self.looked_up("sessions", session.is_some());
        session
    }

    async fn put(&self, session: Session) {
        self.port.put(session).await;
    }
}

#[async_trait]
impl OfferCache for Counted<dyn OfferCache> {
    async fn get(&self, query: &OfferListQuery) -> OfferLookup {
        let found = self.port.get(query).await;
        self.looked_up("offers", matches!(found, OfferLookup::Found(_)));
        found
    }

    async fn put(&self, query: &OfferListQuery, page: &Page<Offer>, edition: Edition) {
        self.port.put(query, page, edition).await;
    }

    async fn clear(&self) {
        self.port.clear().await;
    }
}

impl KeyCache for Counted<dyn KeyCache> {
    fn get(&self, hash: KeyHash) -> Option<KnownKey> {
        let known = self.port.get(hash);
        self.looked_up("api_keys", known.is_some());
        known
    }

    fn put(&self, hash: KeyHash, known: KnownKey) {
        self.port.put(hash, known);
    }
}

#[async_trait]
impl ActivationGateway for Counted<dyn ActivationGateway> {
    async fn activate(&self, request: &ActivationRequest) -> Answer {
        let started = Instant::now();
        let answer = self.port.activate(request).await;
        self.called(request, Step::Activate, started, &answer);
        answer
    }

    async fn query(&self, request: &ActivationRequest) -> Answer {
        let started = Instant::now();
        let answer = self.port.query(request).await;
        self.called(request, Step::Query, started, &answer);
        answer
    }

    async fn void(&self, request: &ActivationRequest) -> Answer {
        let started = Instant::now();
        let answer = self.port.void(request).await;
        self.called(request, Step::Void, started, &answer);
        answer
    }
}
