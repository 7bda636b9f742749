//! The system that this one takes over from.

use async_trait::async_trait;
use thiserror::Error;

use crate::import::{ImportTable, SourceAccount, SourceOffer, SourceOrder, SourceUser};

/// Why the earlier system cannot be read. A sentence each.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ImportSourceError {
    /// Nobody answers, or lets us in.
    #[error("the database to import from cannot be reached: {0}")]
    Unreachable(String),
    /// It is another database, or another version.
    #[error("the database to import from is not the one of the original application: {0}")]
    Unknown(String),
    /// Reading failed on the way.
    #[error("reading the database to import from failed: {0}")]
    Failed(String),
}

/// How much there is to take.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceTotal {
    /// Of what.
    pub table: ImportTable,
    /// Rows.
    pub rows: u64,
    /// The sum of their amounts, decimal, for what has amounts.
    pub sum: Option<String>,
}

/// Reads an earlier system, from one snapshot, without changing anything. Rows come by ascending key; a page begins behind
/// the key `after` and has at most `limit` rows; the last one is empty.
#[async_trait]
pub trait ImportSource: Send {
    /// How much there is.
    async fn totals(&mut self) -> Result<Vec<SourceTotal>, ImportSourceError>;

    /// People.
    async fn users(&mut self, after: i64, limit: i64) -> Result<Vec<SourceUser>, ImportSourceError>;

    /// Offers.
    async fn offers(&mut self, after: i64, limit: i64) -> Result<Vec<SourceOffer>, ImportSourceError>;

    /// Wallets.
    async fn accounts(&mut self, after: i64, limit: i64) -> Result<Vec<SourceAccount>, ImportSourceError>;

    /// Orders with their subscriptions: `Transactions`, or those of `PartnerTransactions` that are not there.
    async fn orders(
        &mut self,
        table: ImportTable,
        after: i64,
        limit: i64,
    ) -> Result<Vec<SourceOrder>, ImportSourceError>;

    /// The keys of subscriptions that no order paid for.
    async fn unpaid_user_offers(&mut self, after: i64, limit: i64) -> Result<Vec<i64>, ImportSourceError>;
}
