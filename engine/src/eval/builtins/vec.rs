//! `Vec`.

use super::{Builtin, Call};
use crate::eval::budget::{self, ITEM};
use crate::eval::collection::make_set;
use crate::eval::env::Eval;
use crate::eval::order::{order, same};
use crate::eval::repr::{items_mut, part};
use crate::eval::val::Val;
use crate::value::shape::{Shape, shape};

pub(super) fn find(name: &str) -> Option<Builtin> {
    Some(match name {
        "vec_empty" => |_| Ok(Val::ZERO),
        "vec_with_capacity" => |call| {
            // What programs ask for is a hint, and may come from outside.
            let capacity = usize::try_from(call.int(0)).unwrap_or(usize::MAX).min(1 << 16);
            Ok(Val::items(Vec::with_capacity(capacity)))
        },
        "vec_with_length" => |call| {
            let len = length(call, 0)?;
            Ok(Val::items(vec![call.take(1); len]))
        },
        "vec_singleton" => |call| Ok(Val::items(vec![call.take(0)])),
        "vec_len" => |call| Ok(Val::Int(call.seq(0).len() as u64)),
        "vec_is_empty" => |call| Ok(Val::bool(call.seq(0).len() == 0)),
        "vec_push" => |call| {
            let item = call.take(1);
            items(call).push(item);
            Ok(Val::ZERO)
        },
        "vec_push_imm" => |call| {
            let item = call.take(1);
            items(call).push(item);
            Ok(call.take(0))
        },
        "vec_pop" => |call| Ok(Val::option(items(call).pop())),
        "vec_append" => |call| {
            let len = call.seq(0).len().saturating_add(call.seq(1).len());
            call.room(len.saturating_mul(ITEM))?;
            let more: Vec<Val> = call.seq(1).iter(call.env.interner).collect();
            budget::spend(more.len() * ITEM);
            items(call).extend(more);
            Ok(Val::ZERO)
        },
        "vec_contains" => vec_contains,
        "vec_nth" => |call| {
            let n = usize::try_from(call.int(1)).unwrap_or(usize::MAX);
            Ok(Val::option(call.seq(0).at(call.env.interner, n)))
        },
        "vec_to_set" => |call| {
            let item = call.item(call.param(0));
            let mut items = owned_items(call);
            make_set(call.env.interner, call.env.types, item, &mut items);
            Ok(Val::items(items))
        },
        "vec_sort" => |call| {
            vec_sort(call);
            Ok(Val::ZERO)
        },
        "vec_sort_imm" => |call| {
            vec_sort(call);
            Ok(call.take(0))
        },
        "vec_resize" => |call| {
            let len = length(call, 1)?;
            let filler = call.take(2);
            let items = items(call);
            budget::spend(len.saturating_sub(items.len()) * ITEM);
            items.resize(len, filler);
            Ok(Val::ZERO)
        },
        "vec_truncate" => |call| {
            let len = usize::try_from(call.int(1)).unwrap_or(usize::MAX);
            items(call).truncate(len);
            Ok(Val::ZERO)
        },
        "vec_swap_nth" => |call| {
            let n = usize::try_from(call.int(1)).unwrap_or(usize::MAX);
            let mut value = call.take(2);
            let found = items(call).get_mut(n).map(|item| std::mem::swap(item, &mut value)).is_some();
            call.args[2] = value;
            Ok(Val::bool(found))
        },
        "vec_update_nth" => |call| {
            let n = usize::try_from(call.int(1)).unwrap_or(usize::MAX);
            let value = call.take(2);
            Ok(Val::bool(items(call).get_mut(n).map(|item| *item = value).is_some()))
        },
        "vec_zip" => |call| {
            let interner = call.env.interner;
            let pairs = call.seq(0).iter(interner).zip(call.seq(1).iter(interner));
            Ok(Val::items(pairs.map(|(a, b)| Val::tuple([a, b])).collect()))
        },
        "vec_unzip" => vec_unzip,
        "vec_reverse" => |call| {
            items(call).reverse();
            Ok(Val::ZERO)
        },
        _ => return None,
    })
}

/// The items of the first argument, to be changed in place.
pub(super) fn items<'c>(call: &'c mut Call<'_, '_>) -> &'c mut Vec<Val> {
    let load = call.load(call.item(call.param(0)));
    items_mut(call.env.interner, load, &mut call.args[0])
}

/// The items of the first argument, moved out if nobody else holds them.
pub(super) fn owned_items(call: &mut Call<'_, '_>) -> Vec<Val> {
    std::mem::take(items(call))
}

/// A number of items, for which there is room.
fn length(call: &mut Call<'_, '_>, i: usize) -> Eval<usize> {
    let len = call.int(i);
    let bytes = usize::try_from(len).ok().and_then(|len| len.checked_mul(ITEM)).unwrap_or(usize::MAX);
    call.room(bytes)?;
    Ok(bytes / ITEM)
}

fn vec_contains(call: &mut Call<'_, '_>) -> Eval<Val> {
    let (interner, types) = (call.env.interner, call.env.types);
    let item_type = call.item(call.param(0));
    let found = call.seq(0).iter(interner).any(|item| same(interner, types, item_type, &item, &call.args[1]));
    Ok(Val::bool(found))
}

fn vec_sort(call: &mut Call<'_, '_>) {
    let (interner, types) = (call.env.interner, call.env.types);
    let item = call.item(call.param(0));
    items(call).sort_by(|a, b| order(interner, types, item, a, b));
}

fn vec_unzip(call: &mut Call<'_, '_>) -> Eval<Val> {
    let interner = call.env.interner;
    let Shape::Tuple(&[first, second]) = shape(call.types(), call.item(call.param(0))) else {
        return Err(call.trap("not a Vec of pairs"));
    };
    let (first, second) = (call.load(first), call.load(second));
    let (firsts, seconds) = call
        .seq(0)
        .iter(interner)
        .map(|pair| (part(interner, 0, 0, first, &pair), part(interner, 0, 1, second, &pair)))
        .unzip();
    Ok(Val::tuple([Val::items(firsts), Val::items(seconds)]))
}
