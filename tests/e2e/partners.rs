//! Partners: added on the command line, selling through their API, paid from their account.

use std::path::Path;
use std::sync::Arc;

use offers_domain::audit::{Actor, AuditEvent, Subject};
use offers_domain::page::{PageLimit, PageRequest};
use offers_domain::ports::{AuditFilter, AuditQueries};
use offers_local::SystemClock;
use offers_simulator::{Behaviour, Refusal};
use offers_sqlite::SqliteStore;
use serde_json::{Value, json};

use crate::notices::outbox;
use crate::support::{Client, Options, Partner, Server, Site, offers};

const ACTIVATE: &str = "/api/v1/partner/activate/";
const ACCOUNT: &str = "/api/v1/partner/account/";

/// What `offers partner …` prints, where it does its work.
fn partner(data_dir: &Path, arguments: &[&str]) -> String {
    let (done, said) = try_partner(data_dir, arguments);
    assert!(done, "offers partner {arguments:?}: {said}");
    said
}

fn try_partner(data_dir: &Path, arguments: &[&str]) -> (bool, String) {
    let output = offers().arg("partner").args(arguments).arg("--data-dir").arg(data_dir).output().unwrap();
    let said = [output.stdout, output.stderr].concat();
    (output.status.success(), String::from_utf8(said).unwrap())
}

/// A new key of the partner, and its id.
fn key(data_dir: &Path, arguments: &[&str]) -> (String, String) {
    let said = partner(data_dir, &[&["key"], arguments].concat());
    let id = said.split_whitespace().nth(2).unwrap().to_owned();
    (said.lines().last().unwrap().to_owned(), id)
}

pub(crate) struct Shop {
    pub(crate) server: Server,
    pub(crate) customer: Client,
    pub(crate) user: i64,
    offer: i64,
    price: i64,
    _partner: Partner,
}

impl Shop {
    /// A shop whose activation partner does this to the next orders.
    pub(crate) async fn with(next: impl IntoIterator<Item = Behaviour>) -> Self {
        let activation = Partner::scripted(next).await;
        let options = Options { partner: Some(activation.url.clone()), ..Options::default() };
        let server = Server::start(options);
        let customer = server.client().log_in("user1").await;
        let profile = customer.get("/api/v1/auth/profile/").await.expect(200).json();
        let (offer, price) = customer.offer(2).await;
        let user = profile["id"].as_i64().unwrap();
        Self { server, customer, user, offer, price, _partner: activation }
    }

    /// A partner with this name and these terms, and a client with a key of it.
    pub(crate) fn partner(&self, name: &str, terms: &[&str]) -> Client {
        let folder = self.server.data_dir();
        partner(folder, &[&["create", name], terms].concat());
        self.server.client().with_token(&key(folder, &[name]).0)
    }

    pub(crate) fn sale(&self, name: &str) -> Value {
        let amount = format!("{}.{:02}", self.price / 100, self.price % 100);
        json!({"user_id": self.user, "offer_id": self.offer, "amount": amount, "partner_reference": name})
    }

    /// Follows the order to its end, as the customer; the partner's view of it then.
    pub(crate) async fn end(&self, partner: &Client, accepted: &Value) -> Value {
        self.customer.follow(accepted["transaction_id"].as_str().unwrap()).await;
        validate(partner, accepted["reference"].as_str().unwrap()).await
    }
}

async fn validate(partner: &Client, reference: &str) -> Value {
    partner.get(&format!("/api/v1/partner/validate/{reference}/")).await.expect(200).json()
}

async fn balance(partner: &Client) -> String {
    partner.get(ACCOUNT).await.expect(200).json()["balance"].as_str().unwrap().to_owned()
}

fn refusal() -> Behaviour {
    Behaviour::Refuse(Refusal { code: "subscriber_barred".into(), message: "The line is barred".into() })
}

#[tokio::test(flavor = "multi_thread")]
async fn a_partner_activates_an_offer_for_a_customer_step_by_step() {
    let shop = Shop::with([]).await;
    let kiosk = shop.partner("Kiosk", &["--credit-limit", "0"]);
    partner(shop.server.data_dir(), &["credit", "Kiosk", "100.00", "--reason", "bank transfer"]);
    let before = shop.customer.cents().await;

    let accepted = kiosk.post(ACTIVATE, shop.sale("sale-1")).await.expect(202).json();
    assert_eq!(accepted["status"], "PENDING");
    let valid = shop.end(&kiosk, &accepted).await;
    assert_eq!((&valid["is_valid"], &valid["status"]), (&json!(true), &json!("SUCCESS")));
    assert_eq!((&valid["user_id"], &valid["offer_id"]), (&json!(shop.user), &json!(shop.offer)));

    assert_eq!(shop.customer.cents().await, before, "the customer has paid the partner");
    let left = 10_000 - shop.price;
    assert_eq!(balance(&kiosk).await, format!("{}.{:02}", left / 100, left % 100));
    let held = shop.customer.get("/api/v1/account/subscriptions/").await.expect(200).json();
    assert_eq!(
        (&held["data"][0]["status"], &held["data"][0]["channel"]),
        (&json!("active"), &json!("partner"))
    );
    let unknown = kiosk.get("/api/v1/partner/validate/REF-000000000000/").await;
    assert_eq!(unknown.expect_problem(404, "transaction_not_found").json()["is_valid"], false);
    shop.server.assert_money_adds_up();
}

#[tokio::test(flavor = "multi_thread")]
async fn the_money_of_a_refused_order_goes_back_to_the_account_that_paid() {
    let shop = Shop::with([refusal(), refusal()]).await;
    let kiosk = shop.partner("Kiosk", &["--credit-limit", "50"]);
    let reseller = shop.partner("Reseller", &["--funding", "subscriber"]);
    let before = shop.customer.cents().await;
    for partner in [&kiosk, &reseller] {
        let accepted = partner.post(ACTIVATE, shop.sale("sale-1")).await.expect(202).json();
        assert_eq!(shop.end(partner, &accepted).await["status"], "FAILED");
    }
    assert_eq!(balance(&kiosk).await, "0.00");
    assert_eq!(shop.customer.cents().await, before);
    let account = kiosk.get(ACCOUNT).await.expect(200).json();
    let mails = outbox(&shop.server.data_dir().join("outbox"), 2).await;
    for words in ["Your wallet was not charged.", "went back to your wallet."] {
        let told = mails.iter().filter(|mail| mail.contains(words)).count();
        assert_eq!(told, 1, "{words}: {mails:?}");
    }
    let kinds: Vec<_> = account["statement"]["data"].as_array().unwrap().iter().map(|m| &m["kind"]).collect();
    assert_eq!(kinds, ["refund", "charge"]);
    assert_eq!(reseller.get(ACCOUNT).await.expect(200).json()["statement"]["data"], json!([]));
    shop.server.assert_money_adds_up();
}

#[tokio::test(flavor = "multi_thread")]
async fn where_the_subscriber_funds_the_wallet_pays() {
    let shop = Shop::with([]).await;
    let reseller = shop.partner("Reseller", &["--funding", "subscriber"]);
    let before = shop.customer.cents().await;
    let accepted = reseller.post(ACTIVATE, shop.sale("sale-1")).await.expect(202).json();
    assert_eq!(shop.end(&reseller, &accepted).await["status"], "SUCCESS");
    assert_eq!(shop.customer.cents().await, before - shop.price);
    shop.server.assert_money_adds_up();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_partner_spends_its_credit_and_not_a_cent_more() {
    let shop = Shop::with([]).await;
    let limit = format!("{}.{:02}", shop.price / 100, shop.price % 100);
    let kiosk = shop.partner("Kiosk", &["--credit-limit", &limit]);
    let first = kiosk.post(ACTIVATE, shop.sale("sale-1")).await.expect(202).json();
    shop.end(&kiosk, &first).await;
    kiosk.post(ACTIVATE, shop.sale("sale-2")).await.expect_problem(400, "insufficient_partner_funds");
    let (done, said) = try_partner(shop.server.data_dir(), &["change", "Kiosk", "--credit-limit", "0"]);
    assert!(!done && said.contains("overdrawn"), "{said}");
    partner(shop.server.data_dir(), &["credit", "Kiosk", &limit, "--reason", "bank transfer"]);
    kiosk.post(ACTIVATE, shop.sale("sale-2")).await.expect(202);
    shop.server.assert_money_adds_up();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_that_is_posted_again_is_one_order() {
    let shop = Shop::with([]).await;
    let kiosk = shop.partner("Kiosk", &["--credit-limit", "100"]);
    let posts = (0..6).map(|_| kiosk.post(ACTIVATE, shop.sale("sale-1")));
    let answers = all_accepted(posts).await;
    let first = answers[0].clone();
    assert!(answers.iter().all(|answer| *answer == first), "{answers:?}");
    let listed = kiosk.get("/api/v1/partner/transactions/").await.expect(200).json();
    assert_eq!(listed["data"].as_array().unwrap().len(), 1);
    let mut other = shop.sale("sale-1");
    other["offer_id"] = json!(shop.offer + 1);
    kiosk.post(ACTIVATE, other).await.expect_problem(422, "partner_reference_reused");
    shop.end(&kiosk, &first).await;
    shop.server.assert_money_adds_up();
}

/// The bodies of requests that are sent at once, each accepted.
async fn all_accepted(
    posts: impl Iterator<Item = impl Future<Output = crate::support::Answer>>,
) -> Vec<Value> {
    let mut posts: Vec<_> = posts.map(Box::pin).collect();
    let mut answers: Vec<Option<Value>> = vec![None; posts.len()];
    std::future::poll_fn(|context| {
        for (post, answer) in posts.iter_mut().zip(&mut answers) {
            if answer.is_none()
                && let std::task::Poll::Ready(ready) = post.as_mut().poll(context)
            {
                *answer = Some(ready.expect(202).json());
            }
        }
        if answers.iter().all(Option::is_some) {
            std::task::Poll::Ready(())
        } else {
            std::task::Poll::Pending
        }
    })
    .await;
    answers.into_iter().flatten().collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn two_partners_never_see_each_other() {
    let shop = Shop::with([]).await;
    let kiosk = shop.partner("Kiosk", &["--credit-limit", "100"]);
    let other = shop.partner("Other", &["--credit-limit", "100"]);
    let accepted = kiosk.post(ACTIVATE, shop.sale("sale-1")).await.expect(202).json();
    let reference = accepted["reference"].as_str().unwrap();
    for path in ["validate", "transactions"] {
        let path = format!("/api/v1/partner/{path}/{reference}/");
        other.get(&path).await.expect_problem(404, "transaction_not_found");
    }
    let theirs = other.get("/api/v1/partner/transactions/").await.expect(200).json();
    assert_eq!(theirs["data"], json!([]));
    let same_name = other.post(ACTIVATE, shop.sale("sale-1")).await;
    assert_ne!(same_name.json()["reference"], accepted["reference"]);
    let token = format!("/api/v1/account/transactions/{}/", accepted["transaction_id"].as_str().unwrap());
    other.get(&token).await.expect_problem(401, "not_authenticated");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_is_replaced_without_a_gap_and_a_revoked_one_stops_at_once() {
    let mut shop = Shop::with([]).await;
    let folder = &shop.server.data_dir().to_owned();
    partner(folder, &["create", "Kiosk", "--credit-limit", "100"]);
    let (old, old_id) = key(folder, &["Kiosk"]);
    let (new, _) = key(folder, &["Kiosk"]);
    let (done, said) = try_partner(folder, &["key", "Kiosk"]);
    assert!(!done && said.contains("revoke one first"), "{said}");

    let [old, new] = [old, new].map(|key| shop.server.client().with_token(&key));
    old.post(ACTIVATE, shop.sale("sale-1")).await.expect(202);
    partner(folder, &["revoke", "Kiosk", &old_id]);
    old.post(ACTIVATE, shop.sale("sale-2")).await.expect_problem(401, "not_authenticated");
    old.post(ACTIVATE, shop.sale("sale-1")).await.expect_problem(401, "not_authenticated");
    new.get(ACCOUNT).await.expect(200);

    partner(folder, &["change", "Kiosk", "--active", "false"]);
    new.post(ACTIVATE, shop.sale("sale-3")).await.expect_problem(401, "not_authenticated");
    assert!(partner(folder, &["list"]).contains("stopped"));

    // Uses are noted now and then, and at the end.
    assert_eq!(shop.server.terminate(), Some(0));
    let keys = partner(folder, &["keys", "Kiosk"]);
    assert!(keys.contains("revoked on") && keys.contains("last used on"), "{keys}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_for_trials_moves_no_money_where_it_counts() {
    let shop = Shop::with([]).await;
    let folder = shop.server.data_dir();
    partner(folder, &["create", "Kiosk", "--credit-limit", "100"]);
    let (trial, _) = key(folder, &["Kiosk", "--test"]);
    assert!(trial.starts_with("ok_test_"), "{trial}");
    let client = shop.server.client().with_token(&trial);
    client.post(ACTIVATE, shop.sale("sale-1")).await.expect_problem(401, "not_authenticated");
    let (reader, _) = key(folder, &["Kiosk", "--scopes", "read"]);
    let client = shop.server.client().with_token(&reader);
    client.get(ACCOUNT).await.expect(200);
    client.post(ACTIVATE, shop.sale("sale-1")).await.expect_problem(403, "insufficient_scope");
}

#[test]
fn what_cannot_be_done_is_said_in_a_sentence() {
    let folder = tempfile::tempdir().unwrap();
    partner(folder.path(), &["create", "Kiosk"]);
    for (arguments, words) in [
        (&["create", "Kiosk"][..], "another partner has this name"),
        (&["create", " "], "must not be empty"),
        (&["create", "B", "--credit-limit=-1"], "credit limit"),
        (&["credit", "Kiosk", "0", "--reason", "x"], "must be greater than zero"),
        (&["credit", "Nobody", "1", "--reason", "x"], "there is no partner named Nobody"),
        (&["revoke", "Kiosk", "9"], "no key with this id"),
    ] {
        let (done, said) = try_partner(folder.path(), arguments);
        assert!(!done && said.contains(words), "{arguments:?}: {said}");
    }
    assert!(partner(folder.path(), &["list"]).contains("paid by the partner"));
    assert!(partner(folder.path(), &["keys", "Kiosk"]).contains("has no keys"));
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_is_done_to_a_partner_is_in_the_trail_with_its_reason() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    partner(folder, &["create", "Kiosk"]);
    partner(folder, &["credit", "Kiosk", "12.50", "--reason", "bank transfer"]);
    let (_, id) = key(folder, &["Kiosk"]);
    for _ in 0..2 {
        partner(folder, &["revoke", "Kiosk", &id, "--reason", "lost laptop"]);
        partner(folder, &["change", "Kiosk", "--discount", "5", "--reason", "new contract"]);
    }
    let (done, said) = try_partner(folder, &["credit", "Kiosk", "1", "--reason", " "]);
    assert!(!done && said.contains("the reason must not be empty"), "{said}");

    let store = SqliteStore::open(&folder.join("offers.db"), Arc::new(SystemClock)).unwrap();
    let page = PageRequest { limit: PageLimit::MAX, after: None };
    let told = |AuditEvent { entry, .. }: AuditEvent| {
        assert_eq!(entry.actor, Actor::System);
        let reason = entry.reason.unwrap().as_str().to_owned();
        let amount = entry.details.get("amount").cloned().unwrap_or_default();
        format!("{} {amount}: {reason}", entry.action)
    };
    let trail = store.audit(&AuditFilter::default(), &page).await.unwrap().items;
    let of_partners = |event: &AuditEvent| matches!(event.entry.subject, Subject::Partner(_));
    assert_eq!(
        trail.into_iter().rev().filter(of_partners).map(told).collect::<Vec<_>>(),
        [
            "partner_created : from the command line",
            "partner_credited 12.50: bank transfer",
            "api_key_issued : from the command line",
            "api_key_revoked : lost laptop",
            "partner_changed : new contract",
        ],
        "once each"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_partner_has_one_quota_for_all_its_keys_and_all_processes() {
    let site = Site::open(true).await;
    let said = |arguments: &[&str]| {
        let output = offers().arg("partner").args(arguments).envs(site.settings()).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap().lines().last().unwrap().to_owned()
    };
    said(&["create", "Kiosk", "--requests-per-minute", "1"]);
    said(&["create", "Other"]);
    let [first, second, other] = ["Kiosk", "Kiosk", "Other"].map(|name| said(&["key", name]));
    let limited = [("OFFERS_LIMITS_ENABLED", "true")];
    let (one, two) = (site.start_with("offers-api", 1, &limited), site.start_with("offers-api", 2, &limited));

    let answer = one.client().with_token(&first).get(ACCOUNT).await.expect(200);
    assert_eq!(answer.header("ratelimit-policy"), "\"partner\";q=1;w=60");
    let refused = two.client().with_token(&second).get(ACCOUNT).await;
    assert!((1..=60).contains(&refused.header("retry-after").parse::<u32>().unwrap()), "{refused:?}");
    refused.expect_problem(429, "rate_limited");
    let answer = two.client().with_token(&other).get(ACCOUNT).await.expect(200);
    assert_eq!(answer.header("ratelimit-policy"), "\"partner\";q=600;w=60");
}
