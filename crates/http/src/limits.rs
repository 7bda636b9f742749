//! How often clients may ask: what each route's requests are counted as, and how many there may be.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use ipnet::IpNet;
use offers_application::partner_channel::PartnerCaller;
use offers_domain::ids::UserId;
use offers_domain::limits::{LimitKey, Quota};
use offers_domain::login_tries::Network;
use offers_domain::ports::RateLimits;

use crate::event_stream::EventStreams;

/// What a route's requests are counted as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Limit {
    /// Not counted: probes.
    None,
    /// Logins, by address; and all together.
    Login,
    /// Strangers who sign up, by address.
    Register,
    /// Reports of activation partners, by address.
    Callback,
    /// What else needs no token, by address.
    Public,
    /// Reads, by user.
    Read,
    /// Writes, by user.
    Write,
    /// Orders, by user.
    Order,
    /// Everything that a partner asks, by partner.
    Partner,
    /// API keys that are looked up, by address.
    KeyLookup,
}

/// How many requests of each class there may be; none where there is no limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Quotas {
    /// Logins from one address.
    pub login: Option<Quota>,
    /// Logins that one process takes, whoever tries.
    pub logins_together: Option<Quota>,
    /// Strangers who sign up from one address.
    pub register: Option<Quota>,
    /// Reports of activation partners from one address that one process hears.
    pub callback: Option<Quota>,
    /// Other requests without a token from one address.
    pub public: Option<Quota>,
    /// Reads of one user that one process answers.
    pub read: Option<Quota>,
    /// Writes of one user.
    pub write: Option<Quota>,
    /// Orders of one user.
    pub order: Option<Quota>,
    /// Requests of one partner.
    pub partner: PartnerQuota,
}

/// How many requests a partner may send.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum PartnerQuota {
    /// As many as it likes, whatever was agreed.
    #[default]
    Unlimited,
    /// As many as was agreed with it.
    Agreed {
        /// Where nothing was agreed; none where there is no limit then.
        otherwise: Option<Quota>,
    },
}

impl PartnerQuota {
    fn of(self, partner: &PartnerCaller) -> Option<Quota> {
        match self {
            Self::Unlimited => None,
            Self::Agreed { otherwise } => {
                partner.requests_per_minute.and_then(Quota::per_minute).or(otherwise)
            }
        }
    }
}

/// Whose requests are counted together.
pub(crate) enum Client {
    /// A signed-in user's.
    User(UserId),
    /// A partner's.
    Partner(PartnerCaller),
    /// Those of an address, as far as it can be believed.
    Address(Option<IpAddr>),
}

impl Limit {
    /// Its name in headers and keys.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Login => LimitKey::LOGINS,
            Self::Register => "register",
            Self::Callback => "callback",
            Self::Public => "public",
            Self::Read => "read",
            Self::Write => "write",
            Self::Order => "order",
            Self::Partner => "partner",
            Self::KeyLookup => "key_lookup",
        }
    }

    /// The key under which a client's requests are counted.
    pub(crate) fn key(self, client: &Client) -> LimitKey {
        match client {
            Client::User(user) => LimitKey::of_user(self.name(), *user),
            Client::Partner(caller) => LimitKey::of_partner(self.name(), caller.partner),
            Client::Address(Some(address @ IpAddr::V4(_))) => LimitKey::of_network(self.name(), address),
            // A client of IPv6 has as many addresses as it likes.
            Client::Address(address) => LimitKey::of_network(self.name(), Network::of(*address)),
        }
    }
}

impl Quotas {
    /// The quota of a class for this client.
    pub(crate) fn of(&self, limit: Limit, client: &Client) -> Option<Quota> {
        match limit {
            Limit::None | Limit::KeyLookup => None,
            Limit::Login => self.login,
            Limit::Register => self.register,
            Limit::Callback => self.callback,
            Limit::Public => self.public,
            Limit::Read => self.read,
            Limit::Write => self.write,
            Limit::Order => self.order,
            Limit::Partner => match client {
                Client::Partner(caller) => self.partner.of(caller),
                Client::User(_) | Client::Address(_) => None,
            },
        }
    }
}

/// The limits of a server.
#[derive(Clone)]
pub struct Limits {
    /// How many.
    pub quotas: Quotas,
    /// Counts for this process alone: a read must not wait for a count.
    pub near: Arc<dyn RateLimits>,
    /// Counts for all processes.
    pub shared: Arc<dyn RateLimits>,
    /// Proxies whose word on a client's address is taken.
    pub proxies: TrustedProxies,
    /// Event streams that are open.
    pub streams: EventStreams,
}

impl Limits {
    /// Who counts the requests of a class.
    pub(crate) fn counter(&self, limit: Limit) -> &dyn RateLimits {
        if matches!(limit, Limit::Read | Limit::Public | Limit::Callback) {
            &*self.near
        } else {
            &*self.shared
        }
    }
}

/// The networks of proxies that are ours.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TrustedProxies(pub Vec<IpNet>);

impl TrustedProxies {
    fn trusts(&self, address: IpAddr) -> bool {
        self.0.iter().any(|network| network.contains(&address.to_canonical()))
    }

    /// The client's address: the connection's, or, where that is a proxy of ours, the last one in `X-Forwarded-For` that
    /// is not. What stands before it is the client's own word.
    pub(crate) fn client<'a>(
        &self,
        peer: Option<IpAddr>,
        forwarded: impl DoubleEndedIterator<Item = &'a str>,
    ) -> Option<IpAddr> {
        let mut client = peer?;
        for hop in forwarded.flat_map(|line| line.split(',')).collect::<Vec<_>>().into_iter().rev() {
            if !self.trusts(client) {
                break;
            }
            let Some(address) = address(hop.trim()) else { break };
            client = address;
        }
        Some(client.to_canonical())
    }
}

/// A hop, which some proxies write with its port.
fn address(hop: &str) -> Option<IpAddr> {
    hop.parse().ok().or_else(|| hop.parse().ok().map(|hop: SocketAddr| hop.ip()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn client(trusted: &[&str], peer: &str, forwarded: &[&str]) -> String {
        let networks = trusted.iter().map(|network| network.parse().unwrap()).collect();
        let found = TrustedProxies(networks).client(peer.parse().ok(), forwarded.iter().copied());
        found.unwrap().to_string()
    }

    #[test]
    fn nobodys_word_is_taken_but_that_of_our_proxies() {
        let ours = ["10.0.0.0/8", "fd00::/8"];
        assert_eq!(client(&[], "192.0.2.1", &["203.0.113.9"]), "192.0.2.1");
        assert_eq!(client(&ours, "192.0.2.1", &["203.0.113.9"]), "192.0.2.1");
        assert_eq!(client(&ours, "10.0.0.1", &["203.0.113.9"]), "203.0.113.9");
        assert_eq!(client(&ours, "10.0.0.1", &[]), "10.0.0.1");
        assert_eq!(client(&ours, "fd00::1", &["1.1.1.1, 203.0.113.9", "10.2.2.2"]), "203.0.113.9");
        assert_eq!(client(&ours, "10.0.0.1", &["1.1.1.1, nonsense"]), "10.0.0.1");
        assert_eq!(client(&ours, "::ffff:10.0.0.1", &["203.0.113.9"]), "203.0.113.9");
        assert_eq!(client(&ours, "10.0.0.1", &["1.1.1.1, 203.0.113.9:5678"]), "203.0.113.9");
        assert_eq!(client(&[], "::ffff:192.0.2.1", &[]), "192.0.2.1");
    }

    #[test]
    fn neighbours_of_ipv6_are_counted_together() {
        let key = |text: &str| Limit::Public.key(&Client::Address(text.parse().ok()));
        assert_eq!(key("2001:db8:1:2::3"), key("2001:db8:1:9::9"));
        assert_ne!(key("192.0.2.1"), key("192.0.2.2"));
    }
}
