//! The proof that the money adds up.

use async_trait::async_trait;
use time::OffsetDateTime;

use super::StoreError;

/// One rule broken by one row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// The rule, as a stable name: `balance_identity`, `one_charge`, `refund_iff_failed`, `service_iff_success`,
    /// `history_complete`, `amount_matches`, `payer_matches`, `references_hold`.
    pub rule: &'static str,
    /// What broke it, in words: which row, what was expected, what is there.
    pub detail: String,
}

/// What a whole check found.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct LedgerReport {
    /// Accounts with a balance that were checked.
    pub accounts: u64,
    /// Transfers that were added up.
    pub transfers: u64,
    /// Transactions that were checked.
    pub transactions: u64,
    /// Rules that are broken; at most 1000 are listed.
    pub differences: Vec<Difference>,
}

impl LedgerReport {
    /// How many differences are kept of a check.
    pub const KEPT: usize = 100;

    /// The differences that are kept, in words.
    pub fn sentences(&self) -> Vec<String> {
        let sentence = |Difference { rule, detail }: &Difference| format!("{rule}: {detail}");
        self.differences.iter().take(Self::KEPT).map(sentence).collect()
    }
}

/// A check that was kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LedgerCheck {
    /// When it ended, UTC.
    pub at: OffsetDateTime,
    /// Accounts with a balance that were checked.
    pub accounts: u64,
    /// Transfers that were added up.
    pub transfers: u64,
    /// Transactions that were checked.
    pub transactions: u64,
    /// How many rules were found broken.
    pub differences: u64,
    /// The first of them, in words.
    pub sentences: Vec<String>,
}

/// Checks the whole database against the ledger's rules.
#[async_trait]
pub trait LedgerAudit {
    /// From one snapshot: every balance equals the sum of its transfers and none is below its limit; every transaction
    /// has exactly one charge of its amount from its account; FAILED if and only if one refund of the same amount to the
    /// same account; each is paid by its customer or by the partner that placed it; SUCCESS if and only if its
    /// subscription was switched on; every transition is in the history; what a row names exists.
    async fn verify_ledger(&self) -> Result<LedgerReport, StoreError>;

    /// What the last check that was kept found.
    async fn last_check(&self) -> Result<Option<LedgerCheck>, StoreError>;
}
