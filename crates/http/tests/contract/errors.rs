//! What every answer promises, also when something goes wrong.

use std::collections::HashSet;

use offers_http::{ErrorCode, plain};
use prometheus::TextEncoder;

use crate::support::{CALLER, Server, Wire};

#[tokio::test]
async fn every_code_is_explained_at_its_address() {
    let server = Server::start();
    for code in ErrorCode::ALL {
        let answer = server.stranger().get(&format!("/problems/{code}")).await.expect(200);
        let page = answer.json();
        assert_eq!(page["code"], code.as_str());
        assert_eq!(page["status"], code.status().as_u16());
        let explanation = page["explanation"].as_str().unwrap();
        assert!(explanation.starts_with(&*plain(code.entry().explanation)), "{page}");
        assert_eq!(page["remedy"], *plain(code.entry().remedy));
        assert_eq!(answer.header("cache-control"), Some("public, max-age=3600"));
    }
    server.stranger().get("/problems/no_such_code").await.expect_problem(404, "not_found");
}

#[tokio::test]
async fn titles_are_in_the_language_that_the_client_asks_for() {
    let server = Server::start();
    for path in ["/api/v1/offers/404/", "/problems/offer_not_found/"] {
        for (asked, language, title) in [
            ("fr-CH, en;q=0.5", "fr", "Offre introuvable"),
            ("en", "en", "Offer not found"),
            ("de", "en", "Offer not found"),
        ] {
            let answer = server.caller().header("accept-language", asked).get(path).await;
            assert_eq!(answer.json()["title"], title, "{path} {asked}");
            assert_eq!(answer.header("content-language"), Some(language), "{path} {asked}");
            assert_eq!(answer.header("vary"), Some("accept-language"), "{path} {asked}");
        }
    }
    let unmatched = server.stranger().header("accept-language", "fr").get("/nowhere").await;
    assert_eq!(unmatched.expect_problem(404, "not_found")["title"], "Adresse introuvable");
}

#[tokio::test]
async fn a_request_keeps_the_name_that_the_client_gave_or_gets_one() {
    let server = Server::start();
    for path in ["/api/v1/offers/", "/api/v1/nothing/", "/livez"] {
        let named = server.caller().header("x-request-id", "from:the/client~1").get(path).await;
        assert_eq!(named.header("x-request-id"), Some("from:the/client~1"));
        let longest = "x".repeat(128);
        let named = server.caller().header("x-request-id", &longest).get(path).await;
        assert_eq!(named.header("x-request-id"), Some(longest.as_str()));

        let mut made = HashSet::new();
        for bad in ["", "with space", "tab\tbed", "\u{e9}", &"x".repeat(129)] {
            let answer = server.caller().header("x-request-id", bad).get(path).await;
            made.insert(answer.header("x-request-id").unwrap().to_owned());
        }
        let twice = server.caller().header("x-request-id", "a").header("x-request-id", "b").get(path).await;
        made.insert(twice.header("x-request-id").unwrap().to_owned());
        assert_eq!(made.len(), 6);
        assert!(made.iter().all(|id| id.len() == 36), "{made:?}");
    }
}

#[tokio::test]
async fn no_answer_may_be_kept_or_taken_for_something_else() {
    let server = Server::start();
    server.world().balances.insert(CALLER, 1);
    for path in ["/api/v1/account/", "/api/v1/offers/", "/api/v1/offers/9/", "/api/v1/nothing/", "/livez"] {
        let answer = server.caller().get(path).await;
        assert_eq!(answer.header("cache-control"), Some("no-store"), "{path}");
        assert_eq!(answer.header("x-content-type-options"), Some("nosniff"), "{path}");
        assert_eq!(answer.header("server"), None, "{path}");
    }
}

#[tokio::test]
async fn a_panic_costs_one_answer_and_not_the_connection() {
    let server = Server::start();
    server.world().balances.insert(CALLER, 1);
    server.world().balance_panics = true;
    let request =
        b"GET /api/v1/account/balance/ HTTP/1.1\r\nhost: t\r\nauthorization: Bearer good-token\r\n\r\n";
    let mut wire = Wire::connect(server.address).await;

    wire.write(request).await;
    wire.read_answer().await.expect_problem(500, "internal_error");
    server.world().balance_panics = false;
    wire.write(request).await;
    wire.read_answer().await.expect(200);

    assert!(counts(&server).contains("offers_http_panics_total 1"));
}

#[tokio::test]
async fn requests_are_counted_by_their_route_and_never_by_their_path() {
    let server = Server::start();
    server.caller().get("/api/v1/offers/41/").await.expect(404);
    server.caller().get("/api/v1/offers/42").await.expect(404);
    server.caller().get("/some/secret/path").await.expect(404);
    server.stranger().send("BREW", "/api/v1/activation/", None).await.expect(405);

    let counts = counts(&server);
    for line in [
        r#"offers_http_requests_total{method="GET",route="/api/v1/offers/{id}/",status="404"} 2"#,
        r#"offers_http_requests_total{method="GET",route="unmatched",status="404"} 1"#,
        r#"offers_http_requests_total{method="OTHER",route="/api/v1/activation/",status="405"} 1"#,
        r#"offers_http_request_duration_seconds_count{method="GET",route="/api/v1/offers/{id}/"} 2"#,
    ] {
        assert!(counts.contains(line), "{line} is not in\n{counts}");
    }
    assert!(!counts.contains("secret") && !counts.contains("BREW"), "{counts}");
}

fn counts(server: &Server) -> String {
    TextEncoder::new().encode_to_string(&server.registry.gather()).unwrap()
}
