//! How often something may be asked for: so many at once, given back evenly (the generic cell rate algorithm, as in ATM's
//! traffic management: one instant for each key says it all).

use std::fmt;
use std::num::NonZeroU32;

use time::{Duration, OffsetDateTime};

use crate::ids::{PartnerId, UserId};

/// So many in each window.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Quota {
    /// So many at once.
    pub amount: NonZeroU32,
    /// After so long all of them are back.
    pub window: Duration,
}

/// What became of one request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Verdict {
    /// Whether it may pass.
    pub allowed: bool,
    /// How many more may pass at once.
    pub remaining: u32,
    /// When all are back.
    pub reset: Duration,
    /// When the next one may pass.
    pub retry_after: Duration,
}

impl Quota {
    /// So many in each minute; none where the number is zero.
    pub fn per_minute(amount: u32) -> Option<Self> {
        NonZeroU32::new(amount).map(|amount| Self { amount, window: Duration::MINUTE })
    }

    /// Half of it, and one at least.
    #[must_use]
    pub fn halved(self) -> Self {
        let half = NonZeroU32::new(self.amount.get() / 2).unwrap_or(NonZeroU32::MIN);
        Self { amount: half, ..self }
    }

    /// How long it takes until one is back.
    pub fn interval(&self) -> Duration {
        self.window.checked_div(i32::try_from(self.amount.get()).unwrap_or(i32::MAX)).unwrap_or(self.window)
    }

    /// Takes one, given when all would be back; a refused request takes nothing. Says when all will be back now.
    pub fn take(&self, whole_at: Option<OffsetDateTime>, now: OffsetDateTime) -> (OffsetDateTime, Verdict) {
        let whole_at = whole_at.map_or(now, |whole_at| whole_at.max(now));
        let then = whole_at.saturating_add(self.interval());
        let passes_at = then.saturating_sub(self.window);
        if now < passes_at {
            return (whole_at, Verdict::new(false, 0, whole_at, passes_at, now));
        }
        let remaining = self.remaining(then, now);
        let next_at = if remaining > 0 {
            now
        } else {
            then.saturating_add(self.interval()).saturating_sub(self.window)
        };
        (then, Verdict::new(true, remaining, then, next_at, now))
    }

    fn remaining(&self, whole_at: OffsetDateTime, now: OffsetDateTime) -> u32 {
        let spent = until(now, whole_at).whole_microseconds();
        let left = self.window.whole_microseconds().saturating_sub(spent).max(0);
        let remaining = left.checked_div(self.interval().whole_microseconds()).unwrap_or(0);
        u32::try_from(remaining).unwrap_or(u32::MAX).min(self.amount.get())
    }
}

impl Verdict {
    fn new(
        allowed: bool,
        remaining: u32,
        whole_at: OffsetDateTime,
        next_at: OffsetDateTime,
        now: OffsetDateTime,
    ) -> Self {
        Self { allowed, remaining, reset: until(now, whole_at), retry_after: until(now, next_at) }
    }
}

/// How long it is from `now` until `then`; nothing where that has been.
pub(crate) fn until(now: OffsetDateTime, then: OffsetDateTime) -> Duration {
    let nanoseconds = then.unix_timestamp_nanos().saturating_sub(now.unix_timestamp_nanos()).max(0);
    Duration::nanoseconds(i64::try_from(nanoseconds).unwrap_or(i64::MAX))
}

/// What is counted together: the requests of one class by one client.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct LimitKey(String);

impl LimitKey {
    /// The class of logins.
    pub const LOGINS: &'static str = "login";

    /// Those of a signed-in user.
    pub fn of_user(class: &'static str, user: UserId) -> Self {
        Self(format!("{class}:user:{user}"))
    }

    /// Those of a partner, whichever key it shows.
    pub fn of_partner(class: &'static str, partner: PartnerId) -> Self {
        Self(format!("{class}:partner:{partner}"))
    }

    /// Those from a network.
    pub fn of_network(class: &'static str, network: impl fmt::Display) -> Self {
        Self(format!("{class}:net:{network}"))
    }

    /// Everybody's.
    pub fn of_all(class: &'static str) -> Self {
        Self(class.to_owned())
    }

    /// Whether it counts what passwords are guessed with.
    pub fn is_of_logins(&self) -> bool {
        self.0.starts_with(Self::LOGINS)
    }

    /// The text, in which nothing stands that a client chose.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    const NOW: OffsetDateTime = datetime!(2026-03-01 12:00 UTC);

    #[test]
    fn a_quota_is_given_at_once_and_comes_back_evenly() {
        let quota = Quota { amount: NonZeroU32::new(3).unwrap(), window: Duration::seconds(30) };
        let mut whole_at = None;
        let mut take = |seconds| {
            let (then, verdict) = quota.take(whole_at, NOW + Duration::seconds(seconds));
            whole_at = Some(then);
            (
                verdict.allowed,
                verdict.remaining,
                verdict.reset.whole_seconds(),
                verdict.retry_after.whole_seconds(),
            )
        };
        assert_eq!(take(0), (true, 2, 10, 0));
        assert_eq!(take(0), (true, 1, 20, 0));
        assert_eq!(take(0), (true, 0, 30, 10));
        assert_eq!(take(0), (false, 0, 30, 10));
        assert_eq!(take(9), (false, 0, 21, 1));
        assert_eq!(take(10), (true, 0, 30, 10));
        assert_eq!(take(100), (true, 2, 10, 0));
    }

    #[test]
    fn no_quota_is_no_limit() {
        assert_eq!(Quota::per_minute(0), None);
        assert_eq!(Quota::per_minute(60).unwrap().interval(), Duration::SECOND);
    }

    #[test]
    fn half_a_quota_lets_somebody_through_still() {
        for (whole, half) in [(30, 15), (3, 1), (1, 1)] {
            assert_eq!(Quota::per_minute(whole).unwrap().halved(), Quota::per_minute(half).unwrap());
        }
    }

    #[test]
    fn logins_are_told_from_everything_else() {
        assert!(LimitKey::of_network(LimitKey::LOGINS, "192.0.2.1").is_of_logins());
        for other in [LimitKey::of_user("order", UserId(7)), LimitKey::of_network("register", "192.0.2.1")] {
            assert!(!other.is_of_logins(), "{other:?}");
        }
    }
}
