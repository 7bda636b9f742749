//! What a partner that breaks the contract says.

use offers_domain::partner::Answer;
use offers_domain::ports::ActivationGateway;
use offers_simulator::{Behaviour, Fault, QueryBehaviour};
use time::Duration;

use crate::support::{Partner, confirmed, not_executed, refuse, refused, request, unknown};

fn status(code: u16, retry_after: Option<u32>) -> Fault {
    Fault::Status { code, retry_after }
}

/// Answers to an executed order that must not be believed, each with the reason.
fn unbelievable() -> Vec<(Fault, &'static str)> {
    vec![
        (Fault::Malformed, "HTTP 200: the body is malformed"),
        (Fault::Truncated, "error decoding response body"),
        (Fault::Oversized, "the body exceeds 65536 bytes"),
        (Fault::WrongId, "HTTP 200: the body is about another order"),
        (Fault::WrongAmount, "HTTP 200: the body is about another order"),
        (Fault::ErrorBody, "HTTP 200: the body is malformed"),
        (Fault::Redirect, "HTTP 303: redirects are not followed"),
        (Fault::Drop, "error sending request"),
        (status(200, None), "HTTP 200: the body is malformed"),
        (status(204, None), "HTTP 204: not in the contract"),
        (status(400, None), "HTTP 400: not in the contract"),
        (status(404, None), "HTTP 404: the body is malformed"),
        (status(408, None), "HTTP 408: not in the contract"),
        (status(409, None), "HTTP 409: the same key is in flight"),
        (status(422, None), "HTTP 422: the body is malformed"),
        (status(500, None), "HTTP 500: not in the contract"),
        (status(502, None), "HTTP 502: not in the contract"),
        (status(504, None), "HTTP 504: not in the contract"),
    ]
}

#[tokio::test]
async fn an_unbelievable_answer_is_unknown_and_a_query_tells_the_truth() {
    for (fault, reason) in unbelievable() {
        let partner = Partner::start().await;
        let gateway = partner.gateway();
        partner.handle.next([Behaviour::ExecuteThen(fault.clone())]);
        let answer = gateway.activate(&request()).await;
        assert!(unknown(&answer).starts_with(reason), "{fault:?}: {answer:?}");
        assert_eq!(gateway.query(&request()).await, confirmed(), "{fault:?}");
        assert_eq!(partner.methods(), ["POST", "GET"], "{fault:?}: nothing is sent or followed by itself");
        assert_eq!(partner.executed(), 1, "{fault:?}");
    }
}

#[tokio::test]
async fn an_unbelievable_answer_to_a_query_is_unknown() {
    for (fault, reason) in unbelievable() {
        let partner = Partner::start().await;
        let gateway = partner.gateway();
        gateway.activate(&request()).await;
        partner.handle.next_queries([QueryBehaviour::Fail(fault.clone())]);
        let answer = gateway.query(&request()).await;
        assert!(unknown(&answer).starts_with(reason), "{fault:?}: {answer:?}");
    }
}

#[tokio::test]
async fn an_order_whose_answer_is_lost_on_a_kept_connection_is_not_sent_again() {
    for (fault, executed) in [(Behaviour::ExecuteThen(Fault::Drop), 1), (Behaviour::Fail(Fault::Drop), 0)] {
        let partner = Partner::start().await;
        let gateway = partner.gateway();
        assert_eq!(gateway.query(&request()).await, Answer::NotFound);
        partner.handle.next([fault]);
        unknown(&gateway.activate(&request()).await);
        assert_eq!(partner.methods(), ["GET", "POST"]);
        assert_eq!(partner.executed(), executed);
    }
}

#[tokio::test]
async fn a_partner_that_never_answers_is_given_up_in_time() {
    for (behaviour, executed) in [
        (Behaviour::ExecuteThen(Fault::Hang), 1),
        (Behaviour::Fail(Fault::Hang), 0),
        (Behaviour::ExecuteThen(Fault::Drip { ms: 100 }), 1),
        (Behaviour::Delay { ms: 3_600_000 }, 0),
    ] {
        let partner = Partner::start().await;
        partner.handle.next([behaviour.clone()]);
        let answer = partner.hasty_gateway().activate(&request()).await;
        assert_eq!(unknown(&answer), "no answer in time", "{behaviour:?}");
        assert_eq!(partner.executed(), executed, "{behaviour:?}");
    }
}

#[tokio::test]
async fn an_answer_that_drips_fast_enough_is_confirmed() {
    let partner = Partner::start().await;
    partner.handle.next([Behaviour::ExecuteThen(Fault::Drip { ms: 1 })]);
    assert_eq!(partner.gateway().activate(&request()).await, confirmed());
}

#[tokio::test]
async fn an_order_whose_answer_comes_too_late_is_found_by_a_query() {
    let partner = Partner::start().await;
    partner.handle.next([Behaviour::Delay { ms: 1000 }]);
    unknown(&partner.hasty_gateway().activate(&request()).await);
    let gateway = partner.gateway();
    let mut answer = gateway.query(&request()).await;
    while matches!(answer, Answer::Pending { .. }) {
        answer = gateway.query(&request()).await;
    }
    assert_eq!(answer, confirmed());
    assert_eq!(partner.executed(), 1);
}

#[tokio::test]
async fn a_call_that_is_turned_away_is_not_executed_and_says_when_to_come_back() {
    for (code, seconds) in [(429, Some(7)), (429, None), (503, Some(120)), (503, None)] {
        let partner = Partner::start().await;
        let gateway = partner.gateway();
        partner.handle.next([Behaviour::Fail(status(code, seconds))]);
        partner.handle.next_queries([QueryBehaviour::Fail(status(code, seconds))]);
        let reason = format!("the partner turned the call away: HTTP {code}");
        let wait = seconds.map(|seconds| Duration::seconds(seconds.into()));
        assert_eq!(not_executed(&gateway.activate(&request()).await), (reason.as_str(), wait));
        assert_eq!(not_executed(&gateway.query(&request()).await), (reason.as_str(), wait));
        assert_eq!(gateway.activate(&request()).await, confirmed());
    }
}

#[tokio::test]
async fn a_key_in_flight_is_unknown() {
    let partner = Partner::start().await;
    let gateway = partner.gateway();
    partner.handle.next([Behaviour::Delay { ms: 3_600_000 }]);
    let order = request();
    let again = async {
        partner.handle.wait_for_calls(1).await;
        gateway.activate(&order).await
    };
    tokio::select! {
        answer = gateway.activate(&order) => panic!("answered early: {answer:?}"),
        answer = again => assert_eq!(unknown(&answer), "HTTP 409: the same key is in flight"),
    }
}

#[tokio::test]
async fn a_query_that_denies_the_key_is_believed_only_while_it_does() {
    let partner = Partner::start().await;
    let gateway = partner.gateway();
    partner.handle.next([refuse("barred", "no")]);
    gateway.activate(&request()).await;
    partner.handle.next_queries([QueryBehaviour::NotFound]);
    assert_eq!(gateway.query(&request()).await, Answer::NotFound);
    assert_eq!(gateway.query(&request()).await, refused("barred", "no"));
}
