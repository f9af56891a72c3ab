//! Functions of collections that take a function.

use super::group::values;
use super::vec::items;
use super::{Builtin, Call};
use crate::eval::compile::Integer;
use crate::eval::env::Eval;
use crate::eval::order::order;
use crate::eval::val::Val;
use crate::ir::{Type, TypeId};

pub(super) fn find(name: &str) -> Option<Builtin> {
    Some(match name {
        "vec_sort_by" => vec_sort_by,
        "vec_arg_min" | "set_arg_min" => |call| arg_best(call, Best::FirstLeast),
        "vec_arg_max" | "set_arg_max" => |call| arg_best(call, Best::LastMost),
        "sum_of" => sum_of,
        _ => return None,
    })
}

/// Which item wins among equal ones.
#[derive(Clone, Copy, PartialEq)]
enum Best {
    FirstLeast,
    LastMost,
}

/// Result type of the function in the second argument.
fn result_type(call: &Call<'_, '_>) -> TypeId {
    match call.types().ty(call.types().strip(call.param(1))) {
        Type::Function(_, ret) => *ret,
        _ => call.signature.ret,
    }
}

fn vec_sort_by(call: &mut Call<'_, '_>) -> Eval<Val> {
    let (interner, types) = (call.env.interner, call.env.types);
    let key_type = result_type(call);
    let unsorted = std::mem::take(items(call));
    let mut keyed = Vec::with_capacity(unsorted.len());
    for item in unsorted {
        keyed.push((call.apply(1, item.clone())?, item));
    }
    keyed.sort_by(|(a, _), (b, _)| order(interner, types, key_type, a, b));
    *items(call) = keyed.into_iter().map(|(_, item)| item).collect();
    Ok(Val::ZERO)
}

fn arg_best(call: &mut Call<'_, '_>, wanted: Best) -> Eval<Val> {
    let (interner, types) = (call.env.interner, call.env.types);
    let key_type = result_type(call);
    let mut best: Option<(Val, Val)> = None;
    let items: Vec<Val> = call.seq(0).iter(interner).collect();
    for item in items {
        let key = call.apply(1, item.clone())?;
        let better = best.as_ref().is_none_or(|(best_key, _)| {
            let order = order(interner, types, key_type, &key, best_key);
            if wanted == Best::FirstLeast { order.is_lt() } else { order.is_ge() }
        });
        if better {
            best = Some((key, item));
        }
    }
    Ok(Val::option(best.map(|(_, item)| item)))
}

fn sum_of(call: &mut Call<'_, '_>) -> Eval<Val> {
    let interner = call.env.interner;
    let Some(integer) = Integer::of(call.types(), call.signature.ret) else { return sum_of_floats(call) };
    let mut small = 0u64;
    let mut total = num_bigint::BigInt::default();
    for value in values(call) {
        match call.apply(1, value)? {
            Val::Int(value) => small = small.wrapping_add(value),
            value => total += integer.value(interner, &value),
        }
    }
    // Sums of small integers wrap at 64 bits, which the type's width divides.
    Ok(integer.val(
        total + if integer.is_signed() { (small as i64).into() } else { num_bigint::BigInt::from(small) },
    ))
}

fn sum_of_floats(call: &mut Call<'_, '_>) -> Eval<Val> {
    let mut total = 0.0;
    for value in values(call) {
        match call.apply(1, value)? {
            Val::Float(value) => total += value,
            _ => return Err(call.trap("only numbers have a sum")),
        }
    }
    Ok(Val::Float(total))
}
