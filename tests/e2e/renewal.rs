//! Subscriptions over time: renewed, extended, run out.

use std::sync::Arc;
use std::time::Instant;

use offers_domain::ids::UserOfferId;
use offers_domain::ports::Store;
use offers_domain::user_offer::{UserOffer, UserOfferRef, UserOfferState};
use offers_local::SystemClock;
use offers_simulator::{Behaviour, Refusal};
use offers_sqlite::SqliteStore;
use offers_testkit::servers::Smtp;
use reqwest::Method;
use serde_json::{Value, json};
use time::{Duration, OffsetDateTime};

use crate::notices::by_smtp;
use crate::support::{Answer, Client, Options, PATIENCE, Partner, Server};

const RENEW: &str = "/api/v1/offers/renew/";

/// The customer's newest subscription.
pub(crate) async fn subscription(customer: &Client) -> Value {
    customer.get("/api/v1/account/subscriptions/").await.expect(200).json()["data"][0].clone()
}

/// Buys the offer with this number and waits for it: the subscription.
pub(crate) async fn subscribe(customer: &Client, number: usize) -> Value {
    let transaction = customer.activate(customer.offer(number).await.0).await;
    assert_eq!(customer.follow(&transaction).await["status"], "SUCCESS");
    subscription(customer).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_customer_renews_a_subscription_and_it_runs_longer() {
    let server = Server::start_plain();
    let customer = server.client().log_in("user1").await;
    let before = subscribe(&customer, 2).await;
    let (money, (_, price)) = (customer.cents().await, customer.offer(2).await);

    let taken = customer.post(RENEW, json!({"user_offer_id": before["id"]})).await.expect(200);
    let order = taken.json()["transaction_id"].as_str().unwrap().to_owned();
    assert_eq!(taken.json()["status_url"], taken.header("location"));
    assert_eq!(customer.follow(&order).await["status"], "SUCCESS");

    let after = subscription(&customer).await;
    assert_eq!((&after["id"], &after["activation_date"]), (&before["id"], &before["activation_date"]));
    let days = |of: &Value| of["days_left"].as_i64().unwrap();
    assert_eq!(days(&after), days(&before) * 2);
    assert_eq!(customer.cents().await, money - price);
    let detail = customer.get(&format!("/api/v1/account/transactions/{order}/")).await.expect(200).json();
    assert_eq!(detail["kind"], "renewal");
    server.assert_money_adds_up();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_renewal_leaves_the_service_and_the_money_as_they_were() {
    let refusal = Refusal { code: "subscriber_barred".into(), message: "The line is barred".into() };
    let partner = Partner::scripted([Behaviour::Activate, Behaviour::Refuse(refusal)]).await;
    let server = Server::start(Options { partner: Some(partner.url.clone()), ..Options::default() });
    let customer = server.client().log_in("user1").await;
    let before = subscribe(&customer, 2).await;
    let money = customer.cents().await;

    let taken = customer.post(RENEW, json!({"offer_id": before["offer"]["id"]})).await.expect(200).json();
    let end = customer.follow(taken["transaction_id"].as_str().unwrap()).await;

    assert_eq!((end["status"].as_str(), &end["refunded"]), (Some("FAILED"), &json!(true)));
    assert_eq!(subscription(&customer).await, before);
    assert_eq!(customer.cents().await, money);
    server.assert_money_adds_up();
}

#[tokio::test(flavor = "multi_thread")]
async fn another_customers_subscription_cannot_be_renewed() {
    let server = Server::start_plain();
    let owner = server.client().log_in("user1").await;
    let theirs = subscribe(&owner, 2).await;
    let stranger = server.client().log_in("user2").await;
    let money = stranger.cents().await;
    for id in [theirs["id"].clone(), json!(987_654)] {
        let answer = stranger.post(RENEW, json!({"user_offer_id": id})).await;
        answer.expect_problem(404, "user_offer_not_found");
    }
    assert_eq!(stranger.cents().await, money);
}

/// A server that looks at subscriptions all the time.
fn attentive() -> Server {
    let settings = vec![("OFFERS_SUBSCRIPTIONS_LOOK_MS", "50".into())];
    Server::start(Options { settings, ..Options::default() })
}

pub(crate) async fn switch(customer: &Client, id: &Value, on: bool) -> Answer {
    let (path, body) = (format!("/api/v1/account/subscriptions/{id}/"), json!({"auto_renew": on}));
    let headers = [("content-type", "application/json")];
    customer.send(Method::PATCH, &path, &headers, Some(body.to_string().into_bytes())).await
}

/// While the server is down, time passes for a subscription: it ends so long from now.
pub(crate) async fn time_passes(server: &mut Server, id: &Value, left: Duration) -> OffsetDateTime {
    assert_eq!(server.terminate(), Some(0));
    let store = SqliteStore::open(&server.data_dir().join("offers.db"), Arc::new(SystemClock)).unwrap();
    let mut unit = store.begin().await.unwrap();
    let now = unit.now().await.unwrap();
    let pointer = UserOfferRef::Existing(UserOfferId(id.as_i64().unwrap()));
    let mut held: UserOffer = *unit.lock_user_offers(&[pointer]).await.unwrap()[0].1;
    let UserOfferState::Active(period) = &mut held.state else { panic!("{held:?}") };
    let passed = period.expires_at - (now + left);
    (period.activated_at, period.expires_at) = (period.activated_at - passed, period.expires_at - passed);
    let end = period.expires_at;
    if held.auto_renew.is_on() {
        held.set_auto_renew(false).unwrap();
        held.set_auto_renew(true).unwrap();
    }
    unit.update_user_offers(&[held], now).await.unwrap();
    unit.commit().await.unwrap();
    drop(store);
    server.restart();
    end
}

/// Waits until the customer's subscription is as it should be.
pub(crate) async fn eventually(customer: &Client, expected: impl Fn(&Value) -> bool) -> Value {
    let started = Instant::now();
    loop {
        let now = subscription(customer).await;
        if expected(&now) {
            return now;
        }
        assert!(started.elapsed() < PATIENCE, "still {now}");
        tokio::task::yield_now().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_subscription_renews_itself_the_day_before_its_end_and_is_charged_once() {
    let mut server = attentive();
    let customer = server.client().log_in("user1").await;
    let (bought, (_, price)) = (subscribe(&customer, 2).await, customer.offer(2).await);
    assert_eq!(bought["auto_renew"], false);
    let switched = switch(&customer, &bought["id"], true).await.expect(200).json();
    assert_eq!(switched["auto_renew"], true);
    let money = customer.cents().await;

    time_passes(&mut server, &bought["id"], Duration::hours(20)).await;
    let customer = customer.moved_to(&server.url);
    let renewed = eventually(&customer, |now| now["days_left"].as_i64() > Some(25)).await;

    assert_eq!((&renewed["id"], &renewed["auto_renew"]), (&bought["id"], &json!(true)));
    assert_eq!(customer.cents().await, money - price);
    let orders = customer.get("/api/v1/account/transactions/?kind=renewal").await.expect(200).json();
    assert_eq!(orders["data"].as_array().unwrap().len(), 1);
    server.assert_money_adds_up();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_ended_while_the_server_was_down_is_expired_and_can_be_renewed_from_now() {
    let mut server = attentive();
    let customer = server.client().log_in("user1").await;
    let bought = subscribe(&customer, 2).await;

    time_passes(&mut server, &bought["id"], -Duration::days(2)).await;
    let customer = customer.moved_to(&server.url);
    let shown = subscription(&customer).await;
    assert_eq!(
        (&shown["status"], &shown["is_active"]),
        (&json!("expired"), &json!(false)),
        "from the first look"
    );
    assert_eq!(customer.get("/api/v1/account/").await.expect(200).json()["subscriptions"], json!([]));

    let renewed = customer.post(RENEW, json!({"user_offer_id": bought["id"]})).await.expect(200).json();
    assert_eq!(customer.follow(renewed["transaction_id"].as_str().unwrap()).await["status"], "SUCCESS");
    let running = subscription(&customer).await;
    assert_eq!((&running["status"], &running["days_left"]), (&json!("active"), &bought["days_left"]));
    server.assert_money_adds_up();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_ends_soon_is_listed() {
    let mut server = attentive();
    let customer = server.client().log_in("user1").await;
    let bought = subscribe(&customer, 2).await;
    let expiring = "/api/v1/offers/expiring/";
    assert_eq!(customer.get(expiring).await.expect(200).json()["data"], json!([]));

    time_passes(&mut server, &bought["id"], Duration::hours(50)).await;
    let customer = customer.moved_to(&server.url);
    let soon = customer.get(expiring).await.expect(200).json();
    assert_eq!((&soon["data"][0]["id"], &soon["data"][0]["days_left"]), (&bought["id"], &json!(3)));
    let sooner = customer.get(&format!("{expiring}?days=2")).await.expect(200).json();
    assert_eq!(sooner["data"], json!([]));
    let stranger = server.client().log_in("user2").await;
    assert_eq!(stranger.get(expiring).await.expect(200).json()["data"], json!([]));
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_has_a_subscription_that_ends_soon_gets_one_mail_over_smtp() {
    let smtp = Smtp::start();
    let mut settings = by_smtp(&smtp);
    settings.extend([
        ("OFFERS_SUBSCRIPTIONS_LOOK_MS", "50".to_owned()),
        ("OFFERS_SUBSCRIPTIONS_WARN_EVERY_S", "1".to_owned()),
    ]);
    let mut server = Server::start(Options { settings, ..Options::default() });
    let customer = server.client().log_in("user1").await;
    // Each time all ends are looked for again, and those who were told before are not told again.
    for count in 1..=2 {
        let bought = subscribe(&customer.moved_to(&server.url), count).await;
        time_passes(&mut server, &bought["id"], Duration::hours(50)).await;
        smtp.wait_for(count * 2).await;
    }
    let mails = smtp.mails();
    assert_eq!(mails.len(), 4, "two orders, and two ends");
    let warnings: Vec<_> = mails.iter().filter(|mail| mail.content.contains("ends soon")).collect();
    assert_eq!(warnings.len(), 2);
    assert!(warnings.iter().all(|mail| mail.content.contains("To: user1@example.com")));
    server.assert_money_adds_up();
}
