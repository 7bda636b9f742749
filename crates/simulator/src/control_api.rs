//! Scripting and inspecting over HTTP, for a simulator that runs as a process of its own.

use http_body_util::{BodyExt, Limited};
use hyper::body::Incoming;
use hyper::{Method, Request, StatusCode};
use serde::de::DeserializeOwned;
use serde_json::json;
use uuid::Uuid;

use crate::handle::SimulatorHandle;
use crate::reply::Answer;

/// Where these endpoints are.
pub(crate) const PREFIX: &str = "/simulator/";
const MAX_BODY: usize = 1024 * 1024;

/// Answers one call that controls the simulator.
pub(crate) async fn answer(simulator: &SimulatorHandle, request: Request<Incoming>) -> Answer {
    let path = request.uri().path().to_owned();
    let path = path.strip_prefix(PREFIX).unwrap_or_default();
    match (request.method(), path.split_once('/').unwrap_or((path, ""))) {
        (&Method::PUT, ("behaviours", "")) => change(simulator, request).await,
        (&Method::DELETE, ("behaviours", "")) => {
            simulator.reset();
            done()
        }
        (&Method::PUT, ("callbacks", "")) => call_back(simulator, request).await,
        (&Method::GET, ("callbacks", "")) => Answer::new(StatusCode::OK, json!(simulator.sent_callbacks())),
        (&Method::GET, ("calls", "")) => Answer::new(StatusCode::OK, json!(simulator.calls())),
        (&Method::GET, ("executions", key)) => {
            about(key, |key| Answer::new(StatusCode::OK, json!(simulator.execution(key))))
        }
        (&Method::DELETE, ("keys", key)) => about(key, |key| {
            simulator.forget(key);
            done()
        }),
        _ => Answer::error(StatusCode::NOT_FOUND, "no such path"),
    }
}

fn about(key: &str, answer: impl FnOnce(Uuid) -> Answer) -> Answer {
    match Uuid::try_parse(key) {
        Ok(key) => answer(key),
        Err(_) => Answer::error(StatusCode::BAD_REQUEST, "the transaction id is no UUID"),
    }
}

async fn change(simulator: &SimulatorHandle, request: Request<Incoming>) -> Answer {
    match read(request).await {
        Ok(behaviours) => {
            simulator.script(behaviours);
            done()
        }
        Err(answer) => answer,
    }
}

async fn call_back(simulator: &SimulatorHandle, request: Request<Incoming>) -> Answer {
    match read(request).await {
        Ok(target) => {
            simulator.call_back(target);
            done()
        }
        Err(answer) => answer,
    }
}

async fn read<T: DeserializeOwned>(request: Request<Incoming>) -> Result<T, Answer> {
    let body = Limited::new(request.into_body(), MAX_BODY).collect().await;
    let too_long = |_| Answer::error(StatusCode::PAYLOAD_TOO_LARGE, "the body is too long or broken");
    let body = body.map_err(too_long)?.to_bytes();
    serde_json::from_slice(&body).map_err(|error| Answer::error(StatusCode::BAD_REQUEST, &error.to_string()))
}

fn done() -> Answer {
    Answer::new(StatusCode::OK, json!({"status": "done"}))
}
