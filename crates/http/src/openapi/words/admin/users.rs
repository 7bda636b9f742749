//! People.

use serde_json::{Value, json};

use super::super::examples::{self, page};
use super::super::{Tag, Words};
use crate::error_code::ErrorCode::{
    Forbidden, InvalidCursor, NoWallet, Overloaded, UserNotFound, UsernameTaken,
};

fn person() -> Value {
    json!({
        "id": 1, "username": "user1", "email": "user1@example.com", "phone": null, "role": "customer", "locale": "en",
        "is_active": true, "date_joined": "2026-11-20T16:10:53.123Z",
    })
}

pub(crate) fn list() -> Words {
    Tag::Staff
        .says("List people")
        .more("By username; `q` is how it begins.")
        .answers(page(person()))
        .refuses(&[InvalidCursor])
}

pub(crate) fn get() -> Words {
    Tag::Staff.says("Show a person").answers(person()).refuses(&[UserNotFound])
}

pub(crate) fn account() -> Words {
    Tag::Staff
        .says("Show a person's wallet and active subscriptions")
        .answers(examples::account())
        .refuses(&[UserNotFound, NoWallet])
}

pub(crate) fn create() -> Words {
    Tag::Staff
        .says("Add a person")
        .more("A customer with an empty wallet, unless another `role` is said. Staff are added by superusers.")
        .asks(json!({
            "username": "ada", "email": "ada@example.com", "password": "correct horse battery", "role": "customer",
            "reason": "Signed up in the shop",
        }))
        .answers(person())
        .refuses(&[Forbidden, UsernameTaken, Overloaded])
}

pub(crate) fn change() -> Words {
    Tag::Staff
        .says("Lock a person out or let them in, or give them a role or a password")
        .more("Exactly one of `is_active`, `role` and `password`. Their sessions end.")
        .asks(json!({ "is_active": false, "reason": "The phone was stolen" }))
        .answers(person())
        .refuses(&[Forbidden, UserNotFound, Overloaded])
}
