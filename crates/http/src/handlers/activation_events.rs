//! Following an order as a stream of events.

use std::convert::Infallible;
use std::time::Duration;

use actix_web::http::Method;
use actix_web::web::Bytes;
use actix_web::{HttpRequest, HttpResponse};
use futures_util::stream::{self, Stream};
use offers_application::activation_status::Following;
use offers_application::identity::Caller;
use offers_domain::ids::TransactionId;
use tokio::time::{Instant, sleep_until};
use tracing::{Instrument, Span};

use super::State;
use crate::answer::Events;
use crate::dto::activation::OrderBody;
use crate::error_code::ErrorCode;
use crate::event_stream::{self, HEARTBEAT, RETRY, StreamLimits, StreamPlace};
use crate::extract::{LastEventId, PathId, SignedIn};
use crate::problem::Problem;

/// What an event is called.
const STATUS: &str = "status";

/// One event for each transition of an order, from after the one that the client names.
pub(crate) async fn events(
    state: State,
    caller: SignedIn,
    id: PathId<TransactionId>,
    seen: LastEventId,
    request: HttpRequest,
) -> Result<Events, Problem> {
    let seen = seen.0.unwrap_or(0);
    let following = state.services.activation_status.follow(caller.0.user, id.0, seen).await?;
    let following = following.ok_or_else(|| Problem::new(ErrorCode::TransactionNotFound))?;
    if following.is_over() {
        // This is how a client is told not to connect again.
        return Ok(Events(HttpResponse::NoContent().finish()));
    }
    if request.method() == Method::HEAD {
        return Ok(Events(event_stream::head()));
    }
    let place = state.limits.streams.take_place(caller.0.user)?;
    let StreamLimits { silence, life, .. } = state.limits.streams.limits();
    let story = Story {
        state,
        caller: caller.0,
        following,
        silence,
        ends_at: Instant::now() + life,
        told: false,
        _place: place,
    };
    Ok(Events(event_stream::response(story.told(Span::current()))))
}

/// An order's story on its way to one client.
struct Story {
    state: State,
    caller: Caller,
    following: Following,
    silence: Duration,
    ends_at: Instant,
    /// Whether the client has been told something.
    told: bool,
    _place: StreamPlace,
}

impl Story {
    /// The stream; `span` is that of the request.
    fn told(self, span: Span) -> impl Stream<Item = Result<Bytes, Infallible>> {
        stream::unfold(self, move |mut story| {
            async move {
                let text = story.next().await?;
                Some((Ok(Bytes::from(text)), story))
            }
            .instrument(span.clone())
        })
    }

    /// What comes next; none at the end. A stopping server, a session that is over and a store that does not answer end the
    /// stream: the client connects again, elsewhere or later, and says what it has had.
    async fn next(&mut self) -> Option<String> {
        if !self.told {
            self.told = true;
            return Some(format!("{RETRY}{}", self.news().await?));
        }
        while !self.following.is_over() {
            let now = Instant::now();
            tokio::select! {
                () = self.following.changed() => {
                    let news = self.news().await?;
                    if !news.is_empty() {
                        return Some(news);
                    }
                }
                () = self.state.readiness.drained() => return None,
                () = sleep_until(self.ends_at.min(now + self.silence)) => {
                    return (Instant::now() < self.ends_at).then(|| HEARTBEAT.to_owned());
                }
            }
        }
        None
    }

    /// The events that the client has not had.
    async fn news(&mut self) -> Option<String> {
        let services = &self.state.services;
        services.authenticate.check(&self.caller).await.ok()?;
        let missed = services.activation_status.missed(&mut self.following).await.ok()?;
        let mut text = String::new();
        for view in missed {
            let version = view.version;
            let data = serde_json::to_string(&OrderBody::from(view)).ok()?;
            event_stream::write_event(&mut text, version, STATUS, &data);
        }
        Some(text)
    }
}
