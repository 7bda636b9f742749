//! People.

use diesel::prelude::*;
use diesel::sqlite::Sqlite;
use offers_domain::ids::UserId;
use offers_domain::ports::{Credentials, StoreError};
use offers_domain::user::{NewUser, User};

use super::{Reading, micros};
use crate::schema::users;

/// A person.
#[derive(Queryable, Selectable)]
#[diesel(table_name = users, check_for_backend(Sqlite))]
pub(crate) struct UserRow {
    id: i64,
    username: String,
    email: String,
    phone: Option<String>,
    password_hash: String,
    role: String,
    locale: String,
    is_active: bool,
    joined_at: i64,
}

impl TryFrom<UserRow> for Credentials {
    type Error = StoreError;

    fn try_from(row: UserRow) -> Result<Self, StoreError> {
        let reading = Reading { table: "users", row: &row.id };
        let user = User {
            id: UserId(row.id),
            role: reading.spelled("role", &row.role)?,
            locale: reading.spelled("locale", &row.locale)?,
            joined_at: reading.instant("joined_at", row.joined_at)?,
            username: row.username,
            email: row.email,
            phone: row.phone,
            is_active: row.is_active,
        };
        Ok(Self { user, password_hash: row.password_hash })
    }
}

/// A person to be added.
#[derive(Insertable)]
#[diesel(table_name = users, treat_none_as_default_value = false)]
pub(crate) struct NewUserRow<'a> {
    username: &'a str,
    email: &'a str,
    phone: Option<String>,
    password_hash: &'a str,
    role: &'static str,
    locale: &'static str,
    joined_at: i64,
    updated_at: i64,
}

impl<'a> From<&'a NewUser> for NewUserRow<'a> {
    fn from(user: &'a NewUser) -> Self {
        Self {
            username: user.username.as_str(),
            email: user.email.as_str(),
            phone: user.phone.as_ref().map(|phone| phone.as_str().to_owned()),
            password_hash: &user.password_hash,
            role: user.role.as_str(),
            locale: user.locale.as_str(),
            joined_at: micros(user.joined_at),
            updated_at: micros(user.joined_at),
        }
    }
}
