//! Many processes on one PostgreSQL, with and without Redis: whichever dies, no acknowledged order is lost, and every order
//! ends.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use offers_testkit::servers::{Postgres, psql};
use serde_json::json;

use crate::support::{Client, SITE_KEY, Server, Site, binary, cheapest};

/// One buyer's orders, to each API in turn, until it is time to stop; the ids that were answered.
async fn orders(apis: Vec<Client>, buyer: usize, offer: i64, until: Instant) -> BTreeSet<String> {
    let mut told = BTreeSet::new();
    for number in 0.. {
        if Instant::now() > until {
            break;
        }
        let api = &apis[number % apis.len()];
        let body = json!({"offer_id": offer}).to_string().into_bytes();
        let key = format!("buyer-{buyer:03}-order-{number:05}");
        let headers = [("idempotency-key", key.as_str()), ("content-type", "application/json")];
        let sent = api.try_send(reqwest::Method::POST, "/api/v1/activation/", &headers, Some(body)).await;
        if let Ok(answer) = sent
            && answer.status == 202
        {
            told.insert(answer.json()["transaction_id"].as_str().unwrap().to_owned());
        }
    }
    told
}

/// Plays one order through an API and a worker in another process.
async fn play(api: &Server) {
    let customer = api.client().log_in("user1").await;
    let before = customer.cents().await;
    let (offer, price) = customer.offer(2).await;
    let transaction = customer.activate(offer).await;
    assert_eq!(customer.follow(&transaction).await["status"], "SUCCESS");
    assert_eq!(customer.cents().await, before - price);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_journey_runs_on_postgresql_with_redis_and_without() {
    for with_redis in [true, false] {
        let site = Site::open(with_redis).await;
        let (api, _worker) = (site.start("offers-api", 1), site.start("offers-worker", 1));
        play(&api).await;
        site.verify();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_waits_is_woken_by_a_worker_in_another_process() {
    for with_redis in [true, false] {
        let site = Site::open(with_redis).await;
        let (api, _worker) = (site.start("offers-api", 1), site.start("offers-worker", 1));
        play(&api).await;
        let customer = api.client().log_in("user1").await;
        let offer = cheapest(&customer).await;
        let mut fastest = Duration::MAX;
        for _ in 0..5 {
            let started = Instant::now();
            let transaction = customer.activate(offer).await;
            customer.follow(&transaction).await;
            fastest = fastest.min(started.elapsed());
        }
        // A client that only polled would look after a second at the earliest.
        assert!(fastest < Duration::from_millis(900), "took {fastest:?} at best");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_logout_on_one_api_works_on_the_other_at_once() {
    for with_redis in [true, false] {
        let site = Site::open(with_redis).await;
        let (one, two) = (site.start("offers-api", 1), site.start("offers-api", 2));
        let tokens = one.client().tokens("user1").await;
        let token = tokens["access_token"].as_str().unwrap();
        let path = "/api/v1/account/balance/";
        one.client().with_token(token).get(path).await.expect(200);
        two.client().with_token(token).get(path).await.expect(200);

        let body = json!({"refresh_token": tokens["refresh_token"]});
        one.client().post("/api/v1/auth/logout/", body).await.expect(200);

        two.client().with_token(token).get(path).await.expect_problem(401, "not_authenticated");
        one.client().with_token(token).get(path).await.expect_problem(401, "not_authenticated");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_password_on_one_api_ends_other_logins_on_the_other_at_once() {
    for with_redis in [true, false] {
        let site = Site::open(with_redis).await;
        let (one, two) = (site.start("offers-api", 1), site.start("offers-api", 2));
        let (owner, thief) = (one.client().log_in("user1").await, two.client().log_in("user1").await);
        let path = "/api/v1/account/balance/";
        owner.get(path).await.expect(200);
        thief.get(path).await.expect(200);

        let change = json!({"current_password": "password123", "new_password": "correct horse"});
        owner.post("/api/v1/auth/password/", change).await.expect(200);

        thief.get(path).await.expect_problem(401, "not_authenticated");
        owner.moved_to(&two.url).get(path).await.expect(200);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn processes_and_the_database_die_under_load_and_nothing_is_lost() {
    let mut site = Site::open(true).await;
    let mut apis = [site.start("offers-api", 1), site.start("offers-api", 2)];
    let mut workers = [site.start("offers-worker", 1), site.start("offers-worker", 2)];
    let mut customers = Vec::new();
    for number in 1..=5 {
        customers.push(apis[0].client().log_in(&format!("user{number}")).await);
    }
    let offer = cheapest(&customers[0]).await;

    let until = Instant::now() + Duration::from_secs(6);
    let mut buyers = tokio::task::JoinSet::new();
    for buyer in 0..10 {
        let customer = &customers[buyer % 5];
        let both = apis.iter().map(|api| customer.moved_to(&api.url)).collect();
        buyers.spawn(orders(both, buyer, offer, until));
    }
    tokio::time::sleep(Duration::from_secs(1)).await;
    workers[0].kill();
    tokio::time::sleep(Duration::from_secs(1)).await;
    apis[1].kill();
    tokio::time::sleep(Duration::from_secs(1)).await;
    site.postgres.kill();
    site.postgres.resume();
    workers[0].restart();
    apis[1].restart();
    let told: BTreeSet<String> = buyers.join_all().await.into_iter().flatten().collect();
    assert!(told.len() > 20, "the load was real: {} orders", told.len());

    site.assert_every_order_succeeded(&apis[0], &told).await;
    site.verify();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_api_keeps_working_while_redis_is_down() {
    let mut site = Site::open(true).await;
    let (api, _worker) = (site.start("offers-api", 1), site.start("offers-worker", 1));
    play(&api).await;
    site.redis.as_mut().unwrap().kill();
    play(&api).await;
    site.redis.as_mut().unwrap().resume();
    play(&api).await;
    site.verify();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_process_refuses_a_schema_that_it_does_not_know() {
    let postgres = Postgres::start();
    let folder = tempfile::tempdir().unwrap();
    let output = binary("offers-api")
        .args(["--listen", "127.0.0.1:0", "--metrics-listen", "127.0.0.1:0", "--data-dir"])
        .arg(folder.path())
        .env("DATABASE_URL", format!("{}/postgres", postgres.url()))
        .env("SECRET_KEY", SITE_KEY)
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains("run the migrations first"), "{said}");
}

/// Holds the lock on every wallet for longer than one try of ours waits for it, and shorter than all of them.
const LOCK_WALLETS: &str = "BEGIN; SELECT id FROM accounts FOR UPDATE; SELECT pg_sleep(1.5); COMMIT";
const SLEEPS: &str = "SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'PgSleep'";

#[tokio::test(flavor = "multi_thread")]
async fn an_order_whose_wallet_somebody_else_holds_is_tried_until_it_is_free() {
    let site = Site::open(true).await;
    let (api, _worker) = (site.start("offers-api", 1), site.start("offers-worker", 1));
    let customer = api.client().log_in("user1").await;
    let offer = cheapest(&customer).await;
    let database = format!("{}/postgres", site.postgres.url());
    let mut holder = psql(&database).args(["--output", "/dev/null", "-c", LOCK_WALLETS]).spawn().unwrap();
    let sleeps = || psql(&database).args(["--tuples-only", "-c", SLEEPS]).output().unwrap().stdout;
    while !String::from_utf8(sleeps()).unwrap().contains('1') {}

    let ordered = Instant::now();
    let order = customer.activate(offer).await;

    assert!(ordered.elapsed() > Duration::from_secs(1), "the lock was in the way: {:?}", ordered.elapsed());
    assert!(holder.wait().unwrap().success());
    assert_eq!(customer.follow(&order).await["status"], "SUCCESS");
    site.verify();
}
