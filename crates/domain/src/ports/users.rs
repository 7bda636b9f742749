//! People inside a unit of work.

use async_trait::async_trait;
use time::OffsetDateTime;

use super::StoreError;
use crate::ids::UserId;
use crate::user::{NewUser, User};

/// Writes people.
#[async_trait]
pub trait Users {
    /// Adds people, in this order.
    ///
    /// # Errors
    /// `Conflict(Username)` when one of the names is taken.
    async fn insert_users(&mut self, users: &[NewUser]) -> Result<Vec<UserId>, StoreError>;

    /// The people with these ids, as this unit sees them. Unknown ids are missing from the answer.
    async fn find_users(&mut self, ids: &[UserId]) -> Result<Vec<User>, StoreError>;

    /// Replaces a password's PHC string.
    async fn set_password_hash(
        &mut self,
        user: UserId,
        hash: &str,
        now: OffsetDateTime,
    ) -> Result<(), StoreError>;
}
