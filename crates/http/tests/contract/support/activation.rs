//! The store's reading side of activation partners: there is nothing to read.

use async_trait::async_trait;
use offers_domain::activation_partner::{ActivationPartner, ActivationPause};
use offers_domain::ports::{ActivationQueries, StoreError};

use super::store::Scripted;

#[async_trait]
impl ActivationQueries for Scripted {
    async fn activation_pauses(&self) -> Result<Vec<ActivationPause>, StoreError> {
        Ok(Vec::new())
    }

    async fn open_orders(&self) -> Result<Vec<(ActivationPartner, u64)>, StoreError> {
        Ok(Vec::new())
    }
}
