//! Bad input of every kind gets its problem document, and nothing is written.

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{Answer, Client, Server};

struct Scene {
    server: Server,
    customer: Client,
    before: (i64, Value),
}

impl Scene {
    async fn new() -> Self {
        let server = Server::start_plain();
        let customer = server.client().log_in("user1").await;
        let before = Self::state(&customer).await;
        Self { server, customer, before }
    }

    async fn state(customer: &Client) -> (i64, Value) {
        let orders = customer.get("/api/v1/account/transactions/").await.expect(200).json();
        (customer.cents().await, orders["data"].clone())
    }

    /// Fails if any request of the test left a trace.
    async fn assert_nothing_was_written(&self) {
        assert_eq!(Self::state(&self.customer).await, self.before);
        self.server.assert_money_adds_up();
    }

    async fn order_with_body(&self, body: &[u8]) -> Answer {
        let headers = [("content-type", "application/json")];
        self.customer.send(Method::POST, "/api/v1/activation/", &headers, Some(body.to_vec())).await
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn bodies_that_are_no_order() {
    let scene = Scene::new().await;
    for body in [
        "",
        "{",
        "{\"offer_id\": 1",
        "[1",
        "\u{feff}",
        "nonsense",
        "{\"offer_id\": 1} trailing",
        "{\"offer_id\": NaN}",
    ] {
        scene.order_with_body(body.as_bytes()).await.expect_problem(400, "malformed_json");
    }
    scene.order_with_body(&[0xff, 0xfe, 0x00]).await.expect_problem(400, "malformed_json");
    let deep = format!("{{\"offer_id\": {}1{}}}", "[".repeat(5_000), "]".repeat(5_000));
    assert_eq!(scene.order_with_body(deep.as_bytes()).await.status, 400);
    for (body, pointer, code) in [
        ("{}", "/offer_id", "required"),
        ("{\"offer_id\": \"1\"}", "/offer_id", "invalid_type"),
        ("{\"offer_id\": 1.5}", "/offer_id", "invalid_type"),
        ("{\"offer_id\": null}", "/offer_id", "invalid_type"),
        ("{\"offer_id\": {}}", "/offer_id", "invalid_type"),
        ("{\"offer_id\": 1, \"offer_id\": 2}", "/offer_id", "duplicate_field"),
        ("{\"offer_id\": 1, \"amount\": \"0.01\"}", "/amount", "unknown_field"),
        ("{\"offer_id\": 1, \"status\": \"SUCCESS\"}", "/status", "unknown_field"),
        ("{\"offer_id\": 1, \"user_id\": 2}", "/user_id", "unknown_field"),
    ] {
        let problem = scene.order_with_body(body.as_bytes()).await.expect_problem(400, "validation_failed");
        let error = &problem.json()["errors"][0];
        assert_eq!(
            (error["pointer"].as_str(), error["code"].as_str()),
            (Some(pointer), Some(code)),
            "{body}"
        );
    }
    for body in [
        "{\"offer_id\": 0}",
        "{\"offer_id\": -1}",
        "{\"offer_id\": 1e308}",
        "{\"offer_id\": 99999999999999999999}",
        "[]",
        "1",
        "null",
    ] {
        scene.order_with_body(body.as_bytes()).await.expect_problem(400, "validation_failed");
    }
    scene.assert_nothing_was_written().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn offers_that_do_not_exist() {
    let scene = Scene::new().await;
    for id in ["999999", "9223372036854775807"] {
        let body = format!("{{\"offer_id\": {id}}}");
        scene.order_with_body(body.as_bytes()).await.expect_problem(404, "offer_not_found");
        scene.customer.get(&format!("/api/v1/offers/{id}/")).await.expect_problem(404, "offer_not_found");
    }
    scene.assert_nothing_was_written().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn media_types_sizes_methods_and_routes() {
    let scene = Scene::new().await;
    let order = Some(b"{\"offer_id\": 1}".to_vec());
    let post = |headers: Vec<(&'static str, &'static str)>, body: Option<Vec<u8>>| {
        let customer = scene.customer.clone();
        async move { customer.send(Method::POST, "/api/v1/activation/", &headers, body).await }
    };
    post(vec![], order.clone()).await.expect_problem(415, "unsupported_media_type");
    for media in ["text/plain", "application/x-www-form-urlencoded", "application/jsonp"] {
        post(vec![("content-type", media)], order.clone())
            .await
            .expect_problem(415, "unsupported_media_type");
    }
    let large = format!("{{\"offer_id\": 1, \"padding\": \"{}\"}}", "x".repeat(17_000));
    let answer = post(vec![("content-type", "application/json")], Some(large.into_bytes())).await;
    answer.expect_problem(413, "payload_too_large");

    for (method, path, allow) in [
        (Method::DELETE, "/api/v1/activation/", "POST"),
        (Method::POST, "/api/v1/offers/", "GET"),
        (Method::PUT, "/api/v1/account/balance", "GET"),
    ] {
        let answer =
            scene.customer.send(method, path, &[], None).await.expect_problem(405, "method_not_allowed");
        assert!(answer.header("allow").contains(allow), "{path}: {}", answer.header("allow"));
    }
    for path in ["/", "/api/v1/", "/api/v1/nothing/", "/api/v2/offers/", "/api/v1/offers/1/2/", "/admin"] {
        scene.customer.get(path).await.expect_problem(404, "not_found");
    }
    scene.assert_nothing_was_written().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn ids_cursors_limits_and_filters() {
    let scene = Scene::new().await;
    for id in ["abc", "0", "-1", "1.5", "99999999999999999999", "%00", "1%27--"] {
        let answer = scene.customer.get(&format!("/api/v1/offers/{id}/")).await;
        answer.expect_problem(400, "malformed_id");
    }
    for id in ["1", "not-a-uuid", "%00", "018900000000700080000000000000001"] {
        for path in ["activation/status", "account/transactions"] {
            let answer = scene.customer.get(&format!("/api/v1/{path}/{id}/")).await;
            answer.expect_problem(400, "malformed_id");
        }
    }
    for cursor in ["x", "AAAA", "%00", "eyJpZCI6MX0", "..%2F.."] {
        for list in ["offers", "account/transactions", "account/subscriptions"] {
            let answer = scene.customer.get(&format!("/api/v1/{list}/?cursor={cursor}")).await;
            answer.expect_problem(400, "invalid_cursor");
        }
    }
    for (list, query) in [
        ("offers", "limit=0"),
        ("offers", "limit=101"),
        ("offers", "limit=ten"),
        ("offers", "limit=1&limit=2"),
        ("offers", "colour=red"),
        ("offers", "category=spaceships"),
        ("offers", "sort=fastest"),
        ("offers", "min_price=1.005"),
        ("offers", "max_price=1e5"),
        ("offers", "q="),
        ("offers", "q=%00"),
        ("account/transactions", "status=DONE"),
        ("account/transactions", "kind=gift"),
        ("account/transactions", "from=yesterday"),
        ("account/subscriptions", "status=gone"),
    ] {
        let answer = scene.customer.get(&format!("/api/v1/{list}/?{query}")).await;
        answer.expect_problem(400, "validation_failed");
    }
    scene.assert_nothing_was_written().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn idempotency_keys_that_are_none() {
    let scene = Scene::new().await;
    let (offer, _) = scene.customer.offer(2).await;
    let too_long = "k".repeat(256);
    for key in ["", "short", too_long.as_str()] {
        let headers = [("idempotency-key", key)];
        let answer =
            scene.customer.post_with("/api/v1/activation/", &headers, json!({"offer_id": offer})).await;
        answer.expect_problem(400, "invalid_idempotency_key");
    }
    scene.assert_nothing_was_written().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn callers_that_are_nobody() {
    let scene = Scene::new().await;
    let stranger = scene.server.client();
    for path in [
        "auth/profile",
        "offers",
        "offers/1",
        "account",
        "account/balance",
        "account/subscriptions",
        "account/transactions",
    ] {
        let answer = stranger.get(&format!("/api/v1/{path}/")).await.expect_problem(401, "not_authenticated");
        assert_eq!(answer.header("www-authenticate"), "Bearer", "{path}");
    }
    stranger
        .post("/api/v1/activation/", json!({"offer_id": 1}))
        .await
        .expect_problem(401, "not_authenticated");
    for token in ["x", "a.b.c", "eyJhbGciOiJub25lIn0.eyJzdWIiOiIxIn0.", "ok_live_0123456789abcdef"] {
        let answer = stranger.with_token(token).get("/api/v1/account/").await;
        answer.expect_problem(401, "not_authenticated");
    }
    for (username, password) in
        [("user1", "wrong-password"), ("nobody", "password123"), ("admin", "password123")]
    {
        let answer =
            stranger.post("/api/v1/auth/login/", json!({"username": username, "password": password})).await;
        answer.expect_problem(401, "invalid_credentials");
    }
    for body in [
        json!({}),
        json!({"username": "user1"}),
        json!({"username": 1, "password": "password123"}),
        json!({"username": "a\0b", "password": "password123"}),
    ] {
        stranger.post("/api/v1/auth/login/", body).await.expect_problem(400, "validation_failed");
    }
    for token in ["", "x", "0123456789012345678901234567890123456789012"] {
        let answer = stranger.post("/api/v1/auth/refresh/", json!({"refresh_token": token})).await;
        assert!([400, 401].contains(&answer.status), "{}", answer.text);
    }
    scene.assert_nothing_was_written().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn request_ids_are_kept_or_made_and_always_returned() {
    let scene = Scene::new().await;
    for path in ["/api/v1/offers/", "/api/v1/nothing/"] {
        let answer = scene.customer.get_with(path, &[("x-request-id", "from-the-client-1")]).await;
        assert_eq!(answer.header("x-request-id"), "from-the-client-1");
        assert!(!scene.customer.get(path).await.header("x-request-id").is_empty());
        let answer = scene.customer.get_with(path, &[("x-request-id", &"x".repeat(500))]).await;
        assert!(answer.header("x-request-id").len() <= 128, "a request id has a limit");
    }
}
