//! A match as ovs-ofctl prints it.

use std::fmt;

use super::value::{Match, MatchField};
use crate::field::{Field, flags, format_value, hex, tun_flag_name};

impl fmt::Display for Match {
    /// `ip,reg15=0x3,metadata=0x5,nw_dst=10.0.0.0/8`; nothing for a match of every packet.
    /// A field that is not known is shown as the bytes of its TLV.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut printer = Printer { fields: self.fields().collect(), separator: "" };
        printer.print(f)?;
        self.unknown_tlvs().try_for_each(|tlv| {
            printer.begin(f)?;
            f.write_str("unknown=")?;
            hex(f, tlv)
        })
    }
}

struct Printer<'a> {
    fields: Vec<MatchField<'a>>,
    separator: &'static str,
}

/// What comes before the protocol keyword, in order.
const BEFORE_PROTOCOL: &[(&str, Field)] = &[
    ("pkt_mark", Field::PKT_MARK),
    ("recirc_id", Field::RECIRC_ID),
    ("dp_hash", Field::DP_HASH),
    ("conj_id", Field::CONJ_ID),
    ("actset_output", Field::ACTSET_OUTPUT),
    ("ct_state", Field::CT_STATE),
    ("ct_zone", Field::CT_ZONE),
    ("ct_mark", Field::CT_MARK),
    ("ct_label", Field::CT_LABEL),
    ("ct_nw_src", Field::CT_NW_SRC),
    ("ct_ipv6_src", Field::CT_IPV6_SRC),
    ("ct_nw_dst", Field::CT_NW_DST),
    ("ct_ipv6_dst", Field::CT_IPV6_DST),
    ("ct_nw_proto", Field::CT_NW_PROTO),
    ("ct_tp_src", Field::CT_TP_SRC),
    ("ct_tp_dst", Field::CT_TP_DST),
    ("packet_type", Field::PACKET_TYPE),
];

/// Tunnel fields after the registers, in order.
const TUNNEL: &[(&str, Field)] = &[
    ("tun_id", Field::TUN_ID),
    ("tun_src", Field::TUN_SRC),
    ("tun_dst", Field::TUN_DST),
    ("tun_ipv6_src", Field::TUN_IPV6_SRC),
    ("tun_ipv6_dst", Field::TUN_IPV6_DST),
    ("tun_gbp_id", Field::TUN_GBP_ID),
    ("tun_gbp_flags", Field::TUN_GBP_FLAGS),
    ("tun_erspan_ver", Field::TUN_ERSPAN_VER),
    ("tun_erspan_idx", Field::TUN_ERSPAN_IDX),
    ("tun_erspan_dir", Field::TUN_ERSPAN_DIR),
    ("tun_erspan_hwid", Field::TUN_ERSPAN_HWID),
    ("gtpu_flags", Field::TUN_GTPU_FLAGS),
    ("gtpu_msgtype", Field::TUN_GTPU_MSGTYPE),
];

/// What follows the Ethernet type, in order. `tp_*` stands for all transport ports.
const NETWORK: &[(&str, Field)] = &[
    ("ipv6_src", Field::IPV6_SRC),
    ("ipv6_dst", Field::IPV6_DST),
    ("ipv6_label", Field::IPV6_LABEL),
    ("arp_spa", Field::ARP_SPA),
    ("arp_tpa", Field::ARP_TPA),
    ("nw_src", Field::IP_SRC),
    ("nw_dst", Field::IP_DST),
    ("nsh_flags", Field::NSH_FLAGS),
    ("nsh_ttl", Field::NSH_TTL),
    ("nsh_mdtype", Field::NSH_MDTYPE),
    ("nsh_np", Field::NSH_NP),
    ("nsh_spi", Field::NSH_SPI),
    ("nsh_si", Field::NSH_SI),
    ("nsh_c1", Field::NSH_C1),
    ("nsh_c2", Field::NSH_C2),
    ("nsh_c3", Field::NSH_C3),
    ("nsh_c4", Field::NSH_C4),
];

const TRANSPORT: &[(&str, Field)] = &[
    ("arp_op", Field::ARP_OP),
    ("arp_sha", Field::ARP_SHA),
    ("arp_tha", Field::ARP_THA),
    ("nw_tos", Field::IP_DSCP),
    ("nw_ecn", Field::IP_ECN),
    ("nw_ttl", Field::IP_TTL),
    ("mpls_label", Field::MPLS_LABEL),
    ("mpls_tc", Field::MPLS_TC),
    ("mpls_ttl", Field::MPLS_TTL),
    ("mpls_bos", Field::MPLS_BOS),
    ("nw_frag", Field::IP_FRAG),
    ("icmp_type", Field::ICMPV4_TYPE),
    ("icmp_code", Field::ICMPV4_CODE),
    ("icmp_type", Field::ICMPV6_TYPE),
    ("icmp_code", Field::ICMPV6_CODE),
    ("nd_target", Field::ND_TARGET),
    ("nd_sll", Field::ND_SLL),
    ("nd_tll", Field::ND_TLL),
    ("nd_reserved", Field::ND_RESERVED),
    ("nd_options_type", Field::ND_OPTIONS_TYPE),
    ("tp_src", Field::TCP_SRC),
    ("tp_src", Field::UDP_SRC),
    ("tp_src", Field::SCTP_SRC),
    ("tp_dst", Field::TCP_DST),
    ("tp_dst", Field::UDP_DST),
    ("tp_dst", Field::SCTP_DST),
    ("tcp_flags", Field::TCP_FLAGS),
];

impl Printer<'_> {
    fn print(&mut self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.list(f, BEFORE_PROTOCOL)?;
        let keyword = self.protocol();
        if let Some((word, _)) = keyword {
            self.begin(f)?;
            f.write_str(word)?;
        }
        for n in 0..16 {
            if let Some(register) = Field::reg(n) {
                self.named(f, register.name(), register)?;
            }
        }
        self.list(f, TUNNEL)?;
        self.tun_flags(f)?;
        for n in 0..64 {
            if let Some(option) = Field::tun_metadata(n) {
                self.named(f, option.name(), option)?;
            }
        }
        self.named(f, "metadata", Field::METADATA)?;
        self.named(f, "in_port", Field::IN_PORT)?;
        self.vlan(f)?;
        self.named(f, "dl_src", Field::ETH_SRC)?;
        self.named(f, "dl_dst", Field::ETH_DST)?;
        if keyword.is_none()
            && let Some(eth_type) = self.exact(Field::ETH_TYPE)
        {
            self.begin(f)?;
            write!(f, "dl_type=0x{eth_type:04x}")?;
        }
        self.list(f, NETWORK)?;
        if !matches!(keyword, Some((_, Covers::TypeAndProtocol))) {
            self.named(f, "nw_proto", Field::IP_PROTO)?;
        }
        self.list(f, TRANSPORT)
    }

    /// The keyword for Ethernet type and IP protocol, and what it stands for.
    fn protocol(&self) -> Option<(&'static str, Covers)> {
        let eth_type = self.exact(Field::ETH_TYPE)?;
        let ip_proto = self.exact(Field::IP_PROTO);
        let word = match (eth_type, ip_proto) {
            (0x0800, Some(1)) => "icmp",
            (0x0800, Some(6)) => "tcp",
            (0x0800, Some(17)) => "udp",
            (0x0800, Some(132)) => "sctp",
            (0x86dd, Some(58)) => "icmp6",
            (0x86dd, Some(6)) => "tcp6",
            (0x86dd, Some(17)) => "udp6",
            (0x86dd, Some(132)) => "sctp6",
            (0x0800, _) => return Some(("ip", Covers::Type)),
            (0x86dd, _) => return Some(("ipv6", Covers::Type)),
            (0x0806, _) => return Some(("arp", Covers::Type)),
            (0x8035, _) => return Some(("rarp", Covers::Type)),
            (0x8847, _) => return Some(("mpls", Covers::Type)),
            (0x8848, _) => return Some(("mplsm", Covers::Type)),
            _ => return None,
        };
        Some((word, Covers::TypeAndProtocol))
    }

    fn list(&mut self, f: &mut fmt::Formatter<'_>, names: &[(&str, Field)]) -> fmt::Result {
        names.iter().try_for_each(|&(name, field)| self.named(f, name, field))
    }

    fn named(&mut self, f: &mut fmt::Formatter<'_>, name: &str, field: Field) -> fmt::Result {
        let Some(&entry) = self.fields.iter().find(|entry| entry.field == field) else { return Ok(()) };
        self.begin(f)?;
        write!(f, "{name}=")?;
        match (field, entry.mask) {
            (Field::IP_DSCP, _) => write!(f, "{}", entry.value() << 2),
            (Field::CT_ZONE, _) => write!(f, "{}", entry.value()),
            (Field::IPV6_LABEL, None) => write!(f, "0x{:05x}", entry.value()),
            (Field::IPV6_LABEL, Some(_)) => write!(f, "0x{:05x}/0x{:05x}", entry.value(), entry.mask()),
            // Masked numbers are hexadecimal on both sides of the slash.
            (Field::TCP_SRC | Field::TCP_DST | Field::UDP_SRC | Field::UDP_DST, Some(mask))
            | (Field::SCTP_SRC | Field::SCTP_DST | Field::CT_TP_SRC | Field::CT_TP_DST, Some(mask))
            | (Field::TUN_GBP_ID, Some(mask)) => {
                hex(f, entry.value_bytes)?;
                f.write_str("/")?;
                hex(f, mask)
            }
            (Field::CT_STATE, mask) => flags(f, crate::field::ct_state_name, entry.value_bytes, mask, 0xff),
            (_, mask) => format_value(f, field, entry.value_bytes, mask),
        }
    }

    fn tun_flags(&mut self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(&entry) = self.fields.iter().find(|entry| entry.field == Field::TUN_FLAGS) else {
            return Ok(());
        };
        self.begin(f)?;
        f.write_str("tun_flags=")?;
        // The switch keeps three more, internal flags, so the public one is always shown with its sign.
        flags(f, tun_flag_name, entry.value_bytes, Some(&[0, 1]), u32::MAX)
    }

    fn vlan(&mut self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(&vid) = self.fields.iter().find(|entry| entry.field == Field::VLAN_VID) else {
            return Ok(());
        };
        let pcp = self.exact(Field::VLAN_PCP);
        let (value, mask) = (vid.value(), vid.mask() & 0x1fff);
        let plain = value & 0x1000 != 0 && (mask == 0x1fff || (mask == 0x1000 && pcp.is_some()));
        if plain {
            if mask == 0x1fff {
                self.begin(f)?;
                write!(f, "dl_vlan={}", value & 0xfff)?;
            }
            if let Some(pcp) = pcp {
                self.begin(f)?;
                write!(f, "dl_vlan_pcp={pcp}")?;
            }
            return Ok(());
        }
        let tci = value | pcp.unwrap_or(0) << 13;
        let tci_mask = mask | if pcp.is_some() { 0xe000 } else { 0 };
        self.begin(f)?;
        write!(f, "vlan_tci=0x{tci:04x}/0x{tci_mask:04x}")
    }

    fn exact(&self, field: Field) -> Option<u128> {
        self.fields
            .iter()
            .find(|entry| entry.field == field && entry.mask.is_none())
            .map(|entry| entry.value())
    }

    fn begin(&mut self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(std::mem::replace(&mut self.separator, ","))
    }
}

/// What the protocol keyword already says.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Covers {
    Type,
    TypeAndProtocol,
}
