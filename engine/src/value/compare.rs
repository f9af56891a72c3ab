//! The natural order of values.

use std::cmp::Ordering;

use super::ints::{
    order_floats, word_to_big, word_to_double, word_to_float, word_to_i64, word_to_i128, word_to_u64,
    word_to_u128,
};
use super::shape::{Shape, shape, split_variant_number};
use super::{Interner, Word, hash_order, is_hashed};
use crate::ir::{TypeId, TypeTable};

/// The natural order of two values of a type: field by field, variants by number, strings by bytes, collections item by
/// item. `Equal` exactly if the words are equal.
pub fn compare(interner: &Interner, types: &TypeTable, ty: TypeId, a: Word, b: Word) -> Ordering {
    if a == b {
        return Ordering::Equal;
    }
    match shape(types, ty) {
        Shape::Bool | Shape::Never => a.cmp(&b),
        Shape::Bit(width) if width <= 32 => a.cmp(&b),
        Shape::Bit(width) if width <= 64 => word_to_u64(interner, a).cmp(&word_to_u64(interner, b)),
        Shape::Bit(width) if width <= 128 => word_to_u128(interner, a).cmp(&word_to_u128(interner, b)),
        Shape::Signed(width) if width <= 32 => (a as i32).cmp(&(b as i32)),
        Shape::Signed(width) if width <= 64 => word_to_i64(interner, a).cmp(&word_to_i64(interner, b)),
        Shape::Signed(width) if width <= 128 => word_to_i128(interner, a).cmp(&word_to_i128(interner, b)),
        Shape::Bit(_) | Shape::Signed(_) | Shape::BigInt => {
            word_to_big(interner, a).cmp(&word_to_big(interner, b))
        }
        Shape::Double => order_floats(word_to_double(interner, a), word_to_double(interner, b)),
        Shape::Float => order_floats(word_to_float(a).into(), word_to_float(b).into()),
        Shape::Str => interner.string(a).cmp(interner.string(b)),
        Shape::Tuple(parts) => {
            let (a, b) = (interner.words(a), interner.words(b));
            compare_columns(interner, types, parts.iter().copied(), a, b)
        }
        Shape::Union(union) => {
            let a = split_variant_number(union, a, interner.words(a));
            let b = split_variant_number(union, b, interner.words(b));
            let (Some((a_number, a)), Some((b_number, b))) = (a, b) else { return a.cmp(&b) };
            a_number.cmp(&b_number).then_with(|| match union.variants.get(a_number as usize) {
                Some(variant) => {
                    compare_columns(interner, types, variant.fields.iter().map(|field| field.ty), a, b)
                }
                None => a.cmp(b),
            })
        }
        // The smaller one first; then item by item as they are given.
        Shape::Set(item) if is_hashed(types, ty) => {
            let (a, b) = (interner.words(a), interner.words(b));
            a.len().cmp(&b.len()).then_with(|| {
                let in_order = |items| hash_order(interner, types, item, items);
                compare_columns(interner, types, std::iter::repeat(item), &in_order(a), &in_order(b))
            })
        }
        Shape::Vec(item) | Shape::Set(item) => {
            let (a, b) = (interner.words(a), interner.words(b));
            compare_columns(interner, types, std::iter::repeat(item), a, b).then(a.len().cmp(&b.len()))
        }
        Shape::Map(key, value) => {
            let (a, b) = (interner.words(a), interner.words(b));
            let columns = [key, value].into_iter().cycle();
            compare_columns(interner, types, columns, a, b).then(a.len().cmp(&b.len()))
        }
        Shape::Group(key, value) => {
            let (a, b) = (interner.words(a), interner.words(b));
            let (Some((a_key, a)), Some((b_key, b))) = (a.split_first(), b.split_first()) else {
                return a.cmp(b);
            };
            compare(interner, types, key, *a_key, *b_key).then_with(|| {
                a.chunks_exact(2)
                    .zip(b.chunks_exact(2))
                    .map(|(a, b)| {
                        compare(interner, types, value, a[0], b[0])
                            .then_with(|| word_to_i64(interner, a[1]).cmp(&word_to_i64(interner, b[1])))
                    })
                    .find(|order| order.is_ne())
                    .unwrap_or_else(|| a.len().cmp(&b.len()))
            })
        }
        // By name and number; then by what was captured.
        Shape::Function => match (interner.words(a), interner.words(b)) {
            ([a_kind, a_number, _, a @ ..], [b_kind, b_number, _, b @ ..]) => {
                (a_kind, a_number).cmp(&(b_kind, b_number)).then_with(|| {
                    a.chunks_exact(2)
                        .zip(b.chunks_exact(2))
                        .map(|(a, b)| compare(interner, types, TypeId(a[0]), a[1], b[1]))
                        .find(|order| order.is_ne())
                        .unwrap_or_else(|| a.len().cmp(&b.len()))
                })
            }
            (a, b) => a.cmp(b),
        },
        Shape::Any => match (interner.words(a), interner.words(b)) {
            ([a_type, a], [b_type, b]) => {
                a_type.cmp(b_type).then_with(|| compare(interner, types, TypeId(*a_type), *a, *b))
            }
            (a, b) => a.cmp(b),
        },
    }
}

/// The natural order of two records of a relation with that record type.
pub fn compare_rows(
    interner: &Interner,
    types: &TypeTable,
    record: TypeId,
    a: &[Word],
    b: &[Word],
) -> Ordering {
    match types.struct_fields(record) {
        Some(fields) => compare_columns(interner, types, fields.iter().map(|field| field.ty), a, b),
        None => compare_columns(interner, types, std::iter::once(record), a, b),
    }
}

fn compare_columns(
    interner: &Interner,
    types: &TypeTable,
    columns: impl Iterator<Item = TypeId>,
    a: &[Word],
    b: &[Word],
) -> Ordering {
    columns
        .zip(a.iter().zip(b))
        .map(|(ty, (a, b))| compare(interner, types, ty, *a, *b))
        .find(|order| order.is_ne())
        .unwrap_or(Ordering::Equal)
}
