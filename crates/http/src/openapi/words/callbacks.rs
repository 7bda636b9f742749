//! What activation partners report of their own accord.

use serde_json::{Value, json};

use super::examples::ORDER;
use super::{Tag, Words};

fn report() -> Value {
    json!({ "status": "activated", "transaction_id": ORDER, "reference": "TV-4711" })
}

const SIGNED: &str = "Signed after Standard Webhooks; more than five minutes from now it is stale. A report that was heard before, \
                      or says nothing new, is answered in the same way.";

pub(crate) fn activation() -> Words {
    Tag::ActivationPartners.says("Report what became of an order").more(SIGNED).asks(report())
}

pub(crate) fn named_activation() -> Words {
    Tag::ActivationPartners
        .says("Report what became of an order, as a partner with a name")
        .more(SIGNED)
        .asks(report())
}
