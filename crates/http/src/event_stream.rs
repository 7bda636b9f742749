//! Server-sent events (WHATWG HTML, section 9.2), and how many streams of them may be open.

use std::collections::HashMap;
use std::convert::Infallible;
use std::fmt::Write;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use actix_web::HttpResponse;
use actix_web::http::header::{HeaderMap, HeaderName, HeaderValue};
use actix_web::web::Bytes;
use futures_util::Stream;
use offers_domain::ids::UserId;
use prometheus::{IntGauge, Registry};

use crate::error_code::ErrorCode;
use crate::problem::Problem;

/// The media type.
const MEDIA_TYPE: &str = "text/event-stream";
const LAST_EVENT_ID: HeaderName = HeaderName::from_static("last-event-id");
/// Asks proxies of nginx's kind to pass on what comes when it comes.
const BUFFERING: (HeaderName, HeaderValue) =
    (HeaderName::from_static("x-accel-buffering"), HeaderValue::from_static("no"));
/// A comment: it keeps a connection on which nothing happens from being taken for dead.
pub(crate) const HEARTBEAT: &str = ": \n\n";
/// How long a client waits before it connects again, in milliseconds.
pub(crate) const RETRY: &str = "retry: 2000\n\n";
/// When a client that was turned away may try again, in seconds.
const COME_BACK: u16 = 5;

/// Adds an event with one line of data.
pub(crate) fn write_event(text: &mut String, id: u32, name: &str, data: &str) {
    // Writing into a string cannot fail.
    let _ = write!(text, "id: {id}\nevent: {name}\ndata: {data}\n\n");
}

/// The number of the last event that the client has had. What is no number of ours counts as none: whoever has lost count
/// is told everything.
pub(crate) fn last_event_id(headers: &HeaderMap) -> Option<u32> {
    headers.get(&LAST_EVENT_ID)?.to_str().ok()?.parse().ok()
}

/// An answer that goes on for as long as `events` does.
pub(crate) fn response(events: impl Stream<Item = Result<Bytes, Infallible>> + 'static) -> HttpResponse {
    HttpResponse::Ok().content_type(MEDIA_TYPE).insert_header(BUFFERING).streaming(events)
}

/// The head of such an answer.
pub(crate) fn head() -> HttpResponse {
    HttpResponse::Ok().content_type(MEDIA_TYPE).insert_header(BUFFERING).finish()
}

/// How many event streams may be open at once, and for how long.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StreamLimits {
    /// By one user, in one process.
    pub per_user: usize,
    /// In one process. Fewer than its connections, so that other requests have some left.
    pub per_process: usize,
    /// How long one may be silent.
    pub silence: Duration,
    /// How long one lives; its client then connects again and misses nothing.
    pub life: Duration,
}

impl Default for StreamLimits {
    fn default() -> Self {
        let (silence, life) = (Duration::from_secs(15), Duration::from_mins(5));
        Self { per_user: 16, per_process: 4096, silence, life }
    }
}

/// The event streams that are open. Clones share one count.
#[derive(Clone)]
pub struct EventStreams {
    limits: StreamLimits,
    open: Arc<Mutex<HashMap<UserId, usize>>>,
    count: IntGauge,
}

impl EventStreams {
    /// None is open yet.
    ///
    /// # Errors
    /// When the registry counts streams already.
    pub fn try_new(limits: StreamLimits, registry: &Registry) -> Result<Self, prometheus::Error> {
        let count = IntGauge::new("offers_http_event_streams", "Event streams that are open.")?;
        registry.register(Box::new(count.clone()))?;
        Ok(Self { limits, open: Arc::default(), count })
    }

    pub(crate) fn limits(&self) -> StreamLimits {
        self.limits
    }

    /// Takes a place for a stream of this user, until it is dropped.
    pub(crate) fn take_place(&self, user: UserId) -> Result<StreamPlace, Problem> {
        let mut open = self.users();
        if open.values().sum::<usize>() >= self.limits.per_process {
            return Err(Problem::new(ErrorCode::Overloaded).retry_after(COME_BACK));
        }
        let own = open.entry(user).or_default();
        if *own >= self.limits.per_user {
            return Err(Problem::new(ErrorCode::TooManyStreams).retry_after(COME_BACK));
        }
        *own = own.saturating_add(1);
        self.count.inc();
        Ok(StreamPlace { user, streams: self.clone() })
    }

    fn users(&self) -> MutexGuard<'_, HashMap<UserId, usize>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The place of one open stream.
pub(crate) struct StreamPlace {
    user: UserId,
    streams: EventStreams,
}

impl Drop for StreamPlace {
    fn drop(&mut self) {
        let mut open = self.streams.users();
        if let Some(own) = open.get_mut(&self.user) {
            *own = own.saturating_sub(1);
            if *own == 0 {
                open.remove(&self.user);
            }
        }
        self.streams.count.dec();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn streams(per_user: usize, per_process: usize) -> EventStreams {
        EventStreams::try_new(
            StreamLimits { per_user, per_process, ..StreamLimits::default() },
            &Registry::new(),
        )
        .unwrap()
    }

    fn refusal(outcome: Result<StreamPlace, Problem>) -> String {
        outcome.err().map(|problem| problem.to_string()).unwrap_or_default()
    }

    #[test]
    fn places_are_counted_by_user_and_together_and_come_back() {
        let (streams, anna, ben, cleo) = (streams(2, 3), UserId(1), UserId(2), UserId(3));
        let first = streams.take_place(anna).unwrap();
        let _second = streams.take_place(anna).unwrap();
        assert_eq!(refusal(streams.take_place(anna)), "too_many_streams");
        let _third = streams.take_place(ben).unwrap();
        assert_eq!(refusal(streams.take_place(cleo)), "overloaded");
        drop(first);
        assert_eq!(streams.count.get(), 2);
        assert_eq!(refusal(streams.take_place(cleo)), "");
        assert_eq!(streams.users().len(), 2, "who has no stream is forgotten");
    }

    #[test]
    fn whoever_has_lost_count_is_told_everything() {
        let id = |text: &str| {
            let request = actix_web::test::TestRequest::default().insert_header(("last-event-id", text));
            last_event_id(request.to_http_request().headers())
        };
        assert_eq!(id("3"), Some(3));
        for text in ["", "x", "-1", "3.0", "4294967296"] {
            assert_eq!(id(text), None, "{text}");
        }
    }
}
