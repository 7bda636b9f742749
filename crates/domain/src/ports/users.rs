//! People inside a unit of work.

use async_trait::async_trait;
use time::OffsetDateTime;

use super::StoreError;
use crate::ids::UserId;
use crate::user::NewUser;

/// Writes people.
#[async_trait]
pub trait Users {
    /// Adds people, in this order.
    ///
    /// # Errors
    /// `Conflict(Username)` when one of the names is taken.
    async fn insert_users(&mut self, users: &[NewUser]) -> Result<Vec<UserId>, StoreError>;

    /// Replaces a password's PHC string.
    async fn set_password_hash(
        &mut self,
        user: UserId,
        hash: &str,
        now: OffsetDateTime,
    ) -> Result<(), StoreError>;
}
