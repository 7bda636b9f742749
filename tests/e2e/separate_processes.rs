//! APIs, workers and a scheduler as processes of their own on one PostgreSQL: what one does, the others know.

use std::time::{Duration, Instant};

use offers_simulator::{Behaviour, CallbackTarget, Delivery, Ending, Fault, QueryBehaviour};
use offers_testkit::servers::{Smtp, psql};
use serde_json::{Value, json};

use crate::notices::by_smtp;
use crate::staff::{id_of, patch};
use crate::support::{Client, PATIENCE, Server, Site, cheapest};

const SECRET: &str = "whsec_b2ZmZXJzLWFwaS1leGFtcGxlLXNlY3JldCE=";
pub(crate) const CALLBACKS: [(&str, &str); 1] = [("OFFERS_PARTNER_CALLBACK_SECRETS", SECRET)];
/// Every subscription is over since a minute.
const TIME_PASSES: &str = "UPDATE user_offers SET activated_at = activated_at - (expires_at - now()) - interval '1 minute', \
     expires_at = now() - interval '1 minute' WHERE status = 'active'";

async fn metrics(server: &Server) -> String {
    Client::new(&server.metrics_url).get("/metrics").await.expect(200).text
}

async fn until(what: &str, happens: impl Fn() -> bool) {
    let started = Instant::now();
    while !happens() {
        assert!(started.elapsed() < PATIENCE, "{what} did not happen");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_clock_brings_is_done_by_the_worker_that_is_the_scheduler() {
    let (site, smtp) = (Site::open(true).await, Smtp::start());
    let mut settings = by_smtp(&smtp);
    settings.push(("OFFERS_SUBSCRIPTIONS_LOOK_MS", "50".to_owned()));
    let more: Vec<_> = settings.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let api = site.start_with("offers-api", 1, &more);
    let worker = site.start_with("offers-worker", 1, &more);
    let customer = api.client().log_in("user1").await;
    let order = customer.activate(cheapest(&customer).await).await;
    assert_eq!(customer.follow(&order).await["status"], "SUCCESS");
    smtp.wait_for(1).await;
    let database = format!("{}/postgres", site.postgres.url());
    assert!(psql(&database).args(["--quiet", "-c", TIME_PASSES]).status().unwrap().success());

    let mut scheduler = site.start_with("offers-worker --scheduler", 2, &more);
    let mails = smtp.wait_for(2).await;
    assert!(mails[1].content.contains("has ended"), "{}", mails[1].content);
    let held = customer.get("/api/v1/account/subscriptions/").await.expect(200).json();
    assert_eq!(held["data"][0]["status"], "expired");
    for (process, measures) in [(&worker, false), (&scheduler, true)] {
        assert_eq!(metrics(process).await.contains("offers_incidents_parked"), measures, "{measures}");
    }
    assert_eq!(scheduler.terminate(), Some(0));
    site.verify();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lock_and_a_role_that_one_api_gives_hold_at_the_other_at_once() {
    for with_redis in [true, false] {
        let site = Site::open(with_redis).await;
        let (one, two) = (site.start("offers-api", 1), site.start("offers-api", 2));
        let root = site.root(&one).await;
        let mut customer = two.client().log_in("user1").await;
        let path = format!("/api/v1/admin/users/{}/", id_of(&customer).await);
        let any = [("if-match", "*")];
        let everybody = "/api/v1/admin/users/";
        customer.get(everybody).await.expect_problem(403, "forbidden");

        let lock = |active: bool| json!({"is_active": active, "reason": "asked"});
        patch(&root, &path, &any, lock(false)).await.expect(200);
        customer.get("/api/v1/account/balance/").await.expect_problem(401, "not_authenticated");
        let again = json!({"username": "user1", "password": "password123"});
        two.client().post("/api/v1/auth/login/", again).await.expect_problem(401, "invalid_credentials");
        patch(&root, &path, &any, lock(true)).await.expect(200);

        for (role, status) in [("staff", 200), ("customer", 403)] {
            customer = two.client().log_in("user1").await;
            customer.get("/api/v1/account/balance/").await.expect(200);
            patch(&root, &path, &any, json!({"role": role, "reason": "asked"})).await.expect(200);
            customer.get("/api/v1/account/balance/").await.expect_problem(401, "not_authenticated");
            two.client().log_in("user1").await.get(everybody).await.expect(status);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_callback_that_an_api_hears_ends_the_order_that_a_worker_placed() {
    let site = Site::open(true).await;
    let (api, _worker) =
        (site.start_with("offers-api", 1, &CALLBACKS), site.start_with("offers-worker", 1, &CALLBACKS));
    let calls_back = Behaviour::Callback { ms: 100, then: Ending::Activate, delivery: Delivery::Twice };
    site.partner.handle.next([calls_back]);
    // Only a callback tells.
    site.partner.handle.next_queries((0..1000).map(|_| QueryBehaviour::Fail(Fault::Drop)));
    site.partner.handle.call_back(target(&api));
    let customer = api.client().log_in("user1").await;
    let before = customer.cents().await;
    let (offer, price) = customer.offer(2).await;
    let order = customer.activate(offer).await;
    assert_eq!(customer.follow(&order).await["status"], "SUCCESS");
    until("the second callback", || site.partner.handle.sent_callbacks().len() == 2).await;
    let answers: Vec<_> = site.partner.handle.sent_callbacks().iter().map(|sent| sent.status).collect();
    assert_eq!(answers, [Some(202), Some(202)]);
    assert_eq!((site.partner.executed(&order), customer.cents().await), (1, before - price));
    site.verify();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_success_that_an_api_hears_too_late_is_undone_by_a_worker() {
    let site = Site::open(true).await;
    let (api, _worker) =
        (site.start_with("offers-api", 1, &CALLBACKS), site.start_with("offers-worker", 1, &CALLBACKS));
    site.partner.handle.next([Behaviour::RefuseThenActivate { ms: 200 }]);
    site.partner.handle.call_back(target(&api));
    let customer = api.client().log_in("user1").await;
    let before = customer.cents().await;
    let order = customer.activate(customer.offer(2).await.0).await;
    assert_eq!(customer.follow(&order).await["status"], "FAILED");
    let id = order.parse().unwrap();
    until("the void", || site.partner.handle.reversed(id)).await;
    let resolved = || site.run(&["incidents", "list", "--status", "resolved", "--json"]);
    until("the end of the incident", || !resolved().is_empty()).await;
    let incident: Value = serde_json::from_str(resolved().lines().next().unwrap()).unwrap();
    assert_eq!(incident["kind"], "late_success");
    assert_eq!(customer.follow(&order).await["status"], "FAILED", "the order stays as it ended");
    assert_eq!(customer.cents().await, before, "and so does the money");
    site.verify();
}

pub(crate) fn target(api: &Server) -> CallbackTarget {
    let url = format!("{}/api/v1/partner/callbacks/activation/", api.url);
    CallbackTarget { url, secret: SECRET.to_owned() }
}
