//! Answers of the partner contract, right and wrong.

use std::convert::Infallible;
use std::io;
use std::time::Duration;

use bytes::Bytes;
use futures_util::{StreamExt, stream};
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt, Full, StreamBody};
use hyper::body::Frame;
use hyper::header::{CONTENT_LENGTH, CONTENT_TYPE, HeaderValue, LOCATION, RETRY_AFTER};
use hyper::{Response, StatusCode};
use serde_json::{Value, json};
use tokio::time::sleep;
use uuid::Uuid;

use crate::behaviour::Fault;
use crate::book::{Ordered, Standing};

const PADDING: usize = 10 * 1024 * 1024;

/// A body that may be slow or break off.
pub(crate) type Body = UnsyncBoxBody<Bytes, io::Error>;

/// What goes back: a response, or the connection closed without one.
pub(crate) type Reply = Result<Response<Body>, io::Error>;

/// A status with a JSON object.
#[derive(Debug)]
pub(crate) struct Answer {
    status: StatusCode,
    body: Value,
}

impl Answer {
    pub(crate) fn new(status: StatusCode, body: Value) -> Self {
        Self { status, body }
    }

    /// A call that the contract does not know.
    pub(crate) fn error(status: StatusCode, message: &str) -> Self {
        Self::new(status, json!({"status": "error", "message": message}))
    }

    /// The truth about an order.
    pub(crate) fn about(key: Uuid, standing: Option<Standing>) -> Self {
        match standing {
            Some(Standing::Activated(ordered)) => Self::accepted(StatusCode::OK, "activated", key, &ordered),
            Some(Standing::Pending(ordered) | Standing::InFlight(ordered, _)) => {
                Self::accepted(StatusCode::ACCEPTED, "pending", key, &ordered)
            }
            Some(Standing::Refused(refusal)) => Self::new(
                StatusCode::UNPROCESSABLE_ENTITY,
                json!({
                    "status": "refused",
                    "transaction_id": key,
                    "code": refusal.code,
                    "message": refusal.message,
                }),
            ),
            None => Self::new(StatusCode::NOT_FOUND, json!({"status": "not_found", "transaction_id": key})),
        }
    }

    /// The order was taken and will be decided later.
    pub(crate) fn taken(key: Uuid) -> Self {
        let body = json!({"status": "pending", "transaction_id": key, "reference": reference(key)});
        Self::new(StatusCode::ACCEPTED, body)
    }

    fn accepted(status: StatusCode, word: &str, key: Uuid, ordered: &Ordered) -> Self {
        let body = json!({
            "status": word,
            "transaction_id": key,
            "reference": reference(key),
            "offer_id": ordered.offer_id,
            "amount": ordered.amount,
            "currency": ordered.currency,
        });
        Self::new(status, body)
    }

    fn with(mut self, field: &str, value: Value) -> Self {
        if let Some(object) = self.body.as_object_mut() {
            object.insert(field.to_owned(), value);
        }
        self
    }

    /// The body.
    pub(crate) fn text(&self) -> Bytes {
        Bytes::from(self.body.to_string())
    }

    /// As it should be sent.
    pub(crate) fn into_response(self) -> Response<Body> {
        response(self.status, whole(self.text()))
    }

    /// As it should not.
    pub(crate) async fn spoilt_by(self, fault: Fault, key: Uuid) -> Reply {
        Ok(match fault {
            Fault::Drop => return Err(io::Error::other("dropped by the script")),
            Fault::Hang => std::future::pending().await,
            Fault::Drip { ms } => {
                response(self.status, dripping(self.text(), Duration::from_millis(ms.into())))
            }
            Fault::Status { code, retry_after } => status_only(code, retry_after),
            Fault::Malformed => response(StatusCode::OK, whole("<html>All is well</html>".into())),
            Fault::Truncated => truncated(self.status, &self.text()),
            Fault::Oversized => self.with("padding", "x".repeat(PADDING).into()).into_response(),
            Fault::WrongId => {
                let other = Uuid::from_u128(key.as_u128() ^ 1);
                self.with("transaction_id", json!(other)).into_response()
            }
            Fault::WrongAmount => self.with("amount", "0.07".into()).into_response(),
            Fault::ErrorBody => Self::error(StatusCode::OK, "internal error").into_response(),
            Fault::Redirect => {
                let mut response = Self::error(StatusCode::SEE_OTHER, "look there").into_response();
                if let Ok(place) = HeaderValue::from_str(&format!("/activations/{key}")) {
                    response.headers_mut().insert(LOCATION, place);
                }
                response
            }
        })
    }
}

/// The partner's own name for an order.
fn reference(key: Uuid) -> String {
    format!("SIM-{:012X}", key.as_u128() & 0xFFFF_FFFF_FFFF)
}

fn response(status: StatusCode, body: Body) -> Response<Body> {
    let mut response = Response::new(body);
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}

fn status_only(code: u16, retry_after: Option<u32>) -> Response<Body> {
    let status = StatusCode::from_u16(code).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut response = Answer::error(status, "as the script says").into_response();
    if let Some(seconds) = retry_after {
        response.headers_mut().insert(RETRY_AFTER, seconds.into());
    }
    response
}

fn whole(text: Bytes) -> Body {
    Full::new(text).map_err(|never: Infallible| match never {}).boxed_unsync()
}

fn dripping(text: Bytes, gap: Duration) -> Body {
    let drops = stream::iter(text).then(move |byte| async move {
        sleep(gap).await;
        Ok(Frame::data(Bytes::copy_from_slice(&[byte])))
    });
    StreamBody::new(drops).boxed_unsync()
}

/// Promises the whole text, sends half of it and closes the connection.
fn truncated(status: StatusCode, text: &Bytes) -> Response<Body> {
    let half = stream::iter([Ok(Frame::data(text.slice(..text.len() / 2)))]);
    let end = stream::once(async {
        // Lets the first half leave before the connection closes.
        tokio::task::yield_now().await;
        Err(io::Error::other("truncated by the script"))
    });
    let mut response = response(status, StreamBody::new(half.chain(end)).boxed_unsync());
    response.headers_mut().insert(CONTENT_LENGTH, text.len().into());
    response
}
