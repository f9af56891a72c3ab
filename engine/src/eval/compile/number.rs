//! Which kind of number a type is, and how values wrap to it.

use num_bigint::{BigInt, Sign};
use num_traits::ToPrimitive;

use crate::ir::{TypeId, TypeTable};
use crate::value::shape::{Shape, shape};

/// A type of numbers, by how its values are held.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Number {
    /// Up to 64 bits.
    Small(Width),
    /// Up to 128 bits.
    Wide(Width),
    /// Bit vectors above 128 bits.
    BigBits(u32),
    /// `bigint`
    Big,
    Float,
    Double,
}

/// Width of an integer type, and whether it has a sign.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Width {
    pub(super) bits: u32,
    pub(super) signed: bool,
}

impl Number {
    pub(super) fn of(types: &TypeTable, ty: TypeId) -> Option<Number> {
        let integer = |bits, signed| {
            let width = Width { bits, signed };
            match bits {
                ..=64 => Number::Small(width),
                65..=128 => Number::Wide(width),
                _ => Number::BigBits(bits),
            }
        };
        match shape(types, ty) {
            Shape::Bool => Some(integer(1, false)),
            Shape::Bit(bits) => Some(integer(bits, false)),
            Shape::Signed(bits) => Some(integer(bits, true)),
            Shape::BigInt => Some(Number::Big),
            Shape::Float => Some(Number::Float),
            Shape::Double => Some(Number::Double),
            _ => None,
        }
    }
}

impl Width {
    /// Wraps an integer of up to 64 bits.
    #[inline]
    pub(super) fn wrap(self, value: u64) -> u64 {
        let unused = 64 - self.bits.clamp(1, 64);
        if self.signed { ((value << unused) as i64 >> unused) as u64 } else { value << unused >> unused }
    }

    /// Wraps an integer of up to 128 bits.
    pub(super) fn wrap_wide(self, value: u128) -> u128 {
        let unused = 128 - self.bits.clamp(1, 128);
        if self.signed { ((value << unused) as i128 >> unused) as u128 } else { value << unused >> unused }
    }

    /// What shift amounts are taken modulo of: the width of the machine integer that holds the type.
    pub(super) fn shift_modulus(self) -> u32 {
        self.bits.next_power_of_two().max(8)
    }
}

/// Wraps to a bit vector above 128 bits.
pub(super) fn wrap_big(bits: u32, value: BigInt) -> BigInt {
    let modulus = BigInt::from(1) << bits;
    let rest = value % &modulus;
    if rest.sign() == Sign::Minus { rest + modulus } else { rest }
}

/// The low 64 bits in two's complement.
pub(super) fn low_bits(value: &BigInt) -> u64 {
    low_bits_wide(value) as u64
}

/// The low 128 bits in two's complement.
pub(super) fn low_bits_wide(value: &BigInt) -> u128 {
    match value.to_i128() {
        Some(value) => value as u128,
        None => {
            let digits = value.magnitude().iter_u64_digits().take(2);
            let low =
                digits.enumerate().fold(0u128, |low, (i, digit)| low | u128::from(digit) << (64 * i as u32));
            if value.sign() == Sign::Minus { low.wrapping_neg() } else { low }
        }
    }
}
