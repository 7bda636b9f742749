//! What belongs to the caller.

use serde_json::json;

use super::examples::{self, ENDED, page, subscription, timeline, with};
use super::{Tag, Words};
use crate::error_code::ErrorCode::{InvalidCursor, NoWallet, TransactionNotFound};

pub(crate) fn overview() -> Words {
    Tag::Account
        .says("Show the wallet and the active subscriptions")
        .answers(examples::account())
        .refuses(&[NoWallet])
}

pub(crate) fn balance() -> Words {
    Tag::Account
        .says("Show the wallet")
        .answers(json!({ "balance": "40.01", "currency": "EUR", "updated_at": ENDED }))
        .refuses(&[NoWallet])
}

pub(crate) fn subscriptions() -> Words {
    Tag::Account
        .says("List the caller's subscriptions")
        .more("The newest first.")
        .answers(page(subscription()))
        .refuses(&[InvalidCursor])
}

pub(crate) fn transactions() -> Words {
    Tag::Account
        .says("List the caller's orders")
        .more("The newest first.")
        .answers(page(examples::transaction()))
        .refuses(&[InvalidCursor])
}

pub(crate) fn transaction() -> Words {
    Tag::Account
        .says("Show an order with its history")
        .answers(with(examples::transaction(), json!({ "timeline": timeline() })))
        .refuses(&[TransactionNotFound])
}
