//! Subscriptions that renew themselves: once the money is there, once the partner can, and on PostgreSQL.

use std::time::Instant;

use offers_simulator::{Behaviour, Refusal};
use offers_testkit::servers::psql;
use serde_json::{Value, json};
use time::Duration;

use crate::notices::outbox;
use crate::renewal::{eventually, subscribe, subscription, switch, time_passes};
use crate::support::{Client, Options, PATIENCE, Partner, Server, Site, offers};

const LOOK: (&str, &str) = ("OFFERS_SUBSCRIPTIONS_LOOK_MS", "50");

/// A server that looks at subscriptions all the time; after the first try comes the one at the end.
fn attentive(partner: Option<&Partner>) -> Server {
    let settings = [LOOK, ("OFFERS_SUBSCRIPTIONS_RETRY_AFTER_S", "100")];
    let settings = settings.map(|(name, value)| (name, value.to_owned())).into();
    Server::start(Options { partner: partner.map(|partner| partner.url.clone()), settings })
}

/// The customer spends what the wallet holds on the same offer again and again.
async fn spend_everything(customer: &Client, offer: &Value) {
    while customer.post("/api/v1/activation/", json!({"offer_id": offer})).await.status == 202 {
        eventually(customer, |newest| newest["status"] == "active").await;
    }
}

/// The customer's first subscription, among as many as there are.
async fn oldest(customer: &Client) -> (Value, usize) {
    let mine = customer.get("/api/v1/account/subscriptions/?limit=100").await.expect(200).json();
    let mine = mine["data"].as_array().unwrap();
    (mine.last().unwrap().clone(), mine.len())
}

/// The customer's renewals, newest first.
async fn renewals(customer: &Client) -> Vec<Value> {
    let orders = customer.get("/api/v1/account/transactions/?kind=renewal").await.expect(200).json();
    orders["data"].as_array().unwrap().clone()
}

/// Waits until so many orders were refused since the server started.
async fn refused(server: &Server) {
    let started = Instant::now();
    loop {
        let metrics = Client::new(&server.metrics_url).get("/metrics").await.expect(200).text;
        let counted = metrics.lines().find(|line| line.starts_with("offers_orders_refused_total "));
        if counted.is_some_and(|line| !line.ends_with(" 0")) {
            return;
        }
        assert!(started.elapsed() < PATIENCE, "{counted:?}");
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
}

/// A mail's text, whose lines may have been broken for the way.
fn text(mail: &str) -> String {
    mail.replace("=\r\n", "").replace("=\n", "")
}

#[tokio::test(flavor = "multi_thread")]
async fn without_money_nothing_is_charged_and_with_it_the_next_try_succeeds() {
    let mut server = attentive(None);
    let customer = server.client().log_in("user1").await;
    let bought = subscribe(&customer, 1).await;
    let (_, price) = customer.offer(1).await;
    spend_everything(&customer, &bought["offer"]["id"]).await;
    let first = oldest(&customer).await.0["id"].clone();
    switch(&customer, &first, true).await.expect(200);
    let money = customer.cents().await;

    time_passes(&mut server, &first, Duration::seconds(5)).await;
    refused(&server).await;
    let customer = customer.moved_to(&server.url);
    assert_eq!(customer.cents().await, money, "nothing was charged");
    assert_eq!(renewals(&customer).await, Vec::<Value>::new());

    let credit = ["users", "credit", "user1", "500.00", "--reason", "paid in cash", "--data-dir"];
    let output = offers().args(credit).arg(server.data_dir()).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let started = Instant::now();
    while oldest(&customer).await.0["days_left"].as_i64() <= Some(1) {
        assert!(started.elapsed() < PATIENCE, "still {}", oldest(&customer).await.0);
    }
    let orders = renewals(&customer).await;
    assert_eq!((orders.len(), &orders[0]["status"]), (1, &json!("SUCCESS")));
    assert_eq!(customer.cents().await, money + 50_000 - price, "charged once");
    server.assert_money_adds_up();
}

#[tokio::test(flavor = "multi_thread")]
async fn without_money_to_the_end_the_holder_is_told_and_nothing_is_charged() {
    let mut server = attentive(None);
    let customer = server.client().log_in("user1").await;
    let bought = subscribe(&customer, 1).await;
    spend_everything(&customer, &bought["offer"]["id"]).await;
    let (first, orders) = oldest(&customer).await;
    let first = first["id"].clone();
    switch(&customer, &first, true).await.expect(200);
    let money = customer.cents().await;

    time_passes(&mut server, &first, -Duration::SECOND).await;
    let customer = customer.moved_to(&server.url);
    let mails = outbox(&server.data_dir().join("outbox"), orders + 2).await;
    for subject in ["could not be renewed", "has ended"] {
        let told = mails.iter().filter(|mail| mail.contains(subject)).count();
        assert_eq!(told, 1, "{subject}: {mails:?}");
    }
    assert!(mails.iter().any(|mail| text(mail).contains("which your wallet does not hold")), "{mails:?}");
    assert_eq!(customer.cents().await, money, "nothing was charged");
    server.assert_money_adds_up();
}

fn barred() -> Behaviour {
    Behaviour::Refuse(Refusal { code: "subscriber_barred".into(), message: "The line is barred".into() })
}

#[tokio::test(flavor = "multi_thread")]
async fn a_renewal_that_the_partner_refused_is_ordered_again_at_the_next_try() {
    let partner = Partner::scripted([Behaviour::Activate, barred(), Behaviour::Activate]).await;
    let mut server = attentive(Some(&partner));
    let customer = server.client().log_in("user1").await;
    let (bought, (_, price)) = (subscribe(&customer, 2).await, customer.offer(2).await);
    switch(&customer, &bought["id"], true).await.expect(200);
    let money = customer.cents().await;

    time_passes(&mut server, &bought["id"], Duration::seconds(3)).await;
    let customer = customer.moved_to(&server.url);
    let renewed = eventually(&customer, |now| now["days_left"].as_i64() > Some(25)).await;

    assert_eq!((&renewed["id"], &renewed["auto_renew"]), (&bought["id"], &json!(true)));
    let ends: Vec<_> = renewals(&customer).await.iter().map(|order| order["status"].clone()).collect();
    assert_eq!(ends, ["SUCCESS", "FAILED"]);
    assert_eq!(customer.cents().await, money - price);
    server.assert_money_adds_up();
}

#[tokio::test(flavor = "multi_thread")]
async fn when_the_partner_refuses_the_last_renewal_too_the_holder_is_told_why() {
    let partner = Partner::scripted([Behaviour::Activate, barred(), barred()]).await;
    let mut server = attentive(Some(&partner));
    let customer = server.client().log_in("user1").await;
    let bought = subscribe(&customer, 2).await;
    switch(&customer, &bought["id"], true).await.expect(200);
    let money = customer.cents().await;

    time_passes(&mut server, &bought["id"], Duration::seconds(2)).await;
    let customer = customer.moved_to(&server.url);
    // One that it began, two that it was not renewed, one that it has ended, and one that it is given up.
    let mails = outbox(&server.data_dir().join("outbox"), 5).await;
    let told = mails.iter().filter(|mail| text(mail).contains("it could not be activated again")).count();
    assert_eq!(told, 1, "{mails:?}");
    assert_eq!(renewals(&customer).await.len(), 2);
    assert_eq!(customer.cents().await, money, "all of it is back");
    server.assert_money_adds_up();
}

/// Runs a statement on the site's database; what it selects.
fn sql(site: &Site, statement: &str) -> String {
    let database = format!("{}/postgres", site.postgres.url());
    let output = psql(&database).args(["--tuples-only", "--no-align", "-c", statement]).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

/// Makes so much of a subscription's period be left, and its renewal be due where it renews itself.
fn passes(id: &Value, left: &str) -> String {
    format!(
        "UPDATE user_offers SET activated_at = activated_at - (expires_at - now()) + interval '{left}',
             expires_at = now() + interval '{left}',
             renew_at = CASE WHEN auto_renew THEN now() END WHERE id = {id}"
    )
}

/// Waits until a query of the site's database says this.
async fn until(site: &Site, query: &str, said: &str) {
    let started = Instant::now();
    while sql(site, query) != said {
        assert!(started.elapsed() < PATIENCE, "{query} does not say {said}");
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn on_postgresql_a_subscription_renews_itself_once_and_ends_when_it_does_not() {
    let site = Site::open(false).await;
    let server = site.start_with("offers", 1, &[LOOK]);
    let customer = server.client().log_in("user1").await;
    let (bought, (_, price)) = (subscribe(&customer, 2).await, customer.offer(2).await);
    switch(&customer, &bought["id"], true).await.expect(200);
    let (id, money) = (bought["id"].clone(), customer.cents().await);
    sql(&site, &passes(&id, "1 hour"));
    let renewed = eventually(&customer, |now| now["days_left"].as_i64() > Some(25)).await;
    assert_eq!((&renewed["id"], &renewed["auto_renew"]), (&id, &json!(true)));
    assert_eq!((customer.cents().await, renewals(&customer).await.len()), (money - price, 1), "once");
    let planned = format!("SELECT renew_at > now() FROM user_offers WHERE id = {id}");
    assert_eq!(sql(&site, &planned), "t", "the next one is planned");

    switch(&customer, &id, false).await.expect(200);
    sql(&site, &passes(&id, "-1 minute"));
    until(&site, &format!("SELECT status FROM user_offers WHERE id = {id}"), "expired").await;
    assert_eq!(subscription(&customer).await["status"], "expired");
    assert_eq!(customer.cents().await, money - price, "and nothing was charged for it");
    site.verify();
}

const DIE: &str = "CREATE FUNCTION die() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'dead'; END $$";

/// What the database refuses: the process dies with the try taken and no order placed, or with the order placed and the try
/// not concluded.
const DEATHS: [&str; 2] = [
    "CREATE TRIGGER death BEFORE INSERT ON transactions FOR EACH ROW WHEN (NEW.renews IS NOT NULL)
         EXECUTE FUNCTION die()",
    "CREATE TRIGGER death BEFORE UPDATE ON user_offers FOR EACH ROW
         WHEN (OLD.renew_at > now() AND NEW.renew_at IS DISTINCT FROM OLD.renew_at AND NEW.expires_at = OLD.expires_at)
         EXECUTE FUNCTION die()",
];

#[tokio::test(flavor = "multi_thread")]
async fn a_process_that_dies_between_the_steps_of_a_renewal_leaves_it_to_another_and_one_is_charged() {
    for (death, ordered) in DEATHS.into_iter().zip(["0", "1"]) {
        let site = Site::open(false).await;
        let mut server = site.start_with("offers", 1, &[LOOK]);
        let customer = server.client().log_in("user1").await;
        let (bought, (_, price)) = (subscribe(&customer, 2).await, customer.offer(2).await);
        switch(&customer, &bought["id"], true).await.expect(200);
        let (id, money) = (bought["id"].clone(), customer.cents().await);

        // No worker takes the order while the process is about to die.
        let held = "INSERT INTO activation_pauses (activation_partner, reason, since)
                    SELECT DISTINCT activation_partner, 'the process is about to die', now() FROM transactions";
        for statement in [DIE, death, held, &passes(&id, "1 hour")] {
            sql(&site, statement);
        }
        until(&site, &format!("SELECT renew_at > now() FROM user_offers WHERE id = {id}"), "t").await;
        let orders = "SELECT count(*) FROM transactions WHERE renews IS NOT NULL";
        until(&site, orders, ordered).await;
        server.kill();

        sql(&site, "DROP FUNCTION die CASCADE");
        sql(&site, "DELETE FROM activation_pauses");
        // The dead process's lease is over.
        sql(&site, &format!("UPDATE user_offers SET renew_at = now() WHERE id = {id}"));
        server.restart();
        let customer = customer.moved_to(&server.url);
        let renewed = eventually(&customer, |now| now["days_left"].as_i64() > Some(25)).await;
        assert_eq!(&renewed["id"], &id);
        assert_eq!((customer.cents().await, renewals(&customer).await.len()), (money - price, 1), "{death}");
        site.verify();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_renewed_after_a_death_at_the_last_try_was_not_told_before_that_it_is_given_up() {
    let site = Site::open(false).await;
    let mut server = site.start_with("offers", 1, &[LOOK]);
    let customer = server.client().log_in("user1").await;
    let (bought, (_, price)) = (subscribe(&customer, 2).await, customer.offer(2).await);
    switch(&customer, &bought["id"], true).await.expect(200);
    let (id, money) = (bought["id"].clone(), customer.cents().await);

    // Once ordered, the try is concluded by nobody, and the partner refuses the order meanwhile.
    site.partner.handle.next([barred()]);
    let [_, death] = DEATHS;
    for statement in [DIE, death, &passes(&id, "-1 second")] {
        sql(&site, statement);
    }
    let failed = "SELECT count(*) FROM transactions WHERE renews IS NOT NULL AND status = 'FAILED'";
    until(&site, failed, "1").await;
    server.kill();
    let told = "SELECT count(*) FROM notices WHERE kind = 'auto_renew_failed'";
    assert_eq!(sql(&site, told), "0", "another try follows");

    sql(&site, "DROP FUNCTION die CASCADE");
    sql(&site, &format!("UPDATE user_offers SET renew_at = now() WHERE id = {id}"));
    server.restart();
    let customer = customer.moved_to(&server.url);
    eventually(&customer, |now| now["days_left"].as_i64() > Some(25)).await;
    assert_eq!((customer.cents().await, renewals(&customer).await.len()), (money - price, 2));
    assert_eq!(sql(&site, told), "0");
    site.verify();
}
