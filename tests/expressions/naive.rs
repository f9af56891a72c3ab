//! What an expression says about a packet, taken literally.

use std::collections::BTreeMap;

/// Values of fields by their names in the language; the name of a port is in `inport`.
#[derive(Clone, Debug, Default)]
pub(crate) struct Packet {
    pub(crate) numbers: BTreeMap<&'static str, u128>,
    pub(crate) inport: &'static str,
}

impl Packet {
    pub(crate) fn number(&self, field: &str) -> u128 {
        self.numbers.get(field).copied().unwrap_or(0)
    }

    fn is(&self, field: &str, value: u128) -> bool {
        self.number(field) == value
    }
}

/// A symbol: bits of a field of the packet.
#[derive(Debug)]
pub(crate) struct Symbol {
    pub(crate) name: &'static str,
    pub(crate) field: &'static str,
    pub(crate) offset: u32,
    pub(crate) width: u32,
    pub(crate) ordered: bool,
    pub(crate) requires: Says,
}

/// What something says of a packet.
type Says = fn(&Packet) -> bool;

fn nothing(_: &Packet) -> bool {
    true
}
fn ip4(p: &Packet) -> bool {
    p.is("eth.type", 0x800)
}
fn ip6(p: &Packet) -> bool {
    p.is("eth.type", 0x86dd)
}
fn ip(p: &Packet) -> bool {
    ip4(p) || ip6(p)
}
fn arp(p: &Packet) -> bool {
    p.is("eth.type", 0x806)
}
fn tcp(p: &Packet) -> bool {
    ip(p) && p.is("ip.proto", 6)
}
fn udp(p: &Packet) -> bool {
    ip(p) && p.is("ip.proto", 17)
}
fn icmp4(p: &Packet) -> bool {
    ip4(p) && p.is("ip.proto", 1)
}
fn icmp6(p: &Packet) -> bool {
    ip6(p) && p.is("ip.proto", 58)
}
fn nd(p: &Packet) -> bool {
    let message = p.is("icmp6.type", 135) || p.is("icmp6.type", 136);
    icmp6(p) && message && p.is("icmp6.code", 0) && p.is("ip.ttl", 255)
}
fn tagged(p: &Packet) -> bool {
    p.number("vlan.tci") >> 12 & 1 == 1
}
fn tracked(p: &Packet) -> bool {
    p.number("ct_state") >> 5 & 1 == 1
}

const fn whole(name: &'static str, width: u32, ordered: bool, requires: Says) -> Symbol {
    Symbol { name, field: name, offset: 0, width, ordered, requires }
}
const fn part(name: &'static str, field: &'static str, offset: u32, width: u32, requires: Says) -> Symbol {
    Symbol { name, field, offset, width, ordered: true, requires }
}

pub(crate) static SYMBOLS: &[Symbol] = &[
    whole("eth.src", 48, true, nothing),
    whole("eth.dst", 48, true, nothing),
    whole("eth.type", 16, false, nothing),
    whole("vlan.tci", 16, true, nothing),
    part("vlan.vid", "vlan.tci", 0, 12, tagged),
    part("vlan.pcp", "vlan.tci", 13, 3, tagged),
    whole("ip.proto", 8, false, ip),
    whole("ip.ttl", 8, false, ip),
    whole("ip.frag", 2, true, ip),
    whole("ip4.src", 32, true, ip4),
    whole("ip4.dst", 32, true, ip4),
    whole("ip6.src", 128, true, ip6),
    whole("tcp.src", 16, true, tcp),
    whole("tcp.dst", 16, true, tcp),
    whole("tcp.flags", 12, true, tcp),
    whole("udp.dst", 16, true, udp),
    whole("icmp4.type", 8, false, icmp4),
    whole("icmp6.type", 8, false, icmp6),
    whole("nd.target", 128, true, nd),
    whole("arp.op", 16, false, arp),
    whole("arp.spa", 32, true, arp),
    whole("ct_mark", 32, true, nothing),
    part("ct.est", "ct_state", 1, 1, tracked),
    part("ct.trk", "ct_state", 5, 1, nothing),
    part("reg1", "xxreg0", 64, 32, nothing),
    part("xreg1", "xxreg0", 0, 64, nothing),
];

/// Names for expressions, and whether they can be negated.
pub(crate) static PREDICATES: &[(&str, bool, Says)] = &[
    ("ip4", false, ip4),
    ("ip6", false, ip6),
    ("ip", false, ip),
    ("arp", false, arp),
    ("tcp", false, tcp),
    ("udp", false, udp),
    ("icmp4", false, icmp4),
    ("icmp", false, |p| icmp4(p) || icmp6(p)),
    ("nd", false, nd),
    ("vlan.present", true, tagged),
    ("eth.mcast", true, |p| p.number("eth.dst") >> 40 & 1 == 1),
    ("eth.bcast", true, |p| p.is("eth.dst", 0xffff_ffff_ffff)),
    ("ip4.mcast", false, |p| {
        ip4(p) && p.number("eth.dst") >> 40 & 1 == 1 && p.number("ip4.dst") >> 28 == 0xe
    }),
    ("ip.later_frag", false, |p| ip(p) && p.number("ip.frag") >> 1 == 1),
    ("ip.first_frag", false, |p| ip(p) && p.is("ip.frag", 1)),
];

/// Sets of addresses: values and masks.
pub(crate) static SETS: &[(&str, &[(u128, u128)])] = &[
    ("few", &[(0x0a00_0001, 0xffff_ffff), (0x0a00_0100, 0xffff_ff00), (2, 0xffff_ffff)]),
    ("halves", &[(0, 0x8000_0000), (3, 0xffff_ffff)]),
    ("empty", &[]),
];

pub(crate) static GROUPS: &[(&str, &[&str])] = &[("both", &["p1", "p2"]), ("nobody", &[])];

#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Comparison {
    Equal,
    Different,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

impl Comparison {
    fn opposite(self) -> Comparison {
        match self {
            Comparison::Equal => Comparison::Different,
            Comparison::Different => Comparison::Equal,
            Comparison::Less => Comparison::GreaterOrEqual,
            Comparison::LessOrEqual => Comparison::Greater,
            Comparison::Greater => Comparison::LessOrEqual,
            Comparison::GreaterOrEqual => Comparison::Less,
        }
    }
}

#[derive(Clone, Debug)]
pub(crate) enum Operand {
    Number { value: u128, mask: Option<u128> },
    Set(usize),
}

#[derive(Clone, Debug)]
pub(crate) enum Expr {
    Literal(bool),
    Not(Box<Expr>),
    All(Vec<Expr>),
    Any(Vec<Expr>),
    Compare { symbol: usize, bits: (u32, u32), comparison: Comparison, operands: Vec<Operand> },
    Within { symbol: usize, low: u128, high: u128 },
    Inport { ports: Vec<&'static str>, groups: Vec<usize> },
    Predicate(usize),
}

/// Whether a packet passes. Within an odd number of `!`, comparisons are turned round; what a symbol requires stays.
pub(crate) fn passes(expr: &Expr, packet: &Packet, negated: bool) -> bool {
    match expr {
        Expr::Literal(value) => *value != negated,
        Expr::Not(inner) => passes(inner, packet, !negated),
        Expr::All(parts) if !negated => parts.iter().all(|part| passes(part, packet, negated)),
        Expr::Any(parts) if negated => parts.iter().all(|part| passes(part, packet, negated)),
        Expr::All(parts) | Expr::Any(parts) => parts.iter().any(|part| passes(part, packet, negated)),
        Expr::Predicate(predicate) => PREDICATES[*predicate].2(packet) != negated,
        Expr::Inport { ports, groups } => {
            let mut members = groups.iter().flat_map(|group| GROUPS[*group].1);
            ports.contains(&packet.inport) || members.any(|port| *port == packet.inport)
        }
        Expr::Within { symbol, low, high } => {
            let symbol = &SYMBOLS[*symbol];
            let value = bits(packet, symbol, 0, symbol.width);
            (symbol.requires)(packet) && (*low <= value && value <= *high) != negated
        }
        Expr::Compare { symbol, bits: (offset, width), comparison, operands } => {
            let symbol = &SYMBOLS[*symbol];
            let value = bits(packet, symbol, *offset, *width);
            let comparison = if negated { comparison.opposite() } else { *comparison };
            let agrees = |number: u128, mask: Option<u128>| {
                let mask = mask.unwrap_or(u128::MAX) & ones(*width);
                (value ^ number) & mask == 0
            };
            let is = |operand: &Operand| match operand {
                Operand::Number { value, mask } => agrees(*value, *mask),
                Operand::Set(set) => SETS[*set].1.iter().any(|(value, mask)| agrees(*value, Some(*mask))),
            };
            let bound = || match operands[0] {
                Operand::Number { value, .. } => value,
                Operand::Set(_) => 0,
            };
            let holds = match comparison {
                Comparison::Equal => operands.iter().any(is),
                Comparison::Different => !operands.iter().any(is),
                Comparison::Less => value < bound(),
                Comparison::LessOrEqual => value <= bound(),
                Comparison::Greater => value > bound(),
                Comparison::GreaterOrEqual => value >= bound(),
            };
            (symbol.requires)(packet) && holds
        }
    }
}

fn bits(packet: &Packet, symbol: &Symbol, offset: u32, width: u32) -> u128 {
    packet.number(symbol.field) >> (symbol.offset + offset) & ones(width)
}

pub(crate) fn ones(width: u32) -> u128 {
    if width >= 128 { u128::MAX } else { (1 << width) - 1 }
}
