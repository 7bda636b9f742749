//! Which idempotency keys are being worked on in this process.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use offers_domain::idempotency::Scope;

/// Counts the requests under way for each key.
#[derive(Default)]
pub(crate) struct InFlight(Mutex<HashMap<Scope, usize>>);

/// One request under way; it ends when this is dropped.
pub(crate) struct Entry<'a> {
    requests: &'a InFlight,
    scope: Scope,
    /// Whether no other request had the key when this one came.
    pub(crate) is_first: bool,
}

impl InFlight {
    pub(crate) fn enter(&self, scope: Scope) -> Entry<'_> {
        let mut requests = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let count = requests.entry(scope.clone()).or_insert(0);
        *count += 1;
        Entry { requests: self, scope, is_first: *count == 1 }
    }
}

impl Drop for Entry<'_> {
    fn drop(&mut self) {
        let mut requests = self.requests.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = requests.get_mut(&self.scope) {
            *count -= 1;
            if *count == 0 {
                requests.remove(&self.scope);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use offers_domain::ids::UserId;
    use offers_testkit::builders::handle;

    use super::*;

    #[test]
    fn a_key_is_free_again_once_all_its_requests_have_ended() {
        let requests = InFlight::default();
        let enter = |key| requests.enter(handle(UserId(1), key, 0).scope);
        let first = enter("a");
        let second = enter("a");
        assert!(first.is_first && !second.is_first);
        assert!(enter("b").is_first, "another key is another request");
        drop(first);
        assert!(!enter("a").is_first, "the second is still under way");
        drop(second);
        assert!(enter("a").is_first);
    }
}
