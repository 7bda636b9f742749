//! What both kinds of tests need.

mod bell;

use offers_domain::ports::Clock;
use time::OffsetDateTime;

pub(crate) use bell::Process;

/// The clock on the wall: Redis goes by it, too.
pub(crate) struct WallClock;

impl Clock for WallClock {
    #[expect(clippy::disallowed_methods, reason = "Redis goes by this clock, too")]
    fn now(&self) -> OffsetDateTime {
        OffsetDateTime::now_utc()
    }
}
