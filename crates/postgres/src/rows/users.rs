//! People.

use diesel::pg::Pg;
use diesel::prelude::*;
use offers_domain::ids::UserId;
use offers_domain::ports::{Credentials, StoreError};
use offers_domain::user::{NewUser, User};
use time::OffsetDateTime;

use super::Reading;
use crate::schema::users;

/// A person.
#[derive(Queryable, Selectable, QueryableByName)]
#[diesel(table_name = users, check_for_backend(Pg))]
pub(crate) struct UserRow {
    id: i64,
    username: String,
    email: String,
    phone: Option<String>,
    password_hash: String,
    role: String,
    locale: String,
    is_active: bool,
    joined_at: OffsetDateTime,
}

impl TryFrom<UserRow> for Credentials {
    type Error = StoreError;

    fn try_from(row: UserRow) -> Result<Self, StoreError> {
        let reading = Reading { table: "users", row: &row.id };
        let user = User {
            id: UserId(row.id),
            role: reading.spelled("role", &row.role)?,
            locale: reading.spelled("locale", &row.locale)?,
            joined_at: row.joined_at,
            username: row.username,
            email: row.email,
            phone: row.phone,
            is_active: row.is_active,
        };
        Ok(Self { user, password_hash: row.password_hash })
    }
}

/// A person to be added.
pub(crate) struct NewUserRow {
    pub(crate) username: String,
    pub(crate) email: String,
    pub(crate) phone: Option<String>,
    pub(crate) password_hash: String,
    pub(crate) role: &'static str,
    pub(crate) locale: &'static str,
    pub(crate) joined_at: OffsetDateTime,
}

impl From<&NewUser> for NewUserRow {
    fn from(user: &NewUser) -> Self {
        Self {
            username: user.username.as_str().to_owned(),
            email: user.email.as_str().to_owned(),
            phone: user.phone.as_ref().map(|phone| phone.as_str().to_owned()),
            password_hash: user.password_hash.clone(),
            role: user.role.as_str(),
            locale: user.locale.as_str(),
            joined_at: user.joined_at,
        }
    }
}
