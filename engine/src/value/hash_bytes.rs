//! Values as the bytes that are hashed: the numbers are part of the language.

use std::collections::hash_map::DefaultHasher;
use std::hash::Hasher;

use num_bigint::{BigInt, Sign};
use twox_hash::XxHash64;

use super::ints::{
    word_to_big, word_to_double, word_to_float, word_to_i64, word_to_i128, word_to_u64, word_to_u128,
};
use super::shape::{is_transparent, split_variant_number, transparent};
use super::texts::is_text;
use super::{HASH_SEED, Interner, Word};
use crate::ir::{Type, TypeId, TypeTable};

/// Whether the type is a set that is ordered by hashes.
pub(crate) fn is_hashed(types: &TypeTable, ty: TypeId) -> bool {
    matches!(types.ty(transparent(types, ty)), Type::Opaque(name, _) if &**name == "hashset::HashSet")
}

/// The order in which a `HashSet` of DDlog gives its items: a trie of 32 branches over their hashes (SipHash without a key),
/// from the lowest bits up.
pub(crate) fn hash_order(interner: &Interner, types: &TypeTable, item: TypeId, items: &[Word]) -> Vec<Word> {
    let mut ordered: Vec<(u64, Word)> = items
        .iter()
        .map(|word| {
            let mut bytes = Vec::new();
            hash_bytes(&mut bytes, interner, types, item, *word);
            let mut hasher = DefaultHasher::new();
            hasher.write(&bytes);
            (branches(hasher.finish() as u32), *word)
        })
        .collect();
    // Items of one hash stay as they are: in natural order.
    ordered.sort_by_key(|(branches, _)| *branches);
    ordered.into_iter().map(|(_, word)| word).collect()
}

/// The way to a hash in the trie, the first branch in the highest bits.
fn branches(hash: u32) -> u64 {
    (0..7).fold(0, |way, level| way << 5 | u64::from(hash >> (5 * level) & 31))
}

/// Adds the bytes of a value that programs see the hash of: numbers little-endian at their storage width, strings with a 0xff
/// behind, unions with the number of the variant before, collections with their length before. Interned values are known by
/// their own hash.
pub(crate) fn hash_bytes(out: &mut Vec<u8>, interner: &Interner, types: &TypeTable, ty: TypeId, word: Word) {
    match types.ty(ty) {
        Type::Ref(inner) => hash_bytes(out, interner, types, *inner, word),
        Type::Intern(inner) => {
            let mut inside = Vec::new();
            hash_bytes(&mut inside, interner, types, *inner, word);
            out.extend(XxHash64::oneshot(HASH_SEED, &inside).to_le_bytes());
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
                hash_bytes(out, interner, types, *ty, *word);
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
                hash_bytes(out, interner, types, field.ty, *word);
            }
        }
        Type::Vec(item) | Type::Set(item) => write_items(out, interner, types, *item, word),
        Type::Map(key, value) => {
            let words = interner.words(word);
            out.extend((words.len() as u64 / 2).to_le_bytes());
            for pair in words.chunks_exact(2) {
                hash_bytes(out, interner, types, *key, pair[0]);
                hash_bytes(out, interner, types, *value, pair[1]);
            }
        }
        Type::Group(key, value) => {
            let Some((key_word, members)) = interner.words(word).split_first() else { return };
            hash_bytes(out, interner, types, *key, *key_word);
            for member in members.chunks_exact(2) {
                hash_bytes(out, interner, types, *value, member[0]);
                out.extend(word_to_i64(interner, member[1]).to_le_bytes());
            }
        }
        Type::Opaque(name, _) if is_text(name) => {
            out.extend(interner.string(word).as_bytes());
            out.push(0xff);
        }
        Type::Opaque(_, args) => match (args.as_slice(), interner.words(word)) {
            ([item], _) => write_items(out, interner, types, *item, word),
            (_, [ty, word]) => hash_bytes(out, interner, types, TypeId(*ty), *word),
            _ => {}
        },
        Type::Function(..) => {}
    }
}

fn write_items(out: &mut Vec<u8>, interner: &Interner, types: &TypeTable, item: TypeId, word: Word) {
    let words = interner.words(word);
    out.extend((words.len() as u64).to_le_bytes());
    words.iter().for_each(|word| hash_bytes(out, interner, types, item, *word));
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
