//! The audit trail inside a unit of work: written in the commit of what it tells of.

use async_trait::async_trait;

use super::StoreError;
use crate::audit::AuditEntry;

/// Writes the trail, which only grows.
#[async_trait]
pub trait AuditTrail {
    /// Adds entries, in this order.
    async fn record_audit(&mut self, entries: &[AuditEntry]) -> Result<(), StoreError>;
}
