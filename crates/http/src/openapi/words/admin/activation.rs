//! Activation partners, and what they said too late.

use serde_json::{Value, json};

use super::super::examples::{ENDED, ORDER, page};
use super::super::{Tag, Words};
use super::because;
use crate::error_code::ErrorCode::{
    ActivationPartnerNotFound, Forbidden, IncidentClosed, IncidentNotFound, InvalidCursor, NotAuthenticated,
};

fn partner(is_paused: bool) -> Value {
    let (paused_at, reason) =
        if is_paused { (json!(ENDED), json!("It fails too often")) } else { (Value::Null, Value::Null) };
    json!({
        "name": "default", "is_paused": is_paused, "paused_at": paused_at, "reason": reason, "open_orders": 2,
        "is_configured": true,
    })
}

fn late_success(status: &str) -> Value {
    json!({
        "id": 4, "transaction_id": ORDER, "activation_partner": "default", "kind": "late_success",
        "evidence": "TV-4711", "status": status, "next_attempt_at": null, "attempt": 3,
        "last_answer": null, "created_at": ENDED, "updated_at": ENDED,
    })
}

pub(crate) fn partners() -> Words {
    Tag::Staff
        .says("List the systems that switch services on")
        .more("In the order of the settings, all on one page.")
        .answers(page(partner(false)))
}

pub(crate) fn pause() -> Words {
    Tag::Staff
        .says("Call an activation partner no more")
        .more("Orders for it are taken and wait.")
        .asks(because("It fails too often"))
        .answers(partner(true))
        .refuses(&[NotAuthenticated, ActivationPartnerNotFound])
}

pub(crate) fn resume() -> Words {
    Tag::Staff
        .says("Call an activation partner again")
        .asks(because("It is well again"))
        .answers(partner(false))
        .refuses(&[NotAuthenticated, ActivationPartnerNotFound])
}

pub(crate) fn incidents() -> Words {
    Tag::Staff
        .says("List what activation partners said too late")
        .more("The newest first.")
        .answers(page(late_success("needs_attention")))
        .refuses(&[InvalidCursor])
}

pub(crate) fn incident() -> Words {
    Tag::Staff.says("Show an incident").answers(late_success("needs_attention")).refuses(&[IncidentNotFound])
}

pub(crate) fn close() -> Words {
    Tag::Staff
        .says("Close an incident")
        .more("A person has dealt with it.")
        .asks(because("The partner has switched it off"))
        .answers(late_success("resolved"))
        .refuses(&[NotAuthenticated, Forbidden, IncidentNotFound, IncidentClosed])
}
