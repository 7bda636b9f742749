//! Subscriptions that end soon, and those that renew themselves.

use serde_json::json;

use super::examples::{page, subscription};
use super::{Tag, Words};
use crate::error_code::ErrorCode::{InvalidCursor, UserOfferNotFound};

pub(crate) fn expiring() -> Words {
    Tag::Offers
        .says("List the caller's subscriptions that end soon")
        .more("Within so many `days`, the first to end first.")
        .answers(page(subscription()))
        .refuses(&[InvalidCursor])
}

pub(crate) fn change() -> Words {
    Tag::Account
        .says("Let a subscription renew itself, or not")
        .asks(json!({ "auto_renew": false }))
        .answers(subscription())
        .refuses(&[UserOfferNotFound])
}
