//! People, as staff see them.

use offers_application::create_users::UserForm;
use offers_application::identity::AccessChange;
use offers_domain::audit::Reason;
use offers_domain::page::{PageLimit, PageRequest};
use offers_domain::ports::UserFilter;
use offers_domain::user::{Locale, Role, User, Username};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::dto::spelled::Spelled;
use crate::dto::text::{Line, Password, Text};
use crate::dto::time::Timestamp;
use crate::extract::page_request;
use crate::problem::Problem;

/// What cursors call the list of people.
pub(crate) const USERS: &str = "users";

/// Which people, which page.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct UsersQuery {
    q: Option<Text<Line<150>>>,
    email: Option<Text<Line<254>>>,
    role: Option<Text<Role>>,
    limit: Option<Text<PageLimit>>,
    cursor: Option<String>,
}

impl UsersQuery {
    /// Which people, which page.
    pub(crate) fn search(self) -> Result<(UserFilter, PageRequest<Username>), Problem> {
        let page = page_request(USERS, self.limit, self.cursor.as_deref())?;
        let filter = UserFilter {
            prefix: self.q.map(|Text(Line(prefix))| prefix),
            email: self.email.map(|Text(Line(email))| email),
            role: self.role.map(|Text(role)| role),
        };
        Ok((filter, page))
    }
}

/// Somebody to add.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewUserBody {
    username: Text<Line<150>>,
    email: Text<Line<254>>,
    password: Text<Password>,
    role: Option<Text<Role>>,
    pub(crate) reason: Text<Reason>,
}

impl NewUserBody {
    /// The person, who is a customer unless something else is said.
    pub(crate) fn form(self) -> (UserForm, Reason) {
        let Self { username: Text(Line(username)), email: Text(Line(email)), password, role, reason } = self;
        let (Text(Password(password)), Text(reason)) = (password, reason);
        let role = role.map_or(Role::Customer, |Text(role)| role);
        (UserForm { username, email, password, role }, reason)
    }
}

/// What changes about a person: exactly one thing, because the reason is of one thing.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct UserChangeBody {
    is_active: Option<bool>,
    role: Option<Text<Role>>,
    password: Option<Text<Password>>,
    pub(crate) reason: Text<Reason>,
}

/// One thing that changes about a person.
pub(crate) enum UserChange {
    /// Whether they may log in, or what they may do.
    Access(AccessChange),
    /// Their password.
    Password(String),
}

impl UserChangeBody {
    /// The one thing.
    pub(crate) fn change(self) -> Result<(UserChange, Reason), Problem> {
        let Text(reason) = self.reason;
        let change = match (self.is_active, self.role, self.password) {
            (Some(true), None, None) => UserChange::Access(AccessChange::Unlock),
            (Some(false), None, None) => UserChange::Access(AccessChange::Lock),
            (None, Some(Text(role)), None) => UserChange::Access(AccessChange::Role(role)),
            (None, None, Some(Text(Password(password)))) => UserChange::Password(password),
            _ => return Err(Problem::invalid_value("", "Give one of is_active, role and password.")),
        };
        Ok((change, reason))
    }
}

/// A person.
#[derive(Debug, Serialize, JsonSchema)]
pub struct UserBody {
    id: i64,
    username: String,
    email: String,
    phone: Option<String>,
    role: Spelled<Role>,
    locale: Spelled<Locale>,
    is_active: bool,
    date_joined: Timestamp,
}

impl From<User> for UserBody {
    fn from(user: User) -> Self {
        Self {
            id: user.id.0,
            username: user.username,
            email: user.email,
            phone: user.phone,
            role: user.role.into(),
            locale: user.locale.into(),
            is_active: user.is_active,
            date_joined: user.joined_at.into(),
        }
    }
}
