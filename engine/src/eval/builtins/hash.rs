//! Hashes that programs can see: the numbers are part of the language.
//!
//! A value is turned into bytes and these are hashed with XxHash. What the bytes of each type are is in the language
//! reference, section 6.

use std::hash::Hasher;

use num_bigint::{BigInt, Sign};
use twox_hash::{XxHash32, XxHash64};

use super::{Builtin, Call};
use crate::eval::env::Eval;
use crate::eval::repr::store;
use crate::eval::val::Val;
use crate::ir::{Type, TypeId, TypeTable};
use crate::value::ints::{
    word_to_big, word_to_double, word_to_float, word_to_i64, word_to_i128, word_to_u64, word_to_u128,
};
use crate::value::shape::{is_transparent, split_variant_number};
use crate::value::texts::is_text;
use crate::value::{HASH_SEED, Interner, Word};

pub(super) fn find(name: &str) -> Option<Builtin> {
    Some(match name {
        "hash32" => |call| {
            let bytes = bytes(call)?;
            let mut hasher = XxHash32::with_seed(HASH_SEED as u32);
            hasher.write(&bytes);
            Ok(Val::Int(hasher.finish()))
        },
        "hash64" => |call| Ok(Val::Int(xx_hash_64(HASH_SEED, &bytes(call)?))),
        "hash128" => |call| {
            let bytes = bytes(call)?;
            let hash =
                u128::from(xx_hash_64(HASH_SEED, &bytes)) << 64 | u128::from(xx_hash_64(SEED_2, &bytes));
            Ok(Val::Wide(std::rc::Rc::new(hash)))
        },
        _ => return None,
    })
}

const SEED_2: u64 = 0x20b0_9801_dce5_ff84;

fn xx_hash_64(seed: u64, bytes: &[u8]) -> u64 {
    XxHash64::oneshot(seed, bytes)
}

/// The hash bytes of the first argument.
fn bytes(call: &mut Call<'_, '_>) -> Eval<Vec<u8>> {
    let ty = call.param(0);
    let value = call.take(0);
    let word = store(call.env.interner, call.env.types, ty, &value);
    let word = word.map_err(|error| call.trap(error.to_string()))?;
    let mut out = Vec::new();
    write(&mut out, call.env.interner, call.env.types, ty, word);
    Ok(out)
}

fn write(out: &mut Vec<u8>, interner: &Interner, types: &TypeTable, ty: TypeId, word: Word) {
    match types.ty(ty) {
        Type::Ref(inner) => write(out, interner, types, *inner, word),
        Type::Intern(inner) => {
            let mut inside = Vec::new();
            write(&mut inside, interner, types, *inner, word);
            out.extend(xx_hash_64(HASH_SEED, &inside).to_le_bytes());
        }
        Type::Bool => out.push(word as u8),
        Type::Bit(..=8) => out.push(word as u8),
        Type::Bit(9..=16) => out.extend((word as u16).to_le_bytes()),
        Type::Bit(17..=32) => out.extend(word.to_le_bytes()),
        Type::Bit(33..=64) => out.extend(word_to_u64(interner, word).to_le_bytes()),
        Type::Bit(65..=128) => out.extend(word_to_u128(interner, word).to_le_bytes()),
        Type::Signed(..=8) => out.push(word as u8),
        Type::Signed(9..=16) => out.extend((word as u16).to_le_bytes()),
        Type::Signed(17..=32) => out.extend(word.to_le_bytes()),
        Type::Signed(33..=64) => out.extend(word_to_i64(interner, word).to_le_bytes()),
        Type::Signed(65..=128) => out.extend(word_to_i128(interner, word).to_le_bytes()),
        Type::Bit(_) | Type::Signed(_) | Type::BigInt => write_big(out, &word_to_big(interner, word)),
        Type::Double => out.extend(float_bits(word_to_double(interner, word)).to_le_bytes()),
        Type::Float => out.extend(float_bits(word_to_float(word).into()).to_le_bytes()),
        Type::String => {
            out.extend(interner.string(word).as_bytes());
            out.push(0xff);
        }
        Type::Tuple(parts) => {
            for (ty, word) in parts.iter().zip(interner.words(word)) {
                write(out, interner, types, *ty, *word);
            }
        }
        Type::Union(union) => {
            let union = types.union(*union);
            let only = [word];
            let (number, words) = match is_transparent(union) {
                true => (0, only.as_slice()),
                false => split_variant_number(union, word, interner.words(word)).unwrap_or_default(),
            };
            if union.variants.len() > 1 {
                out.extend(i64::from(number).to_le_bytes());
            }
            let fields = union.variants.get(number as usize).map_or(&[][..], |variant| &variant.fields);
            for (field, word) in fields.iter().zip(words) {
                write(out, interner, types, field.ty, *word);
            }
        }
        Type::Vec(item) | Type::Set(item) => write_items(out, interner, types, *item, word),
        Type::Map(key, value) => {
            let words = interner.words(word);
            out.extend((words.len() as u64 / 2).to_le_bytes());
            for pair in words.chunks_exact(2) {
                write(out, interner, types, *key, pair[0]);
                write(out, interner, types, *value, pair[1]);
            }
        }
        Type::Group(key, value) => {
            let Some((key_word, members)) = interner.words(word).split_first() else { return };
            write(out, interner, types, *key, *key_word);
            for member in members.chunks_exact(2) {
                write(out, interner, types, *value, member[0]);
                out.extend(word_to_i64(interner, member[1]).to_le_bytes());
            }
        }
        Type::Opaque(name, _) if is_text(name) => {
            out.extend(interner.string(word).as_bytes());
            out.push(0xff);
        }
        Type::Opaque(_, args) => match (args.as_slice(), interner.words(word)) {
            ([item], _) => write_items(out, interner, types, *item, word),
            (_, [ty, word]) => write(out, interner, types, TypeId(*ty), *word),
            _ => {}
        },
        Type::Function(..) => {}
    }
}

fn write_items(out: &mut Vec<u8>, interner: &Interner, types: &TypeTable, item: TypeId, word: Word) {
    let words = interner.words(word);
    out.extend((words.len() as u64).to_le_bytes());
    words.iter().for_each(|word| write(out, interner, types, item, *word));
}

fn write_big(out: &mut Vec<u8>, value: &BigInt) {
    let sign: i64 = match value.sign() {
        Sign::Minus => 0,
        Sign::NoSign => 1,
        Sign::Plus => 2,
    };
    out.extend(sign.to_le_bytes());
    let digits = value.iter_u64_digits();
    out.extend((digits.len() as u64).to_le_bytes());
    digits.for_each(|digit| out.extend(digit.to_le_bytes()));
}

/// A floating point number as sign, exponent and mantissa packed anew; all zeros give 0.
fn float_bits(value: f64) -> u64 {
    const NAN: u64 = 0x7ff8_0000_0000_0000;
    if value.is_nan() {
        return NAN;
    }
    let bits = value.to_bits();
    let exponent = ((bits >> 52) & 0x7ff) as i64;
    let fraction = bits & 0xf_ffff_ffff_ffff;
    let mantissa = if exponent == 0 { fraction << 1 } else { fraction | 0x10_0000_0000_0000 };
    if mantissa == 0 {
        return 0;
    }
    let exponent = (exponent - 1075) as u64;
    let positive = u64::from(value.is_sign_positive());
    (mantissa & 0xf_ffff_ffff_ffff) | ((exponent << 52) & (0x7ff0 << 48)) | (positive << 63)
}
