//! Ethernet, IPv4 and IPv6 addresses as text, read as OVS reads them (`lib/packets.c`): more leniently than the standard
//! library does.

use std::net::{Ipv4Addr, Ipv6Addr};

use serde::{Deserialize, Serialize};

use super::scan::Scanner;

/// `eth_addr` of the rules: 48 bits in host order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct EthAddr {
    pub(super) ha: u64,
}

/// `in_addr` of the rules, in host order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct InAddr {
    pub(super) a: u32,
}

/// `in6_addr` of the rules, in host order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct In6Addr {
    pub(super) aaaa: u128,
}

impl EthAddr {
    /// Six bytes with colons between them, at the scanner.
    pub(super) fn scan(scanner: &mut Scanner<'_>) -> Option<EthAddr> {
        Some(EthAddr { ha: scan_bytes(scanner, 6, 16, ":")? })
    }

    /// The same, as all of a text.
    pub(super) fn parse(text: &str) -> Option<EthAddr> {
        whole(text, EthAddr::scan)
    }

    /// The address of which a text begins with the first three bytes; the others are zero.
    pub(super) fn scan_prefix(text: &str) -> Option<EthAddr> {
        Some(EthAddr { ha: scan_bytes(&mut Scanner::new(text), 3, 16, ":")? << 24 })
    }
}

impl std::fmt::Display for EthAddr {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let [_, _, a, b, c, d, e, g] = self.ha.to_be_bytes();
        write!(f, "{a:02x}:{b:02x}:{c:02x}:{d:02x}:{e:02x}:{g:02x}")
    }
}

impl InAddr {
    /// The strict form only, all of a text.
    pub(super) fn parse(text: &str) -> Option<InAddr> {
        text.parse().ok().map(|address: Ipv4Addr| InAddr { a: address.into() })
    }

    /// Four numbers with dots between them, at the scanner.
    pub(super) fn scan(scanner: &mut Scanner<'_>) -> Option<InAddr> {
        Some(InAddr { a: scan_bytes(scanner, 4, 10, ".")? as u32 })
    }

    /// An address and its mask: `A/M`, `A/24`, or `A` alone with all ones.
    ///
    /// # Errors
    /// What is wrong, as OVS words it.
    pub(super) fn scan_masked(scanner: &mut Scanner<'_>) -> Result<(InAddr, InAddr), String> {
        let text = scanner.rest();
        let masked = scanner.attempt(|s| Some((InAddr::scan(s)?, s.text("/")?, InAddr::scan(s)?)));
        if let Some((address, (), mask)) = masked {
            return Ok((address, mask));
        }
        let with_length = scanner.attempt(|s| Some((InAddr::scan(s)?, s.text("/")?, s.number(10)? as i32)));
        if let Some((address, (), length)) = with_length {
            return match length {
                0 => Ok((address, InAddr { a: 0 })),
                1..=32 => Ok((address, InAddr { a: u32::MAX << (32 - length) })),
                _ => Err(format!("{text}: IPv4 network prefix bits not between 0 and 32, inclusive")),
            };
        }
        match scanner.attempt(InAddr::scan) {
            Some(address) => Ok((address, InAddr { a: u32::MAX })),
            None => Err(invalid(text)),
        }
    }

    /// An address and the length of its network's prefix.
    ///
    /// # Errors
    /// As for [`InAddr::scan_masked`], or the mask is none of a prefix.
    pub(super) fn scan_cidr(scanner: &mut Scanner<'_>) -> Result<(InAddr, u32), String> {
        let text = scanner.rest();
        let (address, mask) = InAddr::scan_masked(scanner)?;
        match mask.a.leading_ones() + mask.a.trailing_zeros() >= u32::BITS {
            true => Ok((address, mask.a.leading_ones())),
            false => Err(format!("{text}: CIDR network required")),
        }
    }

    /// [`InAddr::scan_masked`] of all of a text.
    ///
    /// # Errors
    /// Its own, or there is more.
    pub(super) fn parse_masked(text: &str) -> Result<(InAddr, InAddr), String> {
        all_of(text, InAddr::scan_masked, invalid)
    }

    /// [`InAddr::scan_cidr`] of all of a text.
    ///
    /// # Errors
    /// Its own, or there is more.
    pub(super) fn parse_cidr(text: &str) -> Result<(InAddr, u32), String> {
        all_of(text, InAddr::scan_cidr, invalid)
    }
}

impl In6Addr {
    /// All of a text.
    pub(super) fn parse(text: &str) -> Option<In6Addr> {
        text.parse().ok().map(|address: Ipv6Addr| In6Addr { aaaa: address.into() })
    }

    /// As [`InAddr::scan_masked`].
    ///
    /// # Errors
    /// What is wrong, as OVS words it.
    pub(super) fn scan_masked(scanner: &mut Scanner<'_>) -> Result<(In6Addr, In6Addr), String> {
        let text = scanner.rest();
        let address = scanner.attempt(|s| {
            s.blanks();
            scan_ipv6(s)
        });
        let Some(address) = address.and_then(In6Addr::parse) else { return Err(invalid6(text)) };
        if let Some(((), length)) = scanner.attempt(|s| Some((s.text("/")?, s.number(10)? as i32))) {
            return match length {
                0 => Ok((address, In6Addr { aaaa: 0 })),
                1..=128 => Ok((address, In6Addr { aaaa: u128::MAX << (128 - length) })),
                _ => Err(format!("{text}: IPv6 network prefix bits not between 0 and 128, inclusive")),
            };
        }
        match scanner.attempt(|s| Some((s.text("/")?, scan_ipv6(s)?))) {
            Some(((), mask)) => match In6Addr::parse(mask) {
                Some(mask) => Ok((address, mask)),
                None => Err(format!("{text}: Invalid IPv6 mask")),
            },
            None => Ok((address, In6Addr { aaaa: u128::MAX })),
        }
    }

    /// As [`InAddr::scan_cidr`].
    ///
    /// # Errors
    /// As there.
    pub(super) fn scan_cidr(scanner: &mut Scanner<'_>) -> Result<(In6Addr, u32), String> {
        let text = scanner.rest();
        let (address, mask) = In6Addr::scan_masked(scanner)?;
        match mask.aaaa.leading_ones() + mask.aaaa.trailing_zeros() >= u128::BITS {
            true => Ok((address, mask.aaaa.leading_ones())),
            false => Err(format!("{text}: IPv6 CIDR network required")),
        }
    }

    /// As [`InAddr::parse_masked`].
    ///
    /// # Errors
    /// As there.
    pub(super) fn parse_masked(text: &str) -> Result<(In6Addr, In6Addr), String> {
        all_of(text, In6Addr::scan_masked, invalid6)
    }

    /// As [`InAddr::parse_cidr`].
    ///
    /// # Errors
    /// As there.
    pub(super) fn parse_cidr(text: &str) -> Result<(In6Addr, u32), String> {
        all_of(text, In6Addr::scan_cidr, invalid6)
    }

    /// The IPv4 address alone if it is one mapped into IPv6 (RFC 4291 2.5.5.2).
    pub(super) fn mapped_text(self) -> String {
        let address = Ipv6Addr::from(self.aaaa);
        address.to_ipv4_mapped().map_or_else(|| self.to_string(), |address| address.to_string())
    }
}

impl std::fmt::Display for In6Addr {
    /// As `inet_ntop` of the C library: with the last 32 bits as IPv4 where only they are set (`::1` is not meant).
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match u32::try_from(self.aaaa) {
            Ok(low) if low > 0xffff => write!(f, "::{}", Ipv4Addr::from(low)),
            _ => Ipv6Addr::from(self.aaaa).fmt(f),
        }
    }
}

/// All of a text, or nothing.
pub(super) fn whole<T>(text: &str, scan: impl FnOnce(&mut Scanner<'_>) -> Option<T>) -> Option<T> {
    let mut scanner = Scanner::new(text);
    let read = scan(&mut scanner)?;
    scanner.is_done().then_some(read)
}

/// What may be an IPv6 address, at the scanner.
pub(super) fn scan_ipv6<'t>(scanner: &mut Scanner<'t>) -> Option<&'t str> {
    scanner.while_(|c| c.is_ascii_hexdigit() || c == ':' || c == '.')
}

fn all_of<T>(
    text: &str,
    scan: impl FnOnce(&mut Scanner<'_>) -> Result<T, String>,
    invalid: impl FnOnce(&str) -> String,
) -> Result<T, String> {
    let mut scanner = Scanner::new(text);
    let read = scan(&mut scanner)?;
    if scanner.is_done() { Ok(read) } else { Err(invalid(text)) }
}

/// Numbers of which the low eight bits count, the first one in the highest place.
fn scan_bytes(scanner: &mut Scanner<'_>, count: usize, radix: u32, between: &str) -> Option<u64> {
    scanner.attempt(|scanner| {
        let mut all = 0;
        for i in 0..count {
            if i > 0 {
                scanner.text(between)?;
            }
            all = all << 8 | scanner.number(radix)? & 0xff;
        }
        Some(all)
    })
}

fn invalid(text: &str) -> String {
    format!("{text}: invalid IP address")
}

fn invalid6(text: &str) -> String {
    format!("{text}: invalid IPv6 address")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ethernet() {
        let address = |ha| Some(EthAddr { ha });
        assert_eq!(EthAddr::parse("0a:0:00:ff:1:2"), address(0x0a00_00ff_0102));
        assert_eq!(EthAddr::parse("0a:00:00:ff:01:02 "), None);
        assert_eq!(EthAddr::parse("0a:00:00:ff:01"), None);
        assert_eq!(EthAddr::scan_prefix("0a:00:5e"), address(0x0a00_5e00_0000));
        assert_eq!(EthAddr::scan_prefix("0a:00"), None);
        assert_eq!(EthAddr { ha: 0x0a00_00ff_0102 }.to_string(), "0a:00:00:ff:01:02");
    }

    #[test]
    fn ipv4_with_masks() {
        for (text, expected) in [
            ("10.0.0.1", Ok((0x0a00_0001, u32::MAX))),
            ("10.0.0.1/24", Ok((0x0a00_0001, 0xffff_ff00))),
            ("10.0.0.1/0", Ok((0x0a00_0001, 0))),
            ("10.0.0.1/255.0.255.0", Ok((0x0a00_0001, 0xff00_ff00))),
            ("10.0.0.1/33", Err("10.0.0.1/33: IPv4 network prefix bits not between 0 and 32, inclusive")),
            ("10.0.0.1/", Err("10.0.0.1/: invalid IP address")),
            ("10.0.0.1 x", Err("10.0.0.1 x: invalid IP address")),
            ("10.0.0", Err("10.0.0: invalid IP address")),
        ] {
            let parsed = InAddr::parse_masked(text).map(|(address, mask)| (address.a, mask.a));
            assert_eq!(parsed, expected.map_err(str::to_owned));
        }
        assert_eq!(InAddr::parse("010.0.0.1"), None);
        assert_eq!(InAddr::parse("10.0.0.1"), Some(InAddr { a: 0x0a00_0001 }));
    }

    #[test]
    fn ipv4_networks() {
        for (text, expected) in [
            ("10.0.0.1", Ok(32)),
            ("10.0.0.1/0", Ok(0)),
            ("10.0.0.1/255.255.240.0", Ok(20)),
            ("10.0.0.1/255.0.255.0", Err("10.0.0.1/255.0.255.0: CIDR network required")),
        ] {
            let parsed = InAddr::parse_cidr(text).map(|(_, length)| length);
            assert_eq!(parsed, expected.map_err(str::to_owned));
        }
    }

    #[test]
    fn ipv6_with_masks() {
        for (text, expected) in [
            ("fd00::1", Ok((0xfd << 120 | 1, 128))),
            (" fd00::/64", Ok((0xfd << 120, 64))),
            ("fd00::/0", Ok((0xfd << 120, 0))),
            ("fd00::/ffff::", Ok((0xfd << 120, 16))),
            ("fd00::/129", Err("fd00::/129: IPv6 network prefix bits not between 0 and 128, inclusive")),
            ("fd00::/x", Err("fd00::/x: invalid IPv6 address")),
            ("fd00::/0f::", Err("fd00::/0f::: invalid IPv6 address")),
            ("fd00::/::1", Err("fd00::/::1: IPv6 CIDR network required")),
            ("fd00", Err("fd00: invalid IPv6 address")),
        ] {
            let parsed = In6Addr::parse_cidr(text).map(|(address, length)| (address.aaaa, length));
            assert_eq!(parsed, expected.map_err(str::to_owned));
        }
        let (_, mask) = In6Addr::parse_masked("::/::1").unwrap();
        assert_eq!(mask.aaaa, 1);
    }

    #[test]
    fn ipv6_as_text() {
        for (address, text, mapped) in [
            (1, "::1", "::1"),
            (0x1_0000, "::0.1.0.0", "::0.1.0.0"),
            (0xffff_0a00_0001, "::ffff:10.0.0.1", "10.0.0.1"),
            (0xfe80 << 112 | 0xab, "fe80::ab", "fe80::ab"),
        ] {
            let address = In6Addr { aaaa: address };
            assert_eq!((&*address.to_string(), &*address.mapped_text()), (text, mapped));
        }
    }
}
