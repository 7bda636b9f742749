//! Login sessions and their refresh tokens: single use, rotated, one family per login (RFC 9700, section 4.14).

use time::{Duration, OffsetDateTime};

use crate::ids::{SessionId, UserId};

/// How long a session may last.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SessionPolicy {
    /// Lifetime of an access token.
    pub access: Duration,
    /// How long a refresh token may rest unused.
    pub idle: Duration,
    /// How long a login lasts however often it is refreshed.
    pub absolute: Duration,
    /// How long after a trade the same token may be traded again, because the answer was lost. Zero never believes it.
    pub grace: Duration,
    /// How many logins a person may have; one more ends the oldest.
    pub at_once: usize,
}

impl SessionPolicy {
    /// Those of a person's live sessions, oldest first, that are too many.
    pub fn surplus<'a>(&self, live: &'a [Session]) -> &'a [Session] {
        live.get(..live.len().saturating_sub(self.at_once)).unwrap_or_default()
    }
}

impl Default for SessionPolicy {
    fn default() -> Self {
        Self {
            access: Duration::minutes(10),
            idle: Duration::days(7),
            absolute: Duration::days(30),
            grace: Duration::seconds(10),
            at_once: 10,
        }
    }
}

/// One login on one device.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Session {
    /// Its id.
    pub id: SessionId,
    /// Whose it is.
    pub user: UserId,
    /// When it began, UTC.
    pub created_at: OffsetDateTime,
    /// When it ends at the latest, UTC.
    pub expires_at: OffsetDateTime,
    /// When it was ended early, UTC.
    pub revoked_at: Option<OffsetDateTime>,
}

/// SHA-256 of a refresh token; the token itself is kept nowhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct RefreshHash(pub [u8; 32]);

/// One refresh token of a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RefreshToken {
    /// What is kept of it.
    pub hash: RefreshHash,
    /// Its session.
    pub session: SessionId,
    /// The token that was traded for it; none for the first of a session.
    pub parent: Option<RefreshHash>,
    /// When it stops working, UTC.
    pub expires_at: OffsetDateTime,
    /// When it was used, UTC.
    pub used_at: Option<OffsetDateTime>,
}

/// What a presented refresh token leads to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rotation {
    /// It is good: mark `spent` used, issue another child of the presented token that lasts until then.
    Rotate {
        /// The presented token; or its child that never arrived, where the presented one has been traded a moment ago.
        spent: RefreshHash,
        /// When the new token stops working, UTC.
        expires_at: OffsetDateTime,
    },
    /// It was used before: somebody has a copy, so the whole session ends.
    RevokeFamily,
    /// It is too old, or its session is over.
    Refuse,
}

impl Session {
    /// A new login.
    pub fn begin(id: SessionId, user: UserId, policy: &SessionPolicy, now: OffsetDateTime) -> Self {
        let expires_at = now.saturating_add(policy.absolute);
        Self { id, user, created_at: now, expires_at, revoked_at: None }
    }

    /// Whether its access tokens work at `now`.
    pub fn is_live(&self, now: OffsetDateTime) -> bool {
        self.revoked_at.is_none() && now < self.expires_at
    }

    /// When a refresh token issued at `now` stops working.
    pub fn token_expiry(&self, policy: &SessionPolicy, now: OffsetDateTime) -> OffsetDateTime {
        now.saturating_add(policy.idle).min(self.expires_at)
    }

    /// Judges a presented token of this session, by what it was traded for.
    ///
    /// A client that never got the answer to a trade cannot but present the same token again. It is believed once, for a
    /// moment, and only while nobody has used the token that was in that answer, which then is worth nothing.
    pub fn rotate(
        &self,
        token: &RefreshToken,
        children: &[RefreshToken],
        policy: &SessionPolicy,
        now: OffsetDateTime,
    ) -> Rotation {
        let rotate = |spent| Rotation::Rotate { spent, expires_at: self.token_expiry(policy, now) };
        if !self.is_live(now) {
            return Rotation::Refuse;
        }
        match (token.used_at, children) {
            (None, _) if token.expires_at <= now => Rotation::Refuse,
            (None, _) => rotate(token.hash),
            (Some(used_at), [lost])
                if lost.used_at.is_none() && now < used_at.saturating_add(policy.grace) =>
            {
                rotate(lost.hash)
            }
            (Some(_), _) => Rotation::RevokeFamily,
        }
    }
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;
    use uuid::Uuid;

    use super::*;

    const NOW: OffsetDateTime = datetime!(2026-03-01 12:00 UTC);

    fn session() -> Session {
        Session::begin(SessionId(Uuid::from_u128(1)), UserId(1), &SessionPolicy::default(), NOW)
    }

    fn token(used_at: Option<OffsetDateTime>) -> RefreshToken {
        let expires_at = session().token_expiry(&SessionPolicy::default(), NOW);
        RefreshToken { hash: RefreshHash([7; 32]), session: session().id, parent: None, expires_at, used_at }
    }

    /// What the token of the same number was traded for.
    fn child(number: u8, used_at: Option<OffsetDateTime>) -> RefreshToken {
        RefreshToken { hash: RefreshHash([number; 32]), parent: Some(RefreshHash([7; 32])), ..token(used_at) }
    }

    fn rotate(session: &Session, token: &RefreshToken, now: OffsetDateTime) -> Rotation {
        session.rotate(token, &[], &SessionPolicy::default(), now)
    }

    #[test]
    fn a_fresh_token_is_rotated_and_never_outlives_its_session() {
        let later = NOW + Duration::days(6);
        assert_eq!(
            rotate(&session(), &token(None), later),
            Rotation::Rotate { spent: RefreshHash([7; 32]), expires_at: later + Duration::days(7) }
        );
        assert_eq!(
            session().token_expiry(&SessionPolicy::default(), NOW + Duration::days(29)),
            session().expires_at
        );
    }

    #[test]
    fn a_token_used_twice_ends_the_session() {
        assert_eq!(rotate(&session(), &token(Some(NOW)), NOW), Rotation::RevokeFamily);
    }

    #[test]
    fn an_idle_token_and_an_ended_session_are_refused() {
        assert_eq!(rotate(&session(), &token(None), NOW + Duration::days(7)), Rotation::Refuse);
        let revoked = Session { revoked_at: Some(NOW), ..session() };
        assert_eq!(rotate(&revoked, &token(None), NOW), Rotation::Refuse);
        assert!(!session().is_live(NOW + Duration::days(30)));
    }

    #[test]
    fn an_answer_that_was_lost_is_given_again_once_and_for_a_moment() {
        let policy = SessionPolicy::default();
        let used = token(Some(NOW));
        let seconds = |seconds| NOW + Duration::seconds(seconds);
        let lost = child(8, None);
        for (what, children, now, believed) in [
            ("at once", vec![lost], NOW, true),
            ("just in time", vec![lost], seconds(10) - Duration::microseconds(1), true),
            ("too late", vec![lost], seconds(10), false),
            ("the answer had arrived", vec![child(8, Some(NOW))], seconds(1), false),
            ("the second time", vec![child(8, Some(NOW)), child(9, None)], seconds(1), false),
            ("it never had an answer", vec![], seconds(1), false),
        ] {
            let outcome = session().rotate(&used, &children, &policy, now);
            let again = Rotation::Rotate { spent: lost.hash, expires_at: now + policy.idle };
            assert_eq!(outcome, if believed { again } else { Rotation::RevokeFamily }, "{what}");
        }
        let strict = SessionPolicy { grace: Duration::ZERO, ..policy };
        assert_eq!(session().rotate(&used, &[lost], &strict, NOW), Rotation::RevokeFamily);
    }

    #[test]
    fn the_oldest_logins_make_room() {
        let policy = SessionPolicy { at_once: 2, ..SessionPolicy::default() };
        let of = |number| Session { id: SessionId(Uuid::from_u128(number)), ..session() };
        let live = [of(1), of(2), of(3), of(4)];
        assert_eq!(policy.surplus(&live), [of(1), of(2)]);
        assert_eq!(policy.surplus(&live[2..]), []);
        assert_eq!(policy.surplus(&[]), []);
    }
}
