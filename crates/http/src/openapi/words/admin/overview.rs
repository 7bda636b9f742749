//! How things stand.

use serde_json::json;

use super::super::examples::{ENDED, ORDER, ORDERED, page};
use super::super::{Tag, Words};
use crate::error_code::ErrorCode::InvalidCursor;

pub(crate) fn stats() -> Words {
    Tag::Staff.says("Show what waits").answers(json!({
        "orders": { "open": 2, "needs_attention": 1, "oldest": ORDERED },
        "notices": { "open": 0, "oldest": null },
        "incidents": { "needs_attention": 0 },
    }))
}

pub(crate) fn ledger() -> Words {
    Tag::Staff.says("Show what the last check of the whole ledger found").answers(json!({
        "checked_at": ENDED, "adds_up": true, "accounts": 8, "transfers": 21, "transactions": 9, "differences": 0,
        "details": [],
    }))
}

pub(crate) fn notices() -> Words {
    Tag::Staff
        .says("List what customers were told")
        .more("The newest first. Neither texts nor addresses are kept.")
        .answers(page(json!({
            "id": 5, "user_id": 1, "channel": "email", "kind": "activation_succeeded", "reference": ORDER,
            "user_offer_id": 12, "offer_id": 3, "status": "sent", "attempt": 1, "error": null,
            "created_at": ORDERED, "updated_at": ENDED,
        })))
        .refuses(&[InvalidCursor])
}
