//! Building a match field by field.

use std::net::{Ipv4Addr, Ipv6Addr};

use smallvec::SmallVec;

use super::value::Match;
use crate::error::MatchError;
use crate::field::{Dialect, Field, MaskFollows, put_header};
use crate::port::PortNo;
use crate::wire::Put;

/// Collects fields; [`build`](Self::build) checks and orders them.
#[derive(Debug, Clone, Default)]
pub struct MatchBuilder {
    /// TLVs in the order they were given.
    tlvs: SmallVec<[u8; 96]>,
    /// The first thing found wrong while collecting.
    error: Option<Box<MatchError>>,
}

impl MatchBuilder {
    /// Tests all bits of `field`.
    pub fn field(self, field: Field, value: u128) -> Self {
        self.masked(field, value, u128::MAX)
    }

    /// Tests the bits of `field` that are set in `mask`; bits of the mask above the field's width are ignored.
    pub fn masked(mut self, field: Field, value: u128, mask: u128) -> Self {
        // Only Geneve options take more than sixteen bytes, and not by default.
        let bytes = field.default_bytes().min(16);
        let limit = u128::MAX >> (128 - 8 * u32::from(bytes));
        if value > limit {
            let bits = field.wire_bits(bytes);
            self.fail(MatchError::TooWide { field, value, bits });
        }
        let tail = |number: u128| {
            let mut octets = [0; 16];
            octets[..usize::from(bytes)].copy_from_slice(&number.to_be_bytes()[16 - usize::from(bytes)..]);
            octets
        };
        let (value, significant) = (tail(value), mask & limit);
        let (value, mask) = (&value[..usize::from(bytes)], tail(significant));
        self.put(field, value, (significant != limit).then_some(&mask[..usize::from(bytes)]));
        self
    }

    /// Tests a Geneve option of any mapped length: `value` and `mask` have that length.
    pub fn octets(mut self, field: Field, value: &[u8], mask: Option<&[u8]>) -> Self {
        // What covers the whole field is no mask, which counts where the field has no length of its own.
        let mask = mask.filter(|mask| mask.iter().any(|&byte| byte != 0xff) || mask.len() != value.len());
        if let Some(mask) = mask.filter(|mask| mask.len() != value.len()) {
            self.fail(MatchError::BadLength { field, length: mask.len() });
        }
        if value.len() > MAX_OCTETS {
            self.fail(MatchError::BadLength { field, length: value.len() });
        }
        if self.error.is_none() {
            self.put(field, value, mask);
        }
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
        match self.error {
            Some(error) => Err(*error),
            None => Match::of_tlvs(&self.tlvs),
        }
    }

    fn fail(&mut self, error: MatchError) {
        self.error.get_or_insert(Box::new(error));
    }

    fn put(&mut self, field: Field, value: &[u8], mask: Option<&[u8]>) {
        let follows = if mask.is_some() { MaskFollows::Yes } else { MaskFollows::No };
        put_header(&mut self.tlvs, field, Dialect::Standard, follows, value.len() as u8);
        self.tlvs.put(value);
        self.tlvs.put(mask.unwrap_or_default());
    }
}

/// Bytes of a value that leave room for its mask in a TLV; the longest field has 124.
const MAX_OCTETS: usize = 125;

fn mac(address: [u8; 6]) -> u128 {
    address.iter().fold(0, |acc, &byte| acc << 8 | u128::from(byte))
}

fn prefix_mask(width: u8, length: u8) -> u128 {
    let host_bits = u32::from(width.saturating_sub(length));
    let all = u128::MAX >> (128 - u32::from(width));
    all.checked_shr(host_bits).map_or(0, |kept| kept << host_bits)
}
