//! Sums of integers, which wrap as their type does: what goes is subtracted.

use num_bigint::BigInt;

use super::changes::Change;
use super::context::Context;
use super::store::keep;
use super::table::Slot;
use crate::ir::TypeId;
use crate::value::Word;
use crate::value::ints::{
    big_to_word, i64_to_word, i128_to_word, u64_to_word, u128_to_word, word_to_big, word_to_i64,
    word_to_i128, word_to_u64, word_to_u128,
};
use crate::value::shape::{Shape, shape};

/// The sum of a feature, by group.
#[derive(Debug)]
pub(super) enum Sums {
    /// Modulo 2^64, of which the type's width is a part.
    Small(Vec<u64>),
    Wide(Vec<u128>),
    /// Exact.
    Big(Vec<BigInt>),
}

impl Sums {
    /// Keeps these slots only, in this order.
    pub(super) fn keep(&mut self, slots: &[Slot]) {
        match self {
            Sums::Small(sums) => keep(sums, slots),
            Sums::Wide(sums) => keep(sums, slots),
            Sums::Big(sums) => keep(sums, slots),
        }
    }

    /// Bytes they take; of numbers of any size, without their digits.
    pub(super) fn bytes(&self) -> usize {
        match self {
            Sums::Small(sums) => sums.capacity() * size_of::<u64>(),
            Sums::Wide(sums) => sums.capacity() * size_of::<u128>(),
            Sums::Big(sums) => sums.capacity() * size_of::<BigInt>(),
        }
    }

    pub(super) fn new(cx: Context<'_>, ty: TypeId) -> Self {
        match shape(cx.types, ty) {
            Shape::Bit(..=64) | Shape::Signed(..=64) => Sums::Small(Vec::new()),
            Shape::Bit(..=128) | Shape::Signed(..=128) => Sums::Wide(Vec::new()),
            _ => Sums::Big(Vec::new()),
        }
    }

    pub(super) fn open(&mut self, slot: Slot) {
        match self {
            Sums::Small(sums) => super::store::set(sums, slot, 0),
            Sums::Wide(sums) => super::store::set(sums, slot, 0),
            Sums::Big(sums) => super::store::set(sums, slot, BigInt::default()),
        }
    }

    pub(super) fn change(
        &mut self,
        cx: Context<'_>,
        ty: TypeId,
        column: usize,
        slot: Slot,
        changes: &[Change<'_>],
    ) {
        let shape = shape(cx.types, ty);
        for change in changes {
            let word = change.feature(column);
            match self {
                Sums::Small(sums) => {
                    let number = small(cx, &shape, word);
                    let sum = &mut sums[slot];
                    *sum = if change.comes { sum.wrapping_add(number) } else { sum.wrapping_sub(number) };
                }
                Sums::Wide(sums) => {
                    let number = match shape {
                        Shape::Signed(_) => word_to_i128(cx.interner, word) as u128,
                        _ => word_to_u128(cx.interner, word),
                    };
                    let sum = &mut sums[slot];
                    *sum = if change.comes { sum.wrapping_add(number) } else { sum.wrapping_sub(number) };
                }
                Sums::Big(sums) => {
                    let number = word_to_big(cx.interner, word);
                    let sum = &mut sums[slot];
                    if change.comes { *sum += number } else { *sum -= number }
                }
            }
        }
    }

    /// The sum as a value of its type.
    pub(super) fn word(&self, cx: Context<'_>, ty: TypeId, slot: Slot) -> Word {
        let interner = cx.interner;
        match (self, shape(cx.types, ty)) {
            (Sums::Small(sums), Shape::Bit(width)) => {
                let sum = sums[slot] & (u64::MAX >> (64 - width.clamp(1, 64)));
                if width <= 32 { sum as Word } else { u64_to_word(interner, sum) }
            }
            (Sums::Small(sums), Shape::Signed(width)) => {
                let unused = 64 - width.clamp(1, 64);
                let sum = (sums[slot] << unused) as i64 >> unused;
                if width <= 32 { sum as i32 as Word } else { i64_to_word(interner, sum) }
            }
            (Sums::Wide(sums), Shape::Bit(width)) => {
                u128_to_word(interner, sums[slot] & (u128::MAX >> (128 - width.clamp(1, 128))))
            }
            (Sums::Wide(sums), Shape::Signed(width)) => {
                let unused = 128 - width.clamp(1, 128);
                i128_to_word(interner, (sums[slot] << unused) as i128 >> unused)
            }
            (Sums::Big(sums), Shape::Bit(width)) => {
                let modulus = BigInt::from(1) << width;
                let rest = &sums[slot] % &modulus;
                let rest = if rest.sign() == num_bigint::Sign::Minus { rest + modulus } else { rest };
                big_to_word(interner, &rest)
            }
            (Sums::Big(sums), _) => big_to_word(interner, &sums[slot]),
            _ => 0,
        }
    }
}

fn small(cx: Context<'_>, shape: &Shape<'_>, word: Word) -> u64 {
    match shape {
        Shape::Bit(..=32) => word.into(),
        Shape::Signed(..=32) => i64::from(word as i32) as u64,
        Shape::Signed(_) => word_to_i64(cx.interner, word) as u64,
        _ => word_to_u64(cx.interner, word),
    }
}
