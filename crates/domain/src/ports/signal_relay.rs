//! Signals between processes.

use std::fmt;

use async_trait::async_trait;
use uuid::Uuid;

use crate::ids::{SessionId, TransactionId};

/// What one process tells the others.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Signal {
    /// There is work.
    Work,
    /// These orders have a new status.
    Changed(Vec<TransactionId>),
    /// This login is over.
    SessionEnded(SessionId),
    /// What is for sale has changed.
    CatalogueChanged,
    /// Signals may have been lost: whoever waits, looks, and whoever remembers, forgets.
    Missed,
}

/// As it travels: a word, then the ids that it is about.
impl fmt::Display for Signal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Work => f.write_str("work"),
            Self::Changed(ids) => {
                f.write_str("changed")?;
                ids.iter().try_for_each(|id| write!(f, " {id}"))
            }
            Self::SessionEnded(id) => write!(f, "session-ended {id}"),
            Self::CatalogueChanged => f.write_str("catalogue-changed"),
            Self::Missed => f.write_str("missed"),
        }
    }
}

impl Signal {
    /// The message of the process called `sender`.
    pub fn message(&self, sender: Uuid) -> String {
        format!("{sender} {self}")
    }

    /// What a message says to the process called `receiver`: nothing, where it sent the message itself, or where nobody
    /// of ours did.
    pub fn heard(message: &str, receiver: Uuid) -> Option<Self> {
        let mut words = message.split(' ');
        let sender: Uuid = words.next()?.parse().ok()?;
        if sender == receiver {
            return None;
        }
        match words.next()? {
            "work" => Some(Self::Work),
            "changed" => Some(Self::Changed(words.filter_map(|word| word.parse().ok()).collect())),
            "session-ended" => words.next()?.parse().ok().map(Self::SessionEnded),
            "catalogue-changed" => Some(Self::CatalogueChanged),
            "missed" => Some(Self::Missed),
            _ => None,
        }
    }
}

/// Carries signals from this process to every other. A signal may be lost; nothing here fails.
#[cfg_attr(feature = "mocks", mockall::automock)]
#[async_trait]
pub trait SignalRelay: Send + Sync {
    /// Sends a signal.
    async fn send(&self, signal: Signal);
}

/// Takes what other processes sent: whoever waits or remembers something in this process.
pub trait SignalSink: Send + Sync {
    /// Wakes whom the signal concerns. Never blocks.
    fn deliver(&self, signal: &Signal);
}

#[cfg(test)]
mod tests {
    use super::*;

    const HERE: Uuid = Uuid::from_u128(1);
    const THERE: Uuid = Uuid::from_u128(2);

    fn some() -> [Signal; 5] {
        [
            Signal::Work,
            Signal::Changed(vec![TransactionId(Uuid::from_u128(7)), TransactionId(Uuid::from_u128(8))]),
            Signal::SessionEnded(SessionId(Uuid::from_u128(9))),
            Signal::CatalogueChanged,
            Signal::Missed,
        ]
    }

    #[test]
    fn what_one_process_says_the_others_hear_and_it_does_not() {
        for signal in some() {
            let message = signal.message(THERE);
            assert_eq!(Signal::heard(&message, HERE), Some(signal), "{message}");
            assert_eq!(Signal::heard(&message, THERE), None, "{message}");
        }
    }

    #[test]
    fn messages_of_strangers_say_nothing() {
        for stranger in ["", "work", "nonsense work", &format!("{THERE}"), &format!("{THERE} shout")] {
            assert_eq!(Signal::heard(stranger, HERE), None, "{stranger}");
        }
        for broken in ["session-ended", "session-ended x"] {
            assert_eq!(Signal::heard(&format!("{THERE} {broken}"), HERE), None, "{broken}");
        }
        assert_eq!(Signal::heard(&format!("{THERE} changed x y  "), HERE), Some(Signal::Changed(Vec::new())));
    }
}
