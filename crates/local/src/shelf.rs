//! What the caches are made of.

use std::hash::Hash;
use std::sync::Arc;

use offers_domain::ports::Clock;
use quick_cache::sync::{Cache, EntryAction, EntryResult};
use time::OffsetDateTime;

/// A value, and until when it is good.
type Place<V> = (V, OffsetDateTime);

/// So many values, those that nobody asks for again given up first, each good until an instant of its own.
pub(crate) struct Shelf<K, V> {
    places: Cache<K, Place<V>>,
    clock: Arc<dyn Clock>,
}

impl<K, V> Shelf<K, V>
where
    K: Hash + Eq + Clone,
    V: Clone,
{
    pub(crate) fn new(capacity: usize, clock: Arc<dyn Clock>) -> Self {
        Self { places: Cache::new(capacity), clock }
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
        self.places.remove(key);
    }

    /// Empties every place.
    pub(crate) fn clear(&self) {
        self.places.clear();
    }

    /// Puts a value in its place, unless it is no good any more or may not follow the one that is there. Nobody comes
    /// between the look and the deed.
    pub(crate) fn put(
        &self,
        key: &K,
        value: V,
        good_until: OffsetDateTime,
        may_follow: impl FnOnce(&V) -> bool,
    ) {
        if good_until <= self.now() {
            return;
        }
        self.replace(key, |kept| match kept {
            Some((kept, _)) if !may_follow(kept) => None,
            _ => Some((value, good_until)),
        });
    }

    /// Replaces what is in a place by what `change` makes of it: a value, until when it is good, and an answer. Nobody
    /// comes between the look and the deed.
    pub(crate) fn change<T>(&self, key: &K, change: impl FnOnce(Option<&V>) -> (V, OffsetDateTime, T)) -> T
    where
        T: Default,
    {
        let now = self.now();
        let mut answer = T::default();
        self.replace(key, |kept| {
            let kept = kept.filter(|(_, good_until)| now < *good_until);
            let (value, good_until, told) = change(kept.map(|(value, _)| value));
            answer = told;
            Some((value, good_until))
        });
        answer
    }

    /// Looks at a place and puts there what `decide` says, if anything.
    fn replace(&self, key: &K, decide: impl FnOnce(Option<&Place<V>>) -> Option<Place<V>>) {
        let mut decide = Some(decide);
        let mut next = |kept: Option<&Place<V>>| decide.take().and_then(|decide| decide(kept));
        let entry = self.places.entry(key, None, |_, kept| {
            if let Some(place) = next(Some(&*kept)) {
                *kept = place;
            }
            EntryAction::Retain(())
        });
        if let EntryResult::Vacant(empty) = entry
            && let Some(place) = next(None)
        {
            // Refused where somebody emptied the place in the meantime: then it stays empty.
            let _ = empty.insert(place);
        }
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
        shelf.put(&1, "one", LATER, |_| true);
        assert_eq!(shelf.get(&1), Some("one"));
        clock.advance(Duration::SECOND);
        assert_eq!(shelf.get(&1), None);
    }

    #[test]
    fn a_value_that_may_not_follow_is_left_out_even_after_the_other_expired() {
        let clock = Arc::new(FakeClock::at(NOON));
        let shelf = shelf(&clock);
        shelf.put(&1, "first", LATER, |_| false);
        clock.advance(Duration::SECOND);
        shelf.put(&1, "second", LATER + Duration::SECOND, |first| *first != "first");
        assert_eq!(shelf.get(&1), None);
    }

    #[test]
    fn a_value_that_is_no_good_any_more_takes_no_place() {
        let shelf = shelf(&Arc::new(FakeClock::at(NOON)));
        shelf.put(&1, "good", LATER, |_| true);
        shelf.put(&1, "old", NOON, |_| true);
        assert_eq!(shelf.get(&1), Some("good"));
    }

    #[test]
    fn there_is_room_for_so_many_and_a_crowd_does_not_push_out_what_is_asked_for() {
        let clock = Arc::new(FakeClock::at(NOON));
        let shelf = shelf(&clock);
        shelf.put(&0, "popular", LATER, |_| true);
        for key in 1..1000 {
            shelf.put(&key, "some", LATER, |_| true);
            assert_eq!(shelf.get(&0), Some("popular"));
        }
        assert!(shelf.places.len() <= 10);
    }
}
