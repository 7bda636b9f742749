//! Voids: a process that dies while it has a service undone that was delivered for nothing, and a key that must not be
//! voided.

use std::sync::Arc;
use std::time::{Duration, Instant};

use offers_domain::ids::TransactionId;
use offers_domain::ports::Store;
use offers_domain::transaction::{CallClock, Transaction, TransactionParts};
use offers_local::SystemClock;
use offers_simulator::{Behaviour, CallbackTarget, Fault, QueryBehaviour};
use offers_sqlite::SqliteStore;
use serde_json::Value;

use crate::support::{Barrier, Options, PATIENCE, Partner, Server, Stopped, offers};

const SECRET: &str = "whsec_b2ZmZXJzLWFwaS1leGFtcGxlLXNlY3JldCE=";

/// What `offers …` prints on the server's data.
fn run(server: &Server, arguments: &[&str]) -> String {
    let output = offers().args(arguments).arg("--data-dir").arg(server.data_dir()).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

fn incidents(server: &Server, arguments: &[&str]) -> Vec<Value> {
    let said = run(server, &[&["incidents"], arguments, &["--json"]].concat());
    said.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

async fn killed_during_a_void(what: Stopped) {
    let partner = Partner::scripted([Behaviour::RefuseThenActivate { ms: 100 }]).await;
    let barrier = Barrier::before(&partner.url, b"DELETE", what).await;
    let settings = vec![("OFFERS_PARTNER_CALLBACK_SECRETS", SECRET.to_owned())];
    let mut server = Server::start(Options { partner: Some(barrier.url.clone()), settings });
    let url = format!("{}/api/v1/partner/callbacks/activation/", server.url);
    partner.handle.call_back(CallbackTarget { url, secret: SECRET.to_owned() });
    let customer = server.client().log_in("user1").await;
    let before = customer.cents().await;
    let transaction = customer.activate(customer.offer(2).await.0).await;
    assert_eq!(customer.follow(&transaction).await["status"], "FAILED");
    barrier.stopped().await;
    let id = transaction.parse().unwrap();
    assert_eq!(partner.handle.reversed(id), what == Stopped::Answer);

    server.kill();
    let [open] = &incidents(&server, &["list"])[..] else { panic!("there is one incident") };
    assert_eq!((open["kind"].as_str(), open["status"].as_str()), (Some("late_success"), Some("voiding")));
    barrier.open();
    server.restart();
    let started = Instant::now();
    while incidents(&server, &["list", "--status", "resolved"]).is_empty() {
        assert!(started.elapsed() < PATIENCE, "the partner is not asked again");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert!(partner.handle.reversed(id));
    let [closed] = &incidents(&server, &["list"])[..] else { panic!("there is still one incident") };
    assert!(closed["attempt"].as_u64() >= Some(2), "{closed}");
    let customer = customer.moved_to(&server.url);
    assert_eq!(customer.follow(&transaction).await["status"], "FAILED", "the order stays as it ended");
    assert_eq!(customer.cents().await, before, "and so does the money");
    server.assert_money_adds_up();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_process_killed_before_the_partner_hears_of_a_void_leaves_it_to_the_next() {
    killed_during_a_void(Stopped::Call).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_process_killed_after_the_partner_has_undone_it_asks_again_and_nothing_happens_twice() {
    killed_during_a_void(Stopped::Answer).await;
}

/// While the server is down, days pass since the order's first call.
async fn days_pass(server: &mut Server, id: TransactionId, days: i64) {
    assert_eq!(server.terminate(), Some(0));
    let store = SqliteStore::open(&server.data_dir().join("offers.db"), Arc::new(SystemClock)).unwrap();
    let mut unit = store.begin().await.unwrap();
    let held = unit.lock_transactions(&[id]).await.unwrap();
    let parts = held[0].parts().clone();
    let passed = time::Duration::days(days);
    let clock = parts
        .clock
        .map(|clock| CallClock { first_call: clock.first_call - passed, from: clock.from - passed });
    let older = TransactionParts { clock, version: parts.version + 1, ..parts };
    unit.update_transactions(&[Transaction::from_parts(older)]).await.unwrap();
    unit.commit().await.unwrap();
    drop((held, store));
    server.restart();
}

/// Waits until the order waits for a person and its last call was answered like this.
async fn parked_after(server: &Server, transaction: &str, answer: &str) {
    let started = Instant::now();
    loop {
        let papers = run(server, &["transactions", "show", transaction]);
        let last = papers.lines().rfind(|line| line.contains("  call ")).unwrap_or_default();
        if papers.contains("needs_attention") && last.contains(answer) {
            return;
        }
        assert!(started.elapsed() < PATIENCE, "{papers}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_that_was_executed_and_forgotten_is_never_refunded_when_staff_have_it_asked_about() {
    let partner = Partner::scripted([Behaviour::ExecuteThen(Fault::Drop)]).await;
    partner.handle.next_queries(std::iter::repeat_n(QueryBehaviour::Fail(Fault::Drop), 1000));
    let settings = [("OFFERS_RETRY_HORIZON_MS", "300"), ("OFFERS_RETRY_GIVE_UP_MS", "600")];
    let settings = settings.map(|(name, value)| (name, value.to_owned())).into();
    let mut server = Server::start(Options { partner: Some(partner.url.clone()), settings });
    let customer = server.client().log_in("user1").await;
    let (before, (offer, price)) = (customer.cents().await, customer.offer(2).await);
    let transaction = customer.activate(offer).await;
    parked_after(&server, &transaction, "unknown").await;

    let id = transaction.parse().unwrap();
    partner.handle.next_queries([]);
    partner.handle.forget(id);
    days_pass(&mut server, TransactionId(id), 3).await;
    run(&server, &["transactions", "retry", &transaction, "--reason", "they say that they are back"]);
    parked_after(&server, &transaction, "not_found").await;

    let customer = customer.moved_to(&server.url);
    let path = format!("/api/v1/activation/status/{transaction}/");
    let shown = customer.get(&path).await.expect(200).json();
    assert_eq!((shown["status"].as_str(), shown["refunded"].as_bool()), (Some("PROCESSING"), Some(false)));
    assert_eq!(customer.cents().await, before - price, "the money stays where it is");
    let voided = partner.handle.calls().iter().any(|call| call.method == "DELETE");
    assert_eq!((partner.executed(&transaction), voided), (1, false), "delivered, once, and left alone");
    server.assert_money_adds_up();
}
