//! The clock of one store.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use offers_domain::ports::Clock;
use time::OffsetDateTime;

use crate::rows::{instant_from_micros, micros};

/// The process's clock, to the microsecond that rows keep, and never going backwards.
pub(crate) struct StoreClock {
    clock: Arc<dyn Clock>,
    latest: AtomicI64,
}

impl StoreClock {
    pub(crate) fn new(clock: Arc<dyn Clock>) -> Self {
        Self { clock, latest: AtomicI64::new(i64::MIN) }
    }

    pub(crate) fn now(&self) -> OffsetDateTime {
        let now = self.clock.now();
        let read = micros(now);
        let latest = self.latest.fetch_max(read, Ordering::Relaxed).max(read);
        instant_from_micros(latest).unwrap_or(now)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use time::macros::datetime;

    use super::*;

    struct Script(Mutex<Vec<OffsetDateTime>>);

    impl Clock for Script {
        fn now(&self) -> OffsetDateTime {
            self.0.lock().unwrap().pop().unwrap()
        }
    }

    #[test]
    fn time_stands_still_while_the_process_clock_jumps_back() {
        let first = datetime!(2026-03-03 12:00:01.000001 UTC);
        let back = datetime!(2026-03-03 12:00:00 UTC);
        let later = datetime!(2026-03-03 12:00:02 UTC);
        let clock = StoreClock::new(Arc::new(Script(Mutex::new(vec![later, back, first]))));
        assert_eq!([clock.now(), clock.now(), clock.now()], [first, first, later]);
    }
}
