//! The contract and its page, as a browser gets them.

use crate::support::Server;

#[tokio::test]
async fn the_contract_is_served_as_it_is_described() {
    let server = Server::start();
    let answer = server.stranger().get("/openapi.json").await.expect(200);
    assert_eq!(answer.header("content-type"), Some("application/json"));
    assert_eq!(answer.body, offers_http::openapi());
}

#[tokio::test]
async fn the_page_is_whole_and_asks_nobody_else() {
    let server = Server::start();
    for path in ["/swagger/", "/swagger"] {
        let page = server.stranger().get(path).await.expect(200);
        assert_eq!(page.header("content-type"), Some("text/html; charset=utf-8"));
        let policy = page.header("content-security-policy").unwrap();
        assert!(policy.contains("default-src 'none'") && policy.contains("script-src 'self';"), "{policy}");
        let links: Vec<_> = page.body.split('"').filter(|text| text.contains('/')).collect();
        let files: Vec<_> = links.iter().filter(|link| link.starts_with("/swagger/")).collect();
        assert_eq!(files.len(), 6);
        assert_eq!(links.iter().filter(|link| link.contains("//")).count(), 0, "{links:?}");
        for file in files {
            let answer = server.stranger().get(file).await.expect(200);
            assert!(!answer.body.is_empty(), "{file}");
            assert_eq!(answer.header("cache-control"), Some("public, max-age=3600"), "{file}");
        }
    }
    let start = server.stranger().get("/swagger/swagger-initializer.js").await.expect(200);
    for setting in ["\"url\": \"/openapi.json\"", "\"persistAuthorization\": true"] {
        assert!(start.body.contains(setting), "{}", start.body);
    }
}

#[tokio::test]
async fn other_files_of_its_makers_are_not_served() {
    let server = Server::start();
    for file in ["oauth2-redirect.html", "swagger-ui.js", "..%2findex.html", "index.html"] {
        server.stranger().get(&format!("/swagger/{file}")).await.expect_problem(404, "not_found");
    }
}

#[tokio::test]
async fn every_other_answer_can_run_nothing_in_a_browser() {
    let server = Server::start();
    for path in ["/openapi.json", "/livez", "/api/v1/offers/", "/nowhere"] {
        let answer = server.stranger().get(path).await;
        let policy = answer.header("content-security-policy");
        assert_eq!(policy, Some("default-src 'none'; frame-ancestors 'none'"), "{path}");
        assert_eq!(answer.header("x-content-type-options"), Some("nosniff"), "{path}");
        assert_eq!(answer.header("referrer-policy"), Some("no-referrer"), "{path}");
    }
}

#[tokio::test]
async fn a_deployment_may_show_neither() {
    let server = Server::without_documentation();
    for path in ["/openapi.json", "/swagger/", "/swagger", "/swagger/index.css"] {
        server.stranger().get(path).await.expect_problem(404, "not_found");
    }
}
