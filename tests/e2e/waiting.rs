//! Clients that wait for their orders: they cost next to nothing while nothing happens, and are told when it does.

use offers_simulator::{Behaviour, Ending};
use serde_json::json;
use tokio::task::JoinSet;

use crate::support::{Client, Options, Partner, Server, Site, cheapest};

const LISTENERS: usize = 50;
const WAITERS: usize = 10;
const ORDERS: usize = 20;

/// An order that its partner takes and does not decide about.
fn undecided() -> Behaviour {
    Behaviour::Pending { ms: 3_600_000, then: Ending::Activate }
}

/// A gauge or a counter without labels.
async fn metric(server: &Server, name: &str) -> u64 {
    let page = Client::new(&server.metrics_url).get("/metrics").await.expect(200).text;
    let line = page.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
    line.unwrap_or_default().parse().unwrap_or_default()
}

/// Resident memory in KiB.
fn resident(server: &Server) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{}/status", server.pid())).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    line.split_whitespace().next().unwrap().parse().unwrap()
}

/// Orders of all demonstration customers, each with who placed it. There is no worker yet.
async fn place_orders(api: &Server) -> Vec<(Client, String)> {
    let (mut customers, mut orders) = (Vec::new(), Vec::new());
    for number in 1..=5 {
        customers.push(api.client().log_in(&format!("user{number}")).await);
    }
    let offer = cheapest(&customers[0]).await;
    for (number, customer) in customers.iter().cycle().take(ORDERS).enumerate() {
        let key = format!("order-of-many-{number:04}");
        let headers = [("idempotency-key", key.as_str())];
        let answer = customer.post_with("/api/v1/activation/", &headers, json!({"offer_id": offer})).await;
        let id = answer.expect(202).json()["transaction_id"].as_str().unwrap().to_owned();
        orders.push((customer.clone(), id));
    }
    orders
}

async fn a_thousand_are_told(with_redis: bool) {
    let site = Site::open(with_redis).await;
    let api = site.start_with("offers-api", 1, &[("OFFERS_HTTP_EVENT_STREAMS_PER_USER", "1000")]);
    let orders = place_orders(&api).await;

    let before = resident(&api);
    let mut listening = JoinSet::new();
    for (customer, id) in &orders {
        for _ in 0..LISTENERS {
            let (customer, id) = (customer.clone(), id.clone());
            listening.spawn(async move {
                let mut events = customer.listen(&id, "").await;
                events.read_until("PENDING").await;
                events
            });
        }
    }
    let listeners = listening.join_all().await;
    assert_eq!(metric(&api, "offers_http_event_streams").await, (ORDERS * LISTENERS) as u64);
    let each = resident(&api).saturating_sub(before) / (ORDERS * LISTENERS) as u64;
    assert!(each < 100, "{each} KiB for each that listens");

    let mut told = JoinSet::new();
    for (customer, id) in &orders {
        for _ in 0..WAITERS {
            let (customer, id) = (customer.clone(), id.clone());
            told.spawn(async move {
                let path = format!("/api/v1/activation/status/{id}/?wait=20");
                let answer = customer.get_with(&path, &[("if-none-match", "\"v1\"")]).await.expect(200);
                assert_ne!(answer.json()["status"], "PENDING");
                Vec::new()
            });
        }
    }
    let _worker = site.start("offers-worker", 1);
    for events in listeners {
        told.spawn(events.rest());
    }
    let stories: Vec<_> = told.join_all().await.into_iter().filter(|story| !story.is_empty()).collect();

    assert_eq!(stories.len(), ORDERS * LISTENERS);
    for story in stories {
        let versions: Vec<u32> = story.iter().map(|(version, _)| *version).collect();
        assert_eq!(
            versions,
            (1..=versions.len().try_into().unwrap()).collect::<Vec<_>>(),
            "each once, in order"
        );
        assert_eq!(story.last().unwrap().1, "SUCCESS");
    }
    site.verify();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_thousand_idle_listeners_are_told_through_redis_when_their_orders_end() {
    a_thousand_are_told(true).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_thousand_idle_listeners_are_told_through_postgresql_when_their_orders_end() {
    a_thousand_are_told(false).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_listener_loses_nothing_when_its_server_stops_and_another_takes_over() {
    let partner = Partner::scripted([undecided()]).await;
    let mut server = Server::start(Options { partner: Some(partner.url.clone()), ..Options::default() });
    let customer = server.client().log_in("user1").await;
    let order = customer.activate(customer.offer(2).await.0).await;
    let mut events = customer.listen(&order, "").await;
    events.read_until("partner_pending").await;

    server.ask_to_stop();
    let told = events.rest().await;
    assert_eq!(server.exit_code(), Some(0));
    partner.handle.release();
    server.restart();

    let (last, _) = told.last().unwrap();
    let rest = customer.moved_to(&server.url).listen(&order, &last.to_string()).await.rest().await;
    let versions: Vec<u32> = told.iter().chain(&rest).map(|(version, _)| *version).collect();
    assert_eq!(versions, (1..=versions.len().try_into().unwrap()).collect::<Vec<_>>(), "each once, in order");
    assert_eq!(rest.last().unwrap().1, "SUCCESS");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_logout_ends_the_stream_before_anything_more_is_told() {
    let partner = Partner::scripted([undecided()]).await;
    let server = Server::start(Options { partner: Some(partner.url.clone()), ..Options::default() });
    let tokens = server.client().tokens("user1").await;
    let customer = server.client().with_token(tokens["access_token"].as_str().unwrap());
    let order = customer.activate(customer.offer(2).await.0).await;
    let mut events = customer.listen(&order, "").await;
    events.read_until("partner_pending").await;

    let body = json!({"refresh_token": tokens["refresh_token"]});
    customer.post("/api/v1/auth/logout/", body).await.expect(200);
    partner.handle.release();

    let told = events.rest().await;
    assert!(told.iter().all(|(_, status)| status != "SUCCESS"), "{told:?}");
    let again = server.client().log_in("user1").await;
    assert_eq!(again.follow(&order).await["status"], "SUCCESS");
}
