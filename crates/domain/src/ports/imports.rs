//! What was taken over from an earlier system.

use async_trait::async_trait;
use time::OffsetDateTime;

use super::StoreError;
use crate::ids::{OfferId, UserId};
use crate::import::{ImportTable, ImportedRow, PastUserOffer};
use crate::money::{Currency, Money};

/// Remembers what was taken over, and writes what only comes into being so.
#[async_trait]
pub trait Imports {
    /// Which of these rows were taken over, in no particular order.
    async fn imported(&mut self, table: ImportTable, sources: &[i64])
    -> Result<Vec<ImportedRow>, StoreError>;

    /// Remembers rows, for ever. A row that is remembered already is an error.
    async fn record_imported(&mut self, rows: &[ImportedRow], now: OffsetDateTime) -> Result<(), StoreError>;

    /// Adds subscriptions as they stood.
    async fn insert_past_user_offers(&mut self, user_offers: &[PastUserOffer]) -> Result<(), StoreError>;

    /// Takes away from people that they may log in, and offers from the sale.
    async fn switch_off(&mut self, users: &[UserId], offers: &[OfferId]) -> Result<(), StoreError>;
}

/// How much there is of everything.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Inventory {
    /// People.
    pub users: u64,
    /// Offers, on sale or not.
    pub offers: u64,
    /// Subscriptions.
    pub user_offers: u64,
    /// Orders.
    pub transactions: u64,
    /// What all wallets hold together.
    pub wallets: Money,
}

/// Counts a whole store.
#[async_trait]
pub trait TakesInventory: Send + Sync {
    /// From one snapshot.
    async fn inventory(&self, currency: Currency) -> Result<Inventory, StoreError>;
}
