//! Money that staff move.

use serde_json::{Value, json};

use super::super::examples::ORDERED;
use super::super::{Tag, Words};
use crate::error_code::ErrorCode::{
    Forbidden, InsufficientBalance, NoWallet, NotAuthenticated, UserNotFound,
};

fn movement(kind: &str, balance: &str) -> Value {
    json!({
        "id": "01a1fa7d-1234-7abc-8def-0123456789ab", "kind": kind, "user_id": 1, "amount": "10.00",
        "currency": "EUR", "balance": balance, "created_at": ORDERED,
    })
}

pub(crate) fn credit() -> Words {
    Tag::Staff
        .says("Add money to a wallet")
        .asks(json!({ "amount": "10.00", "reason": "Paid in at the shop" }))
        .answers(movement("credit", "60.00"))
        .refuses(&[NotAuthenticated, Forbidden, UserNotFound, NoWallet])
}

pub(crate) fn debit() -> Words {
    Tag::Staff
        .says("Take money from a wallet")
        .asks(json!({ "amount": "10.00", "reason": "Paid in twice by mistake" }))
        .answers(movement("debit", "40.00"))
        .refuses(&[NotAuthenticated, Forbidden, UserNotFound, NoWallet, InsufficientBalance])
}
