//! Building a match field by field.

use std::net::{Ipv4Addr, Ipv6Addr};

use smallvec::SmallVec;

use super::normalise::normalise;
use super::value::Match;
use crate::error::MatchError;
use crate::field::Field;
use crate::port::PortNo;

/// A value or mask; only long Geneve options take more than sixteen bytes.
pub(super) type Octets = SmallVec<[u8; 16]>;

/// A field as it was given: value and mask of the same length, nothing checked.
#[derive(Debug, Clone)]
pub(super) struct Entry {
    pub(super) field: Field,
    pub(super) value: Octets,
    pub(super) mask: Octets,
    /// Whether all bits of the field are tested.
    pub(super) coverage: Coverage,
}

/// Whether a mask covers the whole of its field. The bytes alone do not say so for Geneve options,
/// which are written without leading zeros.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Coverage {
    Whole,
    Part,
}

impl Entry {
    /// Covers the whole field if the mask is all ones.
    pub(super) fn new(field: Field, value: Octets, mask: Octets) -> Entry {
        let whole = mask.iter().all(|&byte| byte == 0xff);
        Entry { field, value, mask, coverage: if whole { Coverage::Whole } else { Coverage::Part } }
    }

    /// `value` and `mask` cut to `bytes` bytes; bits that do not fit are reported by [`normalise`].
    pub(super) fn of_numbers(field: Field, bytes: usize, value: u128, mask: u128) -> Entry {
        let tail = |number: u128| {
            let octets = number.to_be_bytes();
            let mut out = Octets::from_elem(0, bytes.saturating_sub(16));
            out.extend_from_slice(&octets[16usize.saturating_sub(bytes)..]);
            out
        };
        let mut entry = Entry::new(field, tail(value), tail(mask));
        if !field.is_variable() {
            // Bits above the field's width do not count.
            let significant = u128::MAX >> (128 - field.wire_bits(bytes as u8).clamp(1, 128));
            let whole = mask & significant == significant;
            entry.coverage = if whole { Coverage::Whole } else { Coverage::Part };
        }
        entry
    }
}

/// Collects fields; [`build`](Self::build) checks and orders them.
#[derive(Debug, Clone, Default)]
pub struct MatchBuilder {
    pub(super) entries: SmallVec<[Entry; 8]>,
    /// TLVs of fields the table does not have, kept as they are.
    pub(super) unknown: Vec<Vec<u8>>,
    /// The first thing found wrong while collecting.
    pub(super) error: Option<MatchError>,
}

impl MatchBuilder {
    /// Tests all bits of `field`.
    pub fn field(self, field: Field, value: u128) -> Self {
        self.masked(field, value, u128::MAX)
    }

    /// Tests the bits of `field` that are set in `mask`; bits of the mask above the field's width are ignored.
    pub fn masked(mut self, field: Field, value: u128, mask: u128) -> Self {
        let bytes = usize::from(field.default_bytes());
        let limit = u128::MAX >> (128 - 8 * bytes.min(16));
        if value > limit {
            let bits = field.wire_bits(field.default_bytes());
            self.error.get_or_insert(MatchError::TooWide { field, value, bits });
        }
        self.entries.push(Entry::of_numbers(field, bytes, value, mask));
        self
    }

    /// Tests a Geneve option of any mapped length: `value` and `mask` have that length.
    pub fn octets(mut self, field: Field, value: &[u8], mask: Option<&[u8]>) -> Self {
        let ones = Octets::from_elem(0xff, value.len());
        let mask = mask.map_or(ones, Octets::from_slice);
        if mask.len() != value.len() {
            self.error.get_or_insert(MatchError::BadLength { field, length: mask.len() });
        }
        self.entries.push(Entry::new(field, Octets::from_slice(value), mask));
        self
    }

    /// Packets that came in by `port`.
    pub fn in_port(self, port: PortNo) -> Self {
        self.field(Field::IN_PORT, u128::from(port.0))
    }

    /// Packets of this Ethernet type (0x0800 IPv4, 0x86dd IPv6, 0x0806 ARP).
    pub fn eth_type(self, eth_type: u16) -> Self {
        self.field(Field::ETH_TYPE, u128::from(eth_type))
    }

    /// Packets from this Ethernet address.
    pub fn eth_src(self, address: [u8; 6]) -> Self {
        self.field(Field::ETH_SRC, mac(address))
    }

    /// Packets to this Ethernet address.
    pub fn eth_dst(self, address: [u8; 6]) -> Self {
        self.field(Field::ETH_DST, mac(address))
    }

    /// Packets with a VLAN tag of this id (without the present bit, which is added).
    pub fn vlan_vid(self, vid: u16) -> Self {
        self.field(Field::VLAN_VID, u128::from(vid | 0x1000))
    }

    /// Packets without a VLAN tag.
    pub fn no_vlan(self) -> Self {
        self.field(Field::VLAN_VID, 0)
    }

    /// Packets of this IP protocol; needs an IP `eth_type`.
    pub fn ip_proto(self, protocol: u8) -> Self {
        self.field(Field::IP_PROTO, u128::from(protocol))
    }

    /// IPv4 packets from this prefix of `length` bits.
    pub fn ipv4_src(self, address: Ipv4Addr, length: u8) -> Self {
        self.masked(Field::IP_SRC, u128::from(address.to_bits()), prefix_mask(32, length))
    }

    /// IPv4 packets to this prefix of `length` bits.
    pub fn ipv4_dst(self, address: Ipv4Addr, length: u8) -> Self {
        self.masked(Field::IP_DST, u128::from(address.to_bits()), prefix_mask(32, length))
    }

    /// IPv6 packets from this prefix of `length` bits.
    pub fn ipv6_src(self, address: Ipv6Addr, length: u8) -> Self {
        self.masked(Field::IPV6_SRC, address.to_bits(), prefix_mask(128, length))
    }

    /// IPv6 packets to this prefix of `length` bits.
    pub fn ipv6_dst(self, address: Ipv6Addr, length: u8) -> Self {
        self.masked(Field::IPV6_DST, address.to_bits(), prefix_mask(128, length))
    }

    /// Packets whose metadata register holds `metadata`.
    pub fn metadata(self, metadata: u64) -> Self {
        self.field(Field::METADATA, u128::from(metadata))
    }

    /// Packets that came through a tunnel with this key.
    pub fn tun_id(self, key: u64) -> Self {
        self.field(Field::TUN_ID, u128::from(key))
    }

    /// Checks widths, masks and prerequisites and brings the fields into canonical form.
    pub fn build(self) -> Result<Match, MatchError> {
        normalise(self, super::Prerequisites::Required)
    }
}

fn mac(address: [u8; 6]) -> u128 {
    address.iter().fold(0, |acc, &byte| acc << 8 | u128::from(byte))
}

fn prefix_mask(width: u8, length: u8) -> u128 {
    let host_bits = u32::from(width.saturating_sub(length));
    let all = u128::MAX >> (128 - u32::from(width));
    all.checked_shr(host_bits).map_or(0, |kept| kept << host_bits)
}
