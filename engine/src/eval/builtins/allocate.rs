//! Numbers for things, out of a range, none twice.

use std::collections::BTreeSet;

use num_bigint::BigInt;

use super::{Builtin, Call};
use crate::eval::collection::find_by;
use crate::eval::compile::Integer;
use crate::eval::env::Eval;
use crate::eval::order::order;
use crate::eval::repr::{Load, PairSeq, part, variant_number};
use crate::eval::val::Val;
use crate::ir::TypeId;
use crate::value::shape::{Shape, shape};

pub(super) fn find(name: &str) -> Option<Builtin> {
    Some(match name {
        "allocate" => allocate,
        "allocate_opt" => allocate_opt,
        "allocate_with_hint" => allocate_with_hint,
        "adjust_allocation" => adjust_allocation,
        _ => return None,
    })
}

/// The range, what of it is taken, and where the search goes on.
struct Pool {
    integer: Integer,
    min: BigInt,
    max: BigInt,
    taken: BTreeSet<BigInt>,
    /// Last number looked at.
    last: BigInt,
    /// Numbers not yet looked at.
    left: BigInt,
}

impl Pool {
    /// The range in arguments 2 and 3. The search begins after the largest number taken and goes round once.
    fn new(call: &mut Call<'_, '_>, taken: impl IntoIterator<Item = Val>) -> Eval<Pool> {
        let interner = call.env.interner;
        let Some(integer) = Integer::of(call.types(), call.param(2)) else {
            return Err(call.trap("only integers can be allocated"));
        };
        let (min, max) = (integer.value(interner, &call.args[2]), integer.value(interner, &call.args[3]));
        if min > max {
            return Err(call.trap(format!("the range {min} to {max} is empty")));
        }
        let taken: BTreeSet<BigInt> = taken.into_iter().map(|val| integer.value(interner, &val)).collect();
        let last = taken.last().filter(|last| (&min..=&max).contains(last)).unwrap_or(&max).clone();
        let left = &max - &min + 1;
        Ok(Pool { integer, min, max, taken, last, left })
    }

    /// The next number not taken.
    fn next(&mut self) -> Option<Val> {
        while self.left > BigInt::default() {
            self.left -= 1;
            self.last = self.after(&self.last);
            if !self.taken.contains(&self.last) {
                return Some(self.integer.val(self.last.clone()));
            }
        }
        None
    }

    fn after(&self, number: &BigInt) -> BigInt {
        if *number == self.max { self.min.clone() } else { number + 1 }
    }
}

fn allocated(call: &Call<'_, '_>) -> Vec<Val> {
    call.seq(0).iter(call.env.interner).collect()
}

fn to_allocate(call: &Call<'_, '_>) -> Vec<Val> {
    call.seq(1).iter(call.env.interner).collect()
}

fn allocate(call: &mut Call<'_, '_>) -> Eval<Val> {
    let mut pool = Pool::new(call, allocated(call))?;
    let things = to_allocate(call).into_iter();
    Ok(Val::items(things.map_while(|thing| Some(Val::tuple([thing, pool.next()?]))).collect()))
}

fn allocate_opt(call: &mut Call<'_, '_>) -> Eval<Val> {
    let mut pool = Pool::new(call, allocated(call))?;
    let things = to_allocate(call).into_iter();
    Ok(Val::items(things.map(|thing| Val::tuple([thing, Val::option(pool.next())])).collect()))
}

/// As `allocate`; a thing may say where its search begins. Stops when the whole range is taken.
fn allocate_with_hint(call: &mut Call<'_, '_>) -> Eval<Val> {
    let interner = call.env.interner;
    let mut pool = Pool::new(call, allocated(call))?;
    let pair = call.item(call.param(1));
    let thing_load = match shape(call.types(), pair) {
        Shape::Tuple(&[thing, _]) => call.load(thing),
        _ => Load::Word,
    };
    let number_load = call.load(call.param(2));
    // Unlike the others, the search begins at the largest number taken, not after it: it is found taken.
    let mut next = if pool.taken.contains(&pool.last) { pool.last.clone() } else { pool.min.clone() };
    let mut out = Vec::new();
    for thing in to_allocate(call) {
        let hint = part(interner, 0, 1, Load::Word, &thing);
        if variant_number(interner, true, &hint) == 1 {
            let hint = pool.integer.value(interner, &part(interner, 1, 0, number_load, &hint));
            // A hint outside of the range is no hint.
            if (&pool.min..=&pool.max).contains(&&hint) {
                next = hint;
            }
        }
        let mut left = pool.left.clone();
        while pool.taken.contains(&next) && left > BigInt::default() {
            left -= 1;
            next = pool.after(&next);
        }
        if left == BigInt::default() {
            break;
        }
        pool.taken.insert(next.clone());
        let number = pool.integer.val(next.clone());
        out.push(Val::tuple([part(interner, 0, 0, thing_load, &thing), number]));
        next = pool.after(&next);
    }
    Ok(Val::items(out))
}

fn adjust_allocation(call: &mut Call<'_, '_>) -> Eval<Val> {
    let (interner, types) = (call.env.interner, call.env.types);
    let (key_type, number_type): (TypeId, TypeId) = call.key_value(call.param(0));
    let (key_load, number_load) = (call.load(key_type), call.load(number_type));
    let before = call.args[0].clone();
    let before = PairSeq::of(interner, key_load, number_load, &before);
    let mut pool = Pool::new(call, before.iter(interner).map(|(_, number)| number))?;
    let mut out = Vec::new();
    for thing in to_allocate(call) {
        let at = |i| order(interner, types, key_type, &before.key(interner, i).unwrap_or_default(), &thing);
        let number = match find_by(before.len(), at) {
            Ok(place) => before.value(interner, place),
            Err(_) => pool.next(),
        };
        out.extend(number.map(|number| Val::tuple([thing, number])));
    }
    Ok(Val::items(out))
}
