//! Looking for what is somebody else's: never found, and not forgotten.

use serde_json::json;

use crate::support::{Client, Server};

/// The member of staff of the first start.
async fn staff(server: &Server, banner: &str) -> Client {
    let password = banner.lines().find(|line| line.contains("admin")).unwrap().split_whitespace().last();
    let body = json!({"username": "admin", "password": password.unwrap()});
    let tokens = server.client().post("/api/v1/auth/login/", body).await.expect(200).json();
    server.client().with_token(tokens["access_token"].as_str().unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_looks_into_the_orders_of_another_leaves_one_trace() {
    let mut server = Server::start_plain();
    let banner = server.banner.clone();
    let (owner, stranger) = (server.client().log_in("user1").await, server.client().log_in("user2").await);
    let theirs = owner.activate(owner.offer(2).await.0).await;
    owner.follow(&theirs).await;
    for path in ["/api/v1/account/transactions/", "/api/v1/activation/status/"] {
        for _ in 0..10 {
            stranger.get(&format!("{path}{theirs}/")).await.expect_problem(404, "transaction_not_found");
        }
    }
    stranger.get("/api/v1/admin/users/").await.expect_problem(403, "forbidden");

    assert_eq!(server.terminate(), Some(0), "what was noted is written before the end");
    server.restart();
    let staff = staff(&server, &banner).await;
    let trail = staff.get("/api/v1/admin/audit/?action=access_refused").await.expect(200).json();
    let [trace] = &trail["data"].as_array().unwrap()[..] else { panic!("{trail}") };
    let profile = stranger.moved_to(&server.url).get("/api/v1/auth/profile/").await.expect(200).json();
    assert_eq!((&trace["actor"], &trace["actor_id"]), (&json!("user"), &profile["id"]));
    let details = &trace["details"];
    assert_eq!((&details["transaction_not_found"], &details["forbidden"]), (&json!("20"), &json!("1")));
}
