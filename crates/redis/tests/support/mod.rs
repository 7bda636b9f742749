//! What both kinds of tests need.

use offers_domain::ports::Clock;
use time::OffsetDateTime;

/// The clock on the wall: Redis goes by it, too.
pub(crate) struct WallClock;

impl Clock for WallClock {
    #[expect(clippy::disallowed_methods, reason = "Redis goes by this clock, too")]
    fn now(&self) -> OffsetDateTime {
        OffsetDateTime::now_utc()
    }
}
