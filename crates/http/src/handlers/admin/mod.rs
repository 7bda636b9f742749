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

use offers_application::identity::Deed;
use offers_domain::audit::Reason;

use super::State;
use crate::extract::{Client, SignedIn};

/// What the caller does, for this reason.
fn deed<'a>(caller: &'a SignedIn, client: &'a Client, reason: &'a Reason) -> Deed<'a> {
    Deed { by: Some(&caller.0), reason, origin: &client.0 }
}
