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

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use offers_application::identity::Deed;
use offers_domain::audit::Reason;
use offers_domain::idempotency::StoredResponse;

use super::State;
use crate::extract::{Client, SignedIn};

/// What the caller does, for this reason.
fn deed<'a>(caller: &'a SignedIn, client: &'a Client, reason: &'a Reason) -> Deed<'a> {
    Deed { by: Some(&caller.0), reason, origin: &client.0 }
}

/// An answer that is kept with a key, now or again.
fn given(stored: StoredResponse, replayed: bool) -> HttpResponse {
    let status = StatusCode::from_u16(stored.status).unwrap_or(StatusCode::CREATED);
    let mut response = HttpResponse::build(status);
    if replayed {
        response.insert_header(("idempotent-replayed", "true"));
    }
    response.content_type("application/json").body(stored.body)
}
