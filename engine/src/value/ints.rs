//! Integers and floating point numbers as words; see the table in [`super::shape`].

use num_bigint::BigInt;
use num_traits::ToPrimitive;

use super::interner::ID;
use super::{Interner, Word};

/// `bit<33>` to `bit<64>`.
#[inline]
pub(crate) fn u64_to_word(interner: &Interner, value: u64) -> Word {
    if value < u64::from(ID) { value as Word } else { interner.intern_u64(value) }
}

#[inline]
pub(crate) fn word_to_u64(interner: &Interner, word: Word) -> u64 {
    if word & ID == 0 { u64::from(word) } else { interner.u64(word) }
}

/// `signed<33>` to `signed<64>`.
#[inline]
pub(crate) fn i64_to_word(interner: &Interner, value: i64) -> Word {
    small_to_word(value).unwrap_or_else(|| interner.intern_u64(value as u64))
}

#[inline]
pub(crate) fn word_to_i64(interner: &Interner, word: Word) -> i64 {
    if word & ID == 0 { word_to_small(word) } else { interner.u64(word) as i64 }
}

/// `bit<65>` to `bit<128>`.
pub(crate) fn u128_to_word(interner: &Interner, value: u128) -> Word {
    if value < u128::from(ID) { value as Word } else { interner.intern_u128(value) }
}

pub(crate) fn word_to_u128(interner: &Interner, word: Word) -> u128 {
    if word & ID == 0 { u128::from(word) } else { interner.u128(word) }
}

/// `signed<65>` to `signed<128>`.
pub(crate) fn i128_to_word(interner: &Interner, value: i128) -> Word {
    let small = i64::try_from(value).ok().and_then(small_to_word);
    small.unwrap_or_else(|| interner.intern_u128(value as u128))
}

pub(crate) fn word_to_i128(interner: &Interner, word: Word) -> i128 {
    if word & ID == 0 { i128::from(word_to_small(word)) } else { interner.u128(word) as i128 }
}

/// `bigint`, and bit vectors above 128 bits.
pub(crate) fn big_to_word(interner: &Interner, value: &BigInt) -> Word {
    value.to_i64().and_then(small_to_word).unwrap_or_else(|| interner.intern_big(value))
}

pub(crate) fn word_to_big(interner: &Interner, word: Word) -> BigInt {
    if word & ID == 0 { word_to_small(word).into() } else { interner.big(word) }
}

pub(crate) fn double_to_word(interner: &Interner, value: f64) -> Word {
    interner.intern_u64(canonical(value).to_bits())
}

pub(crate) fn word_to_double(interner: &Interner, word: Word) -> f64 {
    f64::from_bits(interner.u64(word))
}

pub(crate) fn float_to_word(value: f32) -> Word {
    (canonical(f64::from(value)) as f32).to_bits()
}

pub(crate) fn word_to_float(word: Word) -> f32 {
    f32::from_bits(word)
}

/// One representative per class of equal numbers: all NaNs are equal, and so are the two zeros.
pub(crate) fn canonical(value: f64) -> f64 {
    if value.is_nan() {
        f64::NAN
    } else if value == 0.0 {
        0.0
    } else {
        value
    }
}

/// The total order of floating point values: NaN is equal to itself and above all else.
pub(crate) fn order_floats(a: f64, b: f64) -> std::cmp::Ordering {
    a.partial_cmp(&b).unwrap_or_else(|| a.is_nan().cmp(&b.is_nan()))
}

const SMALL: std::ops::Range<i64> = -(1 << 30)..(1 << 30);

#[inline]
fn small_to_word(value: i64) -> Option<Word> {
    SMALL.contains(&value).then_some(value as Word & !ID)
}

#[inline]
fn word_to_small(word: Word) -> i64 {
    i64::from(((word << 1) as i32) >> 1)
}
