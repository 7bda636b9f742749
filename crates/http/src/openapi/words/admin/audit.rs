//! The audit trail.

use serde_json::json;

use super::super::examples::{ORDERED, page};
use super::super::{Tag, Words};
use crate::error_code::ErrorCode::InvalidCursor;

pub(crate) fn list() -> Words {
    Tag::Staff
        .says("List who did what, when and why")
        .more("The newest first. An actor's id goes with its kind, and a subject's id and kind go together.")
        .answers(page(json!({
            "id": 42, "at": ORDERED, "actor": "staff", "actor_id": 6, "action": "wallet_credited",
            "subject": "account", "subject_id": "1", "reason": "Paid in at the shop",
            "details": { "amount": "10.00 EUR" }, "request_id": "01JD3X8M4Q",
        })))
        .refuses(&[InvalidCursor])
}
