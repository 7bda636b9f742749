//! What was ordered, executed and given up. An order is executed at most once, whatever is sent.

use std::collections::hash_map::Entry;
use std::collections::{HashMap, VecDeque};

use serde::Serialize;
use tokio::time::Instant;
use uuid::Uuid;

use crate::behaviour::{Ending, Refusal};

/// What was ordered, as far as the answer repeats it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Ordered {
    pub(crate) offer_id: i64,
    pub(crate) amount: Box<str>,
    pub(crate) currency: Box<str>,
}

/// What is decided about an order, and when.
#[derive(Debug, Clone)]
pub(crate) struct Decision {
    pub(crate) ending: Ending,
    /// When the decision falls. Until then the order is in flight.
    pub(crate) due: Instant,
    /// Whether the caller has been told that the decision comes later.
    pub(crate) acknowledged: bool,
}

/// Where an order stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Standing {
    /// The caller who brought it is still waiting, until this instant.
    InFlight(Ordered, Instant),
    Pending(Ordered),
    Activated(Ordered),
    Refused(Refusal),
}

/// What became of a key, in the sense of the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub(crate) struct Execution {
    pub(crate) executed: u32,
    pub(crate) reversed: bool,
}

#[derive(Debug, Default)]
struct Order {
    /// Nothing for a key that was voided before it was ever ordered, or is forgotten.
    placed: Option<(Ordered, Decision)>,
    voided: Option<Instant>,
    /// What had become of the key before it was forgotten; its service stays as it is.
    forgotten: Execution,
}

impl Order {
    /// Nothing where the key is forgotten.
    fn standing(&self, now: Instant) -> Option<Standing> {
        if self.is_blank() {
            return None;
        }
        Some(match &self.placed {
            Some((ordered, decision)) if self.voided.is_none() => match &decision.ending {
                _ if now < decision.due && decision.acknowledged => Standing::Pending(ordered.clone()),
                _ if now < decision.due => Standing::InFlight(ordered.clone(), decision.due),
                Ending::Activate => Standing::Activated(ordered.clone()),
                Ending::Refuse(refusal) => Standing::Refused(refusal.clone()),
            },
            _ => Standing::Refused(Refusal { code: "voided".into(), message: "The order was voided".into() }),
        })
    }

    fn is_blank(&self) -> bool {
        self.placed.is_none() && self.voided.is_none()
    }

    fn execution(&self, now: Instant) -> Execution {
        let alive_until = self.voided.unwrap_or(now);
        let executed = self
            .placed
            .as_ref()
            .is_some_and(|(_, decision)| decision.ending == Ending::Activate && decision.due <= alive_until);
        Execution {
            executed: self.forgotten.executed.saturating_add(executed.into()),
            reversed: self.forgotten.reversed || (executed && self.voided.is_some()),
        }
    }
}

/// Every order, up to a number; beyond it the oldest are forgotten.
#[derive(Debug)]
pub(crate) struct Book {
    orders: HashMap<Uuid, Order>,
    by_age: VecDeque<Uuid>,
    capacity: usize,
}

impl Book {
    pub(crate) fn new(capacity: usize) -> Self {
        Self { orders: HashMap::new(), by_age: VecDeque::new(), capacity }
    }

    /// Takes an order; what was decided about its key before stands. Says whether the key is new.
    pub(crate) fn place(&mut self, key: Uuid, ordered: Ordered, decision: Decision) -> bool {
        if let Some(order) = self.orders.get_mut(&key).filter(|order| order.is_blank()) {
            order.placed = Some((ordered, decision));
            return true;
        }
        self.insert(key, || Order { placed: Some((ordered, decision)), ..Order::default() })
    }

    /// Forgets a key, as a partner may that has remembered it long enough: whatever it had switched on stays on.
    pub(crate) fn forget(&mut self, key: Uuid, now: Instant) {
        if let Some(order) = self.orders.get_mut(&key) {
            *order = Order { forgotten: order.execution(now), ..Order::default() };
        }
    }

    /// Kills the key: never executed from now on, and reversed if it was.
    pub(crate) fn void(&mut self, key: Uuid, now: Instant) {
        self.insert(key, || Order { voided: Some(now), ..Order::default() });
        if let Some(order) = self.orders.get_mut(&key) {
            order.voided.get_or_insert(now);
        }
    }

    /// Executes an order that was refused, unless its key is dead.
    pub(crate) fn turn_round(&mut self, key: Uuid, now: Instant) {
        let order = self.orders.get_mut(&key).filter(|order| order.voided.is_none());
        if let Some((_, decision)) = order.and_then(|order| order.placed.as_mut()) {
            *decision = Decision { ending: Ending::Activate, due: now, acknowledged: true };
        }
    }

    /// When the decision about an order falls; nothing for a key that was never ordered.
    pub(crate) fn decides_at(&self, key: Uuid) -> Option<Instant> {
        let (_, decision) = self.orders.get(&key)?.placed.as_ref()?;
        Some(decision.due)
    }

    /// Decides now whatever would be decided later.
    pub(crate) fn decide_all(&mut self, now: Instant) {
        for (_, decision) in self.orders.values_mut().filter_map(|order| order.placed.as_mut()) {
            decision.due = decision.due.min(now);
        }
    }

    /// Where the order stands; nothing for a key that was never seen.
    pub(crate) fn standing(&self, key: Uuid, now: Instant) -> Option<Standing> {
        self.orders.get(&key)?.standing(now)
    }

    /// What became of the key.
    pub(crate) fn execution(&self, key: Uuid, now: Instant) -> Execution {
        self.orders.get(&key).map(|order| order.execution(now)).unwrap_or_default()
    }

    fn insert(&mut self, key: Uuid, order: impl FnOnce() -> Order) -> bool {
        let Entry::Vacant(place) = self.orders.entry(key) else { return false };
        place.insert(order());
        self.by_age.push_back(key);
        if self.by_age.len() > self.capacity
            && let Some(oldest) = self.by_age.pop_front()
        {
            self.orders.remove(&oldest);
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    const KEY: Uuid = Uuid::from_u128(1);
    const LATER: Duration = Duration::from_secs(5);
    const ONCE: Execution = Execution { executed: 1, reversed: false };
    const UNDONE: Execution = Execution { executed: 1, reversed: true };
    const NEVER: Execution = Execution { executed: 0, reversed: false };

    fn ordered() -> Ordered {
        Ordered { offer_id: 3, amount: "19.99".into(), currency: "EUR".into() }
    }

    fn refusal(code: &str) -> Refusal {
        Refusal { code: code.into(), message: "no".into() }
    }

    fn activate(due: Instant) -> Decision {
        Decision { ending: Ending::Activate, due, acknowledged: true }
    }

    fn is_dead(standing: Option<Standing>) -> bool {
        matches!(standing, Some(Standing::Refused(Refusal { code, .. })) if code == "voided")
    }

    #[test]
    fn an_order_is_executed_once_however_often_it_is_placed() {
        let (mut book, now) = (Book::new(10), Instant::now());
        assert_eq!(book.execution(KEY, now), NEVER);
        assert!(book.place(KEY, ordered(), activate(now)));
        assert!(!book.place(KEY, ordered(), activate(now)));
        assert_eq!(book.execution(KEY, now), ONCE);
        assert_eq!(book.standing(KEY, now), Some(Standing::Activated(ordered())));
    }

    #[test]
    fn what_was_decided_first_stands() {
        let (mut book, now) = (Book::new(10), Instant::now());
        let refuse = Decision { ending: Ending::Refuse(refusal("barred")), ..activate(now) };
        book.place(KEY, ordered(), refuse);
        book.place(KEY, ordered(), activate(now));
        assert_eq!(book.standing(KEY, now), Some(Standing::Refused(refusal("barred"))));
        assert_eq!(book.execution(KEY, now), NEVER);
    }

    #[test]
    fn a_decision_falls_when_it_is_due() {
        let (mut book, now) = (Book::new(10), Instant::now());
        book.place(KEY, ordered(), activate(now + LATER));
        assert_eq!(book.standing(KEY, now), Some(Standing::Pending(ordered())));
        assert_eq!(book.execution(KEY, now), NEVER);
        assert_eq!(book.standing(KEY, now + LATER), Some(Standing::Activated(ordered())));
        assert_eq!(book.execution(KEY, now + LATER), ONCE);
    }

    #[test]
    fn what_would_be_decided_later_can_be_decided_now() {
        let (mut book, now) = (Book::new(10), Instant::now());
        book.place(KEY, ordered(), activate(now + LATER));
        book.decide_all(now);
        assert_eq!(book.standing(KEY, now), Some(Standing::Activated(ordered())));
        assert_eq!(book.execution(KEY, now), ONCE);
    }

    #[test]
    fn a_voided_key_is_dead_whether_it_was_executed_pending_or_unknown() {
        for (due, execution) in [(Some(Duration::ZERO), UNDONE), (Some(LATER), NEVER), (None, NEVER)] {
            let (mut book, now) = (Book::new(10), Instant::now());
            if let Some(due) = due {
                book.place(KEY, ordered(), activate(now + due));
            }
            book.void(KEY, now);
            book.place(KEY, ordered(), activate(now));
            book.void(KEY, now + LATER);
            assert!(is_dead(book.standing(KEY, now + LATER * 2)), "due after {due:?}");
            assert_eq!(book.execution(KEY, now + LATER * 2), execution, "due after {due:?}");
        }
    }

    #[test]
    fn what_is_forgotten_stays_on_whatever_is_sent_for_its_key() {
        let (mut book, now) = (Book::new(10), Instant::now());
        book.place(KEY, ordered(), activate(now));
        book.forget(KEY, now);
        assert_eq!((book.standing(KEY, now), book.execution(KEY, now)), (None, ONCE));
        book.void(KEY, now);
        assert!(is_dead(book.standing(KEY, now)));
        assert_eq!(book.execution(KEY, now), ONCE, "nothing is undone");

        book.forget(KEY, now);
        assert!(book.place(KEY, ordered(), activate(now)));
        assert_eq!(book.execution(KEY, now).executed, 2, "a key that is forgotten is executed again");
    }

    #[test]
    fn the_oldest_orders_are_forgotten_first() {
        let (mut book, now) = (Book::new(2), Instant::now());
        for key in 1..=3 {
            book.place(Uuid::from_u128(key), ordered(), activate(now));
        }
        assert_eq!(book.standing(Uuid::from_u128(1), now), None);
        assert_eq!(book.execution(Uuid::from_u128(2), now), ONCE);
        assert_eq!(book.execution(Uuid::from_u128(3), now), ONCE);
    }
}
