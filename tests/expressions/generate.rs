//! Random expressions, and packets that pass some of them.

use std::fmt::Write;

use crate::naive::{Comparison, Expr, GROUPS, Operand, PREDICATES, Packet, SETS, SYMBOLS, Symbol, ones};

/// A small generator of pseudo-random numbers (xorshift): the same on every machine.
pub(crate) struct Random(u64);

impl Random {
    pub(crate) fn new(seed: u64) -> Self {
        Random(seed.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) as usize % limit
    }

    fn pick<T: Copy>(&mut self, all: &[T]) -> T {
        all[self.below(all.len())]
    }

    /// A value that others are likely to be close to.
    fn value(&mut self, width: u32) -> u128 {
        let value = match self.below(6) {
            0..=2 => self.below(5) as u128,
            3 => u128::MAX - self.below(3) as u128,
            4 => 0x0a00_0000 + self.pick(&[0, 1, 2, 0x100, 0x1ff]),
            _ => 1 << self.below(width as usize),
        };
        value & ones(width)
    }
}

/// `negated` is true within an odd number of `!`, where names cannot stand.
pub(crate) fn expression(random: &mut Random, depth: usize, negated: bool) -> Expr {
    if depth == 0 || random.below(4) == 0 {
        return leaf(random, negated);
    }
    match random.below(5) {
        0 => Expr::Not(Box::new(expression(random, depth - 1, !negated))),
        1 | 2 => {
            Expr::All((0..2 + random.below(2)).map(|_| expression(random, depth - 1, negated)).collect())
        }
        _ => Expr::Any((0..2 + random.below(2)).map(|_| expression(random, depth - 1, negated)).collect()),
    }
}

fn leaf(random: &mut Random, negated: bool) -> Expr {
    match random.below(12) {
        0 => Expr::Literal(random.below(4) != 0),
        1 if !negated => Expr::Inport {
            ports: (0..random.below(2) + 1).map(|_| random.pick(&["p1", "p3"])).collect(),
            groups: (0..random.below(2)).map(|_| random.below(GROUPS.len())).collect(),
        },
        2 | 3 => loop {
            let predicate = random.below(PREDICATES.len());
            if !negated || PREDICATES[predicate].1 {
                return Expr::Predicate(predicate);
            }
        },
        4 => {
            let symbol = ordered_symbol(random);
            let width = SYMBOLS[symbol].width;
            let (a, b) = (random.value(width), random.value(width));
            Expr::Within { symbol, low: a.min(b), high: a.max(b) }
        }
        _ => comparison(random, negated),
    }
}

fn ordered_symbol(random: &mut Random) -> usize {
    loop {
        let symbol = random.below(SYMBOLS.len());
        if SYMBOLS[symbol].ordered {
            return symbol;
        }
    }
}

fn comparison(random: &mut Random, negated: bool) -> Expr {
    let symbol = random.below(SYMBOLS.len());
    let Symbol { name, width, ordered, .. } = SYMBOLS[symbol];
    if !ordered {
        let comparison = if negated { Comparison::Different } else { Comparison::Equal };
        let values: &[u128] = match name {
            "eth.type" => &[0x800, 0x86dd, 0x806],
            "ip.proto" => &[6, 17, 58, 1],
            "ip.ttl" => &[0, 255],
            "icmp6.type" => &[135, 136],
            _ => &[0, 1],
        };
        let operands = (0..1 + random.below(2))
            .map(|_| Operand::Number { value: random.pick(values), mask: None })
            .collect();
        return Expr::Compare { symbol, bits: (0, width), comparison, operands };
    }
    let comparison = random.pick(&[
        Comparison::Equal,
        Comparison::Equal,
        Comparison::Different,
        Comparison::Less,
        Comparison::LessOrEqual,
        Comparison::Greater,
        Comparison::GreaterOrEqual,
    ]);
    let bits = if random.below(4) == 0 {
        let offset = random.below(width as usize) as u32;
        (offset, 1 + random.below((width - offset) as usize) as u32)
    } else {
        (0, width)
    };
    let several = matches!(comparison, Comparison::Equal | Comparison::Different);
    let n_operands = if several { 1 + random.below(3) } else { 1 };
    let operands = (0..n_operands).map(|_| match random.below(6) {
        0 if several && width == 32 && bits.1 == 32 => Operand::Set(random.below(SETS.len())),
        1 if several => {
            let mask = random.value(bits.1) | 1;
            Operand::Number { value: random.value(bits.1) & mask, mask: Some(mask) }
        }
        _ => Operand::Number { value: random.value(bits.1), mask: None },
    });
    Expr::Compare { symbol, bits, comparison, operands: operands.collect() }
}

pub(crate) fn packet(random: &mut Random) -> Packet {
    let mut packet = Packet { inport: random.pick(&["p1", "p2", "p3", "p4"]), ..Packet::default() };
    for symbol in SYMBOLS {
        if symbol.field == symbol.name {
            packet.numbers.insert(symbol.field, random.value(symbol.width));
        }
    }
    packet.numbers.insert("xxreg0", random.value(128) << 64 | random.value(64));
    packet.numbers.insert("ct_state", random.pick(&[0, 0x20, 0x21, 0x22]));
    packet.numbers.insert("eth.type", random.pick(&[0x800, 0x800, 0x86dd, 0x806, 0x9000]));
    packet.numbers.insert("ip.proto", random.pick(&[6, 17, 1, 58]));
    packet.numbers.insert("icmp6.type", random.pick(&[135, 136, 1]));
    packet.numbers.insert("ip.ttl", random.pick(&[255, 0]));
    packet
}

/// As an author would write it.
pub(crate) fn text(expr: &Expr) -> String {
    match expr {
        Expr::Literal(value) => u8::from(*value).to_string(),
        Expr::Not(inner) => format!("!({})", text(inner)),
        Expr::All(parts) => joined(parts, " && "),
        Expr::Any(parts) => joined(parts, " || "),
        Expr::Predicate(predicate) => PREDICATES[*predicate].0.to_owned(),
        Expr::Within { symbol, low, high } => format!("{low:#x} <= {} <= {high:#x}", SYMBOLS[*symbol].name),
        Expr::Inport { ports, groups } => {
            let ports = ports.iter().map(|port| format!("\"{port}\""));
            let groups = groups.iter().map(|group| format!("@{}", GROUPS[*group].0));
            format!("inport == {{{}}}", ports.chain(groups).collect::<Vec<_>>().join(", "))
        }
        Expr::Compare { symbol, bits: (offset, width), comparison, operands } => {
            let symbol = &SYMBOLS[*symbol];
            let mut out = symbol.name.to_owned();
            if *width != symbol.width {
                // Writing to a string cannot fail.
                _ = write!(out, "[{offset}..{}]", offset + width - 1);
            }
            out += match comparison {
                Comparison::Equal => " == ",
                Comparison::Different => " != ",
                Comparison::Less => " < ",
                Comparison::LessOrEqual => " <= ",
                Comparison::Greater => " > ",
                Comparison::GreaterOrEqual => " >= ",
            };
            let operands: Vec<String> = operands.iter().map(operand).collect();
            match operands.as_slice() {
                [only] => out + only,
                _ => format!("{out}{{{}}}", operands.join(", ")),
            }
        }
    }
}

fn joined(parts: &[Expr], between: &str) -> String {
    parts.iter().map(|part| format!("({})", text(part))).collect::<Vec<_>>().join(between)
}

fn operand(operand: &Operand) -> String {
    match operand {
        Operand::Number { value, mask: None } => format!("{value:#x}"),
        Operand::Number { value, mask: Some(mask) } => format!("{value:#x}/{mask:#x}"),
        Operand::Set(set) => format!("${}", SETS[*set].0),
    }
}
