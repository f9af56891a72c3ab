//! UUIDs, which are 128-bit integers here.

use std::rc::Rc;

use uuid::Uuid;

use super::{Builtin, Call};
use crate::eval::repr::{Seq, wide_bits};
use crate::eval::val::Val;

pub(super) fn find(name: &str) -> Option<Builtin> {
    Some(match name {
        "nil" => |_| Ok(val(Uuid::nil())),
        "nAMESPACE_DNS" => |_| Ok(val(Uuid::NAMESPACE_DNS)),
        "nAMESPACE_OID" => |_| Ok(val(Uuid::NAMESPACE_OID)),
        "nAMESPACE_URL" => |_| Ok(val(Uuid::NAMESPACE_URL)),
        "nAMESPACE_X500" => |_| Ok(val(Uuid::NAMESPACE_X500)),
        "new_v5" => |call| {
            let name = bytes(call, 1);
            Ok(val(Uuid::new_v5(&arg(call), &name)))
        },
        "from_u128" | "as_u128" => |call| Ok(call.take(0)),
        "from_u128_le" | "to_u128_le" => |call| Ok(val(Uuid::from_u128(arg(call).as_u128().swap_bytes()))),
        "from_bytes" => |call| {
            let uuid = Uuid::from_slice(&bytes(call, 0));
            Ok(Val::result(uuid.map(val).map_err(|error| Val::str(error.to_string()))))
        },
        "parse_str" => |call| {
            let uuid = Uuid::parse_str(call.text(0));
            Ok(Val::result(uuid.map(val).map_err(|error| Val::str(error.to_string()))))
        },
        "to_hyphenated_lower" | "uuid2str" => |call| Ok(Val::str(format!("{:x}", arg(call).hyphenated()))),
        "to_hyphenated_upper" => |call| Ok(Val::str(format!("{:X}", arg(call).hyphenated()))),
        "to_simple_lower" => |call| Ok(Val::str(format!("{:x}", arg(call).simple()))),
        "to_simple_upper" => |call| Ok(Val::str(format!("{:X}", arg(call).simple()))),
        "to_urn_lower" => |call| Ok(Val::str(format!("{:x}", arg(call).urn()))),
        "to_urn_upper" => |call| Ok(Val::str(format!("{:X}", arg(call).urn()))),
        "uuid2name" => |call| Ok(Val::str(format!("u{:x}", arg(call).hyphenated()).replace('-', "_"))),
        "is_nil" => |call| Ok(Val::bool(arg(call).is_nil())),
        _ => return None,
    })
}

fn val(uuid: Uuid) -> Val {
    Val::Wide(Rc::new(uuid.as_u128()))
}

fn arg(call: &Call<'_, '_>) -> Uuid {
    Uuid::from_u128(wide_bits(call.env.interner, false, &call.args[0]))
}

fn bytes(call: &Call<'_, '_>, i: usize) -> Vec<u8> {
    let load = call.load(call.item(call.param(i)));
    let byte = |item| match item {
        Val::Int(byte) => byte as u8,
        _ => 0,
    };
    Seq::of(call.env.interner, load, &call.args[i]).iter(call.env.interner).map(byte).collect()
}
