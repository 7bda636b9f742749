//! Money that staff move, asked for twice under one name: over HTTP and on the command line, on both stores.

use std::io::Write as _;
use std::path::Path;
use std::process::Stdio;

use serde_json::{Value, json};

use crate::support::{Client, Server, Site, offers};

type Settings = Vec<(&'static str, String)>;

/// What `offers …` prints, where it does its work.
fn run(data_dir: &Path, settings: &Settings, arguments: &[&str], input: &str) -> String {
    let mut command = offers();
    command.args(arguments).arg("--data-dir").arg(data_dir).envs(settings.clone());
    let piped = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = piped.spawn().unwrap();
    let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

async fn superuser(server: &Server, settings: &Settings) -> Client {
    let who = ["create-superuser", "--username", "root1", "--email", "root1@example.com"];
    run(server.data_dir(), settings, &who, "a long password\n");
    let body = json!({"username": "root1", "password": "a long password"});
    let tokens = server.client().post("/api/v1/auth/login/", body).await.expect(200).json();
    server.client().with_token(tokens["access_token"].as_str().unwrap())
}

/// The same request twice: one effect, one answer, byte for byte.
async fn twice(root: &Client, path: &str, body: &Value) {
    let key = [("idempotency-key", "transfer-of-20-november")];
    let first = root.post_with(path, &key, body.clone()).await.expect(201);
    let again = root.post_with(path, &key, body.clone()).await.expect(201);
    assert_eq!((again.header("idempotent-replayed"), &again.text), ("true", &first.text));
    let other = json!({"amount": "9.99", "reason": "another"});
    root.post_with(path, &key, other).await.expect_problem(422, "idempotency_key_reused");
}

async fn moves_once(server: &Server, settings: &Settings) {
    let root = superuser(server, settings).await;
    let customer = server.client().log_in("user1").await;
    let id = customer.get("/api/v1/auth/profile/").await.expect(200).json()["id"].clone();
    let before = customer.cents().await;
    let ten = json!({"amount": "10.00", "reason": "the line was down"});
    twice(&root, &format!("/api/v1/admin/users/{id}/credits/"), &ten).await;
    twice(&root, &format!("/api/v1/admin/users/{id}/debits/"), &ten).await;
    twice(&root, &format!("/api/v1/admin/users/{id}/credits/"), &ten).await;
    assert_eq!(customer.cents().await, before, "the second credit was the first one");

    let kiosk = root.post("/api/v1/admin/partners/", json!({"name": "Kiosk", "reason": "signed"})).await;
    let kiosk = format!("/api/v1/admin/partners/{}/", kiosk.expect(201).json()["id"]);
    twice(&root, &format!("{kiosk}credits/"), &ten).await;

    let named = ["--reason", "the line was down", "--idempotency-key", "command-of-20-november"];
    let credit = [&["users", "credit", "user1", "5.00", "--json"][..], &named].concat();
    let first = run(server.data_dir(), settings, &credit, "");
    assert_eq!(run(server.data_dir(), settings, &credit, ""), first, "the same answer");
    let pay = [&["partner", "credit", "Kiosk", "7.00"][..], &named].concat();
    run(server.data_dir(), settings, &pay, "");
    assert!(run(server.data_dir(), settings, &pay, "").contains("was done before"));
    assert_eq!(customer.cents().await, before + 500);
    assert_eq!(root.get(&kiosk).await.expect(200).json()["balance"], "17.00");
}

#[tokio::test(flavor = "multi_thread")]
async fn on_sqlite_a_credit_that_is_asked_for_twice_moves_once() {
    let server = Server::start_plain();
    moves_once(&server, &Vec::new()).await;
    server.assert_money_adds_up();
}

#[tokio::test(flavor = "multi_thread")]
async fn on_postgresql_a_credit_that_is_asked_for_twice_moves_once() {
    let site = Site::open(false).await;
    let api = site.start("offers-api", 1);
    moves_once(&api, &site.settings()).await;
    site.verify();
}
