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
}

impl Default for SessionPolicy {
    fn default() -> Self {
        Self { access: Duration::minutes(10), idle: Duration::days(7), absolute: Duration::days(30) }
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
    /// When it stops working, UTC.
    pub expires_at: OffsetDateTime,
    /// When it was used, UTC.
    pub used_at: Option<OffsetDateTime>,
}

/// What a presented refresh token leads to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rotation {
    /// It is good: mark it used, issue another that lasts until then.
    Rotate {
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

    /// Judges a presented token of this session.
    pub fn rotate(&self, token: &RefreshToken, policy: &SessionPolicy, now: OffsetDateTime) -> Rotation {
        if !self.is_live(now) {
            Rotation::Refuse
        } else if token.used_at.is_some() {
            Rotation::RevokeFamily
        } else if token.expires_at <= now {
            Rotation::Refuse
        } else {
            Rotation::Rotate { expires_at: self.token_expiry(policy, now) }
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
        RefreshToken { hash: RefreshHash([7; 32]), session: session().id, expires_at, used_at }
    }

    fn rotate(session: &Session, token: &RefreshToken, now: OffsetDateTime) -> Rotation {
        session.rotate(token, &SessionPolicy::default(), now)
    }

    #[test]
    fn a_fresh_token_is_rotated_and_never_outlives_its_session() {
        let later = NOW + Duration::days(6);
        assert_eq!(
            rotate(&session(), &token(None), later),
            Rotation::Rotate { expires_at: later + Duration::days(7) }
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
}
