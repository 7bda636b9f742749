//! Two who change the same person or the same partner: neither undoes what they have not seen.

use serde_json::{Value, json};

use crate::staff::{fails, id_of, patch, root, run, staff};
use crate::support::{Client, Server};

async fn tag(client: &Client, path: &str) -> String {
    client.get(path).await.expect(200).header("etag").to_owned()
}

/// Both have read it; the first change is made, the second is refused and tells what there is instead.
async fn both_change(one: &Client, other: &Client, path: &str, [first, second]: [Value; 2]) -> Value {
    patch(one, path, &[], first.clone()).await.expect_problem(428, "precondition_required");
    let seen = tag(other, path).await;
    let seen = [("if-match", &*seen)];
    let made = patch(one, path, &seen, first).await.expect(200);
    let late = patch(other, path, &seen, second.clone()).await.expect_problem(412, "precondition_failed");
    assert_eq!(late.header("etag"), made.header("etag"));
    assert_eq!(tag(other, path).await, made.header("etag"), "the late one was not made");
    patch(other, path, &[("if-match", made.header("etag"))], second).await.expect(200).json()
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_undoes_a_change_of_a_person_that_they_have_not_seen() {
    let server = Server::start_plain();
    let (staff, root) = (staff(&server).await, root(&server).await);
    let path = format!("/api/v1/admin/users/{}/", id_of(&server.client().log_in("user1").await).await);
    let lock = json!({"is_active": false, "reason": "fraud"});
    let rise = json!({"role": "staff", "reason": "hired"});
    let end = both_change(&staff, &root, &path, [lock, rise]).await;
    assert_eq!((&end["is_active"], &end["role"]), (&json!(false), &json!("staff")));

    // A password cannot be seen, but that there is another one can.
    let seen = tag(&root, &path).await;
    let word = |word: &str| json!({"password": word, "reason": "forgotten"});
    patch(&root, &path, &[("if-match", &seen)], word("correct horse")).await.expect(200);
    let late = patch(&root, &path, &[("if-match", &seen)], word("battery staple")).await;
    late.expect_problem(412, "precondition_failed");
    let seen = tag(&root, &path).await;
    run(&server, &["users", "unlock", "user1", "--reason", "cleared"]);
    let late = patch(&root, &path, &[("if-match", &seen)], word("battery staple")).await;
    late.expect_problem(412, "precondition_failed");
    server
        .client()
        .post("/api/v1/auth/login/", json!({"username": "user1", "password": "correct horse"}))
        .await
        .expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_undoes_a_change_of_a_partner_that_they_have_not_seen() {
    let server = Server::start_plain();
    let (staff, root) = (staff(&server).await, root(&server).await);
    let kiosk = json!({"name": "Kiosk", "reason": "signed"});
    let added = staff.post("/api/v1/admin/partners/", kiosk).await.expect(201);
    let path = format!("/api/v1/admin/partners/{}/", added.json()["id"]);
    assert_eq!(added.header("etag"), tag(&staff, &path).await);
    let stop = json!({"is_active": false, "reason": "unpaid"});
    let cheaper = json!({"discount": "7.50", "reason": "new contract"});
    let end = both_change(&staff, &root, &path, [stop, cheaper]).await;
    assert_eq!((&end["is_active"], &end["discount"]), (&json!(false), &json!("7.50")));

    let seen = tag(&staff, &path).await;
    run(&server, &["partner", "credit", "Kiosk", "5.00", "--reason", "bank transfer"]);
    assert_eq!(tag(&staff, &path).await, seen, "money that comes in is no change of the terms");
    run(&server, &["partner", "change", "Kiosk", "--active", "true", "--reason", "paid"]);
    let late = patch(&staff, &path, &[("if-match", &seen)], json!({"discount": "0", "reason": "over"})).await;
    late.expect_problem(412, "precondition_failed");
    let nobody = fails(&server, &["partner", "change", "Nobody", "--active", "false"]);
    assert!(nobody.contains("no partner named Nobody"), "{nobody}");
}
