//! The catalogue.

use serde_json::{Value, json};

use super::super::examples::page;
use super::super::{Tag, Words};
use super::because;
use crate::error_code::ErrorCode::{InvalidCursor, NotAuthenticated, OfferNotFound};

fn offer() -> Value {
    json!({
        "id": 3, "name": "Cinema", "description": "Films and series, in HD.", "category": "tv", "price": "9.99",
        "currency": "EUR", "duration_days": 30, "sale_from": null, "sale_until": null, "purchase_policy": "allow",
        "stock": null, "per_customer": null, "requires": null, "excludes": null,
        "fr": { "name": "Cinéma", "description": "Films et séries, en HD." }, "is_active": true, "version": 1,
    })
}

pub(crate) fn list() -> Words {
    Tag::Staff
        .says("List all offers")
        .more("By id, those that are no longer sold, too.")
        .answers(page(offer()))
        .refuses(&[InvalidCursor])
}

pub(crate) fn get() -> Words {
    Tag::Staff.says("Show an offer with all its terms").answers(offer()).refuses(&[OfferNotFound])
}

pub(crate) fn create() -> Words {
    Tag::Staff
        .says("Add an offer")
        .asks(json!({
            "name": "Cinema", "description": "Films and series, in HD.", "category": "tv", "price": "9.99",
            "duration_days": 30, "fr": { "name": "Cinéma", "description": "Films et séries, en HD." },
            "reason": "New this season",
        }))
        .answers(offer())
        .refuses(&[NotAuthenticated])
}

pub(crate) fn change() -> Words {
    Tag::Staff
        .says("Change an offer")
        .more("What is not said stays, and a null empties what may be empty. Orders that were taken keep their price.")
        .asks(json!({ "price": "8.99", "sale_until": null, "reason": "Spring prices" }))
        .answers(offer())
        .refuses(&[NotAuthenticated, OfferNotFound])
}

pub(crate) fn retire() -> Words {
    Tag::Staff
        .says("Take an offer from sale")
        .more("Subscriptions run until their end.")
        .asks(because("The contract has ended"))
        .answers(offer())
        .refuses(&[NotAuthenticated, OfferNotFound])
}

pub(crate) fn restore() -> Words {
    Tag::Staff
        .says("Put a retired offer on sale again")
        .asks(because("The contract was renewed"))
        .answers(offer())
        .refuses(&[NotAuthenticated, OfferNotFound])
}
