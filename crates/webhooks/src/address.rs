//! Which addresses may be called: those of the public Internet, so that nobody can make this machine talk to its own
//! network (OWASP API7:2023, server-side request forgery).

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnet::IpNet;

/// What lies within reach.
#[derive(Debug, Clone, Default)]
pub struct Reach {
    /// Networks inside that may be called, too, where an operator's receivers are there.
    pub networks: Vec<IpNet>,
    /// Whether this machine itself may be called, also without encryption. For development only.
    pub loopback: bool,
}

impl Reach {
    /// Whether this address may be called.
    pub fn admits(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        is_public(address)
            || self.networks.iter().any(|network| network.contains(&address))
            || (self.loopback && address.is_loopback())
    }

    /// Whether the networks hold this machine itself, or where a cloud tells its machines their secrets.
    pub fn opens_this_machine(&self) -> bool {
        let own: [IpAddr; 3] = [
            Ipv4Addr::LOCALHOST.into(),
            Ipv6Addr::LOCALHOST.into(),
            Ipv4Addr::new(169, 254, 169, 254).into(),
        ];
        self.networks.iter().any(|network| own.iter().any(|address| network.contains(address)))
    }
}

/// Whether an address is one of the public Internet: the registries of special addresses (RFC 6890) without it. An IPv6
/// address that stands for an IPv4 one is judged as that.
fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => is_public_v6(address),
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    let [a, b, c, _] = address.octets();
    let special = a == 0
        || a >= 240
        || address.is_private()
        || address.is_loopback()
        || address.is_link_local()
        || address.is_multicast()
        || address.is_documentation()
        // Carrier-grade NAT (RFC 6598).
        || (a == 100 && (64..128).contains(&b))
        // Protocol assignments, 6to4 relays and benchmarks (RFC 6890, 7526, 2544).
        || (a == 192 && b == 0 && c == 0)
        || (a == 192 && b == 88 && c == 99)
        || (a == 198 && (18..20).contains(&b));
    !special
}

/// Only global unicast (`2000::/3`) is public, without what is tunnelled, translated or for documentation.
fn is_public_v6(address: Ipv6Addr) -> bool {
    if let Some(inner) = embedded_v4(address) {
        return is_public_v4(inner);
    }
    let [first, second, ..] = address.segments();
    match (first, second) {
        // Teredo, benchmarks, ORCHID and the rest of 2001::/23; documentation (RFC 3849, 9637).
        (0x2001, 0..0x0200 | 0x0db8) | (0x3fff, 0..0x1000) => false,
        _ => (0x2000..0x4000).contains(&first),
    }
}

/// The IPv4 address that an IPv6 address is translated to: NAT64 (RFC 6052, 8215) and 6to4 (RFC 3056).
fn embedded_v4(address: Ipv6Addr) -> Option<Ipv4Addr> {
    let of = |high: u16, low: u16| {
        let ([a, b], [c, d]) = (high.to_be_bytes(), low.to_be_bytes());
        Ipv4Addr::new(a, b, c, d)
    };
    match address.segments() {
        [0x0064, 0xff9b, 0, 0, 0, 0, high, low] | [0x2002, high, low, ..] => Some(of(high, low)),
        // A network's own prefix for NAT64: where it leads is that network's affair.
        [0x0064, 0xff9b, ..] => Some(Ipv4Addr::UNSPECIFIED),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn admits(reach: &Reach, address: &str) -> bool {
        reach.admits(address.parse().unwrap())
    }

    const PUBLIC: &[&str] = &[
        "1.1.1.1",
        "8.8.8.8",
        "93.184.216.34",
        "100.63.255.255",
        "100.128.0.1",
        "172.15.255.255",
        "172.32.0.1",
        "192.0.1.1",
        "198.17.255.255",
        "198.20.0.1",
        "223.255.255.255",
        "2606:4700:4700::1111",
        "2001:4860:4860::8888",
        "2a00:1450:4001:82a::200e",
        "::ffff:8.8.8.8",
        "64:ff9b::808:808",
        "2002:808:808::1",
    ];

    const REFUSED: &[&str] = &[
        // This network, private networks, CGNAT, loopback, link-local with the clouds' metadata.
        "0.0.0.0",
        "0.1.2.3",
        "10.0.0.1",
        "10.255.255.255",
        "100.64.0.1",
        "100.127.255.255",
        "127.0.0.1",
        "127.255.255.254",
        "169.254.169.254",
        "172.16.0.1",
        "172.31.255.255",
        "192.168.1.1",
        // Assignments, documentation, relays, benchmarks, multicast, reserved, broadcast.
        "192.0.0.1",
        "192.0.2.1",
        "192.88.99.1",
        "198.18.0.1",
        "198.19.255.255",
        "198.51.100.1",
        "203.0.113.1",
        "224.0.0.1",
        "239.255.255.255",
        "240.0.0.1",
        "255.255.255.255",
        // The same in IPv6: unspecified, loopback, mapped, compatible, link-local, site-local, ULA, multicast.
        "::",
        "::1",
        "::ffff:10.0.0.1",
        "::ffff:127.0.0.1",
        "::ffff:169.254.169.254",
        "::127.0.0.1",
        "fe80::1",
        "fec0::1",
        "fc00::1",
        "fd00:ec2::254",
        "ff02::1",
        // Translated and tunnelled.
        "64:ff9b::a00:1",
        "64:ff9b::7f00:1",
        "64:ff9b:1::a00:1",
        "2002:a00:1::1",
        "2002:7f00:1::1",
        "2002::1",
        "2001::1",
        "2001:db8::1",
        "3fff::1",
        "100::1",
        "4000::1",
    ];

    #[test]
    fn only_public_addresses_are_called() {
        assert!(PUBLIC.len() + REFUSED.len() > 40);
        let reach = Reach::default();
        for address in PUBLIC {
            assert!(admits(&reach, address), "{address} is public");
        }
        for address in REFUSED {
            assert!(!admits(&reach, address), "{address} is not public");
        }
    }

    #[test]
    fn an_operator_may_open_networks_and_a_developer_this_machine() {
        let inside = Reach { networks: vec!["10.20.0.0/16".parse().unwrap()], loopback: false };
        assert!(admits(&inside, "10.20.3.4") && admits(&inside, "::ffff:10.20.3.4"));
        assert!(!admits(&inside, "10.21.0.1") && !admits(&inside, "127.0.0.1"));
        let here = Reach { networks: Vec::new(), loopback: true };
        assert!(admits(&here, "127.0.0.1") && admits(&here, "::1"));
        assert!(!admits(&here, "10.0.0.1") && !admits(&here, "0.0.0.0"));
        for (network, opens) in
            [("10.0.0.0/8", false), ("0.0.0.0/0", true), ("169.254.0.0/16", true), ("::/0", true)]
        {
            let reach = Reach { networks: vec![network.parse().unwrap()], loopback: false };
            assert_eq!(reach.opens_this_machine(), opens, "{network}");
        }
    }
}
