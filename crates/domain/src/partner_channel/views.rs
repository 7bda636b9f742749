//! What a partner sees of itself: flat read models, filled by stores.

use time::OffsetDateTime;

use super::Partner;
use super::reference::{PartnerOrder, Reference};
use crate::ids::{TransactionId, TransferId};
use crate::ledger::TransferKind;
use crate::money::Money;
use crate::transaction::Status;
use crate::views::{TransactionDetail, TransactionView};

/// A settlement account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SettlementView {
    /// What it holds; negative where it is overdrawn.
    pub balance: Money,
    /// How far below zero it may go.
    pub credit_limit: Money,
    /// When it last moved, UTC.
    pub updated_at: OffsetDateTime,
}

impl SettlementView {
    /// What can still be spent.
    pub fn available(&self) -> Money {
        self.balance.checked_add(self.credit_limit).unwrap_or(self.balance)
    }
}

/// A partner and its account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PartnerView {
    /// The partner.
    pub partner: Partner,
    /// Its settlement account.
    pub settlement: SettlementView,
}

/// One movement of a settlement account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StatementEntry {
    /// Its id.
    pub id: TransferId,
    /// What for.
    pub kind: TransferKind,
    /// How the balance changed: less than zero for a charge.
    pub amount: Money,
    /// The order that it belongs to.
    pub order: Option<(TransactionId, Reference)>,
    /// When, UTC.
    pub at: OffsetDateTime,
}

/// Which orders a partner's list shows.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PartnerOrderFilter {
    /// In this status.
    pub status: Option<Status>,
    /// With this name of the partner's own.
    pub partner_reference: Option<String>,
    /// Ordered at this instant or later.
    pub from: Option<OffsetDateTime>,
    /// Ordered before this instant.
    pub to: Option<OffsetDateTime>,
}

/// A partner's order, in a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PartnerOrderView {
    /// Its names.
    pub order: PartnerOrder,
    /// What it is for and where it stands.
    pub transaction: TransactionView,
}

/// A partner's order with its history.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PartnerOrderDetail {
    /// Its names.
    pub order: PartnerOrder,
    /// What it is for, where it stands and how it came there.
    pub detail: TransactionDetail,
}
