//! Fingerprints of requests: the same key with another request is a mistake that must not go unnoticed.

use std::fmt::Display;

use offers_application::identity::Caller;
use offers_domain::idempotency::{IdempotencyHandle, IdempotencyKey, Principal, Scope};
use sha2::{Digest, Sha256};

use crate::json::Json;

/// The handle of a caller's request: `route` is the method and the path's template, `body` what was sent.
pub(crate) fn handle(
    principal: Principal,
    route: &'static str,
    key: IdempotencyKey,
    body: &Json,
) -> IdempotencyHandle {
    let scope = Scope { principal, route, key };
    IdempotencyHandle { scope, fingerprint: fingerprint(route, body) }
}

/// The handle of a caller's request about the one thing that the path names: the same key for another is a mistake, too.
pub(crate) fn handle_about(
    caller: &Caller,
    route: &'static str,
    id: impl Display,
    key: IdempotencyKey,
    body: &Json,
) -> IdempotencyHandle {
    let scope = Scope { principal: Principal::User(caller.user), route, key };
    IdempotencyHandle { scope, fingerprint: fingerprint(&format!("{route} {id}"), body) }
}

fn fingerprint(route: &str, body: &Json) -> [u8; 32] {
    let canonical = serde_json::to_string(body).unwrap_or_default();
    Sha256::new().chain_update(route).chain_update("\n").chain_update(canonical).finalize().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(route: &str, body: &str) -> [u8; 32] {
        fingerprint(route, &Json::parse(body.as_bytes()).unwrap())
    }

    #[test]
    fn the_same_request_has_the_same_fingerprint_however_it_is_written() {
        assert_eq!(
            of("POST /a", r#"{"offer_id":1,"note":"x"}"#),
            of("POST /a", r#" { "note": "x", "offer_id": 1 } "#)
        );
    }

    #[test]
    fn another_body_or_route_has_another_fingerprint() {
        assert_ne!(of("POST /a", r#"{"offer_id":1}"#), of("POST /a", r#"{"offer_id":2}"#));
        assert_ne!(of("POST /a", r#"{"offer_id":1}"#), of("POST /b", r#"{"offer_id":1}"#));
    }
}
