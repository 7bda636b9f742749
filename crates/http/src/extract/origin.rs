//! Where a request comes from.

use std::convert::Infallible;
use std::future::{Ready, ready};

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpMessage, HttpRequest};
use offers_application::identity::Origin;
use offers_domain::audit::RequestId;

/// What the audit trail and the limits know of the request.
pub(crate) struct Client(pub(crate) Origin);

impl FromRequest for Client {
    type Error = Infallible;
    type Future = Ready<Result<Self, Infallible>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let name = request.extensions().get::<RequestId>().cloned();
        let address = request.peer_addr().map(|peer| peer.ip());
        ready(Ok(Self(Origin { request: name, address })))
    }
}
