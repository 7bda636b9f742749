//! People.

use offers_domain::audit::AuditAction;
use serde_json::json;

use super::{BECAUSE, server};

const USERS: &str = "/api/v1/admin/users/";

#[tokio::test]
async fn people_are_listed_page_by_page_and_found() {
    let server = server();
    let first = server.staff().get(&format!("{USERS}?limit=1")).await.expect(200).json();
    assert_eq!(first["data"][0]["username"], "staff20");
    let cursor = first["next_cursor"].as_str().unwrap();
    let second = server.staff().get(&format!("{USERS}?limit=1&cursor={cursor}")).await.expect(200).json();
    assert_eq!((&second["data"][0]["username"], &second["has_more"]), (&json!("superuser21"), &json!(false)));
    let found = server.staff().get(&format!("{USERS}?role=superuser&q=super")).await.expect(200).json();
    assert_eq!(found["data"].as_array().unwrap().len(), 1);
    server.staff().get(&format!("{USERS}?role=god")).await.expect_invalid("/query/role", "invalid_value");
    server.staff().get(&format!("{USERS}?cursor=x")).await.expect_problem(400, "invalid_cursor");
    let person = server.staff().get(&format!("{USERS}7/")).await.expect(200).json();
    let expected = json!({
        "id": 7, "username": "alice", "email": "alice@example.com", "phone": null, "role": "customer",
        "locale": "en", "is_active": true, "date_joined": "2026-03-03T12:00:00.000Z",
    });
    assert_eq!(person, expected);
    server.staff().get(&format!("{USERS}99/")).await.expect_problem(404, "user_not_found");
    let account = server.staff().get(&format!("{USERS}7/account/")).await.expect(200).json();
    assert_eq!(account["balance"], "5.00");
}

#[tokio::test]
async fn one_thing_changes_about_a_person_at_a_time() {
    let server = server();
    let path = format!("{USERS}7/");
    for body in
        [r#"{"is_active":false,"reason":"fraud"}"#, r#"{"password":"correct horse","reason":"forgotten"}"#]
    {
        server.staff().header("if-match", "*").patch(&path, body).await.expect(200);
    }
    let actions: Vec<_> = server.world().audit.iter().map(|entry| entry.action).collect();
    assert_eq!(actions, [AuditAction::UserLocked, AuditAction::PasswordChanged]);
    for body in [BECAUSE, r#"{"is_active":false,"role":"staff","reason":"both"}"#] {
        server.staff().header("if-match", "*").patch(&path, body).await.expect_invalid("", "invalid_value");
    }
    let weak = r#"{"password":"password","reason":"forgotten"}"#;
    server
        .staff()
        .header("if-match", "*")
        .patch(&path, weak)
        .await
        .expect_invalid("/password", "invalid_value");
    let unknown = r#"{"is_active":false,"reason":"fraud"}"#;
    server
        .staff()
        .header("if-match", "*")
        .patch(&format!("{USERS}99/"), unknown)
        .await
        .expect_problem(404, "user_not_found");
}

#[tokio::test]
async fn a_change_of_a_person_names_how_they_were_seen() {
    let (server, path) = (server(), format!("{USERS}7/"));
    let lock = r#"{"is_active":false,"reason":"fraud"}"#;
    let password = r#"{"password":"correct horse","reason":"forgotten"}"#;
    let tag = server.staff().get(&path).await.expect(200).header("etag").unwrap().to_owned();
    for body in [lock, password] {
        server.staff().patch(&path, body).await.expect_problem(428, "precondition_required");
        for other in ["\"another\"", &format!("W/{tag}"), &format!("{tag}, \"another\"")] {
            let late = server.staff().header("if-match", other).patch(&path, body).await;
            late.expect_problem(412, "precondition_failed");
        }
    }
    let late = server.staff().header("if-match", "\"another\"").patch(&path, lock).await;
    assert_eq!(late.header("etag"), Some(&*tag), "it tells what there is instead");
    assert!(server.world().audit.is_empty());
    server.staff().header("if-match", &tag).patch(&path, lock).await.expect(200);
}

#[tokio::test]
async fn nobody_gives_away_more_than_they_have() {
    let server = server();
    let promote = r#"{"role":"staff","reason":"new colleague"}"#;
    server
        .staff()
        .header("if-match", "*")
        .patch(&format!("{USERS}7/"), promote)
        .await
        .expect_problem(403, "forbidden");
    server
        .staff()
        .header("if-match", "*")
        .patch(&format!("{USERS}20/"), promote)
        .await
        .expect_problem(403, "forbidden");
    let password = r#"{"password":"correct horse","reason":"let me in"}"#;
    server
        .staff()
        .header("if-match", "*")
        .patch(&format!("{USERS}21/"), password)
        .await
        .expect_problem(403, "forbidden");
    let colleague = r#"{"username":"newcomer","email":"n@example.com","password":"correct horse","role":"staff","reason":"hired"}"#;
    server.staff().post(USERS, colleague).await.expect_problem(403, "forbidden");
    assert!(server.world().audit.is_empty());
    server.root().header("if-match", "*").patch(&format!("{USERS}7/"), promote).await.expect(200);
    server.root().post(USERS, colleague).await.expect(201);
    let actions: Vec<_> = server.world().audit.iter().map(|entry| entry.action).collect();
    assert_eq!(actions, [AuditAction::RoleChanged, AuditAction::UserCreated]);
}
