//! Companies that sell through the partner API.

use serde_json::{Value, json};

use super::super::examples::{ORDERED, page, with};
use super::super::{Tag, Words};
use super::because;
use crate::error_code::ErrorCode::{
    ApiKeyNotFound, CreditLimitExceeded, Forbidden, InvalidCursor, NotAuthenticated, PartnerNameTaken,
    PartnerNotFound, TooManyApiKeys,
};

fn partner() -> Value {
    json!({
        "id": 1, "name": "Corner Shops", "funding": "partner", "discount": "7.25", "requests_per_minute": null,
        "is_active": true, "balance": "490.01", "credit_limit": "100.00", "available": "590.01", "currency": "EUR",
        "created_at": ORDERED,
    })
}

fn file() -> Value {
    let key = json!({
        "id": 1, "mode": "live", "hint": "x7Qd", "scopes": ["activate", "read"], "created_at": ORDERED,
        "expires_at": null, "revoked_at": null, "last_used_at": null,
    });
    with(partner(), json!({ "keys": [key] }))
}

pub(crate) fn list() -> Words {
    Tag::Staff.says("List partners").more("By id.").answers(page(partner())).refuses(&[InvalidCursor])
}

pub(crate) fn get() -> Words {
    Tag::Staff
        .says("Show a partner with its account and its keys")
        .answers(file())
        .refuses(&[PartnerNotFound])
}

pub(crate) fn create() -> Words {
    Tag::Staff
        .says("Add a partner")
        .more("It pays from its account, in full and in advance, unless something else is said.")
        .asks(json!({ "name": "Corner Shops", "discount": "7.25", "credit_limit": "100.00", "reason": "New contract" }))
        .answers(file())
        .refuses(&[NotAuthenticated, Forbidden, PartnerNameTaken])
}

pub(crate) fn change() -> Words {
    Tag::Staff
        .says("Change what was agreed with a partner, or stop it")
        .more("What is not said stays.")
        .asks(json!({ "requests_per_minute": 600, "reason": "Asked for more" }))
        .answers(file())
        .refuses(&[NotAuthenticated, Forbidden, PartnerNotFound, CreditLimitExceeded])
}

pub(crate) fn credit() -> Words {
    Tag::Staff
        .says("Pay into a partner's settlement account")
        .asks(json!({ "amount": "500.00", "reason": "Bank transfer 4711" }))
        .answers(json!({
            "id": "01a1fa7d-1234-7abc-8def-0123456789ab", "kind": "credit", "partner_id": 1, "amount": "500.00",
            "currency": "EUR", "balance": "990.01", "created_at": ORDERED,
        }))
        .refuses(&[NotAuthenticated, Forbidden, PartnerNotFound])
}

pub(crate) fn issue_key() -> Words {
    Tag::Staff
        .says("Issue an API key")
        .more(
            "It is shown this once. It is live, for everything and for good, unless something else is said.",
        )
        .asks(json!({ "mode": "live", "scopes": ["activate", "read"], "reason": "First key" }))
        .answers(json!({ "id": 1, "key": "ok_live_…", "expires_at": null }))
        .refuses(&[NotAuthenticated, Forbidden, PartnerNotFound, TooManyApiKeys])
}

pub(crate) fn revoke_key() -> Words {
    Tag::Staff
        .says("Take an API key back")
        .more("It stops working at once.")
        .asks(because("It was in a public repository"))
        .answers(file())
        .refuses(&[NotAuthenticated, Forbidden, PartnerNotFound, ApiKeyNotFound])
}
