//! E01 to E04.

use serde_json::json;

use crate::shape::{Kind, assert_shape};
use crate::support::Server;

const PAIR: [(&str, Kind); 4] = [
    ("access_token", Kind::Text),
    ("refresh_token", Kind::Text),
    ("token_type", Kind::Text),
    ("expires_in", Kind::Number),
];

#[tokio::test(flavor = "multi_thread")]
async fn e01_login_answers_200_with_access_and_refresh_tokens_or_401() {
    let server = Server::start_plain();
    let login = async |password: &str| {
        let body = json!({"username": "user1", "password": password});
        server.client().post("/api/v1/auth/login/", body).await
    };
    assert_shape(&login("password123").await.expect(200).json(), &PAIR);
    login("wrong").await.expect_problem(401, "invalid_credentials");
}

#[tokio::test(flavor = "multi_thread")]
async fn e02_profile_shows_id_username_and_email_to_their_owner_alone() {
    let server = Server::start_plain();
    let profile = server.client().log_in("user1").await.get("/api/v1/auth/profile/").await.expect(200).json();
    assert_shape(&profile, &[("id", Kind::Number), ("username", Kind::Text), ("email", Kind::Text)]);
    assert_eq!((&profile["username"], &profile["email"]), (&json!("user1"), &json!("user1@example.com")));
    server.client().get("/api/v1/auth/profile/").await.expect_problem(401, "not_authenticated");
}

#[tokio::test(flavor = "multi_thread")]
async fn e03_refresh_answers_200_with_a_new_pair_or_401() {
    let server = Server::start_plain();
    let stranger = server.client();
    let first = stranger.tokens("user1").await;
    for (name, token) in [("refresh_token", &first["refresh_token"]), ("refresh", &json!("no such token"))] {
        let answer = stranger.post("/api/v1/auth/refresh/", json!({name: token})).await;
        if name == "refresh_token" {
            let second = answer.expect(200).json();
            assert_shape(&second, &PAIR);
            assert_ne!(second["refresh_token"], first["refresh_token"]);
        } else {
            answer.expect_problem(401, "invalid_refresh_token");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn e04_logout_answers_200_and_the_refresh_token_is_worth_nothing() {
    let server = Server::start_plain();
    let stranger = server.client();
    let body = json!({"refresh_token": stranger.tokens("user1").await["refresh_token"]});
    stranger.post("/api/v1/auth/logout/", body.clone()).await.expect(200);
    stranger.post("/api/v1/auth/refresh/", body).await.expect_problem(401, "invalid_refresh_token");
}
