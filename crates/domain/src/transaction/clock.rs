//! The time that an order's calls are allowed.

use time::{Duration, OffsetDateTime};

use super::Transaction;

/// When the calls for an order began, and since when their time counts: later, where its activation partner was paused
/// meanwhile.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CallClock {
    /// When a worker first took the order to call, UTC.
    pub first_call: OffsetDateTime,
    /// The same, moved forward by the pauses since, UTC.
    pub from: OffsetDateTime,
}

impl CallClock {
    /// A clock that starts now.
    pub fn start(now: OffsetDateTime) -> Self {
        Self { first_call: now, from: now }
    }

    /// The clock of an open order when a pause of its partner, begun at `since`, ends. Stores say the same in SQL, for many
    /// open orders of the partner at once.
    #[must_use]
    pub fn after_pause(self, since: OffsetDateTime, now: OffsetDateTime) -> Self {
        let paused = between(since.max(self.from), now).max(Duration::ZERO);
        Self { from: self.from.saturating_add(paused), ..self }
    }
}

impl Transaction {
    /// How much of the time for its calls has passed; none before the first.
    pub fn age(&self, now: OffsetDateTime) -> Duration {
        self.0.clock.map_or(Duration::ZERO, |clock| between(clock.from, now))
    }

    /// How long ago the first call was, pauses included.
    pub fn since_first_call(&self, now: OffsetDateTime) -> Duration {
        self.0.clock.map_or(Duration::ZERO, |clock| between(clock.first_call, now))
    }
}

fn between(start: OffsetDateTime, end: OffsetDateTime) -> Duration {
    let nanoseconds = end.unix_timestamp_nanos().saturating_sub(start.unix_timestamp_nanos());
    Duration::nanoseconds_i128(nanoseconds)
}
