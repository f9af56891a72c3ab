//! Numbers, addresses, flags, and bits of fields.

use std::net::{Ipv4Addr, Ipv6Addr};

use super::error::{Located, Parsed};
use crate::action::FieldSlice;
use crate::field::{Field, FlagNames, Format, ct_state_name, tcp_flag_name, tun_flag_name};
use crate::port::PortNo;

/// A number, decimal or `0x` hexadecimal.
pub(super) fn number(text: &str) -> Parsed<'_, u128> {
    let parsed = match text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")) {
        Some(digits) => u128::from_str_radix(digits, 16),
        None => text.parse(),
    };
    parsed.map_err(|_| Located::expected(text, "number"))
}

/// A number of any length as big-endian bytes; more than 16 of them only in hexadecimal.
pub(super) fn long_number(text: &str) -> Parsed<'_, Vec<u8>> {
    let Some(digits) = text.strip_prefix("0x") else { return Ok(number(text)?.to_be_bytes().to_vec()) };
    let error = || Located::expected(text, "number");
    let even = if digits.len().is_multiple_of(2) { digits.to_owned() } else { format!("0{digits}") };
    if even.is_empty() || !even.is_ascii() {
        return Err(error());
    }
    let octet = |at: usize| u8::from_str_radix(&even[at..at + 2], 16).map_err(|_| error());
    (0..even.len()).step_by(2).map(octet).collect()
}

/// A number of a narrower type.
pub(super) fn integer<T: TryFrom<u128>>(text: &str) -> Parsed<'_, T> {
    T::try_from(number(text)?).map_err(|_| Located::expected(text, "smaller number"))
}

/// A port number or name.
pub(super) fn port(text: &str) -> Parsed<'_, PortNo> {
    let named = [
        PortNo::UNSET,
        PortNo::IN_PORT,
        PortNo::TABLE,
        PortNo::NORMAL,
        PortNo::FLOOD,
        PortNo::ALL,
        PortNo::CONTROLLER,
        PortNo::LOCAL,
        PortNo::ANY,
    ];
    match named.into_iter().find(|port| port.to_string().eq_ignore_ascii_case(text)) {
        Some(port) => Ok(port),
        None => integer(text).map(PortNo),
    }
}

/// `value[/mask]` in the notation of `field`; without a mask all bits count.
pub(super) fn masked(field: Field, text: &str) -> Parsed<'_, (u128, u128)> {
    let format = field.spec().format;
    match format {
        Format::CtState => return flags(text, ct_state_name),
        Format::TcpFlags => return flags(text, tcp_flag_name),
        Format::TunFlags => return flags(text, tun_flag_name),
        Format::Frag => return frag(text),
        Format::PacketType => return Ok((packet_type(text)?, u128::MAX)),
        _ => {}
    }
    let (value_text, mask_text) = match text.split_once('/') {
        Some((value, mask)) => (value, Some(mask)),
        None => (text, None),
    };
    let value = single(format, value_text)?;
    let mask = match mask_text {
        None => u128::MAX,
        Some(mask) => match (format, mask.parse::<u32>()) {
            (Format::Ipv4, Ok(length @ 0..=32)) => prefix(32, length),
            (Format::Ipv6, Ok(length @ 0..=128)) => prefix(128, length),
            _ => single(format, mask)?,
        },
    };
    Ok((value, mask))
}

fn single(format: Format, text: &str) -> Parsed<'_, u128> {
    match format {
        Format::Ethernet => ethernet(text),
        Format::Ipv4 => {
            let address: Ipv4Addr = text.parse().map_err(|_| Located::expected(text, "IPv4 address"))?;
            Ok(u128::from(address.to_bits()))
        }
        Format::Ipv6 => {
            let address: Ipv6Addr = text.parse().map_err(|_| Located::expected(text, "IPv6 address"))?;
            Ok(address.to_bits())
        }
        Format::Port => Ok(u128::from(port(text)?.0)),
        Format::Port16 => Ok(u128::from(port(text)?.to_u16())),
        _ => number(text),
    }
}

fn prefix(width: u32, length: u32) -> u128 {
    let all = u128::MAX >> (128 - width);
    all.checked_shl(width - length).map_or(0, |mask| mask & all)
}

fn ethernet(text: &str) -> Parsed<'_, u128> {
    let error = || Located::expected(text, "Ethernet address");
    let mut value = 0;
    let mut n = 0;
    for octet in text.split(':') {
        value = value << 8 | u128::from(u8::from_str_radix(octet, 16).map_err(|_| error())?);
        n += 1;
    }
    if n == 6 { Ok(value) } else { Err(error()) }
}

/// `+a-b` tests those bits; `a|b` and numbers test all.
fn flags(text: &str, names: FlagNames) -> Parsed<'_, (u128, u128)> {
    let bit = |word| (0..32).map(|n| 1u32 << n).find(|&bit| names(bit) == Some(word)).map(u128::from);
    if !text.starts_with(['+', '-']) {
        if let Some((value, mask)) = text.split_once('/') {
            return Ok((number(value)?, number(mask)?));
        }
        let bits = text.split('|').map(|word| match bit(word) {
            Some(bit) => Ok(bit),
            None => number(word),
        });
        let value = bits.into_iter().try_fold(0, |acc, bit| bit.map(|bit| acc | bit))?;
        return Ok((value, u128::MAX));
    }
    let (mut value, mut mask) = (0, 0);
    let mut rest = text;
    while let Some(sign) = rest.chars().next() {
        let end = rest[1..].find(['+', '-']).map_or(rest.len(), |at| at + 1);
        let word = &rest[1..end];
        let bit = bit(word).ok_or_else(|| Located::unknown(word, "flag"))?;
        mask |= bit;
        if sign == '+' {
            value |= bit;
        }
        rest = &rest[end..];
    }
    Ok((value, mask))
}

fn frag(text: &str) -> Parsed<'_, (u128, u128)> {
    match text {
        "no" => Ok((0, 3)),
        "yes" => Ok((1, 1)),
        "first" => Ok((1, 3)),
        "later" => Ok((3, 3)),
        "not_later" => Ok((0, 2)),
        _ => Err(Located::expected(text, "no, yes, first, later or not_later")),
    }
}

fn packet_type(text: &str) -> Parsed<'_, u128> {
    let pair = text.strip_prefix('(').and_then(|text| text.strip_suffix(')')?.split_once(','));
    let (namespace, kind) = pair.ok_or_else(|| Located::expected(text, "(namespace,type)"))?;
    let (namespace, kind): (u16, u16) = (integer(namespace)?, integer(kind)?);
    Ok(u128::from(namespace) << 16 | u128::from(kind))
}

/// A field by any of its names.
pub(super) fn field(name: &str) -> Parsed<'_, Field> {
    Field::by_name(name).ok_or_else(|| Located::unknown(name, "field"))
}

/// `NAME[]`, `NAME[bit]`, `NAME[first..last]`, or the bare name for the whole field.
pub(super) fn slice(text: &str) -> Parsed<'_, FieldSlice> {
    let Some((name, range)) = text.split_once('[') else { return Ok(FieldSlice::whole(field(text)?)) };
    let field = field(name)?;
    let range = range.strip_suffix(']').ok_or_else(|| Located::expected(text, "closing bracket"))?;
    if range.is_empty() {
        return Ok(FieldSlice::whole(field));
    }
    let (first, last): (u16, u16) = match range.split_once("..") {
        Some((first, last)) => (integer(first)?, integer(last)?),
        None => (integer(range)?, integer(range)?),
    };
    let bits = last.checked_sub(first).and_then(|distance| distance.checked_add(1));
    let bits = bits.ok_or_else(|| Located::expected(text, "first..last"))?;
    // How long an option is mapped is not said: as long as the range needs.
    let bytes = u8::try_from(usize::from(last).div_ceil(32) * 4).unwrap_or(u8::MAX);
    let built = if field.is_variable() {
        FieldSlice::of_option(field, bytes.max(4), first, bits)
    } else {
        FieldSlice::new(field, first, bits)
    };
    built.map_err(|error| Located::new(text, error))
}

/// Bytes as `01.02.ff`.
pub(super) fn dotted_hex(text: &str) -> Parsed<'_, Vec<u8>> {
    let octets = text.split('.').filter(|octet| !octet.is_empty());
    octets
        .map(|octet| u8::from_str_radix(octet, 16).map_err(|_| Located::expected(octet, "hexadecimal byte")))
        .collect()
}
