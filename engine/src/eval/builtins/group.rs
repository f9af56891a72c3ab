//! `Group`.

use std::rc::Rc;

use super::{Builtin, Call};
use crate::eval::collection::{insert_item, insert_pair, make_set};
use crate::eval::env::Eval;
use crate::eval::repr::{Load, Seq, group, items_mut, part};
use crate::eval::val::{GroupVal, Val};
use crate::ir::TypeId;
use crate::value::compare;
use crate::value::shape::{Shape, shape};

pub(super) fn find(name: &str) -> Option<Builtin> {
    Some(match name {
        "group_key" => |call| Ok(the_group(call).key.clone()),
        "group_count_distinct" => |call| Ok(Val::Int(the_group(call).len() as u64)),
        "group_first" | "group_min" => |call| {
            let first = nth(call, 0);
            first.ok_or_else(|| call.trap("the group is empty"))
        },
        "group_max" => |call| {
            let last = the_group(call).len().checked_sub(1).and_then(|last| nth(call, last));
            last.ok_or_else(|| call.trap("the group is empty"))
        },
        "group_nth" => |call| {
            let n = usize::try_from(call.int(1)).unwrap_or(usize::MAX);
            Ok(Val::option(nth(call, n)))
        },
        // Values of a group are distinct and in order: they are a set already.
        "group_to_set" | "group_to_vec" => |call| Ok(Val::items(values(call))),
        "group_to_map" => group_to_map,
        "group_to_setmap" => group_to_setmap,
        "group_set_unions" | "group_setref_unions" => group_set_unions,
        _ => return None,
    })
}

/// The group in the first argument.
fn the_group(call: &Call<'_, '_>) -> Rc<GroupVal> {
    let (key, _) = call.key_value(call.param(0));
    group(call.env.interner, call.load(key), &call.args[0])
}

fn nth(call: &Call<'_, '_>, n: usize) -> Option<Val> {
    let (interner, types) = (call.env.interner, call.env.types);
    let (_, value) = call.key_value(call.param(0));
    let group = the_group(call);
    let members = group.members(|a, b| compare(interner, types, value, a, b));
    members.get(n).map(|(word, _)| call.load(value).val(interner, *word))
}

/// The values, in natural order.
pub(super) fn values(call: &Call<'_, '_>) -> Vec<Val> {
    let (interner, types) = (call.env.interner, call.env.types);
    let (_, value) = call.key_value(call.param(0));
    let load = call.load(value);
    let group = the_group(call);
    let members = group.members(|a, b| compare(interner, types, value, a, b));
    members.iter().map(|(word, _)| load.val(interner, *word)).collect()
}

/// The values of a group of pairs, taken apart; and the type of the first halves.
fn pairs(call: &mut Call<'_, '_>) -> Eval<(TypeId, Vec<(Val, Val)>)> {
    let interner = call.env.interner;
    let (_, value) = call.key_value(call.param(0));
    let Shape::Tuple(&[first, second]) = shape(call.types(), value) else {
        return Err(call.trap("not a group of pairs"));
    };
    let (first_load, second_load) = (call.load(first), call.load(second));
    let take_apart =
        |pair: Val| (part(interner, 0, 0, first_load, &pair), part(interner, 0, 1, second_load, &pair));
    Ok((first, values(call).into_iter().map(take_apart).collect()))
}

fn group_to_map(call: &mut Call<'_, '_>) -> Eval<Val> {
    let (key_type, pairs) = pairs(call)?;
    let mut map = Vec::with_capacity(pairs.len());
    for (key, value) in pairs {
        insert_pair(call.env.interner, call.env.types, key_type, &mut map, key, value);
    }
    Ok(Val::pairs(map))
}

fn group_to_setmap(call: &mut Call<'_, '_>) -> Eval<Val> {
    let (interner, types) = (call.env.interner, call.env.types);
    let (key_type, pairs) = pairs(call)?;
    let (_, set_type) = call.key_value(call.signature.ret);
    let item_type = call.item(set_type);
    let mut map: Vec<(Val, Val)> = Vec::new();
    for (key, value) in pairs {
        match crate::eval::collection::find_key(interner, types, key_type, &map, &key) {
            Ok(place) => {
                let set = items_mut(interner, Load::Word, &mut map[place].1);
                insert_item(interner, types, item_type, set, value);
            }
            Err(place) => map.insert(place, (key, Val::items(vec![value]))),
        }
    }
    Ok(Val::pairs(map))
}

fn group_set_unions(call: &mut Call<'_, '_>) -> Eval<Val> {
    let (interner, types) = (call.env.interner, call.env.types);
    let (_, set_type) = call.key_value(call.param(0));
    let item_type = call.item(set_type);
    let load = call.load(item_type);
    let mut all = Vec::new();
    for set in values(call) {
        all.extend(Seq::of(interner, load, &set).iter(interner));
    }
    make_set(interner, types, item_type, &mut all);
    Ok(Val::items(all))
}
