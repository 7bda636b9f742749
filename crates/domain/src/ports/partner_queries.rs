//! Reads what belongs to one partner.

use async_trait::async_trait;

use super::StoreError;
use crate::ids::{PartnerId, TransactionId, TransferId};
use crate::page::{Page, PageRequest};
use crate::partner_channel::api_key::{ApiKey, KeyHash, KeyHolder};
use crate::partner_channel::reference::Reference;
use crate::partner_channel::views::{
    PartnerOrderDetail, PartnerOrderFilter, PartnerOrderView, PartnerView, SettlementView, StatementEntry,
};
use crate::partner_channel::{Partner, PartnerName};

/// Reads partners. Whose orders and movements they are is part of every question: another partner's are not there.
#[async_trait]
pub trait PartnerQueries {
    /// The key with this hash and its partner, whether it works or not.
    async fn key_holder(&self, hash: KeyHash) -> Result<Option<KeyHolder>, StoreError>;

    /// A page of all partners with their accounts, oldest first.
    async fn partners(&self, page: &PageRequest<PartnerId>) -> Result<Page<PartnerView>, StoreError>;

    /// The partner with this name.
    async fn partner_named(&self, name: &PartnerName) -> Result<Option<Partner>, StoreError>;

    /// Every key that the partner was ever given, oldest first.
    async fn api_keys(&self, partner: PartnerId) -> Result<Vec<ApiKey>, StoreError>;

    /// The partner's settlement account with a page of its movements, newest first. Both are of one moment: the first
    /// page's movements have led to this balance.
    async fn statement(
        &self,
        partner: PartnerId,
        page: &PageRequest<TransferId>,
    ) -> Result<Option<(SettlementView, Page<StatementEntry>)>, StoreError>;

    /// A page of the partner's orders, newest first.
    async fn partner_orders(
        &self,
        partner: PartnerId,
        filter: &PartnerOrderFilter,
        page: &PageRequest<TransactionId>,
    ) -> Result<Page<PartnerOrderView>, StoreError>;

    /// One of the partner's orders with its history; none where it is not the partner's.
    async fn partner_order(
        &self,
        partner: PartnerId,
        reference: Reference,
    ) -> Result<Option<PartnerOrderDetail>, StoreError>;
}
