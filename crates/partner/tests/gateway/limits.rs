//! The limit of calls at once, and the circuit breaker.

use std::time::Duration;

use offers_domain::ports::ActivationGateway;
use offers_simulator::{Behaviour, Fault};
use uuid::Uuid;

use crate::support::{Partner, confirmed, not_executed, request, request_for, unknown};

const OTHER: Uuid = Uuid::from_u128(2);

#[tokio::test]
async fn a_call_beyond_the_limit_is_not_made() {
    let partner = Partner::start().await;
    let gateway = partner.gateway_with(|settings| {
        settings.max_concurrency = 1;
        settings.max_wait = Duration::from_millis(20);
    });
    partner.handle.next([Behaviour::Fail(Fault::Hang)]);
    let (first, second) = (request(), request_for(OTHER));
    let beyond = async {
        partner.handle.wait_for_calls(1).await;
        gateway.activate(&second).await
    };
    tokio::select! {
        answer = gateway.activate(&first) => panic!("answered early: {answer:?}"),
        answer = beyond => assert_eq!(not_executed(&answer).0, "too many calls at once"),
    }
    assert_eq!(partner.methods(), ["POST"]);
}

#[tokio::test]
async fn a_call_within_the_wait_gets_its_turn() {
    let partner = Partner::start().await;
    let gateway = partner.gateway_with(|settings| {
        settings.max_concurrency = 1;
        settings.max_wait = Duration::from_secs(5);
    });
    partner.handle.next([Behaviour::Delay { ms: 50 }, Behaviour::Delay { ms: 50 }]);
    let (first, second) = (request(), request_for(OTHER));
    tokio::join!(gateway.activate(&first), gateway.activate(&second));
    assert_eq!((partner.executed(), partner.handle.executed(OTHER)), (1, 1));
}

#[tokio::test]
async fn the_circuit_opens_after_failures_in_a_row_and_closes_after_a_good_probe() {
    let partner = Partner::start().await;
    let gateway = partner.gateway_with(|settings| {
        settings.failures_to_open = 3;
        settings.cool_down = Duration::from_secs(1);
    });
    partner.handle.always(Behaviour::Fail(Fault::Status { code: 500, retry_after: None }));
    for _ in 0..3 {
        unknown(&gateway.activate(&request()).await);
    }

    let answer = gateway.activate(&request()).await;
    let (reason, wait) = not_executed(&answer);
    assert_eq!(reason, "the circuit is open");
    assert_eq!(partner.methods().len(), 3, "an open circuit does not call");

    partner.handle.reset();
    tokio::time::sleep(wait.unwrap().unsigned_abs()).await;
    assert_eq!(gateway.activate(&request()).await, confirmed());
    assert_eq!(gateway.query(&request()).await, confirmed());
}

#[tokio::test]
async fn patience_asked_for_and_definite_answers_do_not_open_the_circuit() {
    let partner = Partner::start().await;
    let gateway = partner.gateway_with(|settings| settings.failures_to_open = 1);
    partner.handle.always(Behaviour::Fail(Fault::Status { code: 429, retry_after: Some(1) }));
    for _ in 0..3 {
        assert!(not_executed(&gateway.activate(&request()).await).0.contains("429"));
    }
    partner.handle.reset();
    assert_eq!(gateway.activate(&request()).await, confirmed());
}
