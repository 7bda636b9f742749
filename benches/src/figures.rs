//! Numbers of several repetitions, and ratios between them.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

/// What was measured, in each repetition.
#[derive(Debug, Default)]
pub(crate) struct Measured(BTreeMap<&'static str, Vec<u64>>);

impl Measured {
    /// Keeps the next repetition's figure.
    pub(crate) fn add(&mut self, name: &'static str, figure: u64) {
        self.0.entry(name).or_default().push(figure);
    }

    /// All repetitions of one figure.
    pub(crate) fn get(&self, name: &str) -> Spread {
        Spread::of(self.0.get(name).cloned().unwrap_or_default())
    }

    /// In hundredths, each repetition by itself: the two sides were measured next to each other.
    pub(crate) fn ratio(&self, name: &str, to: &str) -> Spread {
        let figures = |name| self.0.get(name).map_or(&[][..], Vec::as_slice);
        let pairs = figures(name).iter().zip(figures(to));
        Spread::of(pairs.map(|(one, other)| one.saturating_mul(100) / (*other).max(1)).collect())
    }
}

/// The middle and both ends.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Spread {
    pub(crate) low: u64,
    pub(crate) median: u64,
    pub(crate) high: u64,
}

impl Spread {
    fn of(mut figures: Vec<u64>) -> Self {
        figures.sort_unstable();
        Self {
            low: figures.first().copied().unwrap_or_default(),
            median: percentile(&figures, 50),
            high: figures.last().copied().unwrap_or_default(),
        }
    }
}

/// Prints hundredths with a point.
pub(crate) struct Hundredths(pub(crate) u64);

impl fmt::Display for Hundredths {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{:02}", self.0 / 100, self.0 % 100)
    }
}

/// Of figures in ascending order.
pub(crate) fn percentile(sorted: &[u64], percent: usize) -> u64 {
    let place = (sorted.len() * percent / 100).min(sorted.len().saturating_sub(1));
    sorted.get(place).copied().unwrap_or_default()
}

/// So many in so long, per second.
pub(crate) fn per_second(count: u64, time: Duration) -> u64 {
    let microseconds = u64::try_from(time.as_micros()).unwrap_or(u64::MAX);
    count.saturating_mul(1_000_000) / microseconds.max(1)
}
