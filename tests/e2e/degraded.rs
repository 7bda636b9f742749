//! What still works while a server behind the program does not: one table for each store, route by route.

use std::process::Command;
use std::time::{Duration, Instant};

use offers_simulator::{Behaviour, Delivery, Ending};
use reqwest::Method;
use serde_json::{Value, json};

use crate::separate_processes::{CALLBACKS, target};
use crate::staff::id_of;
use crate::support::{Answer, Client, Server, Site, cheapest};

/// How long any answer may take while something is down.
const SOON: Duration = Duration::from_secs(6);
/// How long it takes not to ask.
const PROMPT: Duration = Duration::from_secs(1);
/// How long after the store is back the process may say that it is not ready.
const READY_WITHIN: Duration = Duration::from_secs(5);

/// What a route does while the store is down.
#[derive(Clone, Copy)]
enum Then {
    /// Answers from what it read before, and says so.
    Stale,
    /// Says that it cannot.
    Unavailable,
}

/// Customers, partners and staff who have looked around, and what they looked at.
struct Visit {
    stranger: Client,
    customer: Client,
    partner: Client,
    staff: Client,
    user: i64,
    held: Value,
    reference: String,
    refresh_token: Value,
    offer: i64,
    ended: String,
}

impl Visit {
    async fn to(site: &Site, api: &Server) -> Self {
        let tokens = api.client().tokens("user1").await;
        let customer = api.client().with_token(tokens["access_token"].as_str().unwrap());
        let offer = cheapest(&customer).await;
        let ended = customer.activate(offer).await;
        assert_eq!(customer.follow(&ended).await["status"], "SUCCESS");
        let held =
            customer.get("/api/v1/account/subscriptions/").await.expect(200).json()["data"][0]["id"].clone();
        let (user, (partner, reference)) = (id_of(&customer).await, Self::sale(site, api, &customer).await);
        let visit = Self {
            stranger: api.client(),
            customer,
            partner,
            staff: site.root(api).await,
            user,
            held,
            reference,
            refresh_token: tokens["refresh_token"].clone(),
            offer,
            ended,
        };
        for (path, then) in visit.reads() {
            if matches!(then, Then::Stale) {
                let answer = visit.customer.get(&path).await.expect(200);
                assert_eq!(answer.json().get("stale"), None, "{path}");
            }
        }
        visit
    }

    /// A partner that has sold something to the customer, and the sale's reference.
    async fn sale(site: &Site, api: &Server, customer: &Client) -> (Client, String) {
        site.run(&["partner", "create", "Kiosk", "--credit-limit", "500.00"]);
        let key = site.run(&["partner", "key", "Kiosk"]).lines().last().unwrap().to_owned();
        let partner = api.client().with_token(&key);
        let (offer, cents) = customer.offer(2).await;
        let sale = json!({
            "user_id": id_of(customer).await, "offer_id": offer, "partner_reference": "sale-1",
            "amount": format!("{}.{:02}", cents / 100, cents % 100),
        });
        let sold = partner.post("/api/v1/partner/activate/", sale).await.expect(202).json();
        customer.follow(sold["transaction_id"].as_str().unwrap()).await;
        (partner, sold["reference"].as_str().unwrap().to_owned())
    }

    /// What partners, staff and people who look after themselves ask for: all of it needs the store.
    fn errands(&self) -> Vec<(&Client, Method, String, Option<Value>)> {
        let Self { customer, partner, staff, user, offer, held, reference, ended, .. } = self;
        let because = json!({"reason": "asked"});
        let sale =
            json!({"user_id": user, "offer_id": offer, "amount": "1.00", "partner_reference": "sale-2"});
        let password = json!({"current_password": "password123", "new_password": "correct horse"});
        let renew = json!({"auto_renew": false});
        let lock = json!({"is_active": true, "reason": "asked"});
        [
            (partner, Method::POST, "partner/activate/".to_owned(), Some(sale)),
            (partner, Method::GET, format!("partner/validate/{reference}/"), None),
            (partner, Method::GET, "partner/transactions/".to_owned(), None),
            (partner, Method::GET, format!("partner/transactions/{reference}/"), None),
            (partner, Method::GET, "partner/account/".to_owned(), None),
            (customer, Method::GET, "auth/sessions/".to_owned(), None),
            (customer, Method::PATCH, format!("account/subscriptions/{held}/"), Some(renew)),
            (customer, Method::PATCH, "auth/profile/".to_owned(), Some(json!({"locale": "en"}))),
            (staff, Method::GET, "admin/users/".to_owned(), None),
            (staff, Method::GET, format!("admin/users/{user}/account/"), None),
            (staff, Method::PATCH, format!("admin/users/{user}/"), Some(lock)),
            (staff, Method::GET, "admin/offers/".to_owned(), None),
            (staff, Method::GET, "admin/partners/".to_owned(), None),
            (staff, Method::GET, format!("admin/transactions/?reference={reference}"), None),
            (staff, Method::GET, format!("admin/transactions/{ended}/"), None),
            (staff, Method::GET, "admin/audit/".to_owned(), None),
            (staff, Method::GET, "admin/notices/".to_owned(), None),
            (staff, Method::GET, "admin/stats/".to_owned(), None),
            (staff, Method::POST, format!("admin/transactions/{ended}/retry/"), Some(because)),
            (customer, Method::POST, "auth/password/".to_owned(), Some(password)),
        ]
        .map(|(who, method, path, body)| (who, method, format!("/api/v1/{path}"), body))
        .into()
    }

    fn reads(&self) -> Vec<(String, Then)> {
        let Self { offer, ended, .. } = self;
        let unseen = "01890000-0000-7000-8000-000000000000";
        [
            ("offers/".to_owned(), Then::Stale),
            ("offers/?category=internet&sort=price&limit=3".to_owned(), Then::Stale),
            ("offers/?q=fibre&max_price=50".to_owned(), Then::Stale),
            ("offers/?q=never+asked+before".to_owned(), Then::Unavailable),
            (format!("offers/{offer}/"), Then::Stale),
            ("offers/4711/".to_owned(), Then::Unavailable),
            ("offers/expiring/".to_owned(), Then::Unavailable),
            (format!("activation/status/{ended}/"), Then::Stale),
            (format!("activation/status/{ended}/?wait=1"), Then::Stale),
            (format!("activation/status/{unseen}/"), Then::Unavailable),
            ("auth/profile/".to_owned(), Then::Unavailable),
            ("account/".to_owned(), Then::Unavailable),
            ("account/balance/".to_owned(), Then::Unavailable),
            ("account/subscriptions/".to_owned(), Then::Unavailable),
            ("account/transactions/".to_owned(), Then::Unavailable),
            (format!("account/transactions/{ended}/"), Then::Unavailable),
        ]
        .map(|(path, then)| (format!("/api/v1/{path}"), then))
        .into()
    }

    fn writes(&self) -> Vec<(&'static str, Value)> {
        vec![
            ("/api/v1/auth/login/", json!({"username": "user1", "password": "password123"})),
            ("/api/v1/auth/refresh/", json!({"refresh_token": self.refresh_token})),
            ("/api/v1/auth/logout/", json!({"refresh_token": self.refresh_token})),
            ("/api/v1/activation/", json!({"offer_id": self.offer})),
            ("/api/v1/offers/renew/", json!({"offer_id": self.offer})),
        ]
    }

    /// The whole table while the store is down.
    async fn finds_the_store_down(&self) {
        for (path, then) in self.reads() {
            let asked = Instant::now();
            let answer = self.customer.get(&path).await;
            assert!(asked.elapsed() < SOON, "{path} took {:?}", asked.elapsed());
            match then {
                Then::Stale => assert_stale(&path, &answer),
                Then::Unavailable => assert_unavailable(&path, answer),
            }
        }
        for (path, body) in self.writes() {
            let asked = Instant::now();
            let who = if path.contains("/auth/") { &self.stranger } else { &self.customer };
            let answer = who.post(path, body).await;
            assert!(asked.elapsed() < SOON, "{path} took {:?}", asked.elapsed());
            assert_unavailable(path, answer);
        }
        for (who, method, path, body) in self.errands() {
            let asked = Instant::now();
            let answer = run_errand(who, method, &path, body).await;
            assert!(asked.elapsed() < SOON, "{path} took {:?}", asked.elapsed());
            assert_unavailable(&path, answer);
        }
    }
}

async fn run_errand(who: &Client, method: Method, path: &str, body: Option<Value>) -> Answer {
    let headers = [("content-type", "application/json"), ("if-match", "*")];
    who.send(method, path, &headers, body.map(|body| body.to_string().into_bytes())).await
}

/// An order about which the activation partner reports in two seconds, and who ordered it.
async fn reported_soon(site: &Site, api: &Server) -> (Client, String) {
    let partner = &site.partner.handle;
    partner.call_back(target(api));
    partner.next([Behaviour::Callback { ms: 2000, then: Ending::Activate, delivery: Delivery::Once }]);
    let calls = partner.calls().len();
    let customer = api.client().log_in("user2").await;
    let order = customer.activate(cheapest(&customer).await).await;
    partner.wait_for_calls(u64::try_from(calls).unwrap() + 1).await;
    (customer, order)
}

#[track_caller]
fn assert_stale(path: &str, answer: &Answer) {
    assert_eq!(answer.status, 200, "{path}: {}", answer.text);
    assert_eq!(answer.json()["stale"], true, "{path}: {}", answer.text);
    assert!(answer.header("warning").starts_with("110 "), "{path}: {:?}", answer.headers);
    let age: u64 = answer.header("age").parse().unwrap();
    assert!(age <= 300, "{path} is {age} seconds old");
}

#[track_caller]
fn assert_unavailable(path: &str, answer: Answer) {
    assert!(!answer.header("retry-after").is_empty(), "{path}: {:?}", answer.headers);
    answer.expect_problem(503, "service_unavailable");
}

/// The gauge that an alert watches.
async fn is_up(metrics: &Client, dependency: &str) -> bool {
    let text = metrics.get("/metrics").await.expect(200).text;
    let line = format!("offers_dependency_up{{dependency=\"{dependency}\"}} ");
    let value = text.lines().find_map(|text| text.strip_prefix(&line));
    value.unwrap_or_else(|| panic!("no {line} in\n{text}")) == "1"
}

async fn wait_until(what: &str, within: Duration, happens: impl AsyncFn() -> bool) {
    let started = Instant::now();
    while !happens().await {
        assert!(started.elapsed() < within, "{what} did not happen within {within:?}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

async fn readyz(metrics: &Client) -> Answer {
    metrics.get("/readyz").await
}

/// A postmaster and the servers of its connections, stopped until this is dropped.
struct Frozen(Vec<String>);

impl Frozen {
    fn all_of(postmaster: u32) -> Self {
        let children = format!("/proc/{postmaster}/task/{postmaster}/children");
        let children = std::fs::read_to_string(children).unwrap();
        let mut all = vec![postmaster.to_string()];
        all.extend(children.split_whitespace().map(str::to_owned));
        let frozen = Self(all);
        frozen.signal("-STOP");
        frozen
    }

    fn signal(&self, name: &str) {
        let _ = Command::new("kill").arg(name).args(&self.0).status();
    }
}

impl Drop for Frozen {
    fn drop(&mut self) {
        self.signal("-CONT");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn while_postgresql_is_down_what_was_read_before_is_shown_as_stale_and_all_else_is_503() {
    for with_redis in [true, false] {
        let mut site = Site::open(with_redis).await;
        let (api, _worker) = (site.start_with("offers-api", 1, &CALLBACKS), site.start("offers-worker", 1));
        let metrics = Client::new(&api.metrics_url);
        let visit = Visit::to(&site, &api).await;
        let (waiting, order) = reported_soon(&site, &api).await;

        site.postgres.kill();

        wait_until("the alert", SOON, async || !is_up(&metrics, "store").await).await;
        visit.finds_the_store_down().await;
        let reports = || site.partner.handle.sent_callbacks();
        wait_until("the report", SOON, async || !reports().is_empty()).await;
        assert_eq!(reports()[0].status, Some(503), "so that the partner reports again");
        let problem = readyz(&metrics).await.expect(503).json();
        assert!(problem["detail"].as_str().unwrap().contains("store"), "{problem}");
        metrics.get("/livez").await.expect(200);

        site.postgres.resume();

        wait_until("readiness", READY_WITHIN, async || readyz(&metrics).await.status == 200).await;
        let answer = visit.customer.get("/api/v1/offers/").await.expect(200);
        assert_eq!(answer.json().get("stale"), None);
        visit.customer.get("/api/v1/account/balance/").await.expect(200);
        assert_eq!(waiting.follow(&order).await["status"], "SUCCESS", "it is asked about");
        site.verify();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_postgresql_that_is_frozen_is_as_good_as_down() {
    let site = Site::open(true).await;
    let api = site.start("offers-api", 1);
    let _worker = site.start("offers-worker", 1);
    let metrics = Client::new(&api.metrics_url);
    let visit = Visit::to(&site, &api).await;

    let frozen = Frozen::all_of(site.postgres.pid());

    wait_until("the alert", SOON, async || !is_up(&metrics, "store").await).await;
    // Once it is known to hang, nobody waits for it who can be served without it.
    let stale = visit.reads().into_iter().filter(|(_, then)| matches!(then, Then::Stale));
    wait_until("the first stale answer", SOON, async || {
        visit.customer.get("/api/v1/offers/").await.json().get("stale").is_some()
    })
    .await;
    for (path, _) in stale {
        let asked = Instant::now();
        assert_stale(&path, &visit.customer.get(&path).await);
        assert!(asked.elapsed() < PROMPT, "{path} took {:?}", asked.elapsed());
    }
    assert_unavailable("account/balance/", visit.customer.get("/api/v1/account/balance/").await);
    assert_eq!(readyz(&metrics).await.status, 503);

    drop(frozen);

    wait_until("readiness", READY_WITHIN, async || readyz(&metrics).await.status == 200).await;
    visit.customer.get("/api/v1/account/balance/").await.expect(200);
    site.verify();
}

#[tokio::test(flavor = "multi_thread")]
async fn while_redis_is_down_everything_works() {
    let mut site = Site::open(true).await;
    let (api, _worker) = (site.start("offers-api", 1), site.start("offers-worker", 1));
    let metrics = Client::new(&api.metrics_url);
    assert_eq!(readyz(&metrics).await.json(), json!({"status": "ready"}));

    site.redis.as_mut().unwrap().kill();

    wait_until("the alert", SOON, async || !is_up(&metrics, "shared_cache").await).await;
    assert_eq!(
        readyz(&metrics).await.expect(200).json(),
        json!({"status": "degraded", "missing": ["shared_cache"]})
    );
    let visit = Visit::to(&site, &api).await;
    for (path, _) in visit.reads() {
        let answer = visit.customer.get(&path).await;
        assert!([200, 404].contains(&answer.status), "{path}: {}", answer.text);
        assert_eq!(answer.header("warning"), "", "{path}");
    }
    for (path, status) in [("/api/v1/activation/", 202), ("/api/v1/offers/renew/", 200)] {
        let accepted =
            visit.customer.post(path, json!({"offer_id": visit.offer})).await.expect(status).json();
        let order = accepted["transaction_id"].as_str().unwrap();
        assert_eq!(visit.customer.follow(order).await["status"], "SUCCESS", "{path}");
    }
    for (who, method, path, body) in visit.errands() {
        let answer = run_errand(who, method, &path, body).await;
        let refusals = ["order_not_parked", "amount_mismatch"];
        let done = answer.status == 200 || refusals.iter().any(|code| answer.text.contains(code));
        assert!(done, "{path}: {} {}", answer.status, answer.text);
    }
    for (path, body) in visit.writes() {
        let who = if path.contains("login") { &visit.stranger } else { &visit.customer };
        let status = who.post(path, body).await.status;
        // The new password has ended no login that asks here; the last ones come after the logout.
        assert!([200, 202, 401].contains(&status), "{path}: {status}");
    }

    site.redis.as_mut().unwrap().resume();

    wait_until("readiness", SOON, async || readyz(&metrics).await.json() == json!({"status": "ready"})).await;
    assert!(is_up(&metrics, "shared_cache").await);
    site.verify();
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_is_believed_whom_no_cache_knows_while_the_store_is_down() {
    let mut site = Site::open(true).await;
    let (one, two) = (site.start("offers-api", 1), site.start("offers-api", 2));
    let metrics = Client::new(&two.metrics_url);
    let stranger = one.client().log_in("user1").await;
    let known = two.client().log_in("user2").await;
    known.get("/api/v1/offers/").await.expect(200);

    site.redis.as_mut().unwrap().kill();
    site.postgres.kill();

    wait_until("the alert", SOON, async || !is_up(&metrics, "store").await).await;
    assert_stale("offers/", &known.get("/api/v1/offers/").await);
    let answer = stranger.moved_to(&two.url).get("/api/v1/offers/").await;
    assert_unavailable("offers/", answer);
    let forged = two.client().with_token("forged").send(Method::GET, "/api/v1/offers/", &[], None).await;
    forged.expect_problem(401, "not_authenticated");
}
