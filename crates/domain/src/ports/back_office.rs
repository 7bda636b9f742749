//! What the back office reads: everybody's, and what is not for sale any more.

use async_trait::async_trait;
use time::OffsetDateTime;

use super::StoreError;
use crate::ids::{OfferId, PartnerId, TransactionId, UserId};
use crate::offer::{Category, Offer};
use crate::page::{Page, PageRequest};
use crate::transaction::{Status, SubStatus};
use crate::user::{Role, User, Username};
use crate::views::{OrderFile, TransactionView};

/// Which people a list shows.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct UserFilter {
    /// Whose username begins with this.
    pub prefix: Option<String>,
    /// With this address.
    pub email: Option<String>,
    /// In this role.
    pub role: Option<Role>,
}

/// Which orders a list shows.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct OrderFilter {
    /// This one alone.
    pub id: Option<TransactionId>,
    /// Of this customer.
    pub user: Option<UserId>,
    /// Placed by this partner.
    pub partner: Option<PartnerId>,
    /// Of this offer.
    pub offer: Option<OfferId>,
    /// In this status.
    pub status: Option<Status>,
    /// With this finer story.
    pub sub_status: Option<SubStatus>,
    /// With this reference, that which the selling partner was given or that of the activation partner.
    pub reference: Option<String>,
    /// Placed at this instant or later.
    pub from: Option<OffsetDateTime>,
    /// Placed before this instant.
    pub to: Option<OffsetDateTime>,
}

/// Which of the catalogue a list shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ShelfFilter {
    /// Of this category.
    pub category: Option<Category>,
    /// For sale at some time, or retired.
    pub is_active: Option<bool>,
}

/// Reads for staff. Nothing here asks whose it is.
#[async_trait]
pub trait BackOfficeQueries {
    /// A page of people, by username.
    async fn users(
        &self,
        filter: &UserFilter,
        page: &PageRequest<Username>,
    ) -> Result<Page<User>, StoreError>;

    /// A page of the catalogue, retired offers and closed sales too, by id.
    async fn shelf(
        &self,
        filter: &ShelfFilter,
        page: &PageRequest<OfferId>,
    ) -> Result<Page<Offer>, StoreError>;

    /// A page of everybody's orders, newest first.
    async fn orders(
        &self,
        filter: &OrderFilter,
        page: &PageRequest<TransactionId>,
    ) -> Result<Page<TransactionView>, StoreError>;

    /// All that is known of one order, of one moment.
    async fn order_file(&self, id: TransactionId) -> Result<Option<OrderFile>, StoreError>;
}
