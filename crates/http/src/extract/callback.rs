//! A report of an activation partner, after Standard Webhooks.

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest};
use futures_util::future::LocalBoxFuture;
use offers_domain::activation_partner::ActivationPartner;
use offers_domain::ports::SealedCallback;

use super::body::raw;
use crate::problem::Problem;

/// How large a report may be.
const LIMIT: usize = 64 * 1024;

/// A report as it came: nobody has looked at its signature yet.
pub(crate) struct SignedCallback(pub(crate) SealedCallback);

impl FromRequest for SignedCallback {
    type Error = Problem;
    type Future = LocalBoxFuture<'static, Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let header = |name: &str| {
            let mut values = request.headers().get_all(name);
            let one = values.next().filter(|_| values.next().is_none());
            one.and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned()
        };
        let (id, timestamp, signature) =
            (header("webhook-id"), header("webhook-timestamp"), header("webhook-signature"));
        // A name that cannot be one is nobody's, and its signature is not good.
        let partner = match request.match_info().get("id") {
            None => Some(ActivationPartner::DEFAULT),
            Some(name) => name.parse().ok(),
        };
        let body = raw(request, payload, LIMIT);
        Box::pin(async move {
            let partner = partner.ok_or_else(Problem::invalid_signature)?;
            Ok(Self(SealedCallback { partner, id, timestamp, signature, body: body.await? }))
        })
    }
}
