//! People inside a unit of work.

use async_trait::async_trait;
use time::OffsetDateTime;

use super::{Credentials, Locked, StoreError};
use crate::ids::UserId;
use crate::user::{NewUser, Role, User};

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

    /// Locks people with these ids and what they log in with, by ascending id. Unknown ids are missing from the answer.
    async fn lock_credentials(&mut self, ids: &[UserId]) -> Result<Vec<Locked<Credentials>>, StoreError>;

    /// Says what a person may do, and whether they may log in at all.
    async fn set_access(
        &mut self,
        user: UserId,
        role: Role,
        is_active: bool,
        now: OffsetDateTime,
    ) -> Result<(), StoreError>;

    /// Saves a person's telephone number and language, and nothing else of them.
    async fn set_contact(&mut self, user: &User, now: OffsetDateTime) -> Result<(), StoreError>;

    /// Replaces a password's PHC string.
    async fn set_password_hash(
        &mut self,
        user: UserId,
        hash: &str,
        now: OffsetDateTime,
    ) -> Result<(), StoreError>;
}
