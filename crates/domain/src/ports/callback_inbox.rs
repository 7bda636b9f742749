//! Reports of activation partners, inside a unit of work.

use std::collections::HashSet;

use async_trait::async_trait;
use time::OffsetDateTime;

use super::StoreError;
use crate::activation_partner::ActivationPartner;
use crate::callback::{CallbackId, Received};

/// Keeps what came of each report, so that one which is sent again has no second effect.
#[async_trait]
pub trait CallbackInbox {
    /// Those of these reports that came before.
    async fn known_callbacks(
        &mut self,
        ids: &[(ActivationPartner, CallbackId)],
    ) -> Result<HashSet<(ActivationPartner, CallbackId)>, StoreError>;

    /// Keeps reports.
    ///
    /// # Errors
    /// `Contention` where another unit has just kept one of them.
    async fn insert_callbacks(&mut self, received: &[Received]) -> Result<(), StoreError>;

    /// Forgets up to `at_most` reports that came before `limit`; how many there were.
    async fn purge_callbacks(&mut self, limit: OffsetDateTime, at_most: usize) -> Result<usize, StoreError>;
}
