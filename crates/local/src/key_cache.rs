//! Partners that have just called, kept in this process.

use std::sync::Arc;

use offers_domain::partner_channel::api_key::{KeyHash, KeyHolder};
use offers_domain::ports::{Clock, KeyCache};
use time::Duration;

use crate::shelf::Shelf;

/// Keys and their partners in memory.
pub struct LocalKeyCache {
    shelf: Shelf<KeyHash, KeyHolder>,
    lifetime: Duration,
}

impl LocalKeyCache {
    /// Room for `capacity` keys, each kept for `lifetime`: a change of its partner is seen so much later at most.
    pub fn new(capacity: usize, lifetime: Duration, clock: Arc<dyn Clock>) -> Self {
        Self { shelf: Shelf::new(capacity, clock), lifetime }
    }
}

impl KeyCache for LocalKeyCache {
    fn get(&self, hash: KeyHash) -> Option<KeyHolder> {
        self.shelf.get(&hash)
    }

    fn put(&self, hash: KeyHash, holder: &KeyHolder) {
        let good_until = self.shelf.now().saturating_add(self.lifetime);
        self.shelf.put(&hash, holder.clone(), good_until, |_| true);
    }
}

#[cfg(test)]
mod tests {
    use offers_testkit::builders::{NOON, key_holder};
    use offers_testkit::clock::FakeClock;

    use super::*;

    #[test]
    fn a_key_is_believed_for_its_lifetime_and_no_longer() {
        let clock = Arc::new(FakeClock::at(NOON));
        let cache = LocalKeyCache::new(10, Duration::seconds(5), clock.clone());
        let hash = KeyHash([1; 32]);
        assert_eq!(cache.get(hash), None);
        cache.put(hash, &key_holder(1));
        clock.advance(Duration::seconds(4));
        assert_eq!(cache.get(hash), Some(key_holder(1)));
        clock.advance(Duration::SECOND);
        assert_eq!(cache.get(hash), None);
    }

    #[test]
    fn what_the_store_said_last_is_believed() {
        let cache = LocalKeyCache::new(10, Duration::seconds(5), Arc::new(FakeClock::at(NOON)));
        let hash = KeyHash([1; 32]);
        cache.put(hash, &key_holder(1));
        let mut revoked = key_holder(1);
        revoked.key.revoked_at = Some(NOON);
        cache.put(hash, &revoked);
        assert_eq!(cache.get(hash), Some(revoked));
    }
}
