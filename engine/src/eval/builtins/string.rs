//! Strings.

use std::fmt::Write;

use super::{Builtin, Call};
use crate::eval::budget::ITEM;
use crate::eval::env::Eval;
use crate::eval::repr::{big, store, text, wide_bits};
use crate::eval::val::Val;
use crate::value::shape::{Shape, shape};
use crate::value::{debug_text, decode};

pub(super) fn find(name: &str) -> Option<Builtin> {
    Some(match name {
        "__builtin_2string" => to_string,
        "to_string_debug" => to_string_debug,
        "hex" => hex,
        "parse_dec_u64" => |call| Ok(Val::option(call.text(0).parse().ok().map(Val::Int))),
        "parse_dec_i64" => |call| {
            let number: Option<i64> = call.text(0).parse().ok();
            Ok(Val::option(number.map(|number| Val::Int(number as u64))))
        },
        "from_utf8" => from_utf8,
        "from_utf16" => from_utf16,
        "encode_utf16" => |call| {
            call.room(call.text(0).len().saturating_mul(ITEM))?;
            Ok(Val::items(call.text(0).encode_utf16().map(|unit| Val::Int(unit.into())).collect()))
        },
        "string_contains" => |call| Ok(Val::bool(call.text(0).contains(call.text(1)))),
        "string_starts_with" => |call| Ok(Val::bool(call.text(0).starts_with(call.text(1)))),
        "string_ends_with" => |call| Ok(Val::bool(call.text(0).ends_with(call.text(1)))),
        "string_join" => string_join,
        "string_len" => |call| Ok(Val::Int(call.text(0).len() as u64)),
        "string_replace" => |call| {
            let n_places = call.text(0).matches(call.text(1)).count();
            let more = n_places.saturating_mul(call.text(2).len());
            call.room(call.text(0).len().saturating_add(more))?;
            Ok(Val::str(call.text(0).replace(call.text(1), call.text(2))))
        },
        "string_split" => |call| {
            let n_parts = call.text(0).matches(call.text(1)).count();
            call.room(n_parts.saturating_mul(STRING).saturating_add(call.text(0).len()))?;
            Ok(Val::items(call.text(0).split(call.text(1)).map(Val::str).collect()))
        },
        "string_substr" => string_substr,
        "string_to_bytes" => |call| {
            call.room(call.text(0).len().saturating_mul(ITEM))?;
            Ok(Val::items(call.text(0).bytes().map(|byte| Val::Int(byte.into())).collect()))
        },
        "string_trim" => |call| Ok(Val::str(call.text(0).trim())),
        "string_to_lowercase" => |call| Ok(Val::str(call.text(0).to_lowercase())),
        "string_to_uppercase" => |call| Ok(Val::str(call.text(0).to_uppercase())),
        "string_reverse" => |call| Ok(Val::str(call.text(0).chars().rev().collect::<String>())),
        _ => return None,
    })
}

/// Bytes of a short string in a collection, with all that belongs to it.
const STRING: usize = 64;

fn to_string(call: &mut Call<'_, '_>) -> Eval<Val> {
    let interner = call.env.interner;
    let value = call.take(0);
    Ok(match (shape(call.types(), call.param(0)), &value) {
        (Shape::Str, _) => value,
        (Shape::Bool, Val::Int(value)) => Val::str(if *value == 0 { "false" } else { "true" }),
        (Shape::Signed(..=64), Val::Int(value)) => Val::str((*value as i64).to_string()),
        (_, Val::Int(value)) => Val::str(value.to_string()),
        (Shape::Float, Val::Float(value)) => Val::str((*value as f32).to_string()),
        (_, Val::Float(value)) => Val::str(value.to_string()),
        (Shape::Signed(65..=128), _) => Val::str((wide_bits(interner, true, &value) as i128).to_string()),
        (Shape::Bit(65..=128), _) => Val::str(wide_bits(interner, false, &value).to_string()),
        (Shape::Bit(_) | Shape::Signed(_) | Shape::BigInt, _) => Val::str(big(interner, &value).to_string()),
        _ => Val::str(debug_text_of(call, &value)?),
    })
}

fn to_string_debug(call: &mut Call<'_, '_>) -> Eval<Val> {
    let value = call.take(0);
    debug_text_of(call, &value).map(Val::str)
}

/// The text of a value for people who debug, for a value of the first parameter's type.
pub(super) fn debug_text_of(call: &mut Call<'_, '_>, value: &Val) -> Eval<String> {
    let ty = call.param(0);
    match store(call.env.interner, call.env.types, ty, value) {
        Ok(word) => Ok(debug_text(&decode(call.env.interner, call.env.types, ty, word))),
        Err(error) => Err(call.trap(error.to_string())),
    }
}

fn hex(call: &mut Call<'_, '_>) -> Eval<Val> {
    let interner = call.env.interner;
    let value = call.take(0);
    let mut out = String::new();
    // Writing to a string cannot fail.
    _ = match (shape(call.types(), call.param(0)), &value) {
        (Shape::Signed(bits @ ..=64), Val::Int(value)) => {
            write!(out, "{:x}", value << (64 - bits) >> (64 - bits))
        }
        (_, Val::Int(value)) => write!(out, "{value:x}"),
        (Shape::Signed(65..=128), _) => write!(out, "{:x}", wide_bits(interner, true, &value)),
        (Shape::Bit(65..=128), _) => write!(out, "{:x}", wide_bits(interner, false, &value)),
        (Shape::Bit(_) | Shape::Signed(_) | Shape::BigInt, _) => write!(out, "{:x}", big(interner, &value)),
        _ => return Err(call.trap("only integers have hexadecimal digits")),
    };
    Ok(Val::str(out))
}

fn ints(call: &Call<'_, '_>, i: usize) -> Vec<u64> {
    let value = |val| match val {
        Val::Int(value) => value,
        _ => 0,
    };
    call.seq(i).iter(call.env.interner).map(value).collect()
}

fn from_utf8(call: &mut Call<'_, '_>) -> Eval<Val> {
    let bytes: Vec<u8> = ints(call, 0).into_iter().map(|byte| byte as u8).collect();
    let text = String::from_utf8(bytes).map_err(|error| Val::str(error.utf8_error().to_string()));
    Ok(Val::result(text.map(Val::str)))
}

fn from_utf16(call: &mut Call<'_, '_>) -> Eval<Val> {
    let units: Vec<u16> = ints(call, 0).into_iter().map(|unit| unit as u16).collect();
    let text = String::from_utf16(&units).map_err(|error| Val::str(error.to_string()));
    Ok(Val::result(text.map(Val::str)))
}

fn string_join(call: &mut Call<'_, '_>) -> Eval<Val> {
    let interner = call.env.interner;
    let parts = call.seq(0);
    let separators = parts.len().saturating_mul(call.text(1).len());
    let size =
        parts.iter(interner).fold(separators, |sum, part| sum.saturating_add(text(interner, &part).len()));
    call.room(size)?;
    let separator = call.text(1);
    let mut out = String::with_capacity(size);
    for (i, part) in call.seq(0).iter(interner).enumerate() {
        if i > 0 {
            out.push_str(separator);
        }
        out.push_str(text(interner, &part));
    }
    Ok(Val::str(out))
}

/// Bytes `start..end` as far as the string goes. A cut inside a character is a trap.
fn string_substr(call: &mut Call<'_, '_>) -> Eval<Val> {
    let text = call.text(0);
    let clamp = |at: u64| usize::try_from(at).unwrap_or(usize::MAX).min(text.len());
    let start = clamp(call.int(1));
    let end = clamp(call.int(2)).max(start);
    match text.get(start..end) {
        Some(part) => Ok(Val::str(part)),
        None => {
            let message = format!("bytes {start}..{end} cut a character of {text:?} in two");
            Err(call.trap(message))
        }
    }
}
