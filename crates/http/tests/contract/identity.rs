//! Logging in and out.

use offers_domain::audit::{Actor, AuditAction, Subject};
use serde_json::json;

use crate::support::{CALLER, OTHER, Server, session};

const LOGIN: &str = "/api/v1/auth/login/";
const REFRESH: &str = "/api/v1/auth/refresh/";
const LOGOUT: &str = "/api/v1/auth/logout/";

#[tokio::test]
async fn a_login_gives_two_tokens() {
    let server = Server::start();
    let answer =
        server.stranger().post(LOGIN, r#"{"username":"alice","password":"right"}"#).await.expect(200);
    let expected = json!({
        "access_token": "access-of-7", "refresh_token": "next-refresh", "token_type": "Bearer", "expires_in": 600,
    });
    assert_eq!(answer.json(), expected);
    assert_eq!(answer.header("cache-control"), Some("no-store"));
}

#[tokio::test]
async fn a_wrong_password_and_an_unknown_user_are_the_same() {
    let server = Server::start();
    let mut answers = Vec::new();
    for body in [r#"{"username":"alice","password":"wrong"}"#, r#"{"username":"mallory","password":"right"}"#]
    {
        let answer = server.stranger().header("x-request-id", "same").post(LOGIN, body).await;
        assert_eq!(answer.header("www-authenticate"), Some("Bearer"));
        answers.push((answer.headers.len(), answer.body.clone()));
        answer.expect_problem(401, "invalid_credentials");
    }
    assert_eq!(answers[0], answers[1]);
}

#[tokio::test]
async fn too_many_logins_at_once_are_turned_away() {
    let server = Server::start();
    server.world().logins_full = true;
    let answer = server.stranger().post(LOGIN, r#"{"username":"alice","password":"right"}"#).await;
    assert_eq!(answer.header("retry-after"), Some("1"));
    answer.expect_problem(503, "overloaded");
}

#[tokio::test]
async fn a_refresh_token_is_taken_under_either_name() {
    let server = Server::start();
    for name in ["refresh_token", "refresh"] {
        let body = format!(r#"{{"{name}":"good-refresh"}}"#);
        let pair = server.stranger().post(REFRESH, &body).await.expect(200).json();
        assert_eq!(pair["refresh_token"], "next-refresh");
    }
}

#[tokio::test]
async fn a_refresh_token_is_given_once() {
    let server = Server::start();
    for path in [REFRESH, LOGOUT] {
        for (body, pointer, code) in [
            ("{}", "/refresh_token", "required"),
            (r#"{"refresh_token":null}"#, "/refresh_token", "required"),
            (r#"{"refresh_token":"a","refresh":"b"}"#, "/refresh", "duplicate_field"),
            (r#"{"refresh_token":""}"#, "/refresh_token", "invalid_value"),
            (r#"{"refresh_token":7}"#, "/refresh_token", "invalid_type"),
            (r#"{"refresh":"a","access":"b"}"#, "/access", "unknown_field"),
        ] {
            server.stranger().post(path, body).await.expect_invalid(pointer, code);
        }
    }
}

#[tokio::test]
async fn a_used_or_unknown_refresh_token_is_refused() {
    let server = Server::start();
    for token in ["used-refresh", "xyz"] {
        let body = format!(r#"{{"refresh_token":"{token}"}}"#);
        server.stranger().post(REFRESH, &body).await.expect_problem(401, "invalid_refresh_token");
    }
}

#[tokio::test]
async fn a_logout_needs_no_access_token_and_may_be_repeated() {
    let server = Server::start();
    server.world().sessions = vec![session(CALLER)];
    for client in
        [server.stranger(), server.caller(), server.stranger().header("authorization", "Bearer stale")]
    {
        for token in ["good-refresh", "xyz"] {
            let body = format!(r#"{{"refresh_token":"{token}"}}"#);
            let answer = client.post(LOGOUT, &body).await.expect(200);
            assert_eq!(answer.json(), json!({"detail": "Logged out."}));
        }
    }
    // With a good access token the session that asks ends, whatever the refresh token is.
    assert_eq!(server.world().logouts, [CALLER; 4]);
}

#[tokio::test]
async fn nobody_ends_the_session_of_another() {
    let server = Server::start();
    server.world().sessions = vec![session(CALLER), session(OTHER)];
    server.other().post(LOGOUT, r#"{"refresh_token":"good-refresh"}"#).await.expect(200);
    assert_eq!(server.world().logouts, [OTHER], "whoever logs out is logged out, and nobody else");
}

#[tokio::test]
async fn the_profile_is_the_callers() {
    let server = Server::start();
    let expected = json!({
        "id": 7, "username": "alice", "email": "alice@example.com", "role": "customer", "is_staff": false,
        "date_joined": "2026-03-03T12:00:00.000Z", "locale": "en", "phone": null,
    });
    assert_eq!(server.caller().get("/api/v1/auth/profile/").await.expect(200).json(), expected);
    server.other().get("/api/v1/auth/profile/").await.expect_problem(401, "not_authenticated");
}

#[tokio::test]
async fn a_token_that_is_not_good_is_told_apart_from_no_token() {
    let server = Server::start();
    let long = format!("Bearer {}", "a".repeat(5000));
    for value in ["Bearer forged", "bearer x", "Basic YTpi", "good-token", "", &long] {
        let answer = server.stranger().header("authorization", value).get("/api/v1/account/").await;
        assert_eq!(answer.header("www-authenticate"), Some("Bearer error=\"invalid_token\""), "{value}");
        answer.expect_problem(401, "not_authenticated");
    }
    let twice = server.caller().header("authorization", "Bearer good-token");
    twice.get("/api/v1/account/").await.expect_problem(401, "not_authenticated");
}

const PASSWORD: &str = "/api/v1/auth/password/";
const SESSIONS: &str = "/api/v1/auth/sessions/";
const REGISTER: &str = "/api/v1/auth/register/";

#[tokio::test]
async fn a_password_is_changed_by_whoever_knows_it() {
    let server = Server::start();
    server.world().sessions = vec![session(CALLER)];
    let body = r#"{"current_password":"right","new_password":"correct horse"}"#;
    let answer = server.caller().post(PASSWORD, body).await.expect(200);
    assert_eq!(answer.json(), json!({"detail": "Password changed."}));
    assert_eq!(server.world().logouts, [], "the session that asked lives on");
    for (current, new, pointer) in [
        ("wrong", "correct horse", "/current_password"),
        ("right", "password123", "/new_password"),
        ("right", "short", "/new_password"),
        ("right", "alice-2026", "/new_password"),
    ] {
        let body = json!({"current_password": current, "new_password": new}).to_string();
        server.caller().post(PASSWORD, &body).await.expect_invalid(pointer, "invalid_value");
    }
}

#[tokio::test]
async fn a_password_that_is_guessed_with_a_stolen_token_leaves_traces_and_costs_time() {
    let server = Server::start();
    server.world().sessions = vec![session(CALLER)];
    let thief = server.caller().header("x-request-id", "trace-1");
    let guess = |number: usize| {
        json!({"current_password": format!("guess-{number}"), "new_password": "correct horse"}).to_string()
    };
    for number in 0..5 {
        thief.post(PASSWORD, &guess(number)).await.expect_invalid("/current_password", "invalid_value");
    }
    let slowed = thief.post(PASSWORD, &guess(5)).await;
    assert_eq!(slowed.header("retry-after"), Some("1"));
    slowed.expect_problem(429, "rate_limited");
    let world = server.world();
    assert_eq!(world.audit.len(), 5, "a guess that was not looked at leaves none");
    for entry in &world.audit {
        let told = (entry.actor, entry.action, entry.subject);
        let expected = (Actor::User(CALLER), AuditAction::PasswordRefused, Subject::User(CALLER));
        assert_eq!(told, expected);
        assert_eq!(entry.request.as_ref().unwrap().as_str(), "trace-1");
        assert!(!format!("{entry:?}").contains("guess"));
    }
}

#[tokio::test]
async fn a_caller_sees_and_ends_their_own_sessions() {
    let server = Server::start();
    server.world().sessions = vec![session(CALLER), session(OTHER)];
    let listed = server.caller().get(SESSIONS).await.expect(200).json();
    let expected = json!({
        "data": [{
            "id": session(CALLER).id.to_string(), "created_at": "2026-03-03T12:00:00.000Z",
            "last_used_at": "2026-03-03T12:00:00.000Z", "expires_at": "2026-04-02T12:00:00.000Z", "current": true,
        }],
        "next_cursor": null, "has_more": false,
    });
    assert_eq!(listed, expected);
    let others = format!("{SESSIONS}{}/", session(OTHER).id);
    server.caller().send("DELETE", &others, None).await.expect_problem(404, "session_not_found");
    server.caller().send("DELETE", &format!("{SESSIONS}7/"), None).await.expect_problem(400, "malformed_id");
    let ended = server.caller().send("DELETE", SESSIONS, None).await.expect(200);
    assert_eq!(ended.json(), json!({"ended": 0}));
    assert!(server.world().logouts.is_empty());
    let own = format!("{SESSIONS}{}/", session(CALLER).id);
    assert_eq!(server.caller().send("DELETE", &own, None).await.expect(204).body, "");
    assert_eq!(server.world().logouts, [CALLER]);
}

#[tokio::test]
async fn where_strangers_may_not_sign_up_there_is_nothing() {
    let server = Server::start();
    for body in [r#"{"username":"bob","email":"bob@example.com","password":"correct horse"}"#, "{}", "{"] {
        server.stranger().post(REGISTER, body).await.expect_problem(404, "not_found");
    }
    assert!(server.world().audit.is_empty());
}

#[tokio::test]
async fn a_stranger_signs_up_where_they_may() {
    let server = Server::open_to_strangers();
    let body = r#"{"username":"bob","email":"bob@example.com","password":"correct horse"}"#;
    server.stranger().post(REGISTER, body).await.expect(201);
    for (name, email, password, pointer) in [
        ("b b", "bob@example.com", "correct horse", "/username"),
        ("bob", "bob", "correct horse", "/email"),
        ("bob", "bob@example.com", "12345678", "/password"),
    ] {
        let body = json!({"username": name, "email": email, "password": password}).to_string();
        server.stranger().post(REGISTER, &body).await.expect_invalid(pointer, "invalid_value");
    }
    let body = body.replace("bob", "alice");
    server.stranger().post(REGISTER, &body).await.expect_problem(409, "username_taken");
}

#[tokio::test]
async fn what_happens_to_logins_leaves_a_trace_without_secrets() {
    let server = Server::start();
    server.world().sessions = vec![session(CALLER)];
    let stranger = server.stranger().header("x-request-id", "trace-1");
    stranger.post(LOGIN, r#"{"username":"alice","password":"right"}"#).await.expect(200);
    stranger.post(LOGIN, r#"{"username":"alice","password":"wr0ng-one"}"#).await.expect(401);
    stranger.post(LOGIN, r#"{"username":"hunter2-in-the-wrong-field","password":"x"}"#).await.expect(401);
    stranger.post(REFRESH, r#"{"refresh_token":"good-refresh"}"#).await.expect(200);
    stranger.post(REFRESH, r#"{"refresh_token":"used-refresh"}"#).await.expect(401);
    stranger.post(LOGOUT, r#"{"refresh_token":"good-refresh"}"#).await.expect(200);
    let world = server.world();
    let actions: Vec<_> = world.audit.iter().map(|entry| entry.action.as_str()).collect();
    let expected =
        ["login_succeeded", "login_failed", "login_failed", "token_refreshed", "token_reused", "logged_out"];
    assert_eq!(actions, expected);
    let text = format!("{:?}", world.audit);
    for secret in ["right", "wr0ng", "hunter2", "refresh\"", "access-of"] {
        assert!(!text.contains(secret), "{secret}");
    }
    assert!(world.audit.iter().all(|entry| entry.request.as_ref().unwrap().as_str() == "trace-1"));
}

#[tokio::test]
async fn a_profile_says_how_its_owner_wants_to_be_told() {
    let (server, path) = (Server::start(), "/api/v1/auth/profile/");
    let changed = server.caller().patch(path, r#"{"phone":"+33612345678","locale":"fr"}"#).await.expect(200);
    assert_eq!((&changed.json()["phone"], &changed.json()["locale"]), (&json!("+33612345678"), &json!("fr")));
    server.caller().patch(path, r#"{"phone":null}"#).await.expect(200);
    server.caller().patch(path, "{}").await.expect(200);
    for (body, pointer, code) in [
        (r#"{"phone":"0612345678"}"#, "/phone", "invalid_value"),
        (r#"{"locale":"de"}"#, "/locale", "invalid_value"),
        (r#"{"role":"superuser"}"#, "/role", "unknown_field"),
        (r#"{"email":"a@b.example"}"#, "/email", "unknown_field"),
    ] {
        server.caller().patch(path, body).await.expect_invalid(pointer, code);
    }
    let world = server.world();
    let [entry] = &world.audit[..] else { panic!("what is so already leaves no trace: {:?}", world.audit) };
    assert_eq!(entry.action, AuditAction::ProfileChanged);
    assert!(!format!("{entry:?}").contains("612345678"), "the trail keeps nothing personal");
}
