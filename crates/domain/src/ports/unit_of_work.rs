//! The atomic step.

use async_trait::async_trait;
use time::OffsetDateTime;

use super::{
    ActivationPauses, AuditTrail, CallbackInbox, Catalogue, DueUserOffers, IdempotencyRecords, Imports,
    Incidents, Ledger, Notices, Partners, Schedules, Sessions, StoreError, Transactions, UserOffers, Users,
    WebhookEvents, Webhooks,
};

/// Opens units of work.
#[async_trait]
pub trait Store: Send + Sync {
    /// Begins a unit: everything it writes becomes visible together, or not at all.
    async fn begin(&self) -> Result<Box<dyn UnitOfWork>, StoreError>;
}

/// One atomic step: load, decide, save. Methods take slices and cost the same number of round trips whatever their
/// length; an empty slice costs none and returns nothing.
///
/// Locks are taken in this order: partners, accounts, transactions, user offers, stocks, notices, deliveries,
/// webhooks, each by ascending id. A unit that is dropped is rolled back. After an error the unit is good for nothing but
/// [`rollback`](UnitOfWork::rollback).
///
/// What a write finds wrong is told at the latest by the next method that returns something, or by the commit: a store may
/// send several writes together.
#[async_trait]
pub trait UnitOfWork:
    Users
    + Sessions
    + Catalogue
    + Ledger
    + Transactions
    + ActivationPauses
    + CallbackInbox
    + Incidents
    + UserOffers
    + DueUserOffers
    + Partners
    + IdempotencyRecords
    + Notices
    + Schedules
    + AuditTrail
    + Imports
    + Webhooks
    + WebhookEvents
    + Send
{
    /// The store's clock, UTC: the one that due times and leases are measured by, on every machine.
    async fn now(&mut self) -> Result<OffsetDateTime, StoreError>;

    /// Makes everything durable and visible.
    ///
    /// # Errors
    /// `OutcomeUnknown` when the connection was lost on the way; any other error means that nothing was written.
    async fn commit(self: Box<Self>) -> Result<(), StoreError>;

    /// Undoes everything and gives the locks back.
    async fn rollback(self: Box<Self>) -> Result<(), StoreError>;
}
