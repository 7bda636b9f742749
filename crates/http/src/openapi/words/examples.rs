//! What examples have in common: one customer, one offer, one order.

use serde_json::{Value, json};

pub(super) const ORDER: &str = "01a1fa7c-98f4-72ce-846b-cb3a05556da0";
pub(super) const REFERENCE: &str = "REF-7K2M9QX4TB0D";
pub(super) const ORDERED: &str = "2026-11-20T19:43:52.053Z";
pub(super) const ENDED: &str = "2026-11-20T19:43:52.765Z";
pub(super) const EXPIRES: &str = "2026-12-20T19:43:52.765Z";

/// The last page of a list, with this in it.
pub(super) fn page(item: Value) -> Value {
    json!({ "data": Value::Array(vec![item]), "next_cursor": null, "has_more": false })
}

/// The object with the members of another one, too.
pub(super) fn with(mut object: Value, more: Value) -> Value {
    if let (Value::Object(members), Value::Object(more)) = (&mut object, more) {
        members.extend(more);
    }
    object
}

/// An order that went well.
pub(super) fn order() -> Value {
    json!({
        "transaction_id": ORDER, "status": "SUCCESS", "created_at": ORDERED, "updated_at": ENDED,
        "user_id": 1, "offer_id": 3, "amount": "9.99", "currency": "EUR", "paid_by": "subscriber", "completed_at": ENDED,
        "sub_status": "confirmed", "reference": "TV-4711", "error_code": null, "error_message": null,
        "refunded": false,
    })
}

/// The same, in a list.
pub(super) fn transaction() -> Value {
    with(
        order(),
        json!({ "kind": "purchase", "channel": "customer", "offer": { "id": 3, "name": "Cinema" } }),
    )
}

/// Its history.
pub(super) fn timeline() -> Value {
    json!([
        { "status": "PENDING", "sub_status": "queued", "at": ORDERED },
        { "status": "PROCESSING", "sub_status": "calling", "at": "2026-11-20T19:43:52.310Z" },
        { "status": "SUCCESS", "sub_status": "confirmed", "at": ENDED },
    ])
}

/// The subscription that it bought.
pub(super) fn subscription() -> Value {
    json!({
        "id": 12, "offer": { "id": 3, "name": "Cinema" }, "activation_date": ENDED, "expiration_date": EXPIRES,
        "is_active": true, "transaction_id": ORDER, "status": "active", "days_left": 30,
        "channel": "customer", "auto_renew": false,
    })
}

/// The wallet with it.
pub(super) fn account() -> Value {
    json!({ "balance": "40.01", "currency": "EUR", "subscriptions": [subscription()], "has_more": false })
}
