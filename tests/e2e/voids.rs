//! A process that dies while it has a service undone that was delivered for nothing.

use std::time::{Duration, Instant};

use offers_simulator::{Behaviour, CallbackTarget};
use serde_json::Value;

use crate::support::{Barrier, Options, PATIENCE, Partner, Server, Stopped, offers};

const SECRET: &str = "whsec_b2ZmZXJzLWFwaS1leGFtcGxlLXNlY3JldCE=";

/// `offers incidents …` on the server's data.
fn incidents(server: &Server, arguments: &[&str]) -> Vec<Value> {
    let mut command = offers();
    command.arg("incidents").args(arguments).args(["--json", "--data-dir"]).arg(server.data_dir());
    let output = command.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let said = String::from_utf8(output.stdout).unwrap();
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
