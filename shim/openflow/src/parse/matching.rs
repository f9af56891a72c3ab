//! Matches.

use std::str::FromStr;

use super::error::{Located, ParseError, Parsed};
use super::scan::split_words;
use super::value::{field, integer, long_number, masked};
use crate::field::Field;
use crate::flow_match::{Match, MatchBuilder};

impl FromStr for Match {
    type Err = ParseError;

    /// Reads `ip,nw_dst=10.0.0.0/8` and the like, in the notation of ovs-ofctl.
    fn from_str(text: &str) -> Result<Match, ParseError> {
        parse_match(&split_words(text), text).map_err(|error| error.within(text))
    }
}

/// Words that stand for an Ethernet type, and perhaps an IP protocol.
const PROTOCOLS: &[(&str, u16, Option<u8>)] = &[
    ("ip", 0x0800, None),
    ("ipv4", 0x0800, None),
    ("icmp", 0x0800, Some(1)),
    ("tcp", 0x0800, Some(6)),
    ("udp", 0x0800, Some(17)),
    ("sctp", 0x0800, Some(132)),
    ("ipv6", 0x86dd, None),
    ("icmp6", 0x86dd, Some(58)),
    ("tcp6", 0x86dd, Some(6)),
    ("udp6", 0x86dd, Some(17)),
    ("sctp6", 0x86dd, Some(132)),
    ("arp", 0x0806, None),
    ("rarp", 0x8035, None),
    ("mpls", 0x8847, None),
    ("mplsm", 0x8848, None),
];

/// Whether `word` may stand alone in a match.
pub(super) fn is_protocol(word: &str) -> bool {
    PROTOCOLS.iter().any(|(name, ..)| *name == word)
}

/// Reads terms; `whole` is where an error of all of them together is reported.
pub(super) fn parse_match<'a>(terms: &[&'a str], whole: &'a str) -> Parsed<'a, Match> {
    let mut builder = Match::builder();
    let (mut eth_type, mut ip_proto) = (0, 0);
    // Some names mean different fields in different protocols, which may be named later.
    for term in terms {
        if let Some(&(_, word_type, word_proto)) = PROTOCOLS.iter().find(|(name, ..)| name == term) {
            eth_type = word_type;
            builder = builder.eth_type(word_type);
            if let Some(protocol) = word_proto {
                ip_proto = protocol;
                builder = builder.ip_proto(protocol);
            }
        }
        match term.split_once('=') {
            Some(("dl_type" | "eth_type", value)) => eth_type = integer(value)?,
            Some(("nw_proto" | "ip_proto", value)) => ip_proto = integer(value)?,
            _ => {}
        }
    }
    // A priority needs a tag; without any other word on it, any tag will do.
    let names = |name: &str| terms.iter().any(|term| term.split('=').next() == Some(name));
    if names("dl_vlan_pcp") && !names("dl_vlan") && !names("vlan_vid") {
        builder = builder.masked(Field::VLAN_VID, 0x1000, 0x1000);
    }
    for term in terms.iter().filter(|term| !is_protocol(term)) {
        let (name, value) = term.split_once('=').ok_or_else(|| Located::unknown(term, "match field"))?;
        builder = add_term(builder, name.trim(), value.trim(), (eth_type, ip_proto))?;
    }
    builder.build().map_err(|error| Located::new(whole, error))
}

fn add_term<'a>(
    builder: MatchBuilder,
    name: &'a str,
    value: &'a str,
    (eth_type, ip_proto): (u16, u8),
) -> Parsed<'a, MatchBuilder> {
    let transport = |tcp, udp, sctp| match ip_proto {
        6 => Ok(tcp),
        17 => Ok(udp),
        132 => Ok(sctp),
        _ => Err(Located::expected(name, "field of a protocol that was named")),
    };
    let field = match name {
        "dl_vlan" => return Ok(builder.vlan_vid(integer(value)?)),
        "dl_vlan_pcp" => Field::VLAN_PCP,
        "nw_tos" => Field::NW_TOS,
        "tp_src" => transport(Field::TCP_SRC, Field::UDP_SRC, Field::SCTP_SRC)?,
        "tp_dst" => transport(Field::TCP_DST, Field::UDP_DST, Field::SCTP_DST)?,
        "icmp_type" if eth_type == 0x86dd => Field::ICMPV6_TYPE,
        "icmp_code" if eth_type == 0x86dd => Field::ICMPV6_CODE,
        "in_port" => Field::IN_PORT,
        "gtpu_flags" => Field::TUN_GTPU_FLAGS,
        "gtpu_msgtype" => Field::TUN_GTPU_MSGTYPE,
        _ => field(name)?,
    };
    if field.is_variable() {
        return add_option(builder, field, value);
    }
    let (value, mask) = masked(field, value)?;
    Ok(builder.masked(field, value, mask))
}

/// A Geneve option, of any length; leading zeros make no difference.
fn add_option<'a>(builder: MatchBuilder, field: Field, text: &'a str) -> Parsed<'a, MatchBuilder> {
    let Some((value, mask)) = text.split_once('/') else {
        return Ok(builder.octets(field, &long_number(text)?, None));
    };
    let longest = usize::from(field.spec().bytes);
    let pad = |text: &'a str| -> Parsed<'a, Vec<u8>> {
        let octets = long_number(text)?;
        let zeros =
            longest.checked_sub(octets.len()).ok_or_else(|| Located::expected(text, "shorter number"))?;
        Ok([vec![0; zeros], octets].concat())
    };
    Ok(builder.octets(field, &pad(value)?, Some(&pad(mask)?)))
}
