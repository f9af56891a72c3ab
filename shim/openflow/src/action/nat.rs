//! Address translation inside connection tracking.

use std::fmt;
use std::net::{Ipv4Addr, Ipv6Addr};

use crate::error::{DecodeError, DecodeErrorKind};
use crate::wire::{Put, Reader};

/// Address translation. Without a kind it applies what the connection already has.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Nat {
    /// Which side is translated; `None` only applies the existing translation.
    pub kind: Option<NatKind>,
    /// Addresses to choose from.
    pub addresses: NatAddresses,
    /// Ports to choose from, first and last (0 as last: only the first). 0 as first is the same as `None`.
    /// The switch takes ports only beside addresses.
    pub ports: Option<(u16, u16)>,
    /// Keep the choice over restarts.
    pub persistent: bool,
    /// Choose the port by a hash.
    pub hash: bool,
    /// Choose the port at random.
    pub random: bool,
}

/// Which side of the packet is translated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum NatKind {
    /// The source.
    Source,
    /// The destination.
    Destination,
}

/// Addresses a translation chooses from: the first, and the last of a range.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum NatAddresses {
    /// The address stays.
    #[default]
    Keep,
    /// IPv4 addresses.
    V4(Ipv4Addr, Option<Ipv4Addr>),
    /// IPv6 addresses.
    V6(Ipv6Addr, Option<Ipv6Addr>),
}

const SOURCE: u16 = 1;
const DESTINATION: u16 = 2;
const PERSISTENT: u16 = 4;
const HASH: u16 = 8;
const RANDOM: u16 = 16;

const V4_MIN: u16 = 1;
const V4_MAX: u16 = 2;
const V6_MIN: u16 = 4;
const V6_MAX: u16 = 8;
const PORT_MIN: u16 = 16;
const PORT_MAX: u16 = 32;

impl Nat {
    /// All after the subtype, without the padding at the end.
    pub(super) fn encode(&self, out: &mut impl Put) {
        out.zeros(2);
        let kind = match self.kind {
            None => 0,
            Some(NatKind::Source) => SOURCE,
            Some(NatKind::Destination) => DESTINATION,
        };
        let bit = |set: bool, bit: u16| if set { bit } else { 0 };
        out.put16(kind | bit(self.persistent, PERSISTENT) | bit(self.hash, HASH) | bit(self.random, RANDOM));
        let addresses = match self.addresses {
            NatAddresses::Keep => 0,
            NatAddresses::V4(_, last) => V4_MIN | bit(last.is_some(), V4_MAX),
            NatAddresses::V6(_, last) => V6_MIN | bit(last.is_some(), V6_MAX),
        };
        let given_ports = self.ports.filter(|&(first, _)| first != 0);
        let ports = given_ports.map_or(0, |(_, last)| PORT_MIN | bit(last != 0, PORT_MAX));
        out.put16(addresses | ports);
        match self.addresses {
            NatAddresses::Keep => {}
            NatAddresses::V4(first, last) => {
                out.put(&first.octets());
                last.iter().for_each(|last| out.put(&last.octets()));
            }
            NatAddresses::V6(first, last) => {
                out.put(&first.octets());
                last.iter().for_each(|last| out.put(&last.octets()));
            }
        }
        if let Some((first, last)) = given_ports {
            out.put16(first);
            if last != 0 {
                out.put16(last);
            }
        }
    }

    pub(super) fn decode(reader: &mut Reader<'_>) -> Result<Nat, DecodeError> {
        reader.skip(2)?;
        let flags = reader.u16()?;
        let present = reader.u16()?;
        let kind = match flags & (SOURCE | DESTINATION) {
            0 => None,
            SOURCE => Some(NatKind::Source),
            DESTINATION => Some(NatKind::Destination),
            _ => {
                let kind = DecodeErrorKind::BadValue { what: "nat flags", value: u64::from(flags) };
                return Err(reader.error_behind(4, kind));
            }
        };
        let both_families = present & (V4_MIN | V4_MAX) != 0 && present & (V6_MIN | V6_MAX) != 0;
        let last_alone = present & V4_MAX > (present & V4_MIN) << 1
            || present & V6_MAX > (present & V6_MIN) << 1
            || present & PORT_MAX > (present & PORT_MIN) << 1;
        if both_families || last_alone || present > 0x3f {
            let kind = DecodeErrorKind::BadValue { what: "nat range", value: u64::from(present) };
            return Err(reader.error_behind(2, kind));
        }
        let has = |bit: u16| present & bit != 0;
        let addresses = if has(V4_MIN) {
            let first = Ipv4Addr::from(reader.array::<4>()?);
            let last = if has(V4_MAX) { Some(Ipv4Addr::from(reader.array::<4>()?)) } else { None };
            NatAddresses::V4(first, last.filter(|last| !last.is_unspecified()))
        } else if has(V6_MIN) {
            let first = Ipv6Addr::from(reader.array::<16>()?);
            let last = if has(V6_MAX) { Some(Ipv6Addr::from(reader.array::<16>()?)) } else { None };
            NatAddresses::V6(first, last.filter(|last| !last.is_unspecified()))
        } else {
            NatAddresses::Keep
        };
        let ports = if has(PORT_MIN) {
            let first = reader.u16()?;
            let last = if has(PORT_MAX) { reader.u16()? } else { 0 };
            Some((first, last)).filter(|_| first != 0)
        } else {
            None
        };
        Ok(Nat {
            kind,
            addresses,
            ports,
            persistent: flags & PERSISTENT != 0,
            hash: flags & HASH != 0,
            random: flags & RANDOM != 0,
        })
    }
}

impl fmt::Display for Nat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("nat")?;
        let Some(kind) = self.kind else { return Ok(()) };
        f.write_str(match kind {
            NatKind::Source => "(src",
            NatKind::Destination => "(dst",
        })?;
        if self.addresses != NatAddresses::Keep {
            f.write_str("=")?;
        }
        let with_port = self.ports.is_some_and(|(first, _)| first != 0);
        match self.addresses {
            NatAddresses::Keep => {}
            NatAddresses::V4(first, last) => {
                write!(f, "{first}")?;
                if let Some(last) = last.filter(|last| *last != first) {
                    write!(f, "-{last}")?;
                }
            }
            NatAddresses::V6(first, last) => {
                let address = |f: &mut fmt::Formatter<'_>, address: Ipv6Addr| {
                    if with_port { write!(f, "[{address}]") } else { write!(f, "{address}") }
                };
                address(f, first)?;
                if let Some(last) = last.filter(|last| *last != first) {
                    f.write_str("-")?;
                    address(f, last)?;
                }
            }
        }
        if let Some((first, last)) = self.ports.filter(|_| with_port) {
            write!(f, ":{first}")?;
            if last != 0 && last != first {
                write!(f, "-{last}")?;
            }
        }
        for (set, word) in [(self.persistent, "persistent"), (self.hash, "hash"), (self.random, "random")] {
            if set {
                write!(f, ",{word}")?;
            }
        }
        f.write_str(")")
    }
}
