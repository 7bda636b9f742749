//! Partners that have just called, and keys that nobody has, kept in this process.

use std::sync::Arc;

use offers_domain::partner_channel::api_key::{KeyHash, KeyHolder};
use offers_domain::ports::{Clock, KeyCache, KnownKey};
use time::Duration;

use crate::shelf::Shelf;

/// Keys and their partners in memory.
pub struct LocalKeyCache {
    held: Shelf<KeyHash, KeyHolder>,
    nobodys: Shelf<KeyHash, ()>,
    lifetime: Duration,
}

impl LocalKeyCache {
    /// Room for `capacity` keys, and as many that nobody has, each kept for `lifetime`: a change of its partner is seen so
    /// much later at most.
    pub fn new(capacity: usize, lifetime: Duration, clock: Arc<dyn Clock>) -> Self {
        let nobodys = Shelf::new(capacity, clock.clone());
        Self { held: Shelf::new(capacity, clock), nobodys, lifetime }
    }
}

impl KeyCache for LocalKeyCache {
    fn get(&self, hash: KeyHash) -> Option<KnownKey> {
        let nobodys = || self.nobodys.get(&hash).map(|()| KnownKey::Nobodys);
        self.held.get(&hash).map(KnownKey::Held).or_else(nobodys)
    }

    fn put(&self, hash: KeyHash, known: KnownKey) {
        let good_until = self.held.now().saturating_add(self.lifetime);
        match known {
            KnownKey::Held(holder) => {
                self.nobodys.remove(&hash);
                self.held.put(&hash, holder, good_until, |_| true);
            }
            KnownKey::Nobodys => self.nobodys.put(&hash, (), good_until, |()| true),
        }
    }
}

#[cfg(test)]
mod tests {
    use offers_testkit::builders::{NOON, key_holder};
    use offers_testkit::clock::FakeClock;

    use super::*;

    fn held(key: i64) -> KnownKey {
        KnownKey::Held(key_holder(key))
    }

    #[test]
    fn a_key_is_believed_for_its_lifetime_and_no_longer() {
        for known in [held(1), KnownKey::Nobodys] {
            let clock = Arc::new(FakeClock::at(NOON));
            let cache = LocalKeyCache::new(10, Duration::seconds(5), clock.clone());
            let hash = KeyHash([1; 32]);
            assert_eq!(cache.get(hash), None);
            cache.put(hash, known.clone());
            clock.advance(Duration::seconds(4));
            assert_eq!(cache.get(hash), Some(known));
            clock.advance(Duration::SECOND);
            assert_eq!(cache.get(hash), None);
        }
    }

    #[test]
    fn what_the_store_said_last_is_believed() {
        let cache = LocalKeyCache::new(10, Duration::seconds(5), Arc::new(FakeClock::at(NOON)));
        let hash = KeyHash([1; 32]);
        cache.put(hash, KnownKey::Nobodys);
        cache.put(hash, held(1));
        let mut revoked = key_holder(1);
        revoked.key.revoked_at = Some(NOON);
        cache.put(hash, KnownKey::Held(revoked.clone()));
        assert_eq!(cache.get(hash), Some(KnownKey::Held(revoked)));
    }

    #[test]
    fn no_number_of_guesses_makes_a_partner_forgotten() {
        let cache = LocalKeyCache::new(10, Duration::seconds(5), Arc::new(FakeClock::at(NOON)));
        cache.put(KeyHash([1; 32]), held(1));
        for guess in 2..=255 {
            cache.put(KeyHash([guess; 32]), KnownKey::Nobodys);
        }
        assert_eq!(cache.get(KeyHash([1; 32])), Some(held(1)));
    }
}
