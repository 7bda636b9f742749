//! Revocations that Redis does not know of yet.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use offers_domain::ids::SessionId;
use offers_domain::session::Session;

/// So many are remembered one by one.
const MOST: usize = 256;

/// The revocations of this process that Redis has not confirmed. While there are any, Redis may hold sessions that are
/// over, so nothing that it says of sessions counts.
#[derive(Debug)]
pub(crate) struct Owed {
    sessions: HashMap<SessionId, Session>,
    /// How long Redis can hold a live session at most.
    live_stays: Duration,
    /// Set when there was no more room: until then every live session in Redis has expired by itself.
    doubt_until: Option<Instant>,
}

impl Owed {
    pub(crate) fn new(live_stays: Duration) -> Self {
        Self { sessions: HashMap::new(), live_stays, doubt_until: None }
    }

    pub(crate) fn owe(&mut self, session: Session, now: Instant) {
        if self.sessions.len() < MOST || self.sessions.contains_key(&session.id) {
            self.sessions.insert(session.id, session);
        } else {
            self.doubt_until = Some(now + self.live_stays);
        }
    }

    /// What has to be written before Redis may be believed.
    pub(crate) fn sessions(&self) -> Vec<Session> {
        self.sessions.values().copied().collect()
    }

    pub(crate) fn find(&self, id: SessionId) -> Option<Session> {
        self.sessions.get(&id).copied()
    }

    pub(crate) fn paid(&mut self, sessions: &[Session]) {
        for session in sessions {
            self.sessions.remove(&session.id);
        }
    }

    /// Whether more was owed than is remembered.
    pub(crate) fn in_doubt(&self, now: Instant) -> bool {
        self.doubt_until.is_some_and(|until| now < until)
    }
}

#[cfg(test)]
mod tests {
    use offers_domain::ids::UserId;
    use offers_domain::session::SessionPolicy;
    use offers_testkit::builders::NOON;
    use uuid::Uuid;

    use super::*;

    const LIVE_STAYS: Duration = Duration::from_secs(30);

    fn session(id: usize) -> Session {
        let id = SessionId(Uuid::from_u128(id as u128));
        Session::begin(id, UserId(1), &SessionPolicy::default(), NOON)
    }

    #[test]
    fn what_is_owed_is_remembered_until_it_is_paid() {
        let mut owed = Owed::new(LIVE_STAYS);
        owed.owe(session(1), Instant::now());
        owed.owe(session(2), Instant::now());
        owed.paid(&[session(1)]);
        assert_eq!((owed.find(session(1).id), owed.sessions()), (None, vec![session(2)]));
    }

    #[test]
    fn more_than_it_can_remember_leaves_a_doubt_until_redis_has_forgotten_by_itself() {
        let now = Instant::now();
        let mut owed = Owed::new(LIVE_STAYS);
        for id in 0..MOST {
            owed.owe(session(id), now);
        }
        owed.owe(session(0), now);
        assert!(!owed.in_doubt(now), "there is room for all of them");
        owed.owe(session(MOST), now);
        assert_eq!(owed.sessions().len(), MOST);
        assert!(owed.in_doubt(now) && !owed.in_doubt(now + LIVE_STAYS));
    }
}
