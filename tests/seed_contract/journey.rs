//! The user journey, step by step as its document tells it, on what starts with nothing to set up and on PostgreSQL and Redis.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;

use offers_simulator::{Behaviour, Refusal};
use serde_json::json;

use crate::shape::{Kind, assert_shape, items};
use crate::support::{Client, Options, PATIENCE, Partner, Server, Site};

/// 1. The administrator registers a user: a name, a password, and an account with a balance.
async fn register(admin: &Client) {
    let body = json!({
        "username": "newcomer", "email": "newcomer@example.com", "password": "correct horse", "reason": "signed up",
    });
    let user = admin.post("/api/v1/admin/users/", body).await.expect(201).json();
    let credits = format!("/api/v1/admin/users/{}/credits/", user["id"]);
    let money = json!({"amount": "100.00", "reason": "first payment"});
    admin.post_with(&credits, &[("idempotency-key", "first-payment-0001")], money).await.expect(201);
}

/// The administrator of the first start.
async fn admin(server: &Server) -> Client {
    let line = server.banner.lines().find(|line| line.contains("admin")).unwrap();
    let body = json!({"username": "admin", "password": line.split_whitespace().last().unwrap()});
    let tokens = server.client().post("/api/v1/auth/login/", body).await.expect(200).json();
    server.client().with_token(tokens["access_token"].as_str().unwrap())
}

/// Plays it to a good end; the user, and the transaction id of the seventh step.
async fn play(server: &Server, admin: &Client) -> (Client, String) {
    register(admin).await;

    // 2. User login.
    let body = json!({"username": "newcomer", "password": "correct horse"});
    let tokens = server.client().post("/api/v1/auth/login/", body).await.expect(200).json();
    assert_shape(&tokens, &[("access_token", Kind::Text), ("refresh_token", Kind::Text)]);
    let user = server.client().with_token(tokens["access_token"].as_str().unwrap());

    // 3. View available offers.
    let offers = user.get("/api/v1/offers/").await.expect(200).json();
    let members = [("price", Kind::Money), ("duration_days", Kind::Number)];
    for offer in items(&offers) {
        assert_shape(offer, &[("name", Kind::Text), ("description", Kind::Text)]);
        assert_shape(offer, &members);
    }

    // 4. Check account balance, with active subscriptions.
    let account = user.get("/api/v1/account/").await.expect(200).json();
    assert_shape(&account, &[("balance", Kind::Money), ("subscriptions", Kind::List)]);
    assert_eq!((&account["balance"], &account["subscriptions"]), (&json!("100.00"), &json!([])));

    // 5. Select an offer that the balance covers. 6. Request its activation. 7. Receive the transaction id.
    let (offer, price) = user.offer(2).await;
    let before = user.cents().await;
    let accepted = user.post("/api/v1/activation/", json!({"offer_id": offer})).await.expect(202).json();
    assert_shape(&accepted, &[("transaction_id", Kind::Uuid)]);
    assert_eq!(accepted["status"], "PENDING");
    let order = accepted["transaction_id"].as_str().unwrap().to_owned();

    // 8. Check activation status, until it is final. 9. It was successful.
    let end = user.follow(&order).await;
    assert_eq!((&end["transaction_id"], &end["status"]), (&json!(order), &json!("SUCCESS")));
    assert_shape(&end, &[("created_at", Kind::Time), ("updated_at", Kind::Time)]);
    assert_eq!(user.cents().await, before - price);

    // 10. View active offers. 11. View transaction history.
    view_the_result(&user, &order).await;
    (user, order)
}

/// 9. It failed: the user checks the error details, has the money back, and tries again.
async fn fail_and_try_again(user: &Client, partner: &Partner) {
    let refusal = Refusal { code: "line_barred".into(), message: "The line is barred".into() };
    partner.handle.next([Behaviour::Refuse(refusal)]);
    let before = user.cents().await;
    let (offer, price) = user.offer(2).await;
    let order = user.activate(offer).await;
    let end = user.follow(&order).await;
    assert_eq!((&end["status"], &end["refunded"]), (&json!("FAILED"), &json!(true)));
    assert_shape(&end, &[("error_code", Kind::Text), ("error_message", Kind::Text)]);
    let detail = user.get(&format!("/api/v1/account/transactions/{order}/")).await.expect(200).json();
    assert_eq!((&detail["status"], &detail["error_code"]), (&end["status"], &end["error_code"]));
    assert_eq!(user.cents().await, before, "funds are automatically refunded");

    let again = user.activate(offer).await;
    assert_eq!(user.follow(&again).await["status"], "SUCCESS");
    assert_eq!(user.cents().await, before - price);
}

async fn view_the_result(user: &Client, order: &str) {
    let account = user.get("/api/v1/account/").await.expect(200).json();
    assert_eq!(account["subscriptions"][0]["transaction_id"], order);
    assert_eq!(account["subscriptions"][0]["is_active"], true);
    let history = user.get("/api/v1/account/transactions/").await.expect(200).json();
    assert_eq!(items(&history)[0]["transaction_id"], order);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_user_journey_on_the_embedded_default() {
    let server = Server::start_plain();
    play(&server, &admin(&server).await).await;
    server.assert_money_adds_up();
}

#[tokio::test(flavor = "multi_thread")]
async fn the_user_journey_goes_on_after_an_activation_that_failed() {
    let partner = Partner::start().await;
    let server = Server::start(Options { partner: Some(partner.url.clone()), ..Options::default() });
    let (user, _) = play(&server, &admin(&server).await).await;
    fail_and_try_again(&user, &partner).await;
    server.assert_money_adds_up();
}

#[tokio::test(flavor = "multi_thread")]
async fn the_user_journey_on_postgresql_and_redis_which_keeps_the_hash_of_the_technical_document() {
    let site = Site::open(true).await;
    let (api, _worker) = (site.start("offers-api", 1), site.start("offers-worker", 1));
    let (user, order) = play(&api, &site.root(&api).await).await;
    fail_and_try_again(&user, &site.partner).await;
    site.verify();

    let hash = hash(site.redis.as_ref().unwrap().port(), &format!("transaction:{order}"));
    for field in ["transaction_id", "user_id", "offer_id", "amount", "status", "created_at", "updated_at"] {
        assert!(hash.get(field).is_some_and(|text| !text.is_empty()), "no {field} in {hash:?}");
    }
    assert_eq!((&hash["transaction_id"], hash["status"].as_str()), (&order, "SUCCESS"));
}

/// HGETALL, as any Redis client does it.
fn hash(port: u16, key: &str) -> BTreeMap<String, String> {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    write!(stream, "HGETALL {key}\r\n").unwrap();
    let mut answer = BufReader::new(stream);
    let number = |answer: &mut BufReader<TcpStream>| {
        let mut line = String::new();
        answer.read_line(&mut line).unwrap();
        line.trim_end()[1..].parse::<usize>().unwrap()
    };
    let texts = number(&mut answer);
    let mut text = || {
        let mut bytes = vec![0; number(&mut answer) + 2];
        answer.read_exact(&mut bytes).unwrap();
        String::from_utf8(bytes).unwrap().trim_end().to_owned()
    };
    (0..texts / 2).map(|_| (text(), text())).collect()
}
