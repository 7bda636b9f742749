//! Logging in and out, passwords, the profile.

use serde_json::{Value, json};

use super::{Tag, Words};
use crate::error_code::ErrorCode::{
    InvalidCredentials, InvalidRefreshToken, NotAuthenticated, Overloaded, RateLimited, UsernameTaken,
};

fn tokens() -> Value {
    json!({
        "access_token": "eyJhbGciOiJIUzI1NiIs…", "refresh_token": "rNqk2zFf0x1Xc9b1…", "token_type": "Bearer",
        "expires_in": 600,
    })
}

fn person() -> Value {
    json!({
        "id": 1, "username": "user1", "email": "user1@example.com", "role": "customer", "is_staff": false,
        "date_joined": "2026-11-20T16:10:53.123Z", "locale": "en", "phone": null,
    })
}

pub(crate) fn login() -> Words {
    Tag::Login
        .says("Log in")
        .more("Unknown names and wrong passwords get the same answer. Failed tries are slowed down.")
        .asks(json!({ "username": "user1", "password": "password123" }))
        .answers(tokens())
        .refuses(&[InvalidCredentials, RateLimited, Overloaded])
}

pub(crate) fn refresh() -> Words {
    Tag::Login
        .says("Get a new token pair")
        .more("A refresh token works once. One that is used a second time ends the whole session. It may be called `refresh`.")
        .asks(json!({ "refresh_token": "rNqk2zFf0x1Xc9b1…" }))
        .answers(tokens())
        .refuses(&[InvalidRefreshToken])
}

pub(crate) fn logout() -> Words {
    Tag::Login
        .says("Log out")
        .more(
            "Ends the session of the refresh token; its access token stops working, too. May be repeated. With an access \
             token, a refresh token that is not the caller's own ends the session that asks.",
        )
        .asks(json!({ "refresh_token": "rNqk2zFf0x1Xc9b1…" }))
        .answers(json!({ "detail": "Logged out." }))
}

pub(crate) fn register() -> Words {
    Tag::Login
        .says("Sign up")
        .more("A stranger becomes a customer with an empty wallet, where the deployment allows it.")
        .asks(json!({ "username": "ada", "email": "ada@example.com", "password": "correct horse battery" }))
        .answers(person())
        .refuses(&[UsernameTaken, Overloaded])
}

pub(crate) fn change_password() -> Words {
    Tag::Login
        .says("Change the password")
        .more("Every other session of the caller ends.")
        .asks(json!({ "current_password": "password123", "new_password": "correct horse battery" }))
        .answers(json!({ "detail": "Password changed." }))
        .refuses(&[NotAuthenticated, RateLimited, Overloaded])
}

pub(crate) fn change_profile() -> Words {
    Tag::Login
        .says("Change how the caller is told")
        .more("What is not said stays; a `phone` of null is taken away.")
        .asks(json!({ "phone": "+33612345678", "locale": "fr" }))
        .answers(person())
        .refuses(&[NotAuthenticated])
}

pub(crate) fn profile() -> Words {
    Tag::Login.says("Show the caller").answers(person())
}
