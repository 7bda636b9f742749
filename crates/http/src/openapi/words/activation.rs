//! Placing orders, and following them.

use schemars::json_schema;
use serde_json::{Value, json};

use super::examples::{ORDER, order};
use super::{Sent, Tag, Words};
use crate::error_code::ErrorCode::{
    IdempotencyKeyInUse, InsufficientBalance, NoWallet, NotAuthenticated, OfferAlreadyActive, OfferExcluded,
    OfferNotFound, OfferRequiresAnother, OfferRetired, OfferSoldOut, OrderInProgress, PurchaseLimitReached,
    TransactionNotFound, UserOfferNotFound,
};

const LOCATION: Sent = ("Location", "Where the order is followed.", || json_schema!({ "type": "string" }));
const LOOK_AGAIN: Sent = (
    "Retry-After",
    "Seconds until another look makes sense.",
    || json_schema!({ "type": "integer", "minimum": 0 }),
);

fn taken() -> Value {
    json!({
        "transaction_id": ORDER, "status": "PENDING",
        "status_url": "/api/v1/activation/status/01a1fa7c-98f4-72ce-846b-cb3a05556da0/",
    })
}

pub(crate) fn activate() -> Words {
    Tag::Orders
        .says("Order an offer")
        .more(
            "The wallet is charged at once, and the order is activated by and by: follow it at its `status_url`. Without a \
             key, a second order for an offer whose first order has not ended is refused.",
        )
        .asks(json!({ "offer_id": 3 }))
        .answers(taken())
        .sends(&[LOCATION, LOOK_AGAIN])
        .refuses(&[
            NotAuthenticated, InsufficientBalance, NoWallet, OfferNotFound, OfferAlreadyActive, OfferSoldOut,
            PurchaseLimitReached, OfferRequiresAnother, OfferExcluded, OrderInProgress, IdempotencyKeyInUse,
        ])
}

pub(crate) fn renew() -> Words {
    Tag::Orders
        .says("Order one more period of a subscription")
        .more("The subscription is named by itself or by its offer, not by both. What is left of its time is kept.")
        .asks(json!({ "user_offer_id": 12 }))
        .answers(taken())
        .sends(&[LOCATION, LOOK_AGAIN])
        .refuses(&[
            NotAuthenticated, InsufficientBalance, NoWallet, UserOfferNotFound, OfferNotFound, OfferRetired,
            OfferSoldOut, PurchaseLimitReached, OfferRequiresAnother, OfferExcluded, OrderInProgress,
            IdempotencyKeyInUse,
        ])
}

pub(crate) fn status() -> Words {
    Tag::Orders
        .says("Follow an order")
        .more("With `wait`, the answer comes when something has changed since the state that `If-None-Match` names, or in so many seconds.")
        .answers(order())
        .sends(&[LOOK_AGAIN])
        .refuses(&[TransactionNotFound])
}
