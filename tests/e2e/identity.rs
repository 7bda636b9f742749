//! Logins: kept, listed, ended from elsewhere, guessed at.

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{Answer, Client, Options, Server};

const LOGIN: &str = "/api/v1/auth/login/";
const PROFILE: &str = "/api/v1/auth/profile/";
const SESSIONS: &str = "/api/v1/auth/sessions/";

fn with(settings: &[(&'static str, &str)]) -> Server {
    let settings = settings.iter().map(|(name, value)| (*name, (*value).to_owned())).collect();
    Server::start(Options { settings, ..Options::default() })
}

async fn refresh(client: &Client, token: &Value) -> Answer {
    client.post("/api/v1/auth/refresh/", json!({"refresh_token": token})).await
}

async fn log_in(client: &Client, username: &str, password: &str) -> Answer {
    client.post(LOGIN, json!({"username": username, "password": password})).await
}

async fn delete(client: &Client, path: &str) -> Answer {
    client.send(Method::DELETE, path, &[], None).await
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_was_lost_is_given_once_more_and_a_copy_ends_the_session() {
    let server = with(&[]);
    let client = server.client();
    let first = client.tokens("user1").await;
    let lost = refresh(&client, &first["refresh_token"]).await.expect(200).json();
    let given = refresh(&client, &first["refresh_token"]).await.expect(200).json();
    let owner = client.with_token(given["access_token"].as_str().unwrap());
    owner.get(PROFILE).await.expect(200);

    refresh(&client, &lost["refresh_token"]).await.expect_problem(401, "invalid_refresh_token");
    refresh(&client, &given["refresh_token"]).await.expect_problem(401, "invalid_refresh_token");
    owner.get(PROFILE).await.expect_problem(401, "not_authenticated");
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_refreshes_at_once_one_wins_and_the_other_is_taken_for_a_lost_answer_once() {
    let server = with(&[]);
    let client = server.client();
    let tokens = client.tokens("user1").await;
    let token = &tokens["refresh_token"];
    let (one, other) = tokio::join!(refresh(&client, token), refresh(&client, token));
    let pairs = [one.expect(200).json(), other.expect(200).json()];
    refresh(&client, token).await.expect_problem(401, "invalid_refresh_token");
    for pair in pairs {
        refresh(&client, &pair["refresh_token"]).await.expect_problem(401, "invalid_refresh_token");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_password_ends_every_other_login() {
    let server = with(&[]);
    let (here, elsewhere) = (server.client().tokens("user1").await, server.client().tokens("user1").await);
    let as_user = |tokens: &Value| server.client().with_token(tokens["access_token"].as_str().unwrap());
    let (phone, laptop) = (as_user(&here), as_user(&elsewhere));
    laptop.get(PROFILE).await.expect(200);
    let change = |current: &str, new: &str| json!({"current_password": current, "new_password": new});
    let path = "/api/v1/auth/password/";
    phone
        .post(path, change("wrong-password", "correct horse"))
        .await
        .expect_problem(400, "validation_failed");
    phone.post(path, change("password123", "Password1!")).await.expect_problem(400, "validation_failed");
    phone.post(path, change("password123", "correct horse")).await.expect(200);
    phone.get(PROFILE).await.expect(200);
    laptop.get(PROFILE).await.expect_problem(401, "not_authenticated");
    refresh(&laptop, &elsewhere["refresh_token"]).await.expect_problem(401, "invalid_refresh_token");
    refresh(&phone, &here["refresh_token"]).await.expect(200);
    log_in(&server.client(), "user1", "password123").await.expect_problem(401, "invalid_credentials");
    log_in(&server.client(), "user1", "correct horse").await.expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn logins_are_listed_and_ended_from_another_device() {
    let server = with(&[]);
    let client = server.client();
    let (phone, laptop, tablet) =
        (client.log_in("user1").await, client.log_in("user1").await, client.log_in("user1").await);
    let stranger = client.log_in("user2").await;
    let listed = phone.get(SESSIONS).await.expect(200).json();
    let data = listed["data"].as_array().unwrap();
    let current: Vec<_> = data.iter().map(|session| session["current"].as_bool().unwrap()).collect();
    assert_eq!(current, [false, false, true], "newest first: {listed}");
    let path = format!("{SESSIONS}{}/", data[0]["id"].as_str().unwrap());
    delete(&stranger, &path).await.expect_problem(404, "session_not_found");
    delete(&phone, &path).await.expect(204);
    tablet.get(PROFILE).await.expect(401);
    delete(&phone, &path).await.expect_problem(404, "session_not_found");
    laptop.get(PROFILE).await.expect(200);
    assert_eq!(delete(&phone, SESSIONS).await.expect(200).json(), json!({"ended": 1}));
    laptop.get(PROFILE).await.expect(401);
    phone.get(PROFILE).await.expect(200);
    stranger.get(PROFILE).await.expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_eleventh_login_ends_the_first() {
    let server = with(&[]);
    let first = server.client().log_in("user1").await;
    let second = server.client().log_in("user1").await;
    for _ in 0..9 {
        server.client().log_in("user1").await;
    }
    first.get(PROFILE).await.expect(401);
    second.get(PROFILE).await.expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn strangers_sign_up_only_where_they_may() {
    let path = "/api/v1/auth/register/";
    let body = json!({"username": "newcomer", "email": "newcomer@example.com", "password": "correct horse"});
    let closed = with(&[]);
    closed.client().post(path, body.clone()).await.expect_problem(404, "not_found");
    drop(closed);

    let server = with(&[("OFFERS_IDENTITY_REGISTRATION", "true")]);
    let profile = server.client().post(path, body.clone()).await.expect(201).json();
    assert_eq!((&profile["username"], &profile["role"]), (&json!("newcomer"), &json!("customer")));
    server.client().post(path, body).await.expect_problem(409, "username_taken");
    let tokens = log_in(&server.client(), "newcomer", "correct horse").await.expect(200).json();
    let newcomer = server.client().with_token(tokens["access_token"].as_str().unwrap());
    assert_eq!(newcomer.cents().await, 0);
    server.assert_money_adds_up();
}

#[tokio::test(flavor = "multi_thread")]
async fn guessing_costs_time_for_known_and_unknown_names_alike() {
    let server = with(&[]);
    for name in ["user1", "nobody"] {
        for _ in 0..5 {
            log_in(&server.client(), name, "wrong-password").await.expect_problem(401, "invalid_credentials");
        }
        let slowed = log_in(&server.client(), name, "password123").await;
        assert_eq!(slowed.header("retry-after"), "1");
        slowed.expect_problem(429, "rate_limited");
    }
    log_in(&server.client(), "user2", "password123").await.expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn credentials_are_not_stuffed_from_one_address() {
    let settings = [("OFFERS_LIMITS_ENABLED", "true"), ("OFFERS_LIMITS_LOGINS_PER_ADDRESS", "5")];
    let server = with(&settings);
    let mut refused = 0;
    for number in 0..8 {
        let answer = log_in(&server.client(), &format!("stolen{number}"), "correct horse").await;
        assert_eq!(answer.header("ratelimit-policy"), "\"login\";q=5;w=60");
        assert!(answer.header("ratelimit").starts_with("\"login\";r="), "{answer:?}");
        if answer.status == 429 {
            assert!((1..=12).contains(&answer.header("retry-after").parse::<u32>().unwrap()));
            refused += 1;
        } else {
            answer.expect_problem(401, "invalid_credentials");
        }
    }
    assert!((2..=3).contains(&refused), "{refused}");
}

#[tokio::test(flavor = "multi_thread")]
async fn orders_of_one_customer_are_limited_and_those_of_another_are_not() {
    let server = with(&[("OFFERS_LIMITS_ENABLED", "true"), ("OFFERS_LIMITS_ORDERS_PER_USER", "1")]);
    let (one, other) = (server.client().log_in("user1").await, server.client().log_in("user2").await);
    let (offer, _) = one.offer(0).await;
    let order = one.activate(offer).await;
    let refused = one.post("/api/v1/activation/", json!({"offer_id": offer})).await;
    assert!((1..=60).contains(&refused.header("retry-after").parse::<u32>().unwrap()));
    refused.expect_problem(429, "rate_limited");
    other.activate(offer).await;
    assert_eq!(one.follow(&order).await["status"], "SUCCESS");
    server.assert_money_adds_up();
}
