//! Addresses of logical ports: one Ethernet address and any number of IP addresses in a text.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::addresses::{EthAddr, In6Addr, InAddr, scan_ipv6, whole};
use super::scan::Scanner;

/// `lport_addresses` of the rules.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct LPortAddress {
    pub(super) ea: EthAddr,
    pub(super) ipv4_addrs: Vec<IPV4NetAddr>,
    pub(super) ipv6_addrs: Vec<IPV6NetAddr>,
}

/// `ipv4_netaddr` of the rules.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct IPV4NetAddr {
    pub(super) addr: InAddr,
    pub(super) plen: u32,
}

/// `ipv6_netaddr` of the rules.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct IPV6NetAddr {
    pub(super) addr: In6Addr,
    pub(super) plen: u32,
}

impl LPortAddress {
    /// `MAC IP..`; what follows and is no address is left out.
    pub(super) fn with_mac(text: &str) -> Option<LPortAddress> {
        let mut scanner = Scanner::new(text);
        let ea = EthAddr::scan(&mut scanner)?;
        Some(LPortAddress::networks_at(&mut scanner, ea))
    }

    /// `IP..`, at least one.
    pub(super) fn without_mac(text: &str) -> Option<LPortAddress> {
        let found = LPortAddress::networks_at(&mut Scanner::new(text), EthAddr { ha: 0 });
        (!found.ipv4_addrs.is_empty() || !found.ipv6_addrs.is_empty()).then_some(found)
    }

    /// Of a router port: its networks without those that are none, and the link-local address that follows from its Ethernet
    /// address (RFC 4291 2.5.6).
    pub(super) fn of_router(mac: &str, networks: &[String]) -> Option<LPortAddress> {
        let ea = EthAddr::parse(mac)?;
        let mut found = LPortAddress { ea, ipv4_addrs: Vec::new(), ipv6_addrs: Vec::new() };
        for network in networks {
            if let Ok((addr, plen)) = InAddr::parse_cidr(network) {
                if addr.a != 0 {
                    found.ipv4_addrs.push(IPV4NetAddr { addr, plen });
                }
            } else if let Ok((addr, plen)) = In6Addr::parse_cidr(network) {
                found.ipv6_addrs.push(IPV6NetAddr { addr, plen });
            }
        }
        found.ipv6_addrs.push(IPV6NetAddr { addr: link_local(ea), plen: 64 });
        Some(found)
    }

    /// The IPv4 and the IPv6 addresses of `MAC IP..` as text; none if it is none.
    pub(super) fn split(text: &str) -> (BTreeSet<String>, BTreeSet<String>) {
        let Some(found) = LPortAddress::with_mac(text) else { return Default::default() };
        let ipv4 =
            found.ipv4_addrs.iter().map(|network| std::net::Ipv4Addr::from(network.addr.a).to_string());
        let ipv6 = found.ipv6_addrs.iter().map(|network| network.addr.to_string());
        (ipv4.collect(), ipv6.collect())
    }

    fn networks_at(scanner: &mut Scanner<'_>, ea: EthAddr) -> LPortAddress {
        let mut found = LPortAddress { ea, ipv4_addrs: Vec::new(), ipv6_addrs: Vec::new() };
        while !scanner.is_done() {
            if let Ok((addr, plen)) = InAddr::scan_cidr(scanner) {
                found.ipv4_addrs.push(IPV4NetAddr { addr, plen });
            } else if let Ok((addr, plen)) = In6Addr::scan_cidr(scanner) {
                found.ipv6_addrs.push(IPV6NetAddr { addr, plen });
            } else {
                break;
            }
        }
        found
    }
}

/// Whether a port's address asks northd to choose a part of it.
pub(super) fn is_dynamic(text: &str) -> bool {
    let dynamic = |s: &mut Scanner<'_>| {
        s.text("dynamic")?;
        s.blanks();
        Some(())
    };
    let ipv6 = |s: &mut Scanner<'_>| scan_ipv6(s).map(|_| ());
    text == "dynamic"
        || whole(text, |s| Some((dynamic(s)?, InAddr::scan(s)?))).is_some()
        || whole(text, |s| {
            dynamic(s)?;
            InAddr::scan(s)?;
            s.blanks();
            ipv6(s)
        })
        .is_some()
        || whole(text, |s| Some((dynamic(s)?, ipv6(s)?))).is_some()
        || whole(text, |s| {
            EthAddr::scan(s)?;
            s.blanks();
            s.text("dynamic")
        })
        .is_some()
}

/// The IPv4 address that a port wants to have besides an Ethernet address chosen for it: `dynamic 10.0.0.1`.
pub(super) fn static_ip_of_dynamic(text: &str) -> Option<InAddr> {
    whole(text, |s| {
        s.text("dynamic")?;
        InAddr::scan(s)
    })
}

/// RFC 4291, appendix A: the Ethernet address with `ff:fe` in the middle and the universal bit turned over.
fn link_local(mac: EthAddr) -> In6Addr {
    let (high, low) = (mac.ha >> 24, mac.ha & 0xff_ffff);
    let interface = (high << 40 | 0xff_fe00_0000 | low) ^ 1 << 57;
    In6Addr { aaaa: 0xfe80 << 112 | u128::from(interface) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(found: Option<LPortAddress>) -> Option<String> {
        let found = found?;
        let mut parts = vec![found.ea.to_string()];
        let ipv4 =
            |network: &IPV4NetAddr| format!("{}/{}", std::net::Ipv4Addr::from(network.addr.a), network.plen);
        parts.extend(found.ipv4_addrs.iter().map(ipv4));
        parts.extend(found.ipv6_addrs.iter().map(|network| format!("{}/{}", network.addr, network.plen)));
        Some(parts.join(" "))
    }

    #[test]
    fn of_switch_ports() {
        for (given, expected) in [
            ("0a:00:00:00:00:01", Some("0a:00:00:00:00:01")),
            ("0a:00:00:00:00:01 10.0.0.1 10.1.0.1/24", Some("0a:00:00:00:00:01 10.0.0.1/32 10.1.0.1/24")),
            ("0a:00:00:00:00:01 fd00::1 10.0.0.1", Some("0a:00:00:00:00:01 10.0.0.1/32 fd00::1/128")),
            ("0a:00:00:00:00:01 10.0.0.1 and 10.0.0.2", Some("0a:00:00:00:00:01 10.0.0.1/32")),
            ("10.0.0.1", None),
            ("unknown", None),
        ] {
            assert_eq!(text(LPortAddress::with_mac(given)).as_deref(), expected, "{given}");
        }
        assert_eq!(
            text(LPortAddress::without_mac("10.0.0.1 fd00::1")).as_deref(),
            Some("00:00:00:00:00:00 10.0.0.1/32 fd00::1/128")
        );
        assert_eq!(LPortAddress::without_mac("0a:00:00:00:00:01"), None);
    }

    #[test]
    fn of_router_ports() {
        let networks = ["10.0.0.1/24", "0.0.0.0/8", "nonsense", "fd00::1/64"].map(str::to_owned);
        assert_eq!(
            text(LPortAddress::of_router("00:00:00:00:ff:01", &networks)).as_deref(),
            Some("00:00:00:00:ff:01 10.0.0.1/24 fd00::1/64 fe80::200:ff:fe00:ff01/64")
        );
        assert_eq!(LPortAddress::of_router("00:00:00:00:ff", &networks), None);
    }

    #[test]
    fn split_into_texts() {
        let (ipv4, ipv6) = LPortAddress::split("0a:00:00:00:00:01 10.0.0.2/24 10.0.0.1 fd00::1");
        assert_eq!(Vec::from_iter(ipv4), ["10.0.0.1", "10.0.0.2"]);
        assert_eq!(Vec::from_iter(ipv6), ["fd00::1"]);
        assert_eq!(LPortAddress::split("unknown"), Default::default());
    }

    #[test]
    fn dynamic_ones() {
        for (given, expected) in [
            ("dynamic", true),
            ("dynamic 10.0.0.1", true),
            ("dynamic 10.0.0.1 fd00::1", true),
            ("dynamic fd00::1", true),
            ("0a:00:00:00:00:01 dynamic", true),
            ("0a:00:00:00:00:01 10.0.0.1", false),
            ("dynamic x", false),
            ("dynamic ", false),
        ] {
            assert_eq!(is_dynamic(given), expected, "{given}");
        }
        assert_eq!(static_ip_of_dynamic("dynamic 10.0.0.1"), Some(InAddr { a: 0x0a00_0001 }));
        assert_eq!(static_ip_of_dynamic("dynamic 10.0.0.1 fd00::1"), None);
    }
}
