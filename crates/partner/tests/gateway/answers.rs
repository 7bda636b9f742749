//! What a partner that keeps the contract says.

use offers_domain::partner::Answer;
use offers_domain::ports::ActivationGateway;
use offers_simulator::{Behaviour, Ending};

use crate::support::{Partner, confirmed, refuse, refused, request};

#[tokio::test]
async fn an_activation_is_confirmed_with_the_partners_reference() {
    let partner = Partner::start().await;
    let gateway = partner.gateway();
    assert_eq!(gateway.activate(&request()).await, confirmed());
    assert_eq!(gateway.query(&request()).await, confirmed());
    assert_eq!(partner.executed(), 1);
}

#[tokio::test]
async fn a_second_activation_with_the_same_key_executes_nothing() {
    let partner = Partner::start().await;
    let gateway = partner.gateway();
    for _ in 0..3 {
        assert_eq!(gateway.activate(&request()).await, confirmed());
    }
    assert_eq!(partner.executed(), 1);
}

#[tokio::test]
async fn a_definite_refusal_is_refused_in_clean_words() {
    let partner = Partner::start().await;
    let gateway = partner.gateway();
    partner.handle.next([refuse("bar\0red", "The line\r\nis barred")]);
    let answer = refused("barred", "The lineis barred");
    assert_eq!(gateway.activate(&request()).await, answer);
    assert_eq!(gateway.query(&request()).await, answer);
    assert_eq!(partner.executed(), 0);
}

#[tokio::test]
async fn an_order_that_is_decided_later_is_pending_until_then() {
    let partner = Partner::start().await;
    let gateway = partner.gateway();
    partner.handle.next([Behaviour::Pending { ms: 100, then: Ending::Activate }]);
    let pending = Answer::Pending { reference: "SIM-000000000001".into() };
    assert_eq!(gateway.activate(&request()).await, pending);
    let mut answer = gateway.query(&request()).await;
    while answer == pending {
        answer = gateway.query(&request()).await;
    }
    assert_eq!(answer, confirmed());
    assert_eq!(partner.executed(), 1);
}

#[tokio::test]
async fn a_key_the_partner_never_saw_is_not_found() {
    let partner = Partner::start().await;
    assert_eq!(partner.gateway().query(&request()).await, Answer::NotFound);
}

#[tokio::test]
async fn a_voided_order_stays_dead() {
    let partner = Partner::start().await;
    let gateway = partner.gateway();
    assert_eq!(gateway.void(&request()).await, Answer::Voided);
    assert_eq!(gateway.activate(&request()).await, refused("voided", "The order was voided"));
    assert_eq!(gateway.query(&request()).await, Answer::Voided);
    assert_eq!(gateway.void(&request()).await, Answer::Voided);
    assert_eq!(partner.executed(), 0);
}

#[tokio::test]
async fn a_base_url_with_a_path_is_kept() {
    let partner = Partner::start().await;
    let url = format!("{}/elsewhere/", partner.url);
    let gateway = partner.gateway_with(|settings| settings.base_url = url);
    // The simulator knows nothing below that path: its 404 is not the contract's.
    assert_eq!(
        gateway.query(&request()).await,
        Answer::Unknown { reason: "HTTP 404: the body is malformed".into() }
    );
    assert!(partner.methods().is_empty());
}
