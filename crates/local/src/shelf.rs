//! What the caches are made of.

use std::hash::Hash;
use std::sync::Arc;

use moka::ops::compute::Op;
use moka::policy::EvictionPolicy;
use moka::sync::Cache;
use offers_domain::ports::Clock;
use time::OffsetDateTime;

/// So many values, the least recently used given up first, each good until an instant of its own.
pub(crate) struct Shelf<K, V> {
    places: Cache<K, (V, OffsetDateTime)>,
    clock: Arc<dyn Clock>,
}

impl<K, V> Shelf<K, V>
where
    K: Hash + Eq + Send + Sync + 'static,
    V: Clone + Send + Sync + 'static,
{
    pub(crate) fn new(capacity: u64, clock: Arc<dyn Clock>) -> Self {
        let places = Cache::builder().max_capacity(capacity).eviction_policy(EvictionPolicy::lru()).build();
        Self { places, clock }
    }

    pub(crate) fn now(&self) -> OffsetDateTime {
        self.clock.now()
    }

    pub(crate) fn get(&self, key: &K) -> Option<V> {
        let (value, good_until) = self.places.get(key)?;
        (self.now() < good_until).then_some(value)
    }

    /// Empties a place.
    pub(crate) fn remove(&self, key: &K) {
        self.places.invalidate(key);
    }

    /// Empties every place.
    pub(crate) fn clear(&self) {
        self.places.invalidate_all();
    }

    /// Puts a value in its place, unless it is no good any more or may not follow the one that is there. Nobody comes
    /// between the look and the deed.
    pub(crate) fn put(
        &self,
        key: K,
        value: V,
        good_until: OffsetDateTime,
        may_follow: impl FnOnce(&V) -> bool,
    ) {
        if good_until <= self.now() {
            return;
        }
        self.places.entry(key).and_compute_with(|entry| match entry {
            Some(entry) if !may_follow(&entry.value().0) => Op::Nop,
            _ => Op::Put((value, good_until)),
        });
    }

    /// Replaces what is in a place by what `change` makes of it: a value, until when it is good, and an answer. Nobody
    /// comes between the look and the deed.
    pub(crate) fn change<T>(&self, key: K, change: impl FnOnce(Option<&V>) -> (V, OffsetDateTime, T)) -> T
    where
        T: Default,
    {
        let now = self.now();
        let mut answer = T::default();
        self.places.entry(key).and_compute_with(|entry| {
            let kept = entry.as_ref().map(moka::Entry::value).filter(|(_, good_until)| now < *good_until);
            let (value, good_until, told) = change(kept.map(|(value, _)| value));
            answer = told;
            Op::Put((value, good_until))
        });
        answer
    }
}

#[cfg(test)]
mod tests {
    use offers_testkit::builders::NOON;
    use offers_testkit::clock::FakeClock;
    use time::Duration;

    use super::*;

    const LATER: OffsetDateTime = NOON.saturating_add(Duration::SECOND);

    fn shelf(clock: &Arc<FakeClock>) -> Shelf<u32, &'static str> {
        Shelf::new(10, clock.clone())
    }

    #[test]
    fn a_value_is_good_until_its_instant() {
        let clock = Arc::new(FakeClock::at(NOON));
        let shelf = shelf(&clock);
        shelf.put(1, "one", LATER, |_| true);
        assert_eq!(shelf.get(&1), Some("one"));
        clock.advance(Duration::SECOND);
        assert_eq!(shelf.get(&1), None);
    }

    #[test]
    fn a_value_that_may_not_follow_is_left_out_even_after_the_other_expired() {
        let clock = Arc::new(FakeClock::at(NOON));
        let shelf = shelf(&clock);
        shelf.put(1, "first", LATER, |_| false);
        clock.advance(Duration::SECOND);
        shelf.put(1, "second", LATER + Duration::SECOND, |first| *first != "first");
        assert_eq!(shelf.get(&1), None);
    }

    #[test]
    fn a_value_that_is_no_good_any_more_takes_no_place() {
        let shelf = shelf(&Arc::new(FakeClock::at(NOON)));
        shelf.put(1, "good", LATER, |_| true);
        shelf.put(1, "old", NOON, |_| true);
        assert_eq!(shelf.get(&1), Some("good"));
    }

    #[test]
    fn there_is_room_for_so_many_and_the_newest_are_kept() {
        let clock = Arc::new(FakeClock::at(NOON));
        let shelf = shelf(&clock);
        for key in 0..1000 {
            shelf.put(key, "some", LATER, |_| true);
            shelf.places.run_pending_tasks();
        }
        assert_eq!(shelf.places.entry_count(), 10);
        assert!((990..1000).all(|key| shelf.get(&key).is_some()));
    }
}
