//! Whom a route lets in, as the contract writes it.

use std::collections::BTreeMap;

use utoipa::openapi::RefOr;
use utoipa::openapi::security::{
    ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityRequirement, SecurityScheme,
};

use crate::error_code::ErrorCode;
use crate::routes::Access;

const ACCESS_TOKEN: &str = "accessToken";
const PARTNER_KEY: &str = "partnerKey";
const SIGNATURE: &str = "webhookSignature";

/// The ways to say who one is.
pub(super) fn schemes() -> BTreeMap<String, RefOr<SecurityScheme>> {
    let token = bearer("JWT", "The `access_token` of a login, for ten minutes.");
    let key =
        bearer("ok_live_…", "An API key that staff issued for a partner. What it opens are its scopes.");
    let signature = SecurityScheme::ApiKey(ApiKey::Header(ApiKeyValue::with_description(
        "webhook-signature",
        "Standard Webhooks: `v1,` and the base64 of HMAC-SHA256 over `id.timestamp.body`, with the secret that both \
         sides have: for reports, the one that was agreed with the activation partner; for events, the one that the \
         webhook got when it was registered.",
    )));
    let schemes = [(ACCESS_TOKEN, token), (PARTNER_KEY, key), (SIGNATURE, signature)];
    schemes.into_iter().map(|(name, scheme)| (name.to_owned(), RefOr::T(scheme))).collect()
}

fn bearer(format: &str, about: &str) -> SecurityScheme {
    let scheme = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).bearer_format(format);
    SecurityScheme::Http(scheme.description(Some(about)).build())
}

/// What a route for these asks for: one of them is enough. Roles and scopes stand beside the scheme.
pub(super) fn requirements(access: Access, if_known: bool) -> Vec<SecurityRequirement> {
    let token = |roles: &[&str]| SecurityRequirement::new(ACCESS_TOKEN, roles.iter().copied());
    match access {
        Access::Public if if_known => vec![SecurityRequirement::default(), token(&[])],
        Access::Public => Vec::new(),
        Access::Signed => vec![SecurityRequirement::new(SIGNATURE, [""; 0])],
        Access::SignedIn => vec![token(&[])],
        Access::Staff => vec![token(&["staff"]), token(&["superuser"])],
        Access::Superuser => vec![token(&["superuser"])],
        Access::Partner(scope) => vec![SecurityRequirement::new(PARTNER_KEY, [scope.as_str()])],
    }
}

/// How a route for these turns others away.
pub(super) fn refusals(access: Access) -> &'static [ErrorCode] {
    match access {
        Access::Public => &[],
        Access::Signed => &[ErrorCode::InvalidSignature],
        Access::SignedIn => &[ErrorCode::NotAuthenticated],
        Access::Staff | Access::Superuser => &[ErrorCode::NotAuthenticated, ErrorCode::Forbidden],
        Access::Partner(_) => &[ErrorCode::NotAuthenticated, ErrorCode::InsufficientScope],
    }
}
