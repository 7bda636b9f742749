//! Everybody's orders.

use serde_json::json;

use super::super::examples::{ENDED, ORDERED, order, page, timeline, transaction, with};
use super::super::{Tag, Words};
use super::because;
use crate::error_code::ErrorCode::{
    Forbidden, InvalidCursor, NotAuthenticated, OrderNotParked, TransactionNotFound,
};

pub(crate) fn list() -> Words {
    Tag::Staff
        .says("List everybody's orders")
        .more(
            "The newest first. `reference` is the one that a selling partner was given (`REF-…`) or the one that the \
             activation partner answered. `from` is included, `to` is not; `older_than` is in minutes.",
        )
        .answers(page(transaction()))
        .refuses(&[InvalidCursor])
}

pub(crate) fn get() -> Words {
    let more = json!({
        "timeline": timeline(), "account_id": 1, "renews": null,
        "attempts": [{
            "number": 1, "step": "activate", "answer": "confirmed", "detail": null,
            "started_at": "2026-11-20T19:43:52.310Z", "ended_at": ENDED,
        }],
        "transfers": [{
            "kind": "charge", "debit_account_id": 1, "credit_account_id": 2, "amount": "9.99", "currency": "EUR",
            "created_at": ORDERED,
        }],
    });
    Tag::Staff
        .says("Show an order with its history, its calls and what it moved")
        .answers(with(transaction(), more))
        .refuses(&[TransactionNotFound])
}

pub(crate) fn retry() -> Words {
    Tag::Staff
        .says("Send an order that waits for a person back to work")
        .asks(because("The partner is back"))
        .answers(order())
        .refuses(&[NotAuthenticated, Forbidden, TransactionNotFound, OrderNotParked])
}

pub(crate) fn resolve() -> Words {
    Tag::Staff
        .says("End an order that waits for a person")
        .more("With what the activation partner said: `confirmed`, or `refused`, which gives the money back.")
        .asks(json!({ "outcome": "confirmed", "reference": "TV-4711", "reason": "Confirmed on the phone" }))
        .answers(order())
        .refuses(&[NotAuthenticated, Forbidden, TransactionNotFound, OrderNotParked])
}
