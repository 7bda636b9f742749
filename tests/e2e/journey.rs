//! The customer's journey: log in, look around, activate, follow, enjoy; or be refused and have the money back.

use offers_simulator::{Behaviour, Refusal};
use serde_json::json;

use crate::support::{Options, Partner, Server};

#[tokio::test(flavor = "multi_thread")]
async fn a_customer_activates_an_offer_and_sees_it_everywhere() {
    let server = Server::start_plain();
    let customer = server.client().log_in("user1").await;

    let profile = customer.get("/api/v1/auth/profile/").await.expect(200).json();
    assert_eq!(profile["username"], "user1");
    assert_eq!(profile["is_staff"], false);

    let before = customer.cents().await;
    assert!((5_000..=50_000).contains(&before));
    let (offer, price) = customer.offer(2).await;
    let details = customer.get(&format!("/api/v1/offers/{offer}/")).await.expect(200).json();
    assert_eq!(details["id"], offer);

    let accepted = customer.post("/api/v1/activation/", json!({"offer_id": offer})).await.expect(202);
    let transaction = accepted.json()["transaction_id"].as_str().unwrap().to_owned();
    assert_eq!(accepted.json()["status"], "PENDING");
    assert_eq!(accepted.header("location"), format!("/api/v1/activation/status/{transaction}/"));
    assert_eq!(accepted.header("retry-after"), "1");
    assert_eq!(accepted.json()["status_url"], accepted.header("location"));

    let end = customer.follow(&transaction).await;
    assert_eq!((end["status"].as_str(), end["sub_status"].as_str()), (Some("SUCCESS"), Some("confirmed")));
    assert_eq!(end["refunded"], false);
    assert!(end["completed_at"].is_string() && end["reference"].is_string());
    assert_eq!(customer.cents().await, before - price);

    let subscriptions = customer.get("/api/v1/account/subscriptions/").await.expect(200).json();
    let subscription = &subscriptions["data"][0];
    assert_eq!(subscription["transaction_id"], transaction);
    assert_eq!(subscription["is_active"], true);
    assert_eq!(subscription["days_left"], details["duration_days"]);

    let account = customer.get("/api/v1/account/").await.expect(200).json();
    assert_eq!(account["subscriptions"][0]["transaction_id"], transaction);

    let history = customer.get("/api/v1/account/transactions/").await.expect(200).json();
    assert_eq!(history["data"][0]["transaction_id"], transaction);
    let detail =
        customer.get(&format!("/api/v1/account/transactions/{transaction}/")).await.expect(200).json();
    let timeline: Vec<_> = detail["timeline"]
        .as_array()
        .unwrap()
        .iter()
        .map(|entry| entry["status"].as_str().unwrap())
        .collect();
    assert_eq!(timeline, ["PENDING", "PROCESSING", "SUCCESS"]);
    server.assert_money_adds_up();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_activation_fails_with_the_money_back() {
    let refusal = Refusal { code: "subscriber_barred".into(), message: "The line is barred".into() };
    let partner = Partner::scripted([Behaviour::Refuse(refusal)]).await;
    let server = Server::start(Options { partner: Some(partner.url.clone()), ..Options::default() });
    let customer = server.client().log_in("user1").await;
    let before = customer.cents().await;

    let transaction = customer.activate(customer.offer(2).await.0).await;
    let end = customer.follow(&transaction).await;

    assert_eq!((end["status"].as_str(), end["sub_status"].as_str()), (Some("FAILED"), Some("refused")));
    assert_eq!(end["refunded"], true);
    assert_eq!(end["error_code"], "partner_refused");
    assert!(end["error_message"].as_str().unwrap().contains("The line is barred"));
    assert_eq!(customer.cents().await, before, "the money is back, once");
    assert_eq!(partner.executed(&transaction), 0);
    let active = customer.get("/api/v1/account/subscriptions/?status=active").await.expect(200).json();
    assert_eq!(active["data"], json!([]));
    server.assert_money_adds_up();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_beyond_the_balance_is_refused_and_writes_nothing() {
    let server = Server::start_plain();
    let customer = server.client().log_in("user1").await;
    let (offer, price) = customer.offer(1).await;
    while customer.cents().await >= price {
        let transaction = customer.activate(offer).await;
        customer.follow(&transaction).await;
    }
    let left = customer.cents().await;
    let orders = customer.get("/api/v1/account/transactions/?limit=100").await.json()["data"].clone();

    customer
        .post("/api/v1/activation/", json!({"offer_id": offer}))
        .await
        .expect_problem(400, "insufficient_balance");

    assert_eq!(customer.cents().await, left);
    let after = customer.get("/api/v1/account/transactions/?limit=100").await.json()["data"].clone();
    assert_eq!(after, orders);
    server.assert_money_adds_up();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_belongs_to_another_customer_does_not_exist() {
    let server = Server::start_plain();
    let owner = server.client().log_in("user1").await;
    let stranger = server.client().log_in("user2").await;
    let transaction = owner.activate(owner.offer(2).await.0).await;
    owner.follow(&transaction).await;

    let unknown = "01890000-0000-7000-8000-000000000000";
    for path in ["activation/status", "account/transactions"] {
        let mut bodies = Vec::new();
        for id in [transaction.as_str(), unknown] {
            let headers = [("x-request-id", "the-same-for-both")];
            let answer = stranger.get_with(&format!("/api/v1/{path}/{id}/"), &headers).await;
            bodies.push(answer.expect_problem(404, "transaction_not_found").text);
        }
        assert_eq!(bodies[0], bodies[1], "{path}: not yours and not there are the same bytes");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn tokens_rotate_and_a_logout_works_at_once() {
    let server = Server::start_plain();
    let stranger = server.client();
    let first = stranger.tokens("user3").await;
    let refresh = |token: &serde_json::Value| json!({"refresh_token": token});

    let second =
        stranger.post("/api/v1/auth/refresh/", refresh(&first["refresh_token"])).await.expect(200).json();
    let customer = stranger.with_token(second["access_token"].as_str().unwrap());
    customer.get("/api/v1/auth/profile/").await.expect(200);

    customer.post("/api/v1/auth/logout/", refresh(&second["refresh_token"])).await.expect(200);
    customer.post("/api/v1/auth/logout/", refresh(&second["refresh_token"])).await.expect(200);
    let refused = customer.get("/api/v1/auth/profile/").await.expect_problem(401, "not_authenticated");
    assert!(refused.header("www-authenticate").starts_with("Bearer"));
    stranger
        .post("/api/v1/auth/refresh/", refresh(&second["refresh_token"]))
        .await
        .expect_problem(401, "invalid_refresh_token");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refresh_token_used_twice_ends_the_whole_session() {
    let server = Server::start_plain();
    let stranger = server.client();
    let first = stranger.tokens("user3").await;
    let body = json!({"refresh_token": first["refresh_token"]});
    let second = stranger.post("/api/v1/auth/refresh/", body.clone()).await.expect(200).json();
    let next = json!({"refresh_token": second["refresh_token"]});
    let third = stranger.post("/api/v1/auth/refresh/", next).await.expect(200).json();

    stranger.post("/api/v1/auth/refresh/", body).await.expect_problem(401, "invalid_refresh_token");

    for pair in [second, third] {
        let robbed = stranger.with_token(pair["access_token"].as_str().unwrap());
        robbed.get("/api/v1/auth/profile/").await.expect_problem(401, "not_authenticated");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn offers_and_statuses_answer_304_to_whoever_has_them() {
    let server = Server::start_plain();
    let customer = server.client().log_in("user1").await;
    let transaction = customer.activate(customer.offer(2).await.0).await;
    customer.follow(&transaction).await;

    for path in ["/api/v1/offers/".to_owned(), format!("/api/v1/activation/status/{transaction}/")] {
        let tag = customer.get(&path).await.expect(200).header("etag").to_owned();
        let again = customer.get_with(&path, &[("if-none-match", &tag)]).await.expect(304);
        assert_eq!((again.header("etag"), again.text.as_str()), (tag.as_str(), ""), "{path}");
        customer.get_with(&path, &[("if-none-match", "\"another\"")]).await.expect(200);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn lists_are_paged_filtered_and_sorted() {
    let server = Server::start_plain();
    let customer = server.client().log_in("user1").await;

    let mut names = Vec::new();
    let mut path = "/api/v1/offers?limit=5&sort=price".to_owned();
    loop {
        let page = customer.get(&path).await.expect(200).json();
        names.extend(
            page["data"].as_array().unwrap().iter().map(|offer| offer["name"].as_str().unwrap().to_owned()),
        );
        match page["next_cursor"].as_str() {
            Some(cursor) => path = format!("/api/v1/offers?limit=5&sort=price&cursor={cursor}"),
            None => break,
        }
        assert_eq!(page["has_more"], true);
    }
    assert_eq!(names.len(), 12);
    assert_eq!(names[0], "Day Pass 2 GB", "the cheapest comes first");

    let music = customer.get("/api/v1/offers/?category=music&max_price=10.00").await.expect(200).json();
    let music: Vec<_> = music["data"].as_array().unwrap().iter().map(|offer| &offer["name"]).collect();
    assert_eq!(music, ["Music Solo"]);
}
