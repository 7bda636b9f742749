//! The partner contract: order, query, void.

use std::time::Duration;

use http_body_util::{BodyExt, Limited};
use hyper::body::Incoming;
use hyper::{Method, Request, StatusCode};
use serde::Deserialize;
use serde_json::json;
use tokio::time::Instant;
use uuid::Uuid;

use crate::behaviour::{Behaviour, Ending, QueryBehaviour, Refusal};
use crate::book::{Decision, Ordered, Standing};
use crate::callbacks::{self, Delivery, Report};
use crate::handle::SimulatorHandle;
use crate::reply::{Answer, Reply};

const MAX_BODY: usize = 16 * 1024;
const MAX_TEXT: usize = 32;

#[derive(Debug, Deserialize)]
struct Order {
    transaction_id: Uuid,
    #[serde(rename = "user_id")]
    _user_id: i64,
    offer_id: i64,
    amount: Box<str>,
    currency: Box<str>,
    #[serde(rename = "duration_days")]
    _duration_days: u32,
}

/// Answers one call of the contract.
pub(crate) async fn answer(simulator: &SimulatorHandle, request: Request<Incoming>) -> Reply {
    let path = request.uri().path().to_owned();
    let Some(rest) = path.strip_prefix("/activations") else {
        return Ok(Answer::error(StatusCode::NOT_FOUND, "no such path").into_response());
    };
    let key = rest.strip_prefix('/').map(Uuid::try_parse);
    let trace = request.headers().get("traceparent").and_then(|value| value.to_str().ok()).map(str::to_owned);
    match (request.method().clone(), key) {
        (Method::POST, None) => match read(request).await {
            Ok(order) => take(simulator, order, trace).await,
            Err(error) => Ok(error.into_response()),
        },
        (Method::GET, Some(Ok(key))) => query(simulator, key, trace).await,
        (Method::DELETE, Some(Ok(key))) => {
            simulator.log("DELETE", key, trace);
            simulator.void(key);
            let body = json!({"status": "voided", "transaction_id": key});
            Ok(Answer::new(StatusCode::OK, body).into_response())
        }
        (_, Some(Err(_))) => Ok(Answer::error(StatusCode::BAD_REQUEST, "the key is no UUID").into_response()),
        _ => Ok(Answer::error(StatusCode::METHOD_NOT_ALLOWED, "not on this path").into_response()),
    }
}

async fn read(request: Request<Incoming>) -> Result<Order, Answer> {
    let bad = |message| Answer::error(StatusCode::BAD_REQUEST, message);
    let header = request.headers().get("idempotency-key").and_then(|value| value.to_str().ok());
    let key = header.and_then(|text| Uuid::try_parse(text).ok());
    let body = Limited::new(request.into_body(), MAX_BODY).collect().await;
    let body = body.map_err(|_| bad("the body is too long or broken"))?.to_bytes();
    let order: Order = serde_json::from_slice(&body).map_err(|_| bad("the body is no order"))?;
    if key != Some(order.transaction_id) {
        return Err(bad("Idempotency-Key and transaction_id differ"));
    }
    if order.amount.len() > MAX_TEXT || order.currency.len() > MAX_TEXT {
        return Err(bad("the amount or the currency is too long"));
    }
    Ok(order)
}

async fn take(simulator: &SimulatorHandle, order: Order, trace: Option<String>) -> Reply {
    let key = order.transaction_id;
    let ordered = Ordered { offer_id: order.offer_id, amount: order.amount, currency: order.currency };
    let behaviour = simulator.behaviour(key, order.offer_id);
    let report = report_of(key, &behaviour);
    let (decision, fault) = match behaviour {
        Behaviour::Activate => (Some(decide(Ending::Activate, 0, false)), None),
        Behaviour::Refuse(refusal) => (Some(decide(Ending::Refuse(refusal), 0, false)), None),
        Behaviour::Delay { ms } => (Some(decide(Ending::Activate, ms, false)), None),
        Behaviour::Pending { ms, then } | Behaviour::Callback { ms, then, .. } => {
            (Some(decide(then, ms, true)), None)
        }
        Behaviour::RefuseThenActivate { .. } => {
            let refusal = Refusal { code: "no_capacity".into(), message: "No capacity".into() };
            (Some(decide(Ending::Refuse(refusal), 0, false)), None)
        }
        Behaviour::Fail(fault) => (None, Some(fault)),
        Behaviour::ExecuteThen(fault) => (Some(decide(Ending::Activate, 0, false)), Some(fault)),
    };
    let first = decision.is_some_and(|decision| simulator.place(key, ordered, decision));
    simulator.log("POST", key, trace);
    match report.filter(|_| first) {
        Some(report) if report.delivery == Delivery::Early => {
            callbacks::report(simulator, report).await;
            return Ok(Answer::taken(key).into_response());
        }
        Some(report) => simulator.report(report),
        None => {}
    }
    let standing = match simulator.standing(key) {
        Some(Standing::InFlight(..)) if first => simulator.decided(key).await,
        standing => standing,
    };
    let answer = match standing {
        Some(Standing::InFlight(..)) => Answer::error(StatusCode::CONFLICT, "the same key is in flight"),
        standing => Answer::about(key, standing),
    };
    match fault {
        Some(fault) => answer.spoilt_by(fault, key).await,
        None => Ok(answer.into_response()),
    }
}

/// What is to be reported about an order with this behaviour.
fn report_of(key: Uuid, behaviour: &Behaviour) -> Option<Report> {
    match behaviour {
        Behaviour::Callback { delivery: Delivery::Never, .. } => None,
        Behaviour::Callback { delivery, .. } => {
            Some(Report { key, delivery: *delivery, turns_round_after: None })
        }
        Behaviour::RefuseThenActivate { ms } => {
            let wait = Duration::from_millis((*ms).into());
            Some(Report { key, delivery: Delivery::Once, turns_round_after: Some(wait) })
        }
        _ => None,
    }
}

fn decide(ending: Ending, after_ms: u32, acknowledged: bool) -> Decision {
    Decision { ending, due: Instant::now() + Duration::from_millis(after_ms.into()), acknowledged }
}

async fn query(simulator: &SimulatorHandle, key: Uuid, trace: Option<String>) -> Reply {
    simulator.log("GET", key, trace);
    let truth = Answer::about(key, simulator.standing(key));
    match simulator.query_behaviour() {
        QueryBehaviour::Answer => Ok(truth.into_response()),
        QueryBehaviour::NotFound => Ok(Answer::about(key, None).into_response()),
        QueryBehaviour::Fail(fault) => truth.spoilt_by(fault, key).await,
    }
}
