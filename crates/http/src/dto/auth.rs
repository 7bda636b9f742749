//! Logging in and out, and the profile.

use offers_application::identity::{ProfileChange, TokenPair};
use offers_domain::user::{Locale, Phone, Role, User};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::given::{Given, given};
use super::spelled::Spelled;
use super::text::{Line, Password, Text};
use super::time::Timestamp;
use crate::problem::{FieldCode, FieldError, Problem};

/// A name and a password.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct LoginBody {
    pub(crate) username: Text<Line<150>>,
    pub(crate) password: Text<Password>,
}

/// The refresh token, under one of its two names.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RefreshBody {
    refresh_token: Option<Text<Line<512>>>,
    refresh: Option<Text<Line<512>>>,
}

impl RefreshBody {
    /// The token.
    pub(crate) fn token(self) -> Result<String, Problem> {
        let fault = |pointer: &str, code, detail: &str| {
            Problem::invalid([FieldError { pointer: pointer.into(), code, detail: detail.into() }])
        };
        match (self.refresh_token, self.refresh) {
            (Some(Text(Line(token))), None) | (None, Some(Text(Line(token)))) => Ok(token),
            (None, None) => Err(fault("/refresh_token", FieldCode::Required, "This field is required.")),
            (Some(_), Some(_)) => Err(fault(
                "/refresh",
                FieldCode::DuplicateField,
                "The token must be given once, as refresh_token or as refresh.",
            )),
        }
    }
}

/// A person's current password, and the one that they want.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PasswordBody {
    pub(crate) current_password: Text<Password>,
    pub(crate) new_password: Text<Password>,
}

/// What changes of a person's profile; what is not said stays, and a number of null is taken away.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ProfileChangeBody {
    #[serde(default, deserialize_with = "given")]
    phone: Option<Given<Text<Phone>>>,
    locale: Option<Text<Locale>>,
}

impl From<ProfileChangeBody> for ProfileChange {
    fn from(body: ProfileChangeBody) -> Self {
        Self {
            phone: body.phone.map(|Given(phone)| phone.map(|Text(phone)| phone)),
            locale: body.locale.map(|Text(locale)| locale),
        }
    }
}

/// Somebody who signs up.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RegisterBody {
    pub(crate) username: Text<Line<150>>,
    pub(crate) email: Text<Line<254>>,
    pub(crate) password: Text<Password>,
}

/// A token pair.
#[derive(Serialize, JsonSchema)]
pub(crate) struct TokenBody {
    access_token: String,
    refresh_token: String,
    token_type: &'static str,
    expires_in: i64,
}

impl From<TokenPair> for TokenBody {
    fn from(pair: TokenPair) -> Self {
        Self {
            access_token: pair.access,
            refresh_token: pair.refresh,
            token_type: "Bearer",
            expires_in: pair.expires_in,
        }
    }
}

/// Who the caller is.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct ProfileBody {
    id: i64,
    username: String,
    email: String,
    role: Spelled<Role>,
    is_staff: bool,
    date_joined: Timestamp,
    locale: Spelled<Locale>,
    phone: Option<String>,
}

impl From<User> for ProfileBody {
    fn from(user: User) -> Self {
        Self {
            id: user.id.0,
            username: user.username,
            email: user.email,
            role: user.role.into(),
            is_staff: user.role.is_staff(),
            date_joined: user.joined_at.into(),
            locale: user.locale.into(),
            phone: user.phone,
        }
    }
}

/// A sentence about what was done.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct DetailBody {
    pub(crate) detail: &'static str,
}
