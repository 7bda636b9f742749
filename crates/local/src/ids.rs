//! Ids that nobody can foresee.
#![expect(clippy::disallowed_methods, reason = "this is where the port's ids and randomness come from")]

use offers_domain::ids::{SessionId, TransactionId};
use offers_domain::partner_channel::reference::Reference;
use offers_domain::ports::IdSource;
use offers_domain::retry::Jitter;
use uuid::Uuid;

/// Ids and randomness from a generator that the operating system seeds.
#[derive(Debug, Clone, Copy, Default)]
pub struct RandomIds;

impl IdSource for RandomIds {
    fn transaction_id(&self) -> TransactionId {
        TransactionId(Uuid::now_v7())
    }

    fn session_id(&self) -> SessionId {
        SessionId(Uuid::new_v4())
    }

    fn random_uuid(&self) -> Uuid {
        Uuid::new_v4()
    }

    fn reference(&self) -> Reference {
        Reference::from_bits(rand::random())
    }

    fn jitter(&self) -> Jitter {
        Jitter(rand::random())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;
    use std::thread;

    use super::*;

    const EACH: usize = 10_000;

    fn a_few() -> Vec<TransactionId> {
        (0..EACH).map(|_| RandomIds.transaction_id()).collect()
    }

    #[test]
    fn transaction_ids_are_version_7_and_sort_by_the_order_they_were_made_in() {
        let ids = a_few();
        assert!(ids.is_sorted_by(|earlier, later| earlier < later));
        assert!(ids.iter().all(|id| id.0.get_version_num() == 7));
    }

    #[test]
    fn threads_never_make_the_same_transaction_id() {
        let threads: Vec<_> = (0..4).map(|_| thread::spawn(a_few)).collect();
        let ids: HashSet<_> = threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect();
        assert_eq!(ids.len(), 4 * EACH);
    }

    #[test]
    fn session_ids_tell_nothing_about_time() {
        assert_eq!(RandomIds.session_id().0.get_version_num(), 4);
        assert_eq!(RandomIds.random_uuid().get_version_num(), 4);
        assert_ne!(RandomIds.session_id(), RandomIds.session_id());
    }

    #[test]
    fn no_two_references_are_alike() {
        let references: HashSet<_> = (0..EACH).map(|_| RandomIds.reference()).collect();
        assert_eq!(references.len(), EACH);
    }

    #[test]
    fn jitter_uses_its_whole_range() {
        let jitters: Vec<u32> = (0..1000).map(|_| RandomIds.jitter().0).collect();
        assert!(jitters.iter().any(|jitter| *jitter < u32::MAX / 4));
        assert!(jitters.iter().any(|jitter| *jitter > u32::MAX / 4 * 3));
    }
}
