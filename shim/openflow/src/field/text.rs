//! Field values as ovs-ofctl writes them.

use std::fmt;
use std::net::{Ipv4Addr, Ipv6Addr};

use super::id::Field;
use super::spec::Format;
use crate::port::PortNo;

/// Name of a single flag bit, if it has one.
pub(crate) type FlagNames = fn(u32) -> Option<&'static str>;

/// Writes `value[/mask]`; no mask means all bits.
pub(crate) fn format_value(
    f: &mut fmt::Formatter<'_>,
    field: Field,
    value: &[u8],
    mask: Option<&[u8]>,
) -> fmt::Result {
    match field.spec().format {
        Format::Decimal => {
            write!(f, "{}", number(value))?;
            slash_hex(f, mask)
        }
        Format::Hex => {
            hex(f, value)?;
            slash_hex(f, mask)
        }
        Format::Port => match mask {
            None => write!(f, "{}", PortNo(number(value) as u32)),
            Some(_) => {
                hex(f, value)?;
                slash_hex(f, mask)
            }
        },
        Format::Port16 => match mask {
            None => write!(f, "{}", PortNo::from_u16(number(value) as u16)),
            Some(_) => {
                write!(f, "{}", number(value))?;
                slash_hex(f, mask)
            }
        },
        Format::Ethernet => {
            ethernet(f, value)?;
            match mask {
                None => Ok(()),
                Some(mask) => {
                    f.write_str("/")?;
                    ethernet(f, mask)
                }
            }
        }
        Format::Ipv4 => {
            write!(f, "{}", Ipv4Addr::from(number(value) as u32))?;
            prefix(f, mask, 32, |mask| Ipv4Addr::from(mask as u32).to_string())
        }
        Format::Ipv6 => {
            write!(f, "{}", Ipv6Addr::from(number(value)))?;
            prefix(f, mask, 128, |mask| Ipv6Addr::from(mask).to_string())
        }
        Format::Frag => f.write_str(frag(number(value) as u8, mask.map_or(3, |mask| number(mask) as u8 & 3))),
        Format::TunFlags => flags(f, tun_flag_name, value, mask, 1),
        Format::TcpFlags => flags(f, tcp_flag_name, value, mask, 0xfff),
        Format::CtState => flags(f, ct_state_name, value, mask, 0xffff),
        Format::PacketType => {
            let packet_type = number(value) as u32;
            let (namespace, kind) = (packet_type >> 16, packet_type & 0xffff);
            if kind == 0 { write!(f, "({namespace},{kind})") } else { write!(f, "({namespace},{kind:#x})") }
        }
    }
}

/// The last sixteen bytes as a number.
pub(crate) fn number(bytes: &[u8]) -> u128 {
    let last = &bytes[bytes.len().saturating_sub(16)..];
    let mut octets = [0; 16];
    octets[16 - last.len()..].copy_from_slice(last);
    u128::from_be_bytes(octets)
}

fn slash_hex(f: &mut fmt::Formatter<'_>, mask: Option<&[u8]>) -> fmt::Result {
    match mask {
        None => Ok(()),
        Some(mask) => {
            f.write_str("/")?;
            hex(f, mask)
        }
    }
}

/// Hexadecimal without leading zeros, for values of any length.
pub(crate) fn hex(f: &mut fmt::Formatter<'_>, bytes: &[u8]) -> fmt::Result {
    f.write_str("0x")?;
    let significant =
        bytes.iter().position(|&byte| byte != 0).map_or(&bytes[bytes.len()..], |at| &bytes[at..]);
    match significant {
        [] => f.write_str("0"),
        [first, rest @ ..] => {
            write!(f, "{first:x}")?;
            rest.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
        }
    }
}

fn ethernet(f: &mut fmt::Formatter<'_>, bytes: &[u8]) -> fmt::Result {
    for (i, byte) in bytes.iter().enumerate() {
        let colon = if i == 0 { "" } else { ":" };
        write!(f, "{colon}{byte:02x}")?;
    }
    Ok(())
}

fn prefix(
    f: &mut fmt::Formatter<'_>,
    mask: Option<&[u8]>,
    bits: u32,
    address: impl Fn(u128) -> String,
) -> fmt::Result {
    let Some(mask) = mask else { return Ok(()) };
    let mask = number(mask);
    let length = mask.count_ones();
    let is_prefix = mask.trailing_zeros().min(bits) == bits - length;
    if is_prefix { write!(f, "/{length}") } else { write!(f, "/{}", address(mask)) }
}

pub(crate) fn frag(value: u8, mask: u8) -> &'static str {
    match (value & mask, mask) {
        (0, 3) => "no",
        (1, 3) => "first",
        (3, 3) => "later",
        (0, 1) => "no",
        (1, 1) => "yes",
        (0, 2) => "not_later",
        (2, 2) => "later",
        _ => "<error>",
    }
}

/// `a|b` if every bit of `all` is matched, else `+a-b`.
pub(crate) fn flags(
    f: &mut fmt::Formatter<'_>,
    names: FlagNames,
    value: &[u8],
    mask: Option<&[u8]>,
    all: u32,
) -> fmt::Result {
    let value = number(value) as u32;
    let mask = mask.map_or(all, |mask| number(mask) as u32);
    let bits = |set: u32| (0..32).map(|bit| 1 << bit).filter(move |bit| set & bit != 0);
    if mask & all == all {
        if value == 0 {
            return f.write_str("0");
        }
        let mut separator = "";
        for bit in bits(value).filter(|&bit| names(bit).is_some()) {
            write!(f, "{separator}{}", names(bit).unwrap_or_default())?;
            separator = "|";
        }
        let unnamed: u32 = bits(value).filter(|&bit| names(bit).is_none()).sum();
        return if unnamed == 0 { Ok(()) } else { write!(f, "{separator}{unnamed:#x}") };
    }
    for bit in bits(mask) {
        let sign = if value & bit == 0 { '-' } else { '+' };
        write!(f, "{sign}{}", names(bit).unwrap_or("[Unknown]"))?;
    }
    Ok(())
}

pub(crate) fn ct_state_name(bit: u32) -> Option<&'static str> {
    Some(match bit {
        1 => "new",
        2 => "est",
        4 => "rel",
        8 => "rpl",
        16 => "inv",
        32 => "trk",
        64 => "snat",
        128 => "dnat",
        _ => return None,
    })
}

pub(crate) fn tun_flag_name(bit: u32) -> Option<&'static str> {
    (bit == 1).then_some("oam")
}

pub(crate) fn tcp_flag_name(bit: u32) -> Option<&'static str> {
    Some(match bit {
        0x1 => "fin",
        0x2 => "syn",
        0x4 => "rst",
        0x8 => "psh",
        0x10 => "ack",
        0x20 => "urg",
        0x40 => "ece",
        0x80 => "cwr",
        0x100 => "ns",
        0x200 => "[200]",
        0x400 => "[400]",
        0x800 => "[800]",
        _ => return None,
    })
}
