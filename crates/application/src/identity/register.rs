//! Signing up.

use offers_domain::audit::Actor;
use offers_domain::ids::UserId;
use offers_domain::user::Role;
use thiserror::Error;

use super::Origin;
use crate::create_users::{CreateUserError, CreateUsers, UserForm};

/// Why nobody signed up.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum RegisterError {
    /// This deployment's customers are added by staff.
    #[error("nobody may sign up here")]
    Closed,
    /// The form is not good, or could not be worked on.
    #[error(transparent)]
    NotCreated(#[from] CreateUserError),
}

/// The use case.
pub struct Register {
    /// Adds people.
    pub users: CreateUsers,
    /// Whether strangers may sign up.
    pub open: bool,
}

impl Register {
    /// Adds a customer with an empty wallet.
    pub async fn run(
        &self,
        username: String,
        email: String,
        password: String,
        origin: &Origin,
    ) -> Result<UserId, RegisterError> {
        if !self.open {
            return Err(RegisterError::Closed);
        }
        let form = UserForm { username, email, password, role: Role::Customer };
        Ok(self.users.run(form, Actor::Anonymous, origin).await?)
    }
}
