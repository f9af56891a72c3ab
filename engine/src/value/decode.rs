//! From words to external values.

use super::ints::{
    word_to_big, word_to_double, word_to_float, word_to_i64, word_to_i128, word_to_u64, word_to_u128,
};
use super::texts::is_text;
use super::{Interner, Value, Word};
use crate::ir::{Field, Type, TypeId, TypeTable, Union};

/// The value behind a word of the given type.
///
/// The word must come from this interner, at this type. For any other some value of the type comes out: never a panic.
pub fn decode(interner: &Interner, types: &TypeTable, ty: TypeId, word: Word) -> Value {
    match types.ty(ty) {
        Type::Ref(inner) | Type::Intern(inner) => decode(interner, types, *inner, word),
        Type::Bool => Value::Bool(word != 0),
        Type::Bit(..=32) => Value::Int(word.into()),
        Type::Bit(33..=64) => Value::Int(word_to_u64(interner, word).into()),
        Type::Bit(65..=128) => Value::integer(word_to_u128(interner, word)),
        Type::Signed(..=32) => Value::Int((word as i32).into()),
        Type::Signed(33..=64) => Value::Int(word_to_i64(interner, word).into()),
        Type::Signed(65..=128) => Value::Int(word_to_i128(interner, word)),
        Type::Bit(_) | Type::Signed(_) | Type::BigInt => Value::integer(word_to_big(interner, word)),
        Type::Double => Value::Double(word_to_double(interner, word)),
        Type::Float => Value::Float(word_to_float(word)),
        Type::String => Value::Str(interner.string(word).into()),
        Type::Tuple(parts) => {
            let words = interner.words(word).iter();
            Value::Tuple(
                parts.iter().zip(words).map(|(ty, word)| decode(interner, types, *ty, *word)).collect(),
            )
        }
        Type::Union(union) => decode_union(interner, types, types.union(*union), word),
        Type::Vec(item) => Value::Vec(decode_items(interner, types, *item, word)),
        Type::Set(item) => Value::Set(decode_items(interner, types, *item, word)),
        Type::Map(key, value) => {
            let decode_pair = |pair: &[Word]| {
                (decode(interner, types, *key, pair[0]), decode(interner, types, *value, pair[1]))
            };
            Value::Map(interner.words(word).chunks_exact(2).map(decode_pair).collect())
        }
        Type::Group(_, item) => {
            let members = interner.words(word).get(1..).unwrap_or_default();
            Value::Vec(
                members.chunks_exact(2).map(|member| decode(interner, types, *item, member[0])).collect(),
            )
        }
        Type::Opaque(name, args) => match (&**name, args.as_slice()) {
            ("tinyset::Set64", [item]) => Value::Set(decode_items(interner, types, *item, word)),
            ("hashset::HashSet", [item]) => {
                let items = super::hash_order(interner, types, *item, interner.words(word));
                Value::Set(items.into_iter().map(|word| decode(interner, types, *item, word)).collect())
            }
            ("ddlog_std::Any", []) => match interner.words(word) {
                [ty, word] => decode(interner, types, TypeId(*ty), *word),
                _ => Value::Tuple(Vec::new()),
            },
            (name, []) if is_text(name) => Value::Str(interner.string(word).into()),
            _ => Value::Tuple(Vec::new()),
        },
        // It cannot be read back; its name tells people what it is.
        Type::Function(..) => match interner.words(word) {
            [_, _, name, ..] => Value::Str(interner.string(*name).into()),
            _ => Value::Tuple(Vec::new()),
        },
    }
}

/// The record behind a row of a relation with that record type.
pub fn decode_record(interner: &Interner, types: &TypeTable, record: TypeId, row: &[Word]) -> Value {
    let Some(fields) = types.struct_fields(record) else {
        return decode(interner, types, record, row.first().copied().unwrap_or_default());
    };
    let ctor = match types.ty(types.strip(record)) {
        Type::Union(union) => types.union(*union).variants[0].name.clone(),
        _ => "".into(),
    };
    Value::Struct { ctor, fields: decode_fields(interner, types, fields, row) }
}

fn decode_items(interner: &Interner, types: &TypeTable, item: TypeId, word: Word) -> Vec<Value> {
    interner.words(word).iter().map(|word| decode(interner, types, item, *word)).collect()
}

fn decode_union(interner: &Interner, types: &TypeTable, union: &Union, word: Word) -> Value {
    let fields_of_one = [word];
    let found = if super::shape::is_transparent(union) {
        Some((&union.variants[0], fields_of_one.as_slice()))
    } else {
        super::shape::split_variant(union, word, interner.words(word))
    };
    let Some((variant, words)) = found else { return Value::Tuple(Vec::new()) };
    let fields = decode_fields(interner, types, &variant.fields, words);
    Value::Struct { ctor: variant.name.clone(), fields }
}

fn decode_fields(
    interner: &Interner,
    types: &TypeTable,
    fields: &[Field],
    words: &[Word],
) -> Vec<(std::sync::Arc<str>, Value)> {
    fields
        .iter()
        .zip(words)
        .map(|(field, word)| (field.name.clone(), decode(interner, types, field.ty, *word)))
        .collect()
}
