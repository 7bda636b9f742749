//! Leaves Redis alone while it does not answer.

use std::time::{Duration, Instant};

/// A circuit breaker that is told the time: it opens after so many failures in a row; from then on one call in each
/// cool-down tries again, and the first success closes it.
#[derive(Debug)]
pub(crate) struct Breaker {
    failures_to_open: u32,
    cool_down: Duration,
    failures: u32,
    next_try: Option<Instant>,
}

impl Breaker {
    pub(crate) fn new(failures_to_open: u32, cool_down: Duration) -> Self {
        Self { failures_to_open: failures_to_open.max(1), cool_down, failures: 0, next_try: None }
    }

    /// Whether a call may be made. A try that never reports back is followed by another after the cool-down.
    pub(crate) fn admits(&mut self, now: Instant) -> bool {
        match &mut self.next_try {
            Some(next_try) if now < *next_try => false,
            Some(next_try) => {
                *next_try = now + self.cool_down;
                true
            }
            None => true,
        }
    }

    pub(crate) fn is_open(&self) -> bool {
        self.next_try.is_some()
    }

    /// Says whether this closed the circuit.
    pub(crate) fn succeeded(&mut self) -> bool {
        self.failures = 0;
        self.next_try.take().is_some()
    }

    /// Says whether this opened the circuit.
    pub(crate) fn failed(&mut self, now: Instant) -> bool {
        self.failures = self.failures.saturating_add(1);
        let opens = !self.is_open() && self.failures >= self.failures_to_open;
        if opens || self.is_open() {
            self.next_try = Some(now + self.cool_down);
        }
        opens
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const COOL_DOWN: Duration = Duration::from_secs(1);
    const MOMENT: Duration = Duration::from_millis(1);

    fn opened(now: Instant) -> Breaker {
        let mut breaker = Breaker::new(3, COOL_DOWN);
        assert_eq!([breaker.failed(now), breaker.failed(now), breaker.failed(now)], [false, false, true]);
        breaker
    }

    #[test]
    fn it_opens_after_enough_failures_in_a_row() {
        let now = Instant::now();
        let mut breaker = Breaker::new(3, COOL_DOWN);
        breaker.failed(now);
        breaker.failed(now);
        assert!(!breaker.succeeded());
        breaker.failed(now);
        breaker.failed(now);
        assert!(breaker.admits(now) && !breaker.is_open());
        assert!(breaker.failed(now));
        assert!(!breaker.admits(now + MOMENT) && breaker.is_open());
    }

    #[test]
    fn once_in_a_cool_down_one_call_tries() {
        let now = Instant::now();
        let mut breaker = opened(now);
        let later = now + COOL_DOWN;
        assert!(breaker.admits(later));
        assert!(!breaker.admits(later));
        assert!(breaker.admits(later + COOL_DOWN), "a try that never reports back is followed by another");
    }

    #[test]
    fn a_try_that_goes_well_closes_it_and_the_count_begins_anew() {
        let now = Instant::now();
        let mut breaker = opened(now);
        assert!(breaker.admits(now + COOL_DOWN));
        assert!(breaker.succeeded());
        assert!(!breaker.failed(now) && breaker.admits(now));
    }

    #[test]
    fn a_try_that_fails_begins_another_cool_down() {
        let now = Instant::now();
        let mut breaker = opened(now);
        let tried = now + COOL_DOWN;
        assert!(breaker.admits(tried));
        assert!(!breaker.failed(tried + MOMENT), "it was open before");
        assert!(!breaker.admits(tried + COOL_DOWN));
        assert!(breaker.admits(tried + COOL_DOWN + MOMENT));
    }
}
