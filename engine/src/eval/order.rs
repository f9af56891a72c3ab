//! Equality and natural order of values under evaluation.

use std::cmp::Ordering;

use super::repr::{Load, PairSeq, Seq, big, group, parts, store, text, wide_bits};
use super::val::Val;
use crate::ir::{TypeId, TypeTable};
use crate::value::ints::order_floats;
use crate::value::shape::{Shape, shape};
use crate::value::{Interner, compare, is_hashed};

/// Whether two values of a type are equal.
#[inline]
pub(crate) fn same(interner: &Interner, types: &TypeTable, ty: TypeId, a: &Val, b: &Val) -> bool {
    match (a, b) {
        (Val::Int(a), Val::Int(b)) => a == b,
        (Val::Word(a), Val::Word(b)) => a == b,
        _ => order(interner, types, ty, a, b).is_eq(),
    }
}

/// The natural order of two values of a type; agrees with [`compare`] on their words.
pub(crate) fn order(interner: &Interner, types: &TypeTable, ty: TypeId, a: &Val, b: &Val) -> Ordering {
    if let (Val::Word(a), Val::Word(b)) = (a, b) {
        return compare(interner, types, ty, *a, *b);
    }
    match shape(types, ty) {
        Shape::Bool => int(a).cmp(&int(b)),
        Shape::Bit(width) if width <= 64 => int(a).cmp(&int(b)),
        Shape::Signed(width) if width <= 64 => (int(a) as i64).cmp(&(int(b) as i64)),
        Shape::Bit(width) if width <= 128 => {
            wide_bits(interner, false, a).cmp(&wide_bits(interner, false, b))
        }
        Shape::Signed(width) if width <= 128 => {
            (wide_bits(interner, true, a) as i128).cmp(&(wide_bits(interner, true, b) as i128))
        }
        Shape::Bit(_) | Shape::Signed(_) | Shape::BigInt => big(interner, a).cmp(&big(interner, b)),
        Shape::Double | Shape::Float => order_floats(float(a), float(b)),
        Shape::Str => text(interner, a).cmp(text(interner, b)),
        Shape::Tuple(part_types) => {
            let (a, b) = (parts(interner, types, ty, a), parts(interner, types, ty, b));
            order_each(interner, types, part_types.iter().copied(), &a.fields, &b.fields)
        }
        Shape::Union(union) => {
            let (a, b) = (parts(interner, types, ty, a), parts(interner, types, ty, b));
            a.variant.cmp(&b.variant).then_with(|| {
                let fields =
                    union.variants.get(a.variant as usize).map_or(&[][..], |variant| &variant.fields);
                order_each(interner, types, fields.iter().map(|field| field.ty), &a.fields, &b.fields)
            })
        }
        Shape::Set(_) if is_hashed(types, ty) => stored(interner, types, ty, a, b),
        Shape::Vec(item) | Shape::Set(item) => {
            let load = Load::of(types, item);
            let (a, b) = (Seq::of(interner, load, a), Seq::of(interner, load, b));
            a.iter(interner)
                .zip(b.iter(interner))
                .map(|(a, b)| order(interner, types, item, &a, &b))
                .find(|order| order.is_ne())
                .unwrap_or_else(|| a.len().cmp(&b.len()))
        }
        Shape::Map(key, value) => {
            let (key_load, value_load) = (Load::of(types, key), Load::of(types, value));
            let a = PairSeq::of(interner, key_load, value_load, a);
            let b = PairSeq::of(interner, key_load, value_load, b);
            a.iter(interner)
                .zip(b.iter(interner))
                .map(|((a_key, a_value), (b_key, b_value))| {
                    order(interner, types, key, &a_key, &b_key)
                        .then_with(|| order(interner, types, value, &a_value, &b_value))
                })
                .find(|order| order.is_ne())
                .unwrap_or_else(|| a.len().cmp(&b.len()))
        }
        Shape::Group(key, value) => {
            let load = Load::of(types, key);
            let (a, b) = (group(interner, load, a), group(interner, load, b));
            let by_value = |a, b| compare(interner, types, value, a, b);
            order(interner, types, key, &a.key, &b.key).then_with(|| {
                let (a, b) = (a.members(by_value), b.members(by_value));
                a.iter()
                    .zip(b)
                    .map(|((a, a_weight), (b, b_weight))| by_value(*a, *b).then(a_weight.cmp(b_weight)))
                    .find(|order| order.is_ne())
                    .unwrap_or_else(|| a.len().cmp(&b.len()))
            })
        }
        Shape::Any => {
            let (Some((a_type, a)), Some((b_type, b))) = (any(interner, types, a), any(interner, types, b))
            else {
                return Ordering::Equal;
            };
            a_type.cmp(&b_type).then_with(|| order(interner, types, a_type, &a, &b))
        }
        Shape::Function => stored(interner, types, ty, a, b),
        Shape::Never => Ordering::Equal,
    }
}

/// The order of the words of two values.
fn stored(interner: &Interner, types: &TypeTable, ty: TypeId, a: &Val, b: &Val) -> Ordering {
    match (store(interner, types, ty, a), store(interner, types, ty, b)) {
        (Ok(a), Ok(b)) => compare(interner, types, ty, a, b),
        _ => Ordering::Equal,
    }
}

/// The type and value inside an `Any`.
pub(crate) fn any(interner: &Interner, types: &TypeTable, val: &Val) -> Option<(TypeId, Val)> {
    match val {
        Val::Any(any) => Some((any.0, any.1.clone())),
        Val::Word(word) => match interner.words(*word) {
            [ty, word] => {
                let ty = TypeId(*ty);
                Some((ty, Load::of(types, ty).val(interner, *word)))
            }
            _ => None,
        },
        _ => None,
    }
}

fn order_each(
    interner: &Interner,
    types: &TypeTable,
    part_types: impl Iterator<Item = TypeId>,
    a: &[Val],
    b: &[Val],
) -> Ordering {
    part_types
        .zip(a.iter().zip(b))
        .map(|(ty, (a, b))| order(interner, types, ty, a, b))
        .find(|order| order.is_ne())
        .unwrap_or(Ordering::Equal)
}

fn int(val: &Val) -> u64 {
    match val {
        Val::Int(value) => *value,
        _ => 0,
    }
}

fn float(val: &Val) -> f64 {
    match val {
        Val::Float(value) => *value,
        _ => 0.0,
    }
}
