//! A report of an activation partner, after Standard Webhooks.

use std::borrow::Cow;

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest};
use futures_util::future::LocalBoxFuture;
use offers_domain::activation_partner::ActivationPartner;
use offers_domain::ports::SealedCallback;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};

use super::body::{draw_raw, raw};
use super::path_id::partner_shape;
use crate::openapi::{Asks, Sketch, plain};
use crate::problem::Problem;

/// How large a report may be.
const LIMIT: usize = 64 * 1024;

/// A report as it came: nobody has looked at its signature yet. Whose it is, the path says where it is `NAMED`.
pub(crate) struct SignedCallback<const NAMED: bool>(pub(crate) SealedCallback);

impl<const NAMED: bool> FromRequest for SignedCallback<NAMED> {
    type Error = Problem;
    type Future = LocalBoxFuture<'static, Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let header = |name: &str| {
            let mut values = request.headers().get_all(name);
            let one = values.next().filter(|_| values.next().is_none());
            one.and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned()
        };
        let (id, timestamp, signature) =
            (header("webhook-id"), header("webhook-timestamp"), header("webhook-signature"));
        // A name that cannot be one is nobody's, and its signature is not good.
        let partner = if NAMED {
            request.match_info().get("id").and_then(|name| name.parse().ok())
        } else {
            Some(ActivationPartner::DEFAULT)
        };
        let body = raw(request, payload, LIMIT);
        Box::pin(async move {
            let partner = partner.ok_or_else(Problem::invalid_signature)?;
            Ok(Self(SealedCallback { partner, id, timestamp, signature, body: body.await? }))
        })
    }
}

impl<const NAMED: bool> Asks for SignedCallback<NAMED> {
    fn draw(sketch: &mut Sketch<'_>) {
        if NAMED {
            sketch.part("id", plain(partner_shape()));
        }
        let text = || plain(json_schema!({ "type": "string", "minLength": 1 }));
        sketch.header(
            "webhook-id",
            true,
            "The report's name: sent again with it, it has one effect.",
            text(),
        );
        sketch.header("webhook-timestamp", true, "When it was sent, in seconds since 1970 (UTC).", text());
        sketch.body::<Report>();
        draw_raw(sketch);
    }
}

/// What a report says. It is read where its signature is checked, in the adapter of activation partners.
struct Report;

impl JsonSchema for Report {
    fn schema_name() -> Cow<'static, str> {
        "ActivationReport".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "object",
            "description": "What became of an order. An activation has a `reference`, a refusal a `code`; what repeats \
                the order must be the order's.",
            "required": ["status", "transaction_id"],
            "properties": {
                "status": { "type": "string", "enum": ["activated", "pending", "refused"] },
                "transaction_id": { "type": "string", "format": "uuid" },
                "reference": { "type": ["string", "null"], "maxLength": 255 },
                "code": { "type": ["string", "null"] },
                "message": { "type": ["string", "null"] },
                "offer_id": { "type": ["integer", "null"] },
                "amount": { "type": ["string", "null"] },
                "currency": { "type": ["string", "null"] },
            },
        })
    }
}
