//! What a row of the field table says.

use std::fmt;

/// One row of the field table.
#[derive(Debug)]
pub struct FieldSpec {
    /// Name in ovs-ofctl syntax.
    pub name: &'static str,
    /// Bytes on the wire. `tun_metadata` fields give their maximum; their true length is that of the mapped option.
    pub bytes: u8,
    /// Bits that carry meaning.
    pub bits: u16,
    /// Whether single bits can be matched.
    pub masking: Masking,
    /// Whether actions can change it.
    pub access: Access,
    /// How ovs-ofctl writes its values.
    pub format: Format,
    /// What a match must hold besides it.
    pub prerequisite: Prerequisite,
    /// Identity in the older, Nicira TLV space.
    pub nxm: Option<OxmId>,
    /// Identity in the standard TLV space.
    pub oxm: Option<OxmId>,
}

/// Identity of a field inside a TLV header.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OxmId {
    /// Name in `NXM_NX_REG0[]` notation.
    pub name: &'static str,
    /// TLV class.
    pub class: u16,
    /// Number in the class, 7 bits.
    pub number: u8,
    /// Experimenter for class 0xffff, else 0.
    pub experimenter: u32,
}

/// Whether single bits of a field can be matched.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Masking {
    /// Any bit mask.
    Bitwise,
    /// Only the whole value.
    Exact,
}

/// Whether actions can change a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// Actions may write it.
    Writable,
    /// It can only be matched and copied from.
    ReadOnly,
}

/// How ovs-ofctl writes a field's values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// `17`
    Decimal,
    /// `0x11`
    Hex,
    /// `0a:00:00:00:00:01`
    Ethernet,
    /// `10.0.0.1/24`
    Ipv4,
    /// `fd00::1/64`
    Ipv6,
    /// `no`, `yes`, `first`, `later`, `not_later`
    Frag,
    /// `+oam`
    TunFlags,
    /// `+syn-ack`
    TcpFlags,
    /// `+trk+est`
    CtState,
    /// `(ns,type)`
    PacketType,
    /// A port number or name, 32 bits.
    Port,
    /// A port number or name, 16 bits.
    Port16,
}

/// What a match must hold besides a field to give it meaning.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Prerequisite {
    /// Nothing.
    None,
    /// An Ethernet packet: true unless packet_type says otherwise.
    Ethernet,
    /// A VLAN tag (`vlan_vid` with the present bit).
    Vlan,
    /// `eth_type` 0x8847 or 0x8848.
    Mpls,
    /// `eth_type` 0x0800.
    Ipv4,
    /// `eth_type` 0x86dd.
    Ipv6,
    /// `eth_type` 0x0800 or 0x86dd.
    Ip,
    /// `eth_type` 0x0806 or 0x8035.
    Arp,
    /// IP with `ip_proto` 6.
    Tcp,
    /// IP with `ip_proto` 17.
    Udp,
    /// IP with `ip_proto` 132.
    Sctp,
    /// IPv4 with `ip_proto` 1.
    Icmpv4,
    /// IPv6 with `ip_proto` 58.
    Icmpv6,
    /// ICMPv6 of type 135 or 136, code 0.
    Nd,
    /// ICMPv6 of type 135, code 0.
    NdSolicit,
    /// ICMPv6 of type 136, code 0.
    NdAdvert,
    /// A `ct_state` that implies a valid connection.
    Ct,
    /// `eth_type` 0x894f.
    Nsh,
}

impl fmt::Display for Prerequisite {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::None => "nothing",
            Self::Ethernet => "an Ethernet packet",
            Self::Vlan => "vlan_vid with the present bit 0x1000",
            Self::Mpls => "eth_type=0x8847 or 0x8848",
            Self::Ipv4 => "eth_type=0x0800",
            Self::Ipv6 => "eth_type=0x86dd",
            Self::Ip => "eth_type=0x0800 or 0x86dd",
            Self::Arp => "eth_type=0x0806 or 0x8035",
            Self::Tcp => "ip_proto=6 in IPv4 or IPv6",
            Self::Udp => "ip_proto=17 in IPv4 or IPv6",
            Self::Sctp => "ip_proto=132 in IPv4 or IPv6",
            Self::Icmpv4 => "ip_proto=1 in IPv4",
            Self::Icmpv6 => "ip_proto=58 in IPv6",
            Self::Nd => "icmpv6_type=135 or 136 with icmpv6_code=0",
            Self::NdSolicit => "icmpv6_type=135 with icmpv6_code=0",
            Self::NdAdvert => "icmpv6_type=136 with icmpv6_code=0",
            Self::Ct => "a ct_state of a valid connection",
            Self::Nsh => "eth_type=0x894f",
        })
    }
}
