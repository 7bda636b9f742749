//! What partners do with their webhooks.

use serde_json::{Value, json};

use super::examples::{ENDED, ORDER, ORDERED, page, with};
use super::{Tag, Words};
use crate::error_code::ErrorCode::{
    EventNotFound, InvalidCursor, PartnerNotFound, TooManyWebhooks, WebhookNotEnabled, WebhookNotFound,
};

pub(super) const EVENT: &str = "evt_01a1fa7c99f072ce846bcb3a05556da0";

pub(super) fn endpoint() -> Value {
    json!({
        "id": 2, "partner_id": 1, "url": "https://till.example/hooks", "description": "",
        "events": ["transaction.succeeded", "transaction.failed"], "status": "enabled", "disabled_reason": null,
        "previous_secret_ends_at": null, "failing_since": null, "created_at": ORDERED, "updated_at": ORDERED,
    })
}

pub(super) fn issued() -> Value {
    with(endpoint(), json!({ "secret": "whsec_…" }))
}

pub(super) fn sent() -> Value {
    json!({
        "event_id": EVENT, "type": "transaction.succeeded", "transaction_id": ORDER, "status": "delivered", "attempts": 1,
        "error": null, "next_attempt_at": null, "created_at": ORDERED, "updated_at": ENDED,
    })
}

pub(super) fn delivered() -> Value {
    let attempt =
        json!({ "number": 1, "http_status": 204, "error": null, "started_at": ENDED, "duration_ms": 48 });
    with(sent(), json!({ "log": [attempt] }))
}

pub(crate) fn list() -> Words {
    Tag::Partners.says("List webhooks").more("By id.").answers(page(endpoint())).refuses(&[InvalidCursor])
}

pub(crate) fn get() -> Words {
    Tag::Partners.says("Show a webhook").answers(endpoint()).refuses(&[WebhookNotFound])
}

pub(crate) fn create() -> Words {
    Tag::Partners
        .says("Register a webhook")
        .more("Its secret is shown this once. Without `events` it is told of all of them.")
        .asks(json!({
            "url": "https://till.example/hooks", "events": ["transaction.succeeded", "transaction.failed"],
        }))
        .answers(issued())
        .refuses(&[PartnerNotFound, TooManyWebhooks])
}

pub(crate) fn change() -> Words {
    Tag::Partners
        .says("Change a webhook, pause it, or send to it again")
        .more("What is not said stays.")
        .asks(json!({ "enabled": true }))
        .answers(endpoint())
        .refuses(&[WebhookNotFound])
}

pub(crate) fn delete() -> Words {
    Tag::Partners.says("Remove a webhook").refuses(&[WebhookNotFound])
}

pub(crate) fn rotate() -> Words {
    Tag::Partners
        .says("Change a webhook's secret")
        .more("The new one is shown this once; the one before goes on signing for so many hours.")
        .asks(json!({ "overlap_hours": 24 }))
        .answers(issued())
        .refuses(&[WebhookNotFound])
}

pub(crate) fn test() -> Words {
    Tag::Partners
        .says("Send a test to a webhook")
        .asks(json!({}))
        .answers(json!({ "event_id": EVENT }))
        .refuses(&[WebhookNotEnabled, WebhookNotFound])
}

pub(crate) fn replay() -> Words {
    Tag::Partners
        .says("Send events to a webhook again")
        .more("One, or those from a time to another, from `after` on.")
        .asks(json!({ "event_id": EVENT }))
        .answers(json!({ "queued": 1, "last_event_id": EVENT, "has_more": false }))
        .refuses(&[WebhookNotEnabled, EventNotFound, WebhookNotFound])
}

pub(crate) fn deliveries() -> Words {
    Tag::Partners
        .says("List what was sent to a webhook")
        .more("The newest first.")
        .answers(page(sent()))
        .refuses(&[WebhookNotFound, InvalidCursor])
}

pub(crate) fn delivery() -> Words {
    Tag::Partners
        .says("Show every try to tell a webhook of an event")
        .answers(delivered())
        .refuses(&[WebhookNotFound, EventNotFound])
}
