//! Where a request comes from.

use std::convert::Infallible;
use std::future::{Ready, ready};
use std::net::IpAddr;

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpMessage, HttpRequest};
use offers_application::identity::Origin;
use offers_domain::audit::RequestId;

use crate::openapi::{Asks, Sketch};
use crate::state;

/// What the audit trail and the limits know of the request.
pub(crate) struct Client(pub(crate) Origin);

impl FromRequest for Client {
    type Error = Infallible;
    type Future = Ready<Result<Self, Infallible>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let name = request.extensions().get::<RequestId>().cloned();
        ready(Ok(Self(Origin { request: name, address: client_address(request) })))
    }
}

/// The client's address, as far as it can be believed.
pub(crate) fn client_address(request: &HttpRequest) -> Option<IpAddr> {
    let peer = request.peer_addr().map(|peer| peer.ip());
    let lines: Vec<_> =
        request.headers().get_all("x-forwarded-for").filter_map(|line| line.to_str().ok()).collect();
    match state::of(request) {
        Ok(state) => state.limits.proxies.client(peer, lines.into_iter()),
        Err(_) => peer,
    }
}

impl Asks for Client {
    fn draw(_: &mut Sketch<'_>) {}
}
