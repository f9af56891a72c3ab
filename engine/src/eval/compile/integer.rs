//! Integers of any width as big ones, for functions that are seldom called.

use std::rc::Rc;

use num_bigint::BigInt;

use super::number::{Number, low_bits, low_bits_wide, wrap_big};
use crate::eval::repr::{big, wide_bits};
use crate::eval::val::Val;
use crate::ir::{TypeId, TypeTable};
use crate::value::Interner;

/// An integer type.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Integer(Number);

impl Integer {
    /// The integer type, if it is one.
    pub(crate) fn of(types: &TypeTable, ty: TypeId) -> Option<Integer> {
        match Number::of(types, ty)? {
            Number::Float | Number::Double => None,
            number => Some(Integer(number)),
        }
    }

    /// Width; none for `bigint`.
    pub(crate) fn bits(self) -> Option<u32> {
        match self.0 {
            Number::Small(width) | Number::Wide(width) => Some(width.bits),
            Number::BigBits(bits) => Some(bits),
            Number::Big | Number::Float | Number::Double => None,
        }
    }

    /// Whether it is a `signed<N>`.
    pub(crate) fn is_signed(self) -> bool {
        matches!(self.0, Number::Small(width) | Number::Wide(width) if width.signed)
    }

    pub(crate) fn value(self, interner: &Interner, val: &Val) -> BigInt {
        match (self.0, val) {
            (Number::Small(width), Val::Int(value)) if width.signed => BigInt::from(*value as i64),
            (_, Val::Int(value)) => BigInt::from(*value),
            (Number::Wide(width), val) if width.signed => {
                BigInt::from(wide_bits(interner, true, val) as i128)
            }
            (Number::Wide(_), val) => BigInt::from(wide_bits(interner, false, val)),
            (_, val) => big(interner, val),
        }
    }

    /// The value wrapped to the type.
    pub(crate) fn val(self, value: BigInt) -> Val {
        match self.0 {
            Number::Small(width) => Val::Int(width.wrap(low_bits(&value))),
            Number::Wide(width) => Val::Wide(Rc::new(width.wrap_wide(low_bits_wide(&value)))),
            Number::BigBits(bits) => Val::Big(Rc::new(wrap_big(bits, value))),
            Number::Big | Number::Float | Number::Double => Val::Big(Rc::new(value)),
        }
    }
}
