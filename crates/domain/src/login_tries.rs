//! Logins slowed down: a few tries in a row are anybody's, more cost time. Strangers can slow down a network that tries, and an
//! account for networks that it has never been used from; they can lock out nobody.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use time::{Duration, OffsetDateTime};

use crate::audit::Pseudonym;
use crate::limits::until;
use crate::retry::doubled;

/// How tries in a row are slowed down.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SlowDown {
    /// So many cost nothing.
    pub free: u32,
    /// The wait after these; doubles with each.
    pub first: Duration,
    /// The longest wait.
    pub longest: Duration,
}

/// Tries of one name from one network.
pub const FROM_NETWORK: SlowDown =
    SlowDown { free: 5, first: Duration::SECOND, longest: Duration::seconds(60) };
/// Tries of one name from anywhere.
pub const OF_ACCOUNT: SlowDown =
    SlowDown { free: 100, first: Duration::minutes(15), longest: Duration::minutes(15) };
/// Tries are forgotten after so long without another.
pub const FORGOTTEN_AFTER: Duration = Duration::DAY;
/// A network from which a login succeeded is known for so long.
pub const KNOWN_FOR: Duration = Duration::days(30);

/// Tries in a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tries {
    /// How many.
    pub count: u32,
    /// When the next one may follow, UTC.
    pub next_at: OffsetDateTime,
}

impl SlowDown {
    /// Counts one more try, or says how long to wait with it.
    pub fn another(&self, tries: Option<Tries>, now: OffsetDateTime) -> Result<Tries, Duration> {
        let count = match tries {
            Some(tries) if now < tries.next_at => return Err(until(now, tries.next_at)),
            Some(tries) => tries.count.saturating_add(1),
            None => 1,
        };
        Ok(Tries { count, next_at: now.saturating_add(self.wait_after(count)) })
    }

    fn wait_after(&self, count: u32) -> Duration {
        match count.checked_sub(self.free) {
            None => Duration::ZERO,
            Some(doublings) => doubled(self.first, doublings, self.longest),
        }
    }
}

/// The network of an address: 256 neighbours of IPv4, or what one site has of IPv6.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Network(IpAddr);

impl Network {
    /// The one that this address belongs to; clients without one are in a network of their own.
    pub fn of(address: Option<IpAddr>) -> Self {
        Self(match address.map(|address| address.to_canonical()) {
            Some(IpAddr::V4(address)) => {
                let [a, b, c, _] = address.octets();
                Ipv4Addr::new(a, b, c, 0).into()
            }
            Some(IpAddr::V6(address)) => {
                let [a, b, c, ..] = address.segments();
                Ipv6Addr::new(a, b, c, 0, 0, 0, 0, 0).into()
            }
            None => Ipv4Addr::UNSPECIFIED.into(),
        })
    }
}

impl fmt::Display for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// One login that somebody tries.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct LoginTry {
    /// Which name, whether anybody has it or not.
    pub name: Pseudonym,
    /// From where.
    pub network: Network,
}

/// What is remembered before a try.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct TryHistory {
    /// Of this name, from this network.
    pub here: Option<Tries>,
    /// Of this name, from unknown networks.
    pub account: Option<Tries>,
    /// Whether a login with this name has succeeded from this network.
    pub known: bool,
}

impl TryHistory {
    /// What is remembered after another try, or how long to wait with it.
    pub fn another(self, now: OffsetDateTime) -> Result<Self, Duration> {
        let here = FROM_NETWORK.another(self.here, now);
        if self.known {
            return here.map(|here| Self { here: Some(here), ..self });
        }
        match (here, OF_ACCOUNT.another(self.account, now)) {
            (Ok(here), Ok(account)) => Ok(Self { here: Some(here), account: Some(account), known: false }),
            (here, account) => {
                let wait = |outcome: Result<Tries, Duration>| outcome.err().unwrap_or(Duration::ZERO);
                Err(wait(here).max(wait(account)))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    const NOW: OffsetDateTime = datetime!(2026-03-01 12:00 UTC);

    #[test]
    fn from_the_fifth_try_on_each_wait_is_twice_as_long_up_to_a_minute() {
        let (mut now, mut tries, mut waits) = (NOW, None, Vec::new());
        for _ in 0..13 {
            let next = FROM_NETWORK.another(tries, now).unwrap();
            waits.push((next.next_at - now).whole_seconds());
            now = next.next_at;
            tries = Some(next);
        }
        assert_eq!(waits, [0, 0, 0, 0, 1, 2, 4, 8, 16, 32, 60, 60, 60]);
        let early = NOW + Duration::seconds(1);
        let waiting = Tries { count: 9, next_at: NOW + Duration::seconds(16) };
        assert_eq!(FROM_NETWORK.another(Some(waiting), early), Err(Duration::seconds(15)));
    }

    #[test]
    fn a_hundred_tries_from_anywhere_cool_an_account_off_but_not_for_those_who_know_it() {
        let account = Some(Tries { count: 99, next_at: NOW });
        let history = TryHistory { account, ..TryHistory::default() };
        let cooling = history.another(NOW).unwrap().account.unwrap();
        assert_eq!(cooling, Tries { count: 100, next_at: NOW + Duration::minutes(15) });
        let stranger = TryHistory { account: Some(cooling), ..TryHistory::default() };
        assert_eq!(stranger.another(NOW), Err(Duration::minutes(15)));
        let owner = TryHistory { known: true, ..stranger };
        let after = owner.another(NOW).unwrap();
        assert_eq!((after.here.unwrap().count, after.account), (1, Some(cooling)));
    }

    #[test]
    fn neighbours_share_a_network() {
        let of = |text: &str| Network::of(Some(text.parse().unwrap())).to_string();
        assert_eq!(of("192.0.2.77"), "192.0.2.0");
        assert_eq!(of("::ffff:192.0.2.77"), "192.0.2.0");
        assert_eq!(of("2001:db8:1:2::3"), "2001:db8:1::");
        assert_eq!(Network::of(None).to_string(), "0.0.0.0");
    }
}
