//! `Set`.

use std::cmp::Ordering;

use super::vec::items;
use super::{Builtin, Call};
use crate::eval::collection::{find_by, insert_item, make_set};
use crate::eval::env::Eval;
use crate::eval::order::order;
use crate::eval::repr::Seq;
use crate::eval::val::Val;

pub(super) fn find(name: &str) -> Option<Builtin> {
    Some(match name {
        "set_empty" => |_| Ok(Val::ZERO),
        "set_singleton" => |call| Ok(Val::items(vec![call.take(0)])),
        "set_size" => |call| Ok(Val::Int(call.seq(0).len() as u64)),
        "set_is_empty" => |call| Ok(Val::bool(call.seq(0).len() == 0)),
        "set_insert" => |call| {
            set_insert(call);
            Ok(Val::ZERO)
        },
        "set_insert_imm" => |call| {
            set_insert(call);
            Ok(call.take(0))
        },
        "set_contains" => |call| {
            let item = call.item(call.param(0));
            let (interner, types) = (call.env.interner, call.env.types);
            let items = call.seq(0);
            let at =
                |i| order(interner, types, item, &items.at(interner, i).unwrap_or_default(), &call.args[1]);
            Ok(Val::bool(find_by(items.len(), at).is_ok()))
        },
        "set_nth" => |call| {
            let n = usize::try_from(call.int(1)).unwrap_or(usize::MAX);
            Ok(Val::option(call.seq(0).at(call.env.interner, n)))
        },
        "set_to_vec" => |call| Ok(call.take(0)),
        "set_union" => |call| Ok(merge(call, |_| true)),
        "set_intersection" => |call| Ok(merge(call, |side| side == Ordering::Equal)),
        "set_difference" => |call| Ok(merge(call, |side| side == Ordering::Less)),
        "set_unions" => set_unions,
        _ => return None,
    })
}

fn set_insert(call: &mut Call<'_, '_>) {
    let (interner, types) = (call.env.interner, call.env.types);
    let item_type = call.item(call.param(0));
    let item = call.take(1);
    insert_item(interner, types, item_type, items(call), item);
}

/// Walks two sets side by side. `keep` is told where an item is: only in the first (`Less`), in both (`Equal`), only in
/// the second (`Greater`).
fn merge(call: &mut Call<'_, '_>, keep: fn(Ordering) -> bool) -> Val {
    let (interner, types) = (call.env.interner, call.env.types);
    let item_type = call.item(call.param(0));
    let (mut left, mut right) =
        (call.seq(0).iter(interner).peekable(), call.seq(1).iter(interner).peekable());
    let mut out = Vec::new();
    loop {
        let side = match (left.peek(), right.peek()) {
            (Some(a), Some(b)) => order(interner, types, item_type, a, b),
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (None, None) => return Val::items(out),
        };
        let item = if side == Ordering::Greater { None } else { left.next() };
        let item = if side == Ordering::Less { item } else { right.next() };
        out.extend(item.filter(|_| keep(side)));
    }
}

fn set_unions(call: &mut Call<'_, '_>) -> Eval<Val> {
    let (interner, types) = (call.env.interner, call.env.types);
    let item_type = call.item(call.item(call.param(0)));
    let load = call.load(item_type);
    let mut all = Vec::new();
    for set in call.seq(0).iter(interner) {
        all.extend(Seq::of(interner, load, &set).iter(interner));
    }
    make_set(interner, types, item_type, &mut all);
    Ok(Val::items(all))
}
