//! Which addresses answer, and to whom.

use std::collections::BTreeSet;

use offers_http::{Access, RouteInfo, route_table};

use crate::support::{Server, transaction_id};

/// An event's name in paths.
const EVENT: &str = "evt_00000000000000000000000000000001";

/// The routes that need no token.
const PUBLIC: &[&str] = &[
    "/api/v1/auth/login/",
    "/api/v1/auth/refresh/",
    "/api/v1/auth/logout/",
    "/api/v1/auth/register/",
    "/openapi.json",
    "/swagger/",
    "/swagger/{file}/",
    "/problems/{code}/",
    "/livez/",
    "/readyz/",
];

fn path(route: &RouteInfo) -> String {
    let numbered =
        ["offers", "subscriptions", "users", "webhooks"].iter().any(|list| route.path.contains(list));
    let id = if numbered { "1".into() } else { transaction_id(1).to_string() };
    let path = route.path.replace("{reference}", "REF-000000000001");
    let path = path.replace("{id}", &id).replace("{code}", "not_found").replace("{event}", EVENT);
    path.replace("{file}", "index.css")
}

#[tokio::test]
async fn every_route_except_the_public_ones_answers_401_without_a_token() {
    let server = Server::start();
    let mut public = BTreeSet::new();
    for route in route_table() {
        for method in route.methods {
            let answer = server.stranger().send(method, &path(&route), Some(b"")).await;
            match route.access {
                Access::Public => {
                    public.insert(route.path);
                    assert_ne!(answer.status, 401, "{method} {}", route.path);
                }
                // What is not signed is not even read, and what is no JSON is not signed.
                Access::Signed => assert!([401, 415].contains(&answer.status), "{method} {}", route.path),
                Access::SignedIn | Access::Staff | Access::Superuser | Access::Partner(_) => {
                    assert_eq!(answer.header("www-authenticate"), Some("Bearer"), "{answer:?}");
                    assert_eq!(answer.status, 401, "{method} {}", route.path);
                }
            }
        }
    }
    assert_eq!(public, PUBLIC.iter().copied().collect());
}

#[tokio::test]
async fn a_token_is_asked_for_before_anything_else_of_the_request_is_looked_at() {
    let server = Server::start();
    for (method, path, body) in [
        ("POST", "/api/v1/activation/", Some(b"{".as_slice())),
        ("GET", "/api/v1/offers/x/", None),
        ("GET", "/api/v1/offers/?limit=x", None),
    ] {
        server.stranger().send(method, path, body).await.expect_problem(401, "not_authenticated");
    }
}

#[tokio::test]
async fn every_path_answers_with_and_without_its_last_slash() {
    let server = Server::start();
    server.world().balances.insert(crate::support::CALLER, 100);
    for route in route_table() {
        let path = path(&route);
        let with = server.caller().send(route.methods[0], &path, Some(b"")).await;
        let without = server.caller().send(route.methods[0], path.trim_end_matches('/'), Some(b"")).await;
        assert_eq!(with.status, without.status, "{path}");
        assert!(with.header("location").is_none() && !(300..400).contains(&with.status), "{with:?}");
    }
}

#[tokio::test]
async fn a_doubled_slash_is_another_address() {
    let server = Server::start();
    for path in
        ["/api/v1//offers/", "//api/v1/offers/", "/api/v1/offers//", "/api/v1/offers//1/", "/api//v1/account"]
    {
        server.caller().get(path).await.expect_problem(404, "not_found");
    }
}

#[tokio::test]
async fn an_unknown_address_does_not_exist() {
    let server = Server::start();
    for path in
        ["/", "/api", "/api/v1/", "/api/v2/offers/", "/api/v1/Offers/", "/metrics", "/api/v1/offers/1/2/"]
    {
        server.stranger().get(path).await.expect_problem(404, "not_found");
    }
}

#[tokio::test]
async fn an_unknown_method_is_answered_with_the_known_ones() {
    let server = Server::start();
    for route in route_table() {
        let rows = route_table().filter(|row| row.path == route.path);
        let allowed: Vec<_> = rows.flat_map(|row| row.methods).copied().collect();
        let unknown = ["PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "BREW"];
        for method in unknown.into_iter().filter(|method| !allowed.contains(method)) {
            let allowed = allowed.join(", ");
            let answer = server.stranger().send(method, &path(&route), None).await;
            assert_eq!(answer.header("allow"), Some(allowed.as_str()), "{method} {}", route.path);
            answer.expect_problem(405, "method_not_allowed");
        }
    }
}

#[tokio::test]
async fn head_is_answered_as_get_without_a_body() {
    let server = Server::start();
    let get = server.caller().get("/api/v1/offers/").await.expect(200);
    let head = server.caller().send("HEAD", "/api/v1/offers/", None).await.expect(200);
    assert_eq!(head.body, "");
    for name in ["content-type", "content-length", "etag", "cache-control"] {
        assert_eq!(head.header(name), get.header(name), "{name}");
    }
}

#[tokio::test]
async fn an_address_that_is_too_long_is_refused() {
    let server = Server::start();
    for path in [format!("/{}", "a".repeat(2048)), format!("/api/v1/offers/?q={}", "a".repeat(6144))] {
        server.stranger().get(&path).await.expect_problem(414, "uri_too_long");
    }
}
