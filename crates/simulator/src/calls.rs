//! Who called, in order.

use std::collections::VecDeque;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// One call of the partner contract.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Call {
    /// 1 for the first call, and so on.
    pub number: u64,
    /// `POST`, `GET` or `DELETE`.
    pub method: String,
    /// The key.
    pub transaction_id: Uuid,
    /// The header, as it came.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub traceparent: Option<String>,
}

/// The last calls, up to a number.
#[derive(Debug)]
pub(crate) struct CallLog {
    calls: VecDeque<Call>,
    capacity: usize,
    count: u64,
}

impl CallLog {
    pub(crate) fn new(capacity: usize) -> Self {
        Self { calls: VecDeque::new(), capacity, count: 0 }
    }

    /// Adds a call; says how many there were in all.
    pub(crate) fn add(&mut self, method: &str, transaction_id: Uuid, traceparent: Option<String>) -> u64 {
        self.count = self.count.saturating_add(1);
        let (number, method) = (self.count, method.to_owned());
        self.calls.push_back(Call { number, method, transaction_id, traceparent });
        if self.calls.len() > self.capacity {
            self.calls.pop_front();
        }
        self.count
    }

    pub(crate) fn last(&self) -> Vec<Call> {
        self.calls.iter().cloned().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_calls_are_kept_with_their_numbers() {
        let mut log = CallLog::new(2);
        for method in ["POST", "GET", "DELETE"] {
            log.add(method, Uuid::nil(), None);
        }
        let kept: Vec<_> = log.last().into_iter().map(|call| (call.number, call.method)).collect();
        assert_eq!(kept, [(2, "GET".to_owned()), (3, "DELETE".to_owned())]);
    }
}
