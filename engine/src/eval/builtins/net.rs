//! IP addresses, which are integers here.

use std::net::{Ipv4Addr, Ipv6Addr};
use std::rc::Rc;

use super::{Builtin, Call};
use crate::eval::repr::wide_bits;
use crate::eval::val::Val;

pub(super) fn find(name: &str) -> Option<Builtin> {
    Some(match name {
        "ipv4_new" => |call| {
            let [a, b, c, d] = bytes(call);
            Ok(v4(Ipv4Addr::new(a, b, c, d)))
        },
        "ipv4_from_octet_vec" => |call| {
            let octets: Option<[u8; 4]> =
                numbers(call).try_into().ok().map(|octets: [u64; 4]| octets.map(|o| o as u8));
            Ok(Val::option(octets.map(|octets| v4(octets.into()))))
        },
        "ipv4_from_u32" | "ipv4_to_u32" => |call| Ok(call.take(0)),
        "ipv4_from_str" => |call| {
            let address: Result<Ipv4Addr, _> = call.text(0).parse();
            Ok(Val::result(address.map(v4).map_err(|error| Val::str(error.to_string()))))
        },
        "ipv4Addr2string" => |call| Ok(Val::str(arg_4(call).to_string())),
        "iPV4_LOCALHOST" => |_| Ok(v4(Ipv4Addr::LOCALHOST)),
        "iPV4_UNSPECIFIED" => |_| Ok(v4(Ipv4Addr::UNSPECIFIED)),
        "iPV4_BROADCAST" => |_| Ok(v4(Ipv4Addr::BROADCAST)),
        "ipv4_octets" => |call| Ok(Val::tuple(arg_4(call).octets().map(|octet| Val::Int(octet.into())))),
        "ipv4_octet_vec" => {
            |call| Ok(Val::items(arg_4(call).octets().map(|octet| Val::Int(octet.into())).to_vec()))
        }
        "ipv4_is_unspecified" => |call| Ok(Val::bool(arg_4(call).is_unspecified())),
        "ipv4_is_loopback" => |call| Ok(Val::bool(arg_4(call).is_loopback())),
        "ipv4_is_private" => |call| Ok(Val::bool(arg_4(call).is_private())),
        "ipv4_is_link_local" => |call| Ok(Val::bool(arg_4(call).is_link_local())),
        "ipv4_is_multicast" => |call| Ok(Val::bool(arg_4(call).is_multicast())),
        "ipv4_is_broadcast" => |call| Ok(Val::bool(arg_4(call).is_broadcast())),
        "ipv4_is_documentation" => |call| Ok(Val::bool(arg_4(call).is_documentation())),
        "ipv4_to_ipv6_compatible" => |call| Ok(v6(arg_4(call).to_ipv6_compatible())),
        "ipv4_to_ipv6_mapped" => |call| Ok(v6(arg_4(call).to_ipv6_mapped())),
        "ipv6_new" => |call| {
            let segments: [u16; 8] = std::array::from_fn(|i| call.int(i) as u16);
            Ok(v6(segments.into()))
        },
        "ipv6_from_segment_vec" => |call| {
            let segments: Option<[u64; 8]> = numbers(call).try_into().ok();
            Ok(Val::option(segments.map(|segments| v6(segments.map(|segment| segment as u16).into()))))
        },
        "ipv6_from_octets" => |call| Ok(v6(bytes::<16>(call).into())),
        "ipv6_from_octet_vec" => |call| {
            let octets: Option<[u64; 16]> = numbers(call).try_into().ok();
            Ok(Val::option(octets.map(|octets| v6(octets.map(|octet| octet as u8).into()))))
        },
        "ipv6_from_u128" | "ipv6_to_u128" => |call| Ok(call.take(0)),
        "ipv6_from_str" => |call| {
            let address: Result<Ipv6Addr, _> = call.text(0).parse();
            Ok(Val::result(address.map(v6).map_err(|error| Val::str(error.to_string()))))
        },
        "ipv6Addr2string" => |call| Ok(Val::str(text_6(arg_6(call)))),
        "iPV6_LOCALHOST" => |_| Ok(v6(Ipv6Addr::LOCALHOST)),
        "iPV6_UNSPECIFIED" => |_| Ok(v6(Ipv6Addr::UNSPECIFIED)),
        "ipv6_segments" => {
            |call| Ok(Val::tuple(arg_6(call).segments().map(|segment| Val::Int(segment.into()))))
        }
        "ipv6_segment_vec" => {
            |call| Ok(Val::items(arg_6(call).segments().map(|segment| Val::Int(segment.into())).to_vec()))
        }
        "ipv6_octets" => |call| Ok(Val::tuple(arg_6(call).octets().map(|octet| Val::Int(octet.into())))),
        "ipv6_octet_vec" => {
            |call| Ok(Val::items(arg_6(call).octets().map(|octet| Val::Int(octet.into())).to_vec()))
        }
        "ipv6_is_unspecified" => |call| Ok(Val::bool(arg_6(call).is_unspecified())),
        "ipv6_is_loopback" => |call| Ok(Val::bool(arg_6(call).is_loopback())),
        "ipv6_is_multicast" => |call| Ok(Val::bool(arg_6(call).is_multicast())),
        "ipv6_to_ipv4" => |call| Ok(Val::option(arg_6(call).to_ipv4().map(v4))),
        _ => return None,
    })
}

fn v4(address: Ipv4Addr) -> Val {
    Val::Int(u32::from(address).into())
}

fn v6(address: Ipv6Addr) -> Val {
    Val::Wide(Rc::new(address.into()))
}

fn arg_4(call: &Call<'_, '_>) -> Ipv4Addr {
    Ipv4Addr::from(call.int(0) as u32)
}

fn arg_6(call: &Call<'_, '_>) -> Ipv6Addr {
    Ipv6Addr::from(wide_bits(call.env.interner, false, &call.args[0]))
}

/// As RFC 5952, section 5, has it for addresses that embed an IPv4 address, also the deprecated compatible ones.
fn text_6(address: Ipv6Addr) -> String {
    match address.segments() {
        [0, 0, 0, 0, 0, 0, high, low] if high != 0 => {
            format!("::{}", Ipv4Addr::from(u32::from(high) << 16 | u32::from(low)))
        }
        _ => address.to_string(),
    }
}

fn bytes<const N: usize>(call: &Call<'_, '_>) -> [u8; N] {
    std::array::from_fn(|i| call.int(i) as u8)
}

/// The numbers of a Vec.
pub(super) fn numbers(call: &Call<'_, '_>) -> Vec<u64> {
    let number = |item| match item {
        Val::Int(number) => number,
        _ => 0,
    };
    call.seq(0).iter(call.env.interner).map(number).collect()
}
