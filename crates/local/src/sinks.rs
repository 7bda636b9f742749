//! Everybody in this process whom signals of other processes concern.

use std::sync::Arc;

use offers_domain::ports::{Signal, SignalSink};

/// Delivers to each in turn: caches come before bells, so that whoever is woken does not find what was true before.
pub struct Sinks(pub Vec<Arc<dyn SignalSink>>);

impl SignalSink for Sinks {
    fn deliver(&self, signal: &Signal) {
        self.0.iter().for_each(|sink| sink.deliver(signal));
    }
}
