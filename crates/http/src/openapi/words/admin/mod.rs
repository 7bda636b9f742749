//! What staff ask for.

pub(crate) mod activation;
pub(crate) mod audit;
pub(crate) mod offers;
pub(crate) mod overview;
pub(crate) mod partners;
pub(crate) mod transactions;
pub(crate) mod users;
pub(crate) mod wallets;
pub(crate) mod webhooks;

use serde_json::{Value, json};

/// A reason and nothing else.
fn because(reason: &str) -> Value {
    json!({ "reason": reason })
}
