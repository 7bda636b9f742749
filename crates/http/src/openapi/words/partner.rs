//! What partners do.

use serde_json::{Value, json};

use super::examples::{ENDED, ORDER, ORDERED, REFERENCE, page, timeline, with};
use super::{Tag, Words};
use crate::error_code::ErrorCode::{
    AmountMismatch, IdempotencyKeyInUse, IdempotencyKeyRequired, InsufficientBalance,
    InsufficientPartnerFunds, InsufficientScope, InvalidCursor, NotAuthenticated, OfferAlreadyActive,
    OfferExcluded, OfferRequiresAnother, OfferSoldOut, OfferUnavailable, OrderInProgress,
    PartnerReferenceReused, PurchaseLimitReached, TransactionNotFound, UnknownUser,
};

fn order() -> Value {
    json!({
        "reference": REFERENCE, "partner_reference": "shop-4711", "transaction_id": ORDER, "user_id": 1,
        "offer": { "id": 3, "name": "Cinema" }, "kind": "purchase", "amount": "9.99", "currency": "EUR",
        "status": "SUCCESS", "sub_status": "confirmed", "external_reference": "TV-4711", "error_code": null,
        "error_message": null, "refunded": false, "created_at": ORDERED, "updated_at": ENDED, "completed_at": ENDED,
    })
}

pub(crate) fn activate() -> Words {
    Tag::Partners
        .says("Order an offer for a customer")
        .more(
            "Charged is the partner's settlement account, or the customer's wallet where that was agreed. `amount` is the \
             price that the partner pays. An `Idempotency-Key` or a `partner_reference` is needed.",
        )
        .asks(json!({ "user_id": 1, "offer_id": 3, "amount": "9.99", "partner_reference": "shop-4711" }))
        .answers(json!({ "reference": REFERENCE, "transaction_id": ORDER, "status": "PENDING" }))
        .refuses(&[
            NotAuthenticated, InsufficientScope, UnknownUser, OfferUnavailable, AmountMismatch,
            InsufficientPartnerFunds, InsufficientBalance, IdempotencyKeyRequired, OfferAlreadyActive, OfferSoldOut,
            PurchaseLimitReached, OfferRequiresAnother, OfferExcluded, OrderInProgress, IdempotencyKeyInUse,
            PartnerReferenceReused,
        ])
}

pub(crate) fn validate() -> Words {
    Tag::Partners
        .says("Check a reference")
        .more("Whether it stands for an order of the partner. Another partner's is as unknown as nobody's.")
        .answers(json!({
            "reference": REFERENCE, "transaction_id": ORDER, "user_id": 1, "offer_id": 3, "is_valid": true,
            "status": "SUCCESS", "amount": "9.99", "currency": "EUR", "created_at": ORDERED, "updated_at": ENDED,
        }))
        .refuses(&[TransactionNotFound])
}

pub(crate) fn transactions() -> Words {
    Tag::Partners
        .says("List the partner's orders")
        .more("The newest first.")
        .answers(page(order()))
        .refuses(&[InvalidCursor])
}

pub(crate) fn transaction() -> Words {
    Tag::Partners
        .says("Show an order of the partner with its history")
        .answers(with(order(), json!({ "timeline": timeline() })))
        .refuses(&[TransactionNotFound])
}

pub(crate) fn account() -> Words {
    let movement = json!({
        "id": 7, "kind": "charge", "amount": "-9.99", "reference": REFERENCE, "transaction_id": ORDER,
        "created_at": ORDERED,
    });
    Tag::Partners
        .says("Show the settlement account and its movements")
        .answers(json!({
            "balance": "490.01", "credit_limit": "100.00", "available": "590.01", "currency": "EUR",
            "updated_at": ORDERED, "statement": page(movement),
        }))
        .refuses(&[InvalidCursor])
}
