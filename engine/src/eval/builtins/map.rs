//! `Map`.

use std::cmp::Ordering;

use super::{Builtin, Call};
use crate::eval::collection::{find_by, find_key, insert_pair};
use crate::eval::env::Eval;
use crate::eval::order::order;
use crate::eval::repr::pairs_mut;
use crate::eval::val::Val;

pub(super) fn find(name: &str) -> Option<Builtin> {
    Some(match name {
        "map_empty" => |_| Ok(Val::ZERO),
        "map_singleton" => |call| Ok(Val::pairs(vec![(call.take(0), call.take(1))])),
        "map_size" => |call| Ok(Val::Int(call.pair_seq(0).len() as u64)),
        "map_is_empty" => |call| Ok(Val::bool(call.pair_seq(0).len() == 0)),
        "map_insert" => |call| {
            map_insert(call);
            Ok(Val::ZERO)
        },
        "map_insert_imm" => |call| {
            map_insert(call);
            Ok(call.take(0))
        },
        "map_remove" => map_remove,
        "map_get" => |call| {
            let value = place(call).and_then(|i| call.pair_seq(0).value(call.env.interner, i));
            Ok(Val::option(value))
        },
        "map_contains_key" => |call| Ok(Val::bool(place(call).is_some())),
        "map_nth_key" => |call| {
            let n = usize::try_from(call.int(1)).unwrap_or(usize::MAX);
            Ok(Val::option(call.pair_seq(0).key(call.env.interner, n)))
        },
        "map_nth_value" => |call| {
            let n = usize::try_from(call.int(1)).unwrap_or(usize::MAX);
            Ok(Val::option(call.pair_seq(0).value(call.env.interner, n)))
        },
        "map_keys" => {
            |call| Ok(Val::items(call.pair_seq(0).iter(call.env.interner).map(|(key, _)| key).collect()))
        }
        "map_values" => {
            |call| Ok(Val::items(call.pair_seq(0).iter(call.env.interner).map(|(_, value)| value).collect()))
        }
        "map_union" => map_union,
        _ => return None,
    })
}

/// Where the key in the second argument is in the map in the first.
fn place(call: &Call<'_, '_>) -> Option<usize> {
    let (interner, types) = (call.env.interner, call.env.types);
    let (key, _) = call.key_value(call.param(0));
    let pairs = call.pair_seq(0);
    let at = |i| order(interner, types, key, &pairs.key(interner, i).unwrap_or_default(), &call.args[1]);
    find_by(pairs.len(), at).ok()
}

fn pairs<'c>(call: &'c mut Call<'_, '_>) -> &'c mut Vec<(Val, Val)> {
    let (key, value) = call.key_value(call.param(0));
    let (key, value) = (call.load(key), call.load(value));
    pairs_mut(call.env.interner, key, value, &mut call.args[0])
}

fn map_insert(call: &mut Call<'_, '_>) {
    let (interner, types) = (call.env.interner, call.env.types);
    let (key_type, _) = call.key_value(call.param(0));
    let (key, value) = (call.take(1), call.take(2));
    insert_pair(interner, types, key_type, pairs(call), key, value);
}

fn map_remove(call: &mut Call<'_, '_>) -> Eval<Val> {
    let (interner, types) = (call.env.interner, call.env.types);
    let (key_type, _) = call.key_value(call.param(0));
    let key = call.take(1);
    let pairs = pairs(call);
    let found = find_key(interner, types, key_type, pairs, &key);
    Ok(Val::option(found.ok().map(|place| pairs.remove(place).1)))
}

fn map_union(call: &mut Call<'_, '_>) -> Eval<Val> {
    let (interner, types) = (call.env.interner, call.env.types);
    let (key_type, _) = call.key_value(call.param(0));
    let mut left = call.pair_seq(0).iter(interner).peekable();
    let mut right = call.pair_seq(1).iter(interner).peekable();
    let mut out = Vec::new();
    loop {
        let side = match (left.peek(), right.peek()) {
            (Some((a, _)), Some((b, _))) => order(interner, types, key_type, a, b),
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (None, None) => return Ok(Val::pairs(out)),
        };
        let pair = if side == Ordering::Greater { None } else { left.next() };
        out.extend(if side == Ordering::Less { pair } else { right.next() });
    }
}
