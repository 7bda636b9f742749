//! Which partner calls, by the API key in the `Authorization` header.

use std::future::{Ready, ready};

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpMessage, HttpRequest};
use offers_application::partner_channel::PartnerCaller;
use offers_domain::partner_channel::api_key::KeyScope;

use super::caller::{Presented, presented};
use super::client_address;
use crate::error_code::ErrorCode;
use crate::limits::{Client, Limit};
use crate::openapi::{Asks, Sketch};
use crate::problem::Problem;
use crate::state;

/// Finds out which partner calls, and whether its key opens `scope`.
pub(crate) async fn identify_partner(
    request: &HttpRequest,
    scope: KeyScope,
) -> Result<PartnerCaller, Problem> {
    match presented(request.headers()) {
        Presented::Nothing => Err(Problem::new(ErrorCode::NotAuthenticated)),
        Presented::Nonsense => Err(Problem::invalid_token()),
        Presented::Token(key) => {
            let whence = Limit::KeyLookup.key(&Client::Address(client_address(request)));
            Ok(state::of(request)?.services.authenticate_partner.run(key, scope, whence).await?)
        }
    }
}

/// The partner that calls a route for partners. The route's access policy has let it in already.
pub(crate) struct CallingPartner(pub(crate) PartnerCaller);

impl FromRequest for CallingPartner {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let caller = request.extensions().get::<PartnerCaller>().copied();
        ready(caller.map(Self).ok_or_else(|| Problem::new(ErrorCode::NotAuthenticated)))
    }
}

impl Asks for CallingPartner {
    fn draw(_: &mut Sketch<'_>) {}
}
