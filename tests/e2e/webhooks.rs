//! Webhooks: real binaries, real receivers on the loopback address.

use std::io::Write;
use std::path::Path;
use std::process::Stdio;
use std::time::Instant;

use offers_domain::ports::Clock;
use offers_local::SystemClock;
use reqwest::Method;
use serde_json::{Value, json};
use time::Duration;

use crate::renewal::{subscribe, time_passes};
use crate::support::{Client, Message, Options, PATIENCE, Receiver, Reply, Server, Site, offers};

const WEBHOOKS: &str = "/api/v1/partner/webhooks/";
/// What every process of these tests is told.
const LOOPBACK: (&str, &str) = ("OFFERS_WEBHOOKS_ALLOW_LOOPBACK", "true");

const SETTINGS: [(&str, &str); 4] = [
    LOOPBACK,
    ("OFFERS_WEBHOOKS_POLL_MS", "50"),
    ("OFFERS_WEBHOOKS_RETRY_BASE_MS", "50"),
    ("OFFERS_WEBHOOKS_LEASE_MS", "12001"),
];

fn server() -> Server {
    let settings = SETTINGS.map(|(name, value)| (name, value.to_owned())).into();
    Server::start(Options { settings, ..Options::default() })
}

/// What `offers …` prints, where it does its work.
fn run(data_dir: &Path, arguments: &[&str]) -> String {
    let output =
        offers().args(arguments).arg("--data-dir").arg(data_dir).env(LOOPBACK.0, LOOPBACK.1).output();
    let output = output.unwrap();
    let said = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
    assert!(output.status.success(), "offers {arguments:?}: {said}");
    said
}

/// A webhook of the operator's: its id and its secret.
fn register(server: &Server, url: &str, more: &[&str]) -> (String, String) {
    let said = run(server.data_dir(), &[&["webhooks", "create", url], more].concat());
    let id = said.split_whitespace().nth(2).unwrap().trim_end_matches(';').to_owned();
    (id, said.lines().last().unwrap().to_owned())
}

/// A partner with 50.00 of credit, and a client with a key of it for everything.
fn partner(server: &Server, name: &str) -> Client {
    run(server.data_dir(), &["partner", "create", name, "--credit-limit", "50.00"]);
    let said = run(server.data_dir(), &["partner", "key", name, "--scopes", "activate,read,webhooks"]);
    server.client().with_token(said.lines().last().unwrap())
}

/// `offers webhooks verify`.
fn is_signed(message: &Message, secret: &str) -> bool {
    let mut command = offers();
    command.args(["webhooks", "verify", "--secret", secret, "--id", message.id()]);
    command.args(["--timestamp", message.header("webhook-timestamp")]);
    command.args(["--signature", message.header("webhook-signature")]);
    let mut child =
        command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(message.body.as_bytes()).unwrap();
    child.wait().unwrap().success()
}

/// Buys the first offer and waits for the end.
async fn buy(server: &Server) -> String {
    let customer = server.client().log_in("user1").await;
    let (offer, _) = customer.offer(0).await;
    let order = customer.activate(offer).await;
    customer.follow(&order).await;
    order
}

/// Asks until the answer fits.
async fn eventually(client: &Client, path: &str, fits: impl Fn(&Value) -> bool) -> Value {
    let started = Instant::now();
    loop {
        let answer = client.get(path).await.expect(200).json();
        if fits(&answer) {
            return answer;
        }
        assert!(started.elapsed() < PATIENCE, "still {answer}");
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_operator_hears_of_every_order_signed_and_in_order() {
    let (server, receiver) = (server(), Receiver::start([]).await);
    let (_, secret) = register(&server, &receiver.url, &[]);
    let order = buy(&server).await;
    let got = receiver.wait_for(2).await;
    let kinds: Vec<_> = got.iter().map(Message::kind).collect();
    assert_eq!(kinds, ["transaction.succeeded", "subscription.activated"]);
    for message in &got {
        assert_eq!(message.json()["data"]["transaction_id"], order);
        assert!(is_signed(message, &secret));
    }
    let mut forged: Message = got[0].clone();
    forged.body = forged.body.replace("succeeded", "failed");
    assert!(!is_signed(&forged, &secret));
    let log = run(server.data_dir(), &["webhooks", "deliveries", "1", "--status", "delivered"]);
    assert!(log.contains(got[0].id()), "{log}");
}

/// What happens in the life of a subscription, in order.
const LIFE: [&str; 4] =
    ["subscription.activated", "subscription.renewed", "subscription.expiring", "subscription.expired"];

#[tokio::test(flavor = "multi_thread")]
async fn the_life_of_a_subscription_is_told_to_its_end_and_told_again_to_whoever_missed_that_time() {
    let every_look = [("OFFERS_SUBSCRIPTIONS_LOOK_MS", "50"), ("OFFERS_SUBSCRIPTIONS_WARN_EVERY_S", "1")];
    let settings = SETTINGS.into_iter().chain(every_look).map(|(name, value)| (name, value.to_owned()));
    let mut server = Server::start(Options { settings: settings.collect(), ..Options::default() });
    let receiver = Receiver::start([]).await;
    register(&server, &receiver.url, &["--events", &LIFE.join(",")]);
    let customer = server.client().log_in("user1").await;
    let bought = subscribe(&customer, 2).await;
    let renewal = json!({"user_offer_id": bought["id"]});
    let renewal = customer.post("/api/v1/offers/renew/", renewal).await.expect(200).json();
    customer.follow(renewal["transaction_id"].as_str().unwrap()).await;
    receiver.wait_for(2).await;
    for (left, told) in [(Duration::hours(50), 3), (-Duration::MINUTE, 4)] {
        time_passes(&mut server, &bought["id"], left).await;
        receiver.wait_for(told).await;
    }
    let got = receiver.received();
    assert_eq!(got.iter().map(Message::kind).collect::<Vec<_>>(), LIFE);
    assert!(got.iter().all(|message| message.json()["data"]["subscription_id"] == bought["id"]), "{got:?}");

    // The same events again, by the time in which they happened; nothing of a time in which nothing did.
    let hour = |hours: i64| {
        let at = SystemClock.now() + Duration::hours(hours);
        at.format(&time::format_description::well_known::Rfc3339).unwrap()
    };
    let replay = ["webhooks", "replay", "1"];
    run(server.data_dir(), &[&replay[..], &["--from", &hour(-2), "--to", &hour(-1)]].concat());
    run(server.data_dir(), &[&replay[..], &["--from", &hour(-1), "--to", &hour(1)]].concat());
    let again = receiver.wait_for(8).await;
    let (first, second) = again.split_at(4);
    let ids =
        |messages: &[Message]| messages.iter().map(|message| message.id().to_owned()).collect::<Vec<_>>();
    assert_eq!(ids(first), ids(second), "by their old ids, in their order");
    assert!(second.iter().zip(first).all(|(again, before)| again.body == before.body));
    assert_eq!(receiver.received().len(), 8);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_receiver_that_fails_gets_the_same_event_again_before_the_next_one() {
    let failures = [Reply::Status(500), Reply::Status(503), Reply::Status(302)];
    let (server, receiver) = (server(), Receiver::start(failures).await);
    register(&server, &receiver.url, &[]);
    buy(&server).await;
    let got = receiver.wait_for(5).await;
    let told: Vec<_> = got.iter().map(|message| (message.kind(), message.answered.unwrap())).collect();
    let first = "transaction.succeeded".to_owned();
    let expected = [500, 503, 302, 204].map(|status| (first.clone(), status));
    assert_eq!(told[..4], expected);
    assert_eq!(told[4], ("subscription.activated".to_owned(), 204));
    assert!(got[..4].iter().all(|message| message.id() == got[0].id()), "one event has one id");
    let id = got[0].id();
    let log = run(server.data_dir(), &["webhooks", "deliveries", "1", "--event", id]);
    assert!(log.contains("http 500") && log.contains("http 302: redirects"), "{log}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_receiver_that_is_gone_is_not_called_any_more_and_the_trail_says_so() {
    let (server, receiver) = (server(), Receiver::start([Reply::Status(410)]).await);
    register(&server, &receiver.url, &[]);
    buy(&server).await;
    receiver.wait_for(1).await;
    let started = Instant::now();
    while !run(server.data_dir(), &["webhooks", "list"]).contains("disabled (gone)") {
        assert!(started.elapsed() < PATIENCE);
    }
    let trail = run(server.data_dir(), &["audit", "--action", "webhook_disabled"]);
    assert!(trail.contains("gone"), "{trail}");
    assert_eq!(receiver.received().len(), 1);
    run(server.data_dir(), &["webhooks", "change", "1", "--enabled", "true"]);
    assert_eq!(receiver.wait_for(2).await[1].kind(), "subscription.activated", "what waited goes out");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_that_is_killed_after_sending_sends_again_with_the_same_id() {
    let (mut server, receiver) = (server(), Receiver::start([Reply::Silence]).await);
    register(&server, &receiver.url, &["--events", "transaction.succeeded"]);
    buy(&server).await;
    receiver.wait_for(1).await;
    server.kill();
    server.restart();
    let got = receiver.wait_for(2).await;
    assert_eq!((got[0].id(), &got[0].body), (got[1].id(), &got[1].body));
    assert_eq!(got[1].answered, Some(204));
    server.assert_money_adds_up();
}

#[tokio::test(flavor = "multi_thread")]
async fn another_worker_takes_over_what_a_killed_one_was_sending() {
    let (site, receiver) = (Site::open(false).await, Receiver::start([Reply::Silence]).await);
    let mut create = offers();
    create.args(["webhooks", "create", &receiver.url]).envs(site.settings()).env(LOOPBACK.0, LOOPBACK.1);
    assert!(create.output().unwrap().status.success());
    let api = site.start_with("offers-api", 1, &SETTINGS);
    let mut killed = site.start_with("offers-worker", 1, &SETTINGS);
    let order = buy(&api).await;
    receiver.wait_for(1).await;
    killed.kill();
    let _other = site.start_with("offers-worker", 2, &SETTINGS);
    let got = receiver.wait_for(3).await;
    let told: Vec<_> = got.iter().map(|message| (message.kind(), message.answered)).collect();
    let first = "transaction.succeeded".to_owned();
    let next = ("subscription.activated".to_owned(), Some(204));
    assert_eq!(told, [(first.clone(), None), (first, Some(204)), next]);
    assert_eq!((got[0].id(), &got[0].body), (got[1].id(), &got[1].body), "the same event by the same id");
    assert!(got.iter().all(|message| message.json()["data"]["transaction_id"] == order));
    site.verify();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_partner_hears_of_its_own_orders_alone() {
    let server = server();
    let (till, stall, ours) =
        (Receiver::start([]).await, Receiver::start([]).await, Receiver::start([]).await);
    let (kiosk, other) = (partner(&server, "Kiosk"), partner(&server, "Stall"));
    for (client, receiver) in [(&kiosk, &till), (&other, &stall)] {
        client.post(WEBHOOKS, json!({"url": receiver.url})).await.expect(201);
    }
    register(&server, &ours.url, &[]);
    let customer = server.client().log_in("user1").await;
    let (offer, price) = customer.offer(2).await;
    let user = customer.get("/api/v1/auth/profile/").await.expect(200).json()["id"].clone();
    let amount = format!("{}.{:02}", price / 100, price % 100);
    let sale = json!({"user_id": user, "offer_id": offer, "amount": amount, "partner_reference": "sale-1"});
    let sold = kiosk.post("/api/v1/partner/activate/", sale).await.expect(202).json();
    customer.follow(sold["transaction_id"].as_str().unwrap()).await;
    buy(&server).await;
    ours.wait_for(4).await;
    let got = till.wait_for(2).await;
    for message in &got {
        let data = message.json()["data"].clone();
        assert_eq!(data["transaction_id"], sold["transaction_id"]);
        assert_eq!(data["reference"], sold["reference"]);
    }
    assert_eq!((till.received().len(), stall.received().len()), (2, 0));

    let path = format!("{WEBHOOKS}1/");
    other.get(&path).await.expect_problem(404, "webhook_not_found");
    other.send(Method::DELETE, &path, &[], None).await.expect_problem(404, "webhook_not_found");
    let replay = json!({"event_id": got[0].id()});
    let theirs = format!("{WEBHOOKS}2/replay/");
    other.post(&theirs, replay).await.expect_problem(404, "event_not_found");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_partner_looks_after_its_webhook() {
    let (server, receiver) = (server(), Receiver::start([]).await);
    let kiosk = partner(&server, "Kiosk");
    for (url, detail) in [("http://till.example/", "https://"), ("https://10.0.0.1/", "public")] {
        let refused = kiosk.post(WEBHOOKS, json!({"url": url})).await;
        assert!(refused.expect_problem(400, "validation_failed").text.contains(detail));
    }
    let created = kiosk.post(WEBHOOKS, json!({"url": receiver.url})).await.expect(201).json();
    let (one, path) = (created["secret"].as_str().unwrap(), format!("{WEBHOOKS}{}/", created["id"]));

    let test = kiosk.post(&format!("{path}test/"), json!({})).await.expect(202).json();
    let first = receiver.wait_for(1).await.remove(0);
    assert_eq!((first.kind().as_str(), first.id()), ("webhook.test", test["event_id"].as_str().unwrap()));
    assert!(is_signed(&first, one));

    let rotated = kiosk.post(&format!("{path}rotate/"), json!({"overlap_hours": 1})).await.expect(200).json();
    let two = rotated["secret"].as_str().unwrap();
    assert!(rotated["previous_secret_ends_at"].is_string() && one != two);
    kiosk.post(&format!("{path}test/"), json!({})).await.expect(202);
    let both = receiver.wait_for(2).await.remove(1);
    assert!(is_signed(&both, one) && is_signed(&both, two) && !is_signed(&first, two));
    kiosk.post(&format!("{path}rotate/"), json!({"overlap_hours": 0})).await.expect(200);
    kiosk.post(&format!("{path}test/"), json!({})).await.expect(202);
    let last = receiver.wait_for(3).await.remove(2);
    assert!(!is_signed(&last, one) && !is_signed(&last, two), "a secret that leaked ends at once");

    let deliveries = format!("{path}deliveries/");
    let all_delivered = |list: &Value| {
        list["data"].as_array().unwrap().iter().all(|delivery| delivery["status"] == "delivered")
    };
    eventually(&kiosk, &deliveries, all_delivered).await;
    let file = kiosk.get(&format!("{deliveries}{}/", first.id())).await.expect(200).json();
    assert_eq!((&file["attempts"], &file["log"][0]["http_status"]), (&json!(1), &json!(204)));

    let again = json!({"event_id": first.id()});
    let replayed = kiosk.post(&format!("{path}replay/"), again).await.expect(202).json();
    assert_eq!((&replayed["queued"], &replayed["has_more"]), (&json!(1), &json!(false)));
    assert_eq!(receiver.wait_for(4).await[3].id(), first.id(), "the same event by the same id");

    let pause = json!({"enabled": false}).to_string().into_bytes();
    let json_type = [("content-type", "application/json")];
    let paused = kiosk.send(Method::PATCH, &path, &json_type, Some(pause)).await.expect(200).json();
    assert_eq!(paused["status"], "paused");
    kiosk.post(&format!("{path}test/"), json!({})).await.expect_problem(409, "webhook_not_enabled");
    kiosk.send(Method::DELETE, &path, &[], None).await.expect(204);
    kiosk.get(&path).await.expect_problem(404, "webhook_not_found");
    let trail = run(server.data_dir(), &["audit", "--subject", "webhook", "--id", "1"]);
    for action in ["webhook_created", "webhook_tested", "webhook_secret_rotated", "webhook_replayed"] {
        assert!(trail.contains(action), "{action} is not in the trail: {trail}");
    }
    assert!(!trail.contains("whsec_"), "{trail}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_revoked_key_changes_no_webhook_from_that_moment_on() {
    let (server, receiver) = (server(), Receiver::start([]).await);
    let kiosk = partner(&server, "Kiosk");
    let created = kiosk.post(WEBHOOKS, json!({"url": receiver.url})).await.expect(201).json();
    let path = format!("{WEBHOOKS}{}/", created["id"]);
    run(server.data_dir(), &["partner", "revoke", "Kiosk", "1"]);
    // The server still knows the key, and reads for it; what it writes outlives the key.
    for (path, body) in
        [(WEBHOOKS.to_owned(), json!({"url": receiver.url})), (format!("{path}rotate/"), json!({}))]
    {
        kiosk.post(&path, body).await.expect_problem(401, "not_authenticated");
    }
    let elsewhere = json!({"url": format!("{}elsewhere", receiver.url)}).to_string().into_bytes();
    let change =
        kiosk.send(Method::PATCH, &path, &[("content-type", "application/json")], Some(elsewhere)).await;
    change.expect_problem(401, "not_authenticated");
}
