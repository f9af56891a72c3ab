//! Integers.

use std::rc::Rc;

use num_bigint::{BigInt, Sign};
use num_traits::{One, Zero};

use super::{Builtin, Call};
use crate::eval::budget::ITEM;
use crate::eval::compile::{Integer, MAX_BITS};
use crate::eval::env::Eval;
use crate::eval::val::Val;

pub(super) fn find(name: &str) -> Option<Builtin> {
    Some(match name {
        "int_pow32" => int_pow32,
        "range_vec" => range_vec,
        "ntohl" => |call| Ok(Val::Int(u32::from_be(call.int(0) as u32).into())),
        "htonl" => |call| Ok(Val::Int((call.int(0) as u32).to_be().into())),
        "ntohs" => |call| Ok(Val::Int(u16::from_be(call.int(0) as u16).into())),
        "htons" => |call| Ok(Val::Int((call.int(0) as u16).to_be().into())),
        _ => return None,
    })
}

fn int_pow32(call: &mut Call<'_, '_>) -> Eval<Val> {
    let Some(integer) = Integer::of(call.types(), call.param(0)) else {
        return Err(call.trap("power of something that is no integer"));
    };
    let base = integer.value(call.env.interner, &call.take(0));
    let exponent = call.int(1) as u32;
    if let Some(modulus) = integer.modulus() {
        // The sign is put right when the value is wrapped to the type.
        let positive = ((base % &modulus) + &modulus) % &modulus;
        return Ok(integer.val(positive.modpow(&BigInt::from(exponent), &modulus)));
    }
    if base.bits().saturating_sub(1).saturating_mul(exponent.into()) > MAX_BITS {
        return Err(call.trap(format!("power {exponent} of a bigint is too large")));
    }
    Ok(Val::Big(Rc::new(base.pow(exponent))))
}

/// Items beyond which a range is taken for a mistake.
const MAX_RANGE: usize = 1 << 26;

fn range_vec(call: &mut Call<'_, '_>) -> Eval<Val> {
    let Some(integer) = Integer::of(call.types(), call.param(0)) else {
        return range_of_floats(call);
    };
    if let [Val::Int(_), Val::Int(_), Val::Int(_)] = &*call.args {
        return range_of_small(call, integer);
    }
    let mut value = |i: usize| {
        let val = call.take(i);
        integer.value(call.env.interner, &val)
    };
    let (mut next, to, step) = (value(0), value(1), value(2));
    let mut items = Vec::new();
    let (min, max) = integer.limits();
    while (step.sign() == Sign::Plus && next < to) || (step.sign() == Sign::Minus && next > to) {
        if items.len() == MAX_RANGE {
            return Err(call.trap(format!("a range of more than {MAX_RANGE} items")));
        }
        items.push(integer.val(next.clone()));
        next += &step;
        // Past the end of the type there is nothing more, rather than everything again.
        if min.as_ref().is_some_and(|min| next < *min) || max.as_ref().is_some_and(|max| next > *max) {
            break;
        }
    }
    Ok(Val::items(items))
}

/// Integers up to 64 bits: 128 hold every step without wrapping.
fn range_of_small(call: &mut Call<'_, '_>, integer: Integer) -> Eval<Val> {
    let signed = integer.is_signed();
    let value = |i| if signed { i128::from(call.int(i) as i64) } else { i128::from(call.int(i)) };
    let (from, to, step) = (value(0), value(1), value(2));
    let n_items = if step == 0 || (to - from).signum() != step.signum() {
        0
    } else {
        ((to - from).unsigned_abs()).div_ceil(step.unsigned_abs())
    };
    match usize::try_from(n_items) {
        Ok(n_items) if n_items <= MAX_RANGE => {
            call.room(n_items * ITEM)?;
            Ok(Val::items((0..n_items as i128).map(|i| Val::Int((from + i * step) as u64)).collect()))
        }
        _ => Err(call.trap(format!("a range of more than {MAX_RANGE} items"))),
    }
}

fn range_of_floats(call: &mut Call<'_, '_>) -> Eval<Val> {
    let float = |val: &Val| match val {
        Val::Float(value) => *value,
        _ => 0.0,
    };
    let (mut next, to, step) = (float(&call.args[0]), float(&call.args[1]), float(&call.args[2]));
    let mut items = Vec::new();
    while (step > 0.0 && next < to) || (step < 0.0 && next > to) {
        if items.len() == MAX_RANGE || next + step == next {
            return Err(call.trap(format!("a range of more than {MAX_RANGE} items")));
        }
        items.push(Val::Float(next));
        next += step;
    }
    Ok(Val::items(items))
}

impl Integer {
    /// Two to the width; none for `bigint`.
    fn modulus(self) -> Option<BigInt> {
        self.bits().map(|bits| BigInt::one() << bits)
    }

    /// Smallest and largest value.
    pub(super) fn limits(self) -> (Option<BigInt>, Option<BigInt>) {
        match self.bits() {
            Some(bits) if self.is_signed() => {
                let half = BigInt::one() << (bits - 1);
                (Some(-&half), Some(half - 1))
            }
            Some(bits) => (Some(BigInt::zero()), Some((BigInt::one() << bits) - 1)),
            None => (None, None),
        }
    }
}
