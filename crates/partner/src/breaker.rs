//! Leaves a partner alone that keeps failing.

use std::time::Duration;

use tokio::time::Instant;

/// A circuit breaker: a pure state machine that is told the time.
///
/// It opens after a number of failures in a row. Once it has been open for the cool-down, it lets one call through to
/// try the partner: a success closes it, a failure begins a new cool-down. A probe that never reports, because its
/// caller was dropped, is followed by another one.
#[derive(Debug)]
pub(crate) struct Breaker {
    failures_to_open: u32,
    cool_down: Duration,
    probe_limit: Duration,
    state: State,
}

#[derive(Debug)]
enum State {
    Closed { failures: u32 },
    Open { next_probe: Instant },
}

impl Breaker {
    /// A closed breaker. `probe_limit` is the longest that a call can take.
    pub(crate) fn new(failures_to_open: u32, cool_down: Duration, probe_limit: Duration) -> Self {
        Self { failures_to_open, cool_down, probe_limit, state: State::Closed { failures: 0 } }
    }

    /// Whether a call may be made now, or how long to wait before asking again.
    pub(crate) fn admit(&mut self, now: Instant) -> Result<(), Duration> {
        match &mut self.state {
            State::Open { next_probe } if now < *next_probe => Err(next_probe.duration_since(now)),
            State::Open { next_probe } => {
                *next_probe = now + self.probe_limit;
                Ok(())
            }
            State::Closed { .. } => Ok(()),
        }
    }

    /// Whether calls are held back.
    pub(crate) fn is_open(&self) -> bool {
        matches!(self.state, State::Open { .. })
    }

    /// A call went well. Says whether this closed the circuit.
    pub(crate) fn succeeded(&mut self) -> bool {
        let was_open = self.is_open();
        self.state = State::Closed { failures: 0 };
        was_open
    }

    /// A call failed. Says whether this opened the circuit.
    pub(crate) fn failed(&mut self, now: Instant) -> bool {
        let opens = match &mut self.state {
            State::Closed { failures } => {
                *failures = failures.saturating_add(1);
                if *failures < self.failures_to_open {
                    return false;
                }
                true
            }
            State::Open { .. } => false,
        };
        self.state = State::Open { next_probe: now + self.cool_down };
        opens
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const COOL_DOWN: Duration = Duration::from_secs(5);
    const PROBE_LIMIT: Duration = Duration::from_secs(10);
    const MOMENT: Duration = Duration::from_millis(1);

    fn opened(now: Instant) -> Breaker {
        let mut breaker = Breaker::new(3, COOL_DOWN, PROBE_LIMIT);
        assert_eq!([breaker.failed(now), breaker.failed(now), breaker.failed(now)], [false, false, true]);
        breaker
    }

    #[test]
    fn it_opens_after_enough_failures_in_a_row() {
        let now = Instant::now();
        let mut breaker = Breaker::new(3, COOL_DOWN, PROBE_LIMIT);
        breaker.failed(now);
        breaker.failed(now);
        assert!(!breaker.succeeded());
        breaker.failed(now);
        breaker.failed(now);
        assert_eq!(breaker.admit(now), Ok(()));
        breaker.failed(now);
        assert_eq!(breaker.admit(now), Err(COOL_DOWN));
        assert_eq!(breaker.admit(now + COOL_DOWN - MOMENT), Err(MOMENT));
    }

    #[test]
    fn after_the_cool_down_one_call_probes() {
        let now = Instant::now();
        let mut breaker = opened(now);
        let later = now + COOL_DOWN;
        assert_eq!(breaker.admit(later), Ok(()));
        assert_eq!(breaker.admit(later), Err(PROBE_LIMIT));
    }

    #[test]
    fn a_good_probe_closes_it() {
        let now = Instant::now();
        let mut breaker = opened(now);
        assert_eq!(breaker.admit(now + COOL_DOWN), Ok(()));
        assert!(breaker.succeeded());
        assert_eq!(breaker.admit(now + COOL_DOWN), Ok(()));
        assert!(!breaker.failed(now + COOL_DOWN), "the count begins anew");
    }

    #[test]
    fn a_bad_probe_begins_a_new_cool_down() {
        let now = Instant::now();
        let mut breaker = opened(now);
        assert_eq!(breaker.admit(now + COOL_DOWN), Ok(()));
        let failed = now + COOL_DOWN + MOMENT;
        assert!(!breaker.failed(failed));
        assert_eq!(breaker.admit(failed), Err(COOL_DOWN));
        assert_eq!(breaker.admit(failed + COOL_DOWN), Ok(()));
    }

    #[test]
    fn a_probe_that_never_reports_is_followed_by_another() {
        let now = Instant::now();
        let mut breaker = opened(now);
        let probe = now + COOL_DOWN;
        assert_eq!(breaker.admit(probe), Ok(()));
        assert_eq!(breaker.admit(probe + PROBE_LIMIT), Ok(()));
    }
}
