//! Webhooks: the operator's own, and partners' on their behalf.

use serde_json::{Value, json};

use super::super::examples::{page, with};
use super::super::webhooks::{EVENT, delivered, endpoint, issued, sent};
use super::super::{Tag, Words};
use super::because;
use crate::error_code::ErrorCode::{
    EventNotFound, InvalidCursor, NotAuthenticated, PartnerNotFound, TooManyWebhooks, WebhookNotEnabled,
    WebhookNotFound,
};

/// The same with a reason.
fn with_reason(what: Value) -> Value {
    with(what, because("The partner asked for it"))
}

pub(crate) fn list() -> Words {
    Tag::Staff.says("List webhooks").more("By id.").answers(page(endpoint())).refuses(&[InvalidCursor])
}

pub(crate) fn get() -> Words {
    Tag::Staff.says("Show a webhook").answers(endpoint()).refuses(&[WebhookNotFound])
}

pub(crate) fn create() -> Words {
    Tag::Staff
        .says("Register a webhook")
        .more("Its secret is shown this once. Without `events` it is told of all of them.")
        .asks(with_reason(json!({
            "url": "https://till.example/hooks", "events": ["transaction.succeeded", "transaction.failed"],
        })))
        .answers(issued())
        .refuses(&[NotAuthenticated, PartnerNotFound, TooManyWebhooks])
}

pub(crate) fn change() -> Words {
    Tag::Staff
        .says("Change a webhook, pause it, or send to it again")
        .more("What is not said stays.")
        .asks(with_reason(json!({ "enabled": true })))
        .answers(endpoint())
        .refuses(&[NotAuthenticated, WebhookNotFound])
}

pub(crate) fn delete() -> Words {
    Tag::Staff
        .says("Remove a webhook")
        .asks(because("The shop has closed"))
        .refuses(&[NotAuthenticated, WebhookNotFound])
}

pub(crate) fn rotate() -> Words {
    Tag::Staff
        .says("Change a webhook's secret")
        .more("The new one is shown this once; the one before goes on signing for so many hours.")
        .asks(with_reason(json!({ "overlap_hours": 24 })))
        .answers(issued())
        .refuses(&[NotAuthenticated, WebhookNotFound])
}

pub(crate) fn test() -> Words {
    Tag::Staff
        .says("Send a test to a webhook")
        .asks(with_reason(json!({})))
        .answers(json!({ "event_id": EVENT }))
        .refuses(&[WebhookNotEnabled, NotAuthenticated, WebhookNotFound])
}

pub(crate) fn replay() -> Words {
    Tag::Staff
        .says("Send events to a webhook again")
        .more("One, or those from a time to another, from `after` on.")
        .asks(with_reason(json!({ "event_id": EVENT })))
        .answers(json!({ "queued": 1, "last_event_id": EVENT, "has_more": false }))
        .refuses(&[WebhookNotEnabled, EventNotFound, NotAuthenticated, WebhookNotFound])
}

pub(crate) fn deliveries() -> Words {
    Tag::Staff
        .says("List what was sent to a webhook")
        .more("The newest first.")
        .answers(page(sent()))
        .refuses(&[WebhookNotFound, InvalidCursor])
}

pub(crate) fn delivery() -> Words {
    Tag::Staff
        .says("Show every try to tell a webhook of an event")
        .answers(delivered())
        .refuses(&[WebhookNotFound, EventNotFound])
}
