//! The back office: over HTTP and on the command line, on the real binaries.

use std::io::Write as _;
use std::process::{Output, Stdio};

use offers_simulator::{Behaviour, Fault, QueryBehaviour};
use reqwest::Method;
use serde_json::{Value, json};

use crate::notices::outbox;
use crate::support::{Answer, Client, Options, PATIENCE, Partner, Server, offers};

const AUDIT: &str = "/api/v1/admin/audit/";
const ORDERS: &str = "/api/v1/admin/transactions/";

/// Orders of which nothing is known for long wait for a person.
fn impatient(partner: &Partner) -> Options {
    let settings = [("OFFERS_RETRY_HORIZON_MS", "300"), ("OFFERS_RETRY_GIVE_UP_MS", "600")];
    Options {
        partner: Some(partner.url.clone()),
        settings: settings.map(|(name, value)| (name, value.to_owned())).into(),
    }
}

/// A partner that fails on everything.
async fn silent() -> Partner {
    let partner = Partner::start().await;
    let broken = Fault::Status { code: 500, retry_after: None };
    partner.handle.always(Behaviour::Fail(broken.clone()));
    partner.handle.next_queries(std::iter::repeat_n(QueryBehaviour::Fail(broken), 1000));
    partner
}

async fn log_in(server: &Server, username: &str, password: &str) -> Client {
    let body = json!({"username": username, "password": password});
    let tokens = server.client().post("/api/v1/auth/login/", body).await.expect(200).json();
    server.client().with_token(tokens["access_token"].as_str().unwrap())
}

/// The member of staff of the first start.
pub(crate) async fn staff(server: &Server) -> Client {
    let line = server.banner.lines().find(|line| line.contains("admin")).unwrap();
    log_in(server, "admin", line.split_whitespace().last().unwrap()).await
}

/// Runs `offers …` on the server's data; what it prints and whether it worked.
fn run_with(server: &Server, arguments: &[&str], input: &str) -> Output {
    let mut child = offers()
        .args(arguments)
        .arg("--data-dir")
        .arg(server.data_dir())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // A command that fails early reads nothing.
    let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
    child.wait_with_output().unwrap()
}

/// What `offers …` prints, where it does its work.
pub(crate) fn run(server: &Server, arguments: &[&str]) -> String {
    let output = run_with(server, arguments, "");
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "offers {arguments:?}: {error}");
    String::from_utf8(output.stdout).unwrap()
}

/// The one sentence that `offers …` fails with.
pub(crate) fn fails(server: &Server, arguments: &[&str]) -> String {
    let output = run_with(server, arguments, "");
    let error = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1), "offers {arguments:?}: {error}");
    assert_eq!(error.trim_end().lines().count(), 1, "{error}");
    error
}

pub(crate) async fn root(server: &Server) -> Client {
    let who = ["create-superuser", "--username", "root1", "--email", "root1@example.com"];
    let output = run_with(server, &who, "a long password\n");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    log_in(server, "root1", "a long password").await
}

pub(crate) async fn id_of(client: &Client) -> i64 {
    client.get("/api/v1/auth/profile/").await.expect(200).json()["id"].as_i64().unwrap()
}

pub(crate) async fn patch(client: &Client, path: &str, headers: &[(&str, &str)], body: Value) -> Answer {
    let headers = [&[("content-type", "application/json")], headers].concat();
    client.send(Method::PATCH, path, &headers, Some(body.to_string().into_bytes())).await
}

/// Waits until the order waits for a person.
async fn stuck(staff: &Client, transaction: &str) {
    let started = std::time::Instant::now();
    loop {
        let path = format!("{ORDERS}?sub_status=needs_attention&limit=100");
        let waiting = staff.get(&path).await.expect(200).json();
        let found = waiting["data"].as_array().unwrap().iter();
        if found.into_iter().any(|order| order["transaction_id"] == transaction) {
            return;
        }
        assert!(started.elapsed() < PATIENCE, "{transaction} does not wait for a person");
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
}

/// What the trail says was done, newest first.
async fn deeds(staff: &Client, query: &str) -> Vec<Value> {
    let trail = staff.get(&format!("{AUDIT}?limit=100&{query}")).await.expect(200).json();
    trail["data"].as_array().unwrap().clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stuck_order_ends_as_staff_found_out_and_the_money_is_right_both_ways() {
    let partner = silent().await;
    let server = Server::start(impatient(&partner));
    let (staff, customer) = (staff(&server).await, server.client().log_in("user1").await);
    let (before, (offer, price)) = (customer.cents().await, customer.offer(2).await);
    for (outcome, status, paid) in [("confirmed", "SUCCESS", price), ("refused", "FAILED", price)] {
        let transaction = customer.activate(offer).await;
        stuck(&staff, &transaction).await;
        let path = format!("{ORDERS}{transaction}/resolve/");
        let nothing = json!({"outcome": outcome, "reason": " "});
        staff.post(&path, nothing).await.expect_problem(400, "validation_failed");
        let mut body = json!({"outcome": outcome, "reason": "asked the partner by telephone"});
        if outcome == "confirmed" {
            body["reference"] = json!("P-77");
        }
        customer.post(&path, body.clone()).await.expect_problem(403, "forbidden");
        let ended = staff.post(&path, body.clone()).await.expect(200).json();
        assert_eq!(ended["status"], status);
        staff.post(&path, body).await.expect_problem(409, "order_not_parked");
        assert_eq!(customer.follow(&transaction).await["status"], status, "the customer sees it");
        assert_eq!(customer.cents().await, before - paid, "the first was paid, the second came back");
        let deed = &deeds(&staff, &format!("subject=transaction&subject_id={transaction}")).await[0];
        assert_eq!((&deed["action"], &deed["actor"]), (&json!("order_resolved"), &json!("staff")));
        assert_eq!(deed["reason"], "asked the partner by telephone");
        let file = staff.get(&format!("{ORDERS}{transaction}/")).await.expect(200).json();
        let moved: Vec<_> = file["transfers"].as_array().unwrap().iter().map(|line| &line["kind"]).collect();
        let expected = if outcome == "confirmed" { json!(["charge"]) } else { json!(["charge", "refund"]) };
        assert_eq!(json!(moved), expected);
        // A call may also be held back, where the circuit is open.
        let unheard = [json!("unknown"), json!("not_executed")];
        assert!(file["attempts"].as_array().unwrap().iter().all(|call| unheard.contains(&call["answer"])));
    }
    assert_eq!(outbox(&server.data_dir().join("outbox"), 2).await.len(), 2, "the customer is told of both");
    server.assert_money_adds_up();
}

#[tokio::test(flavor = "multi_thread")]
async fn the_command_line_decides_about_stuck_orders() {
    let partner = silent().await;
    let server = Server::start(impatient(&partner));
    let (staff, customer) = (staff(&server).await, server.client().log_in("user1").await);
    let (before, (offer, _)) = (customer.cents().await, customer.offer(2).await);
    let (one, other) = (customer.activate(offer).await, server.client().log_in("user2").await);
    let second = other.activate(offer).await;
    stuck(&staff, &one).await;
    stuck(&staff, &second).await;

    let listed = run(
        &server,
        &["transactions", "list", "--sub-status", "needs_attention", "--user", "user1", "--json"],
    );
    let listed: Vec<Value> = listed.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(
        listed.iter().map(|order| order["transaction_id"].as_str().unwrap()).collect::<Vec<_>>(),
        [one.as_str()]
    );
    let because = ["--reason", "asked the partner"];
    run(&server, &[&["transactions", "resolve", &second, "refused"], &because[..]].concat());
    assert_eq!(other.follow(&second).await["refunded"], true);

    // The partner works again, and knows nothing of the order: it is voided, so that the money can go back.
    partner.handle.reset();
    let started = std::time::Instant::now();
    let path = format!("/api/v1/activation/status/{one}/");
    while customer.get(&path).await.expect(200).json()["status"] != "FAILED" {
        // While the circuit is open the answer is unclear again, and the order waits again.
        run_with(&server, &[&["transactions", "retry", &one], &because[..]].concat(), "");
        assert!(started.elapsed() < PATIENCE, "{one} was not decided about");
    }
    assert_eq!((partner.executed(&one), customer.cents().await), (0, before), "nothing was paid for nothing");
    let again = fails(&server, &[&["transactions", "retry", &one], &because[..]].concat());
    assert!(again.contains("does not wait for a person"), "{again}");
    let papers = run(&server, &["transactions", "show", &one]);
    assert!(papers.contains("charge") && papers.contains("call 1"), "{papers}");
    let trail = run(&server, &["audit", "--subject", "transaction", "--id", &one, "--json"]);
    let deed: Value = serde_json::from_str(trail.lines().next().unwrap()).unwrap();
    assert_eq!((&deed["action"], &deed["actor"]), (&json!("order_retried"), &json!("system")));
    server.assert_money_adds_up();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_credit_moves_once_and_the_customer_is_told_once() {
    let server = Server::start_plain();
    let (staff, customer) = (staff(&server).await, server.client().log_in("user1").await);
    let before = customer.cents().await;
    let path = format!("/api/v1/admin/users/{}/credits/", id_of(&customer).await);
    let key = [("idempotency-key", "goodwill-0123456789")];
    let body = json!({"amount": "12.34", "reason": "the line was down"});
    let answers = futures_of(&staff, &path, &key, &body).await;
    let texts: Vec<_> = answers.iter().map(|answer| answer.text.as_str()).collect();
    assert!(texts.iter().all(|text| *text == texts[0]), "{texts:?}");
    let replayed = answers.iter().filter(|answer| answer.header("idempotent-replayed") == "true").count();
    assert_eq!(replayed, answers.len() - 1);
    assert_eq!(customer.cents().await, before + 1234);
    let told = outbox(&server.data_dir().join("outbox"), 1).await;
    assert!(told.len() == 1 && told[0].contains("12.34"), "{told:?}");
    assert_eq!(deeds(&staff, "action=wallet_credited").await.len(), 1);
    let other = json!({"amount": "12.35", "reason": "the line was down"});
    staff.post_with(&path, &key, other).await.expect_problem(422, "idempotency_key_reused");
    staff.post(&path, body).await.expect_problem(400, "idempotency_key_required");
    server.assert_money_adds_up();
}

/// The same request four times at once.
async fn futures_of(staff: &Client, path: &str, key: &[(&str, &str)], body: &Value) -> Vec<Answer> {
    let send = || async { staff.post_with(path, key, body.clone()).await.expect(201) };
    let (one, two, three, four) = tokio::join!(send(), send(), send(), send());
    vec![one, two, three, four]
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_who_edit_an_offer_the_slower_reads_again() {
    let server = Server::start_plain();
    let (staff, customer) = (staff(&server).await, server.client().log_in("user1").await);
    let (id, _) = customer.offer(0).await;
    let path = format!("/api/v1/admin/offers/{id}/");
    let read = staff.get(&path).await.expect(200);
    let tag = read.header("etag").to_owned();
    let seen = [("if-match", tag.as_str())];
    let faster = json!({"price": "77.77", "reason": "costs"});
    patch(&staff, &path, &[], faster.clone()).await.expect_problem(428, "precondition_required");
    let edited = patch(&staff, &path, &seen, faster).await.expect(200);
    let slower = json!({"price": "66.66", "reason": "sale"});
    patch(&staff, &path, &seen, slower.clone()).await.expect_problem(412, "precondition_failed");
    assert_eq!(customer.offer(0).await, (id, 7777), "the list is read anew");
    let seen = [("if-match", edited.header("etag"))];
    patch(&staff, &path, &seen, slower).await.expect(200);

    staff
        .post_with(&format!("{path}retire/"), &[("if-match", "*")], json!({"reason": "old"}))
        .await
        .expect(200);
    customer
        .post("/api/v1/activation/", json!({"offer_id": id}))
        .await
        .expect_problem(404, "offer_not_found");
    let actions: Vec<_> = deeds(&staff, &format!("subject=offer&subject_id={id}")).await;
    let actions: Vec<_> = actions.iter().map(|deed| deed["action"].as_str().unwrap()).collect();
    assert_eq!(actions, ["offer_retired", "offer_changed", "offer_changed"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_rises_by_themselves() {
    let server = Server::start_plain();
    let (staff, root) = (staff(&server).await, root(&server).await);
    let customer = server.client().log_in("user1").await;
    let (own, theirs) = (id_of(&staff).await, id_of(&customer).await);
    let rise = |role: &str| json!({"role": role, "reason": "promotion"});
    let (of, any) = (|id: i64| format!("/api/v1/admin/users/{id}/"), [("if-match", "*")]);
    patch(&customer, &of(theirs), &[], rise("superuser")).await.expect_problem(403, "forbidden");
    patch(&staff, &of(own), &any, rise("superuser")).await.expect_problem(403, "forbidden");
    patch(&staff, &of(theirs), &any, rise("staff")).await.expect_problem(403, "forbidden");
    let money = json!({"amount": "1.00", "reason": "mine"});
    let key = [("idempotency-key", "pocket-money-0123456789")];
    let credits = |id: i64| format!("/api/v1/admin/users/{id}/credits/");
    let debits = |id: i64| format!("/api/v1/admin/users/{id}/debits/");
    staff.post_with(&credits(own), &key, money.clone()).await.expect_problem(403, "forbidden");
    staff.post_with(&debits(theirs), &key, money.clone()).await.expect_problem(403, "forbidden");
    assert!(deeds(&root, "action=role_changed").await.is_empty());

    patch(&root, &of(theirs), &any, rise("staff")).await.expect(200);
    customer.get("/api/v1/auth/profile/").await.expect(401);
    let risen = server.client().log_in("user1").await;
    risen.get("/api/v1/admin/users/").await.expect(200);
    root.post_with(&debits(theirs), &key, money).await.expect(201);
    let changed = &deeds(&root, "action=role_changed").await[0];
    assert_eq!(
        (&changed["details"]["from"], &changed["details"]["to"]),
        (&json!("customer"), &json!("staff"))
    );
    server.assert_money_adds_up();
}

#[tokio::test(flavor = "multi_thread")]
async fn people_are_looked_after_on_the_command_line() {
    let server = Server::start_plain();
    let because = ["--reason", "asked by telephone"];
    let with = |arguments: &[&'static str]| [arguments, &because[..]].concat();
    assert!(run(&server, &["users", "list", "--prefix", "user"]).contains("user5"));
    let shown: Value = serde_json::from_str(&run(&server, &["users", "show", "user2", "--json"])).unwrap();
    assert_eq!((&shown["username"], &shown["role"]), (&json!("user2"), &json!("customer")));

    let credit = run(&server, &[&with(&["users", "credit", "user2", "10.00"])[..], &["--json"]].concat());
    let moved: Value = serde_json::from_str(credit.lines().next().unwrap()).unwrap();
    assert_eq!((&moved["kind"], &moved["amount"]), (&json!("credit"), &json!("10.00")));
    let debit = run(&server, &with(&["users", "debit", "user2", "9.99"]));
    assert!(debit.contains("took 9.99 EUR from the wallet of user2"), "{debit}");
    let poor = fails(&server, &with(&["users", "debit", "user2", "99999.00"]));
    assert!(poor.contains("does not cover"), "{poor}");
    assert!(fails(&server, &with(&["users", "credit", "nobody", "1.00"])).contains("no user named nobody"));
    assert!(fails(&server, &with(&["users", "credit", "user2", "1.005"])).contains("the amount"));
    assert!(fails(&server, &["users", "lock", "user2", "--reason", " "]).contains("the reason"));

    run(&server, &with(&["users", "lock", "user2"]));
    let body = json!({"username": "user2", "password": "password123"});
    server.client().post("/api/v1/auth/login/", body).await.expect(401);
    run(&server, &with(&["users", "unlock", "user2"]));
    server.client().log_in("user2").await;
    run(&server, &with(&["users", "role", "user2", "staff"]));
    server.client().log_in("user2").await.get("/api/v1/admin/stats/").await.expect(200);
    let reset = run_with(&server, &with(&["users", "reset-password", "user2"]), "correct horse\n");
    assert!(reset.status.success(), "{}", String::from_utf8_lossy(&reset.stderr));
    let member = log_in(&server, "user2", "correct horse").await;

    let trail = deeds(&member, &format!("subject=user&subject_id={}", shown["id"])).await;
    let done: Vec<_> =
        trail.iter().filter(|deed| deed["actor"] == "system").map(|deed| &deed["action"]).collect();
    let expected = [
        "password_changed",
        "role_changed",
        "user_unlocked",
        "user_locked",
        "wallet_debited",
        "wallet_credited",
    ];
    assert_eq!(json!(done[..6]), json!(expected));
    let usage = run_with(&server, &["users", "lock", "user2"], "");
    assert_eq!(usage.status.code(), Some(2), "no deed without a reason");
    server.assert_money_adds_up();
}

#[tokio::test(flavor = "multi_thread")]
async fn the_catalogue_is_kept_on_the_command_line() {
    let server = Server::start_plain();
    let because = ["--reason", "spring"];
    let create = ["offers", "create", "Jazz", "--category", "music", "--price", "4.99", "--days", "30"];
    let more = ["--stock", "2", "--name-fr", "Le jazz", "--json"];
    let said = run(&server, &[&create[..], &more, &because].concat());
    let created: Value = serde_json::from_str(said.lines().next().unwrap()).unwrap();
    assert_eq!((&created["stock"], &created["fr"]["name"]), (&json!(2), &json!("Le jazz")));
    let id = created["id"].to_string();
    let edit = ["offers", "edit", &id, "--price", "5.99", "--stock", "none", "--if-version", "1", "--json"];
    let said = run(&server, &[&edit[..], &because].concat());
    let edited: Value = serde_json::from_str(said.lines().next().unwrap()).unwrap();
    assert_eq!(
        (&edited["price"], &edited["stock"], &edited["version"]),
        (&json!("5.99"), &json!(null), &json!(2))
    );
    assert!(fails(&server, &[&edit[..], &because].concat()).contains("at version 2"));
    let customer = server.client().log_in("user1").await;
    let before = customer.cents().await;
    customer.follow(&customer.activate(edited["id"].as_i64().unwrap()).await).await;
    assert_eq!(customer.cents().await, before - 599);
    assert!(run(&server, &[&["offers", "retire", &id], &because[..]].concat()).contains("retired"));
    assert!(run(&server, &["offers", "list", "--active", "false"]).contains("Jazz"));
    assert!(run(&server, &[&["offers", "restore", &id], &because[..]].concat()).contains("active"));
    assert!(run(&server, &["offers", "show", &id]).contains("5.99 EUR"));
    let trail = run(&server, &["audit", "--subject", "offer", "--id", &id]);
    for deed in ["offer_created", "offer_changed", "offer_retired", "offer_restored"] {
        assert!(trail.contains(deed), "{trail}");
    }
    server.assert_money_adds_up();
}
