//! Processes that are told to stop, and one that is not asked: no request goes without an answer, and no order waits
//! longer than it must.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use offers_simulator::{Behaviour, Fault};
use reqwest::Method;
use serde_json::json;
use tokio::task::JoinSet;

use crate::support::{Client, Server, Site, cheapest};

/// How long a stop may take.
const STOP_WITHIN: Duration = Duration::from_secs(30);
/// How long an order may rest after its worker died, with the settings that come with the program.
const AGAIN_WITHIN: Duration = Duration::from_secs(35);

/// What a load balancer knows of one API: whether its probe says ready.
async fn probe(metrics: Client, ready: Arc<AtomicBool>) {
    loop {
        let answer = metrics.try_send(Method::GET, "/readyz", &[], None).await;
        ready.store(answer.is_ok_and(|answer| answer.status == 200), Ordering::Relaxed);
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// Customers who order all the time, from APIs that are ready.
struct Load {
    ready: Vec<Arc<AtomicBool>>,
    answers: Arc<AtomicUsize>,
    stop: Arc<AtomicBool>,
    tasks: JoinSet<BTreeSet<String>>,
    _probes: JoinSet<()>,
}

impl Load {
    async fn on(apis: &[Server]) -> Self {
        let mut probes = JoinSet::new();
        let ready: Vec<_> = apis.iter().map(|_| Arc::new(AtomicBool::new(true))).collect();
        for (api, ready) in apis.iter().zip(&ready) {
            probes.spawn(probe(Client::new(&api.metrics_url), ready.clone()));
        }
        let mut load = Self {
            ready,
            answers: Arc::default(),
            stop: Arc::default(),
            tasks: JoinSet::new(),
            _probes: probes,
        };
        for buyer in 0..8 {
            let customer = apis[0].client().log_in(&format!("user{}", buyer % 4 + 1)).await;
            let offer = cheapest(&customer).await;
            let apis = apis.iter().map(|api| customer.moved_to(&api.url)).collect();
            load.tasks.spawn(load.buyer(apis, buyer, offer));
        }
        load
    }

    /// One customer's orders; the ids that were answered. Every request must be answered.
    fn buyer(
        &self,
        apis: Vec<Client>,
        buyer: usize,
        offer: i64,
    ) -> impl Future<Output = BTreeSet<String>> + use<> {
        let (ready, answers, stop) = (self.ready.clone(), self.answers.clone(), self.stop.clone());
        async move {
            let mut told = BTreeSet::new();
            for number in 0.. {
                if stop.load(Ordering::Relaxed) {
                    break;
                }
                let mut turn = (number..number + apis.len()).map(|turn| turn % apis.len());
                let Some(api) = turn.find(|api| ready[*api].load(Ordering::Relaxed)) else { continue };
                let body = json!({"offer_id": offer}).to_string().into_bytes();
                let key = format!("buyer-{buyer:03}-order-{number:05}");
                let headers = [("idempotency-key", key.as_str()), ("content-type", "application/json")];
                let sent = apis[api].try_send(Method::POST, "/api/v1/activation/", &headers, Some(body));
                let answer = sent.await.unwrap_or_else(|error| panic!("no answer to {key}: {error:?}"));
                match answer.status {
                    202 => drop(told.insert(answer.json()["transaction_id"].as_str().unwrap().to_owned())),
                    _ => drop(answer.expect_problem(400, "insufficient_balance")),
                }
                answers.fetch_add(1, Ordering::Relaxed);
            }
            told
        }
    }

    /// Returns once so many more requests have been answered.
    async fn goes_on(&self, answers: usize) {
        let until = self.answers.load(Ordering::Relaxed) + answers;
        while self.answers.load(Ordering::Relaxed) < until {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    /// The orders that customers were told of.
    async fn ends(self) -> BTreeSet<String> {
        self.stop.store(true, Ordering::Relaxed);
        self.tasks.join_all().await.into_iter().flatten().collect()
    }
}

/// SIGTERM: the probe says 503 while the process goes on, and it ends well and in time. Whether anybody saw the 503: a
/// worker with nothing left to do may be gone before.
async fn stop(server: &mut Server) -> bool {
    let (metrics, asked) = (Client::new(&server.metrics_url), Instant::now());
    server.ask_to_stop();
    let mut seen = false;
    while let (false, Ok(answer)) = (seen, metrics.try_send(Method::GET, "/readyz", &[], None).await) {
        seen = answer.status == 503;
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    assert_eq!(server.exit_code(), Some(0));
    assert!(asked.elapsed() < STOP_WITHIN, "{:?}", asked.elapsed());
    seen
}

#[tokio::test(flavor = "multi_thread")]
async fn processes_that_are_told_to_stop_under_load_leave_no_request_without_an_answer() {
    let site = Site::open(true).await;
    let mut apis = [1, 2].map(|number| site.start("offers-api", number));
    let mut workers = [1, 2].map(|number| site.start("offers-worker", number));
    let load = Load::on(&apis).await;
    load.goes_on(40).await;

    assert!(stop(&mut apis[0]).await, "the probe of a stopping API says 503 while it still answers");
    load.goes_on(40).await;
    let _ = stop(&mut workers[0]).await;
    load.goes_on(40).await;

    let told = load.ends().await;
    assert!(told.len() > 20, "the load was real: {} orders", told.len());
    site.assert_every_order_succeeded(&apis[1], &told).await;
    site.verify();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_that_stops_hands_over_what_it_cannot_finish_and_the_next_one_asks_first() {
    const SLOW: &[(&str, &str)] = &[
        ("OFFERS_PARTNER_CALL_TIMEOUT_MS", "60000"),
        ("OFFERS_WORKER_LEASE_MS", "130000"),
        ("OFFERS_WORKER_DRAIN_MS", "1000"),
    ];
    let site = Site::open(true).await;
    let api = site.start("offers-api", 1);
    let mut first = site.start_with("offers-worker", 1, SLOW);
    let silent = [Behaviour::ExecuteThen(Fault::Hang), Behaviour::Fail(Fault::Hang)];
    site.partner.handle.next(silent.iter().cycle().take(4).cloned());
    let mut orders = Vec::new();
    for number in 1..=4 {
        let customer = api.client().log_in(&format!("user{number}")).await;
        let order = customer.activate(cheapest(&customer).await).await;
        orders.push((customer, order));
    }
    site.partner.handle.wait_for_calls(4).await;
    let _second = site.start_with("offers-worker", 2, SLOW);

    assert!(stop(&mut first).await, "a worker that waits for a slow partner says 503 meanwhile");

    // Their leases would have lasted for another two minutes.
    for (customer, order) in &orders {
        assert_eq!(customer.follow(order).await["status"], "SUCCESS");
        assert_eq!(site.partner.executed(order), 1, "{order} was executed exactly once");
        let calls = site.partner.handle.calls();
        let calls = calls.iter().filter(|call| call.transaction_id.to_string() == *order);
        let methods: Vec<_> = calls.map(|call| call.method.as_str()).collect();
        assert_eq!(methods[..2], ["POST", "GET"], "asked about before anything else");
    }
    site.verify();
}

#[tokio::test(flavor = "multi_thread")]
async fn orders_of_a_worker_that_was_killed_run_again_within_35_seconds_by_default() {
    const DEFAULTS: &[(&str, &str)] = &[
        ("OFFERS_WORKER_LEASE_MS", "30000"),
        ("OFFERS_WORKER_POLL_MS", "1000"),
        ("OFFERS_PARTNER_CALL_TIMEOUT_MS", "10000"),
    ];
    let site = Site::open(true).await;
    let api = site.start("offers-api", 1);
    let mut first = site.start_with("offers-worker", 1, DEFAULTS);
    site.partner.handle.next([Behaviour::ExecuteThen(Fault::Hang)]);
    let customer = api.client().log_in("user1").await;
    let order = customer.activate(cheapest(&customer).await).await;
    site.partner.handle.wait_for_calls(1).await;
    let _second = site.start_with("offers-worker", 2, DEFAULTS);

    first.kill();

    let killed = Instant::now();
    let status = format!("/api/v1/activation/status/{order}/?wait=5");
    while customer.get(&status).await.expect(200).json()["status"] != "SUCCESS" {
        assert!(killed.elapsed() < AGAIN_WITHIN, "still not run again after {:?}", killed.elapsed());
    }
    assert!(killed.elapsed() < AGAIN_WITHIN, "{:?}", killed.elapsed());
    assert_eq!(site.partner.executed(&order), 1);
    site.verify();
}
