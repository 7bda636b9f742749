//! What is on sale.

use schemars::json_schema;
use serde_json::{Value, json};

use super::examples::page;
use super::{Sent, Tag, Words};
use crate::error_code::ErrorCode::{InvalidCursor, OfferNotFound};

const LANGUAGE: Sent = (
    "Content-Language",
    "The language of the texts.",
    || json_schema!({ "type": "string", "enum": ["en", "fr"] }),
);

fn offer() -> Value {
    json!({
        "id": 3, "name": "Cinema", "description": "Films and series, in HD.", "price": "9.99",
        "duration_days": 30, "currency": "EUR", "category": "tv", "is_active": true,
    })
}

pub(crate) fn list() -> Words {
    Tag::Offers
        .says("List the offers on sale")
        .more("`q` is looked for in names and descriptions. Texts are in the language that is asked for, else in the caller's.")
        .answers(page(offer()))
        .sends(&[LANGUAGE])
        .refuses(&[InvalidCursor])
}

pub(crate) fn get() -> Words {
    Tag::Offers
        .says("Show an offer")
        .more("One that is no longer sold is shown to those who hold it.")
        .answers(offer())
        .sends(&[LANGUAGE])
        .refuses(&[OfferNotFound])
}
