//! Access tokens that were found good a moment ago.

use std::sync::Arc;

use offers_domain::ports::{AccessClaims, AccessTokens, Clock, TokenError};
use sha2::{Digest, Sha256};
use time::{Duration, OffsetDateTime};

use crate::shelf::Shelf;

/// How long a token is taken for good without another look; never beyond its own end.
const STAYS: Duration = Duration::minutes(1);

/// Checks a token once and remembers by its digest what it said: a client shows the same one with every request.
pub struct RememberedTokens {
    tokens: Arc<dyn AccessTokens>,
    shelf: Shelf<[u8; 32], AccessClaims>,
}

impl RememberedTokens {
    /// Room for `capacity` tokens of those that `tokens` checks.
    pub fn new(capacity: u64, tokens: Arc<dyn AccessTokens>, clock: Arc<dyn Clock>) -> Self {
        Self { tokens, shelf: Shelf::new(capacity, clock) }
    }
}

impl AccessTokens for RememberedTokens {
    fn issue(&self, claims: &AccessClaims) -> Result<String, TokenError> {
        self.tokens.issue(claims)
    }

    fn verify(&self, token: &str, now: OffsetDateTime) -> Result<AccessClaims, TokenError> {
        let digest = Sha256::digest(token).into();
        match self.shelf.get(&digest) {
            Some(claims) if now < claims.expires_at => Ok(claims),
            _ => {
                let claims = self.tokens.verify(token, now)?;
                let until = claims.expires_at.min(now.saturating_add(STAYS));
                self.shelf.put(digest, claims, until, |_| true);
                Ok(claims)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use offers_domain::ids::{SessionId, UserId};
    use offers_domain::ports::mocks::MockAccessTokens;
    use offers_domain::user::Role;
    use offers_testkit::builders::NOON;
    use offers_testkit::clock::FakeClock;
    use uuid::Uuid;

    use super::*;

    fn claims() -> AccessClaims {
        AccessClaims {
            user: UserId(1),
            session: SessionId(Uuid::from_u128(1)),
            role: Role::Customer,
            issued_at: NOON,
            expires_at: NOON + Duration::minutes(10),
        }
    }

    /// Takes "good" for good, so many times.
    fn checked(times: usize, clock: &Arc<FakeClock>) -> RememberedTokens {
        let mut tokens = MockAccessTokens::new();
        tokens.expect_verify().withf(|token, _| token == "good").times(times).returning(|_, _| Ok(claims()));
        tokens.expect_verify().withf(|token, _| token == "bad").returning(|_, _| Err(TokenError::Invalid));
        RememberedTokens::new(10, Arc::new(tokens), clock.clone())
    }

    #[test]
    fn a_good_token_is_checked_once_a_minute() {
        let clock = Arc::new(FakeClock::at(NOON));
        let tokens = checked(2, &clock);
        for _ in 0..3 {
            assert_eq!(tokens.verify("good", clock.now()), Ok(claims()));
        }
        clock.advance(Duration::minutes(1));
        assert_eq!(tokens.verify("good", clock.now()), Ok(claims()));
    }

    #[test]
    fn a_token_is_not_remembered_beyond_its_end() {
        let clock = Arc::new(FakeClock::at(NOON + Duration::seconds(599)));
        let tokens = checked(2, &clock);
        tokens.verify("good", clock.now()).unwrap();
        clock.advance(Duration::SECOND);
        tokens.verify("good", clock.now()).unwrap();
    }

    #[test]
    fn a_token_that_is_not_good_is_checked_every_time() {
        let clock = Arc::new(FakeClock::at(NOON));
        let tokens = checked(0, &clock);
        for _ in 0..3 {
            assert_eq!(tokens.verify("bad", clock.now()), Err(TokenError::Invalid));
        }
    }
}
