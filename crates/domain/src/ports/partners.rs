//! Partners, their keys and the names of their orders inside a unit of work.

use async_trait::async_trait;
use time::OffsetDateTime;

use super::{Locked, StoreError};
use crate::ids::{ApiKeyId, PartnerId};
use crate::partner_channel::api_key::{ApiKey, KeyHolder, NewApiKey};
use crate::partner_channel::reference::{KnownPartnerOrder, PartnerOrder, PartnerReference};
use crate::partner_channel::{NewPartner, Partner};

/// Writes partners, keys and orders' names.
#[async_trait]
pub trait Partners {
    /// Adds a partner.
    ///
    /// # Errors
    /// `Conflict(PartnerName)` when the name is taken.
    async fn insert_partner(&mut self, partner: &NewPartner) -> Result<PartnerId, StoreError>;

    /// Locks a partner.
    async fn lock_partner(&mut self, id: PartnerId) -> Result<Option<Locked<Partner>>, StoreError>;

    /// Saves the terms of a partner that this unit has locked.
    async fn update_partner(&mut self, partner: &Partner, now: OffsetDateTime) -> Result<(), StoreError>;

    /// Issues a key.
    async fn insert_api_key(&mut self, key: &NewApiKey) -> Result<ApiKeyId, StoreError>;

    /// Every key that the partner was ever given, oldest first.
    async fn api_keys(&mut self, partner: PartnerId) -> Result<Vec<ApiKey>, StoreError>;

    /// Takes a key back; one that was taken back before keeps its first end.
    async fn revoke_api_key(&mut self, key: ApiKeyId, now: OffsetDateTime) -> Result<(), StoreError>;

    /// Notes when these keys were seen. Of two notes about a key the later instant stays.
    async fn touch_api_keys(&mut self, seen: &[(ApiKeyId, OffsetDateTime)]) -> Result<(), StoreError>;

    /// These keys with their partners, as this unit sees them: a key that was taken back is never used for an order that
    /// is committed later. Unknown ids are missing from the answer.
    async fn key_holders(&mut self, keys: &[ApiKeyId]) -> Result<Vec<KeyHolder>, StoreError>;

    /// The orders with these names of the partners' own. Unknown names are missing from the answer.
    async fn find_partner_orders(
        &mut self,
        names: &[(PartnerId, PartnerReference)],
    ) -> Result<Vec<KnownPartnerOrder>, StoreError>;

    /// Adds the names of orders that this unit places.
    ///
    /// # Errors
    /// `Conflict(Reference)` when one of our names is taken, `Conflict(PartnerReference)` when another unit has
    /// committed an order with the same name of the partner's own since.
    async fn insert_partner_orders(&mut self, orders: &[PartnerOrder]) -> Result<(), StoreError>;
}
