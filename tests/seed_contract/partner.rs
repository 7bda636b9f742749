//! E16, E17 and E21: the partner API.

use serde_json::{Value, json};

use crate::shape::{Kind, assert_shape, items};
use crate::support::{Client, Server, offers};

const ACTIVATE: &str = "/api/v1/partner/activate/";

/// The fields of the documents' `PartnerTransaction`.
const PARTNER_TRANSACTION: [(&str, Kind); 8] = [
    ("transaction_id", Kind::Uuid),
    ("reference", Kind::Text),
    ("user_id", Kind::Number),
    ("offer_id", Kind::Number),
    ("amount", Kind::Money),
    ("status", Kind::Text),
    ("created_at", Kind::Time),
    ("updated_at", Kind::Time),
];

/// A partner with credit, and what it sells to whom.
struct Desk {
    _server: Server,
    partner: Client,
    user: Value,
    offer: i64,
    amount: String,
}

impl Desk {
    async fn open() -> Self {
        let server = Server::start_plain();
        let run = |arguments: &[&str]| {
            let output =
                offers().arg("partner").args(arguments).arg("--data-dir").arg(server.data_dir()).output();
            let output = output.unwrap();
            assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
            String::from_utf8(output.stdout).unwrap()
        };
        run(&["create", "Kiosk", "--credit-limit", "500.00"]);
        let key = run(&["key", "Kiosk"]).lines().last().unwrap().to_owned();
        let partner = server.client().with_token(&key);
        let customer = server.client().log_in("user1").await;
        let user = customer.get("/api/v1/auth/profile/").await.expect(200).json()["id"].clone();
        let (offer, cents) = customer.offer(2).await;
        let amount = format!("{}.{:02}", cents / 100, cents % 100);
        Self { _server: server, partner, user, offer, amount }
    }

    fn sale(&self, name: &str) -> Value {
        json!({
            "user_id": self.user, "offer_id": self.offer, "amount": self.amount, "partner_reference": name,
        })
    }

    async fn accepted(&self, name: &str) -> Value {
        self.partner.post(ACTIVATE, self.sale(name)).await.expect(202).json()
    }

    async fn get(&self, path: &str) -> Value {
        self.partner.get(&format!("/api/v1/partner/{path}")).await.expect(200).json()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn e16_partner_activate_answers_202_with_reference_transaction_id_and_pending() {
    let desk = Desk::open().await;
    let accepted = desk.accepted("sale-1").await;
    let shape = [("reference", Kind::Text), ("transaction_id", Kind::Uuid), ("status", Kind::Text)];
    assert_shape(&accepted, &shape);
    assert_eq!(accepted["status"], "PENDING");
    let reference = accepted["reference"].as_str().unwrap();
    assert!(reference.starts_with("REF-") && reference.len() == 16, "{reference}");
}

#[tokio::test(flavor = "multi_thread")]
async fn e17_validate_says_what_a_reference_stands_for_or_that_it_is_not_valid() {
    let desk = Desk::open().await;
    let accepted = desk.accepted("sale-1").await;
    let valid = desk.get(&format!("validate/{}/", accepted["reference"].as_str().unwrap())).await;
    for member in ["reference", "transaction_id"] {
        assert_eq!(valid[member], accepted[member]);
    }
    assert_eq!((&valid["user_id"], &valid["offer_id"]), (&desk.user, &json!(desk.offer)));
    assert_eq!(valid["is_valid"], true);
    assert_shape(&valid, &PARTNER_TRANSACTION);
    assert_eq!(valid["amount"], desk.amount);
    assert!(["PENDING", "PROCESSING", "SUCCESS"].contains(&valid["status"].as_str().unwrap()), "{valid}");
    let at = |member: &str| valid[member].as_str().unwrap().to_owned();
    assert!(at("created_at") <= at("updated_at"), "{valid}");

    let unknown = desk.partner.get("/api/v1/partner/validate/REF-000000000000/").await.expect(404).json();
    assert_eq!(unknown["reference"], "REF-000000000000");
    assert_eq!((&unknown["is_valid"], &unknown["error"]), (&json!(false), &json!("Transaction not found")));
    desk.partner.get("/api/v1/partner/validate/nothing/").await.expect(400);
}

#[tokio::test(flavor = "multi_thread")]
async fn e21_a_partner_sees_its_orders_and_its_account() {
    let desk = Desk::open().await;
    let accepted = desk.accepted("sale-1").await;
    let list = desk.get("transactions/").await;
    assert_eq!(items(&list)[0]["reference"], accepted["reference"]);
    let one = desk.get(&format!("transactions/{}/", accepted["reference"].as_str().unwrap())).await;
    assert_eq!((&one["partner_reference"], &one["amount"]), (&json!("sale-1"), &json!(desk.amount)));
    let account = desk.get("account/").await;
    assert_eq!(account["balance"], format!("-{}", desk.amount));
}

#[tokio::test(flavor = "multi_thread")]
async fn flow_partner_activation_refuses_an_unknown_user_or_offer_and_another_amount() {
    let desk = Desk::open().await;
    for (member, value, code) in [
        ("user_id", json!(987_654), "unknown_user"),
        ("offer_id", json!(987_654), "offer_unavailable"),
        ("amount", json!("0.01"), "amount_mismatch"),
    ] {
        let mut sale = desk.sale("sale-1");
        sale[member] = value;
        desk.partner.post(ACTIVATE, sale).await.expect_problem(400, code);
    }
    assert_eq!(items(&desk.get("transactions/").await).len(), 0, "nothing was written");
}
