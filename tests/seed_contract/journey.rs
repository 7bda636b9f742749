//! The user journey, step by step as its document tells it, on what starts with nothing to set up and on PostgreSQL and Redis.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;

use serde_json::json;

use crate::shape::{Kind, assert_shape, items};
use crate::support::{Client, PATIENCE, Server, Site};

/// Plays it; the transaction id of its seventh step.
async fn play(server: &Server) -> String {
    // 2. User login.
    let body = json!({"username": "user1", "password": "password123"});
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
    order
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
    play(&server).await;
    server.assert_money_adds_up();
}

#[tokio::test(flavor = "multi_thread")]
async fn the_user_journey_on_postgresql_and_redis_which_keeps_the_hash_of_the_technical_document() {
    let site = Site::open(true).await;
    let (api, _worker) = (site.start("offers-api", 1), site.start("offers-worker", 1));
    let order = play(&api).await;
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
