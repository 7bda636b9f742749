//! What is sent to webhooks, as their receivers have to understand it. The messages are written by the adapter that sends them;
//! the examples of docs/webhooks.md, which its tests hold, must fit what is described here.

use offers_domain::webhook::event::EventKind;
use schemars::json_schema;
use serde_json::{Map, Value, json};
use utoipa::openapi::content::ContentBuilder;
use utoipa::openapi::path::{HttpMethod, Operation, OperationBuilder, ParameterBuilder, ParameterIn};
use utoipa::openapi::request_body::RequestBodyBuilder;
use utoipa::openapi::{PathItem, Paths, Required, ResponseBuilder};

use super::security;
use super::shapes::plain;
use crate::routes::Access;

/// One entry for each kind of event.
pub(super) fn described() -> Paths {
    let mut paths = Paths::new();
    for kind in EventKind::ALL {
        let item = PathItem::new(HttpMethod::Post, told(*kind));
        paths.paths.insert(kind.as_str().to_owned(), item);
    }
    paths
}

fn told(kind: EventKind) -> Operation {
    let shape = json_schema!({
        "type": "object",
        "required": ["type", "timestamp", "data"],
        "properties": {
            "type": { "type": "string", "enum": [kind.as_str()] },
            "timestamp": { "type": "string", "format": "date-time" },
            "data": data(kind),
        },
    });
    let content = ContentBuilder::new().schema(Some(plain(shape))).example(Some(example(kind))).build();
    let body = RequestBodyBuilder::new().required(Some(Required::True)).content("application/json", content);
    let header = |name: &str, about: &str| {
        let text = plain(json_schema!({ "type": "string" }));
        let header = ParameterBuilder::new().name(name).parameter_in(ParameterIn::Header).schema(Some(text));
        header.required(Required::True).description(Some(about))
    };
    OperationBuilder::new()
        .summary(Some(summary(kind)))
        .description(Some("Sent at least once. More fields may come: ignore what is not known."))
        .securities(Some(security::requirements(Access::Signed, false)))
        .parameter(header("webhook-id", "The event's id, the same whenever it is sent."))
        .parameter(header("webhook-timestamp", "When it was sent, in seconds since 1970 (UTC)."))
        .request_body(Some(body.build()))
        .response(
            "2XX",
            ResponseBuilder::new().description("Received; what else the answer says is not read").build(),
        )
        .response("410", ResponseBuilder::new().description("Never again: the webhook is disabled").build())
        .build()
}

fn summary(kind: EventKind) -> &'static str {
    match kind {
        EventKind::TransactionSucceeded => "An order's service is on",
        EventKind::TransactionFailed => "An order's service is not on, and its money is back",
        EventKind::SubscriptionActivated => "A subscription runs for the first time",
        EventKind::SubscriptionExpiring => "A subscription ends soon",
        EventKind::SubscriptionExpired => "A subscription has ended",
        EventKind::SubscriptionRenewed => "A subscription runs longer than before",
        EventKind::Test => "Somebody tried the webhook out",
    }
}

/// What is always there: ids, and the one fact that is new.
fn required(kind: EventKind) -> Vec<&'static str> {
    let order: &[&str] = &["transaction_id", "user_id", "offer_id"];
    let subscription = [order, &["subscription_id", "expiration_date"]].concat();
    match kind {
        EventKind::TransactionSucceeded | EventKind::TransactionFailed => order.to_vec(),
        EventKind::SubscriptionExpiring => [&subscription[..], &["days"]].concat(),
        EventKind::SubscriptionActivated
        | EventKind::SubscriptionExpired
        | EventKind::SubscriptionRenewed => subscription,
        EventKind::Test => Vec::new(),
    }
}

fn data(kind: EventKind) -> Value {
    let required = required(kind);
    let optional: &[&str] = match kind {
        EventKind::Test => &[],
        EventKind::TransactionFailed => &["reference", "error_code"],
        _ => &["reference"],
    };
    let fields: Map<_, _> =
        required.iter().chain(optional).map(|name| ((*name).to_owned(), field(name))).collect();
    // The document's own types leave out lists and objects with nothing in them.
    if fields.is_empty() {
        return json!({ "type": "object" });
    }
    json!({ "type": "object", "required": required, "properties": fields })
}

/// The message that docs/webhooks.md shows, which the adapter's tests hold to what is sent.
fn example(kind: EventKind) -> Value {
    let mut shown = required(kind);
    if kind == EventKind::TransactionFailed {
        shown.push("error_code");
    }
    let data: Map<_, _> = shown.into_iter().map(|name| (name.to_owned(), shown_as(name))).collect();
    json!({ "type": kind.as_str(), "timestamp": "2026-11-20T12:00:00.000Z", "data": data })
}

fn shown_as(name: &str) -> Value {
    match name {
        "transaction_id" => json!("01930000-0000-7000-8000-000000000001"),
        "subscription_id" => json!(42),
        "offer_id" | "days" => json!(3),
        "expiration_date" => json!("2026-12-20T12:00:00.000Z"),
        "error_code" => json!("partner_refused"),
        _ => json!(1),
    }
}

fn field(name: &str) -> Value {
    match name {
        "transaction_id" => json!({ "type": "string", "format": "uuid" }),
        "expiration_date" => json!({ "type": "string", "format": "date-time" }),
        "reference" | "error_code" => json!({ "type": "string" }),
        _ => json!({ "type": "integer", "format": "int64", "minimum": 1 }),
    }
}
