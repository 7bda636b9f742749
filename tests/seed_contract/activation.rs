//! E14, E15 and E20: ordering, and following an order.

use serde_json::json;

use crate::shape::{Kind, assert_shape};
use crate::support::Server;

const STATUS: [(&str, Kind); 4] = [
    ("transaction_id", Kind::Uuid),
    ("status", Kind::Text),
    ("created_at", Kind::Time),
    ("updated_at", Kind::Time),
];

#[tokio::test(flavor = "multi_thread")]
async fn e14_activation_answers_202_with_a_transaction_id_and_pending() {
    let server = Server::start_plain();
    let customer = server.client().log_in("user1").await;
    let (offer, price) = customer.offer(2).await;
    let before = customer.cents().await;
    let accepted = customer.post("/api/v1/activation/", json!({"offer_id": offer})).await.expect(202).json();
    assert_shape(&accepted, &[("transaction_id", Kind::Uuid), ("status", Kind::Text)]);
    assert_eq!(accepted["status"], "PENDING");
    assert_eq!(customer.cents().await, before - price, "paid at once");
    customer.follow(accepted["transaction_id"].as_str().unwrap()).await;
    server.assert_money_adds_up();
}

#[tokio::test(flavor = "multi_thread")]
async fn e14_activation_answers_400_for_bad_input_and_404_for_an_unknown_offer() {
    let server = Server::start_plain();
    let customer = server.client().log_in("user1").await;
    for body in [json!({}), json!({"offer_id": "one"}), json!({"offer_id": 1, "amount": "0.01"})] {
        assert_eq!(customer.post("/api/v1/activation/", body).await.status, 400);
    }
    let unknown = json!({"offer_id": 987_654});
    customer.post("/api/v1/activation/", unknown).await.expect_problem(404, "offer_not_found");
}

#[tokio::test(flavor = "multi_thread")]
async fn e15_status_shows_where_an_order_stands() {
    let server = Server::start_plain();
    let customer = server.client().log_in("user1").await;
    let order = customer.activate(customer.offer(2).await.0).await;
    let status = customer.get(&format!("/api/v1/activation/status/{order}/")).await.expect(200).json();
    assert_shape(&status, &STATUS);
    assert_eq!(status["transaction_id"], order);
    assert!(["PENDING", "PROCESSING", "SUCCESS"].contains(&status["status"].as_str().unwrap()));
    let end = customer.follow(&order).await;
    assert_shape(&end, &STATUS);
    assert_shape(&end, &[("completed_at", Kind::Time), ("amount", Kind::Money), ("offer_id", Kind::Number)]);
}

#[tokio::test(flavor = "multi_thread")]
async fn e15_status_answers_400_for_what_is_no_id_and_404_for_what_is_not_there() {
    let server = Server::start_plain();
    let customer = server.client().log_in("user1").await;
    let status = async |id: &str| customer.get(&format!("/api/v1/activation/status/{id}/")).await;
    assert_eq!(status("not-an-id").await.status, 400);
    let unknown = "01890000-0000-7000-8000-000000000000";
    status(unknown).await.expect_problem(404, "transaction_not_found");
}

#[tokio::test(flavor = "multi_thread")]
async fn e20_events_tell_every_transition_and_end_with_the_final_one() {
    let server = Server::start_plain();
    let customer = server.client().log_in("user1").await;
    let order = customer.activate(customer.offer(2).await.0).await;
    let told = customer.listen(&order, "").await.rest().await;
    let expected = [(1, "PENDING"), (2, "PROCESSING"), (3, "SUCCESS")];
    assert_eq!(told, expected.map(|(version, status)| (version, status.to_owned())));
    let path = format!("/api/v1/activation/status/{order}/events");
    customer.get_with(&path, &[("last-event-id", "3")]).await.expect(204);
}
