//! From external values to words.

use std::sync::Arc;

use num_bigint::{BigInt, Sign};
use num_traits::ToPrimitive;
use smallvec::SmallVec;

use super::ints::{
    big_to_word, double_to_word, float_to_word, i64_to_word, i128_to_word, u64_to_word, u128_to_word,
};
use super::shape::is_transparent;
use super::texts::{is_text, normal_text};
use super::type_name::type_name;
use super::{Interner, Row, Value, Word, compare};
use crate::ir::{Field, Type, TypeId, TypeTable, Union};

/// A value does not have the type it is meant to have.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}expected {expected}, found {found}", at(path))]
pub struct EncodeError {
    /// Way from the whole value to the part at fault: `.ports[2].name`; empty if it is the whole.
    pub path: String,
    /// What belongs there.
    pub expected: String,
    /// What is there.
    pub found: String,
}

/// The word of a value of the given type.
///
/// Sets and maps may come in any order and as a plain vector; a later pair of a map replaces an earlier one. A
/// constructor may be named by the last part of its name, and fields may come in any order, or without names in theirs.
pub fn encode(
    interner: &Interner,
    types: &TypeTable,
    ty: TypeId,
    value: &Value,
) -> Result<Word, EncodeError> {
    let mismatch = || mismatch(types, ty, value);
    match types.ty(ty) {
        Type::Ref(inner) | Type::Intern(inner) => encode(interner, types, *inner, value),
        Type::Bool => match value {
            Value::Bool(value) => Ok(Word::from(*value)),
            _ => Err(mismatch()),
        },
        Type::Bit(width) => encode_bits(interner, *width, value).ok_or_else(mismatch),
        Type::Signed(width) => encode_signed(interner, *width, value).ok_or_else(mismatch),
        Type::BigInt => match value.as_integer() {
            Some(value) => Ok(big_to_word(interner, &value)),
            None => Err(mismatch()),
        },
        Type::Double => number(value).map(|value| double_to_word(interner, value)).ok_or_else(mismatch),
        Type::Float => number(value).map(|value| float_to_word(value as f32)).ok_or_else(mismatch),
        Type::String => match value {
            Value::Str(text) => Ok(interner.intern_str(text)),
            _ => Err(mismatch()),
        },
        Type::Tuple(parts) => match value {
            Value::Tuple(values) if values.len() == parts.len() => {
                let words = encode_each(interner, types, parts.iter().zip(values), "")?;
                Ok(if words.is_empty() { 0 } else { interner.intern_words(&words) })
            }
            _ => Err(mismatch()),
        },
        Type::Union(union) => encode_union(interner, types, ty, types.union(*union), value),
        Type::Vec(item) => {
            let items = items(value).ok_or_else(mismatch)?;
            encode_items(interner, types, *item, items).map(|words| run(interner, &words))
        }
        Type::Set(item) => encode_set(interner, types, *item, items(value).ok_or_else(mismatch)?),
        Type::Map(key, item) => {
            let pairs = pairs(value).ok_or_else(mismatch)?;
            let mut words: Vec<(Word, Word)> = Vec::with_capacity(pairs.len());
            for (i, (key_value, item_value)) in pairs.into_iter().enumerate() {
                let at = |error: EncodeError, part: &str| error.inside(&format!("[{i}]{part}"));
                let key_word = encode(interner, types, *key, key_value).map_err(|error| at(error, ".0"))?;
                let item_word =
                    encode(interner, types, *item, item_value).map_err(|error| at(error, ".1"))?;
                words.push((key_word, item_word));
            }
            words.reverse();
            words.sort_by(|(a, _), (b, _)| compare(interner, types, *key, *a, *b));
            words.dedup_by_key(|(key, _)| *key);
            let flat: Vec<Word> = words.into_iter().flat_map(|(key, value)| [key, value]).collect();
            Ok(run(interner, &flat))
        }
        Type::Opaque(name, args) => match (&**name, args.as_slice()) {
            ("tinyset::Set64" | "hashset::HashSet", [item]) => {
                encode_set(interner, types, *item, items(value).ok_or_else(mismatch)?)
            }
            (name, []) if is_text(name) => {
                let text = value.as_str().and_then(|text| normal_text(name, text).ok());
                text.map(|text| interner.intern_str(&text)).ok_or_else(mismatch)
            }
            _ => Err(mismatch()),
        },
        Type::Group(..) | Type::Function(..) => Err(mismatch()),
    }
}

/// The row of a record of a relation with that record type.
pub fn encode_record(
    interner: &Interner,
    types: &TypeTable,
    record: TypeId,
    value: &Value,
) -> Result<Row, EncodeError> {
    let Some(fields) = types.struct_fields(record) else {
        return encode(interner, types, record, value).map(|word| Row::from_iter([word]));
    };
    let Type::Union(union) = types.ty(types.strip(record)) else {
        return Err(mismatch(types, record, value));
    };
    let (number, values) = match select_variant(types.union(*union), value) {
        Some(found) => found,
        None if is_transparent(types.union(*union)) => (0, Values::Positional(std::slice::from_ref(value))),
        None => return Err(mismatch(types, record, value)),
    };
    let ctor = &types.union(*union).variants[number].name;
    encode_fields(interner, types, ctor, fields, values).map(|words| Row::from(words.as_slice()))
}

impl EncodeError {
    /// The same error seen from the value around.
    fn inside(mut self, step: &str) -> Self {
        self.path.insert_str(0, step);
        self
    }
}

fn at(path: &str) -> String {
    if path.is_empty() { String::new() } else { format!("at {path}: ") }
}

fn mismatch(types: &TypeTable, ty: TypeId, value: &Value) -> EncodeError {
    let mut found = value.to_string();
    if let Some((cut, _)) = found.char_indices().nth(120) {
        found.truncate(cut);
        found.push_str("...");
    }
    EncodeError { path: String::new(), expected: type_name(types, ty), found }
}

fn encode_bits(interner: &Interner, width: u32, value: &Value) -> Option<Word> {
    if width > 128 {
        let value = value.as_integer()?;
        let fits = value.sign() != Sign::Minus && value.bits() <= u64::from(width);
        return fits.then(|| big_to_word(interner, &value));
    }
    let bits = match value {
        Value::Int(value) => u128::try_from(*value).ok()?,
        Value::BigInt(value) => value.to_u128()?,
        _ => return None,
    };
    if width < 128 && bits >> width != 0 {
        return None;
    }
    Some(match width {
        ..=32 => bits as Word,
        33..=64 => u64_to_word(interner, bits as u64),
        _ => u128_to_word(interner, bits),
    })
}

fn encode_signed(interner: &Interner, width: u32, value: &Value) -> Option<Word> {
    if width > 128 {
        let value = value.as_integer()?;
        let limit = BigInt::from(1) << (width - 1);
        return (-&limit <= value && value < limit).then(|| big_to_word(interner, &value));
    }
    let Value::Int(value) = value else { return None };
    let sign = value >> (width - 1);
    if sign != 0 && sign != -1 {
        return None;
    }
    Some(match width {
        ..=32 => *value as i32 as Word,
        33..=64 => i64_to_word(interner, *value as i64),
        _ => i128_to_word(interner, *value),
    })
}

fn number(value: &Value) -> Option<f64> {
    match value {
        Value::Double(value) => Some(*value),
        Value::Float(value) => Some(f64::from(*value)),
        Value::Int(value) => Some(*value as f64),
        Value::BigInt(value) => value.to_f64(),
        _ => None,
    }
}

fn items(value: &Value) -> Option<&[Value]> {
    match value {
        Value::Vec(items) | Value::Set(items) => Some(items),
        _ => None,
    }
}

fn pairs(value: &Value) -> Option<Vec<(&Value, &Value)>> {
    match value {
        Value::Map(pairs) => Some(pairs.iter().map(|(key, value)| (key, value)).collect()),
        Value::Vec(items) | Value::Set(items) => items
            .iter()
            .map(|item| match item {
                Value::Tuple(pair) => match pair.as_slice() {
                    [key, value] => Some((key, value)),
                    _ => None,
                },
                _ => None,
            })
            .collect(),
        _ => None,
    }
}

fn run(interner: &Interner, words: &[Word]) -> Word {
    if words.is_empty() { 0 } else { interner.intern_words(words) }
}

fn encode_set(
    interner: &Interner,
    types: &TypeTable,
    item: TypeId,
    items: &[Value],
) -> Result<Word, EncodeError> {
    let mut words = encode_items(interner, types, item, items)?;
    words.sort_by(|a, b| compare(interner, types, item, *a, *b));
    words.dedup();
    Ok(run(interner, &words))
}

fn encode_items(
    interner: &Interner,
    types: &TypeTable,
    item: TypeId,
    items: &[Value],
) -> Result<Vec<Word>, EncodeError> {
    let encode_item = |(i, value)| {
        encode(interner, types, item, value).map_err(|error: EncodeError| error.inside(&format!("[{i}]")))
    };
    items.iter().enumerate().map(encode_item).collect()
}

fn encode_each<'a>(
    interner: &Interner,
    types: &TypeTable,
    parts: impl Iterator<Item = (&'a TypeId, &'a Value)>,
    prefix: &str,
) -> Result<SmallVec<[Word; 8]>, EncodeError> {
    parts
        .enumerate()
        .map(|(i, (ty, value))| {
            encode(interner, types, *ty, value).map_err(|error| error.inside(&format!("{prefix}.{i}")))
        })
        .collect()
}

fn encode_union(
    interner: &Interner,
    types: &TypeTable,
    ty: TypeId,
    union: &Union,
    value: &Value,
) -> Result<Word, EncodeError> {
    let Some((number, values)) = select_variant(union, value) else {
        // A struct of one field is its field: the bare field value will do.
        let outside = mismatch(types, ty, value);
        if !is_transparent(union) {
            return Err(outside);
        }
        let inside = encode(interner, types, union.variants[0].fields[0].ty, value);
        return inside.map_err(|inside| if inside.path.is_empty() { outside } else { inside });
    };
    let variant = &union.variants[number];
    let mut words = encode_fields(interner, types, &variant.name, &variant.fields, values)?;
    Ok(match words.as_slice() {
        [] => number as Word,
        [word] if is_transparent(union) => *word,
        _ => {
            if union.variants.len() > 1 {
                words.insert(0, number as Word);
            }
            interner.intern_words(&words)
        }
    })
}

/// Field values as they were given.
#[derive(Clone, Copy)]
enum Values<'a> {
    Named(&'a [(Arc<str>, Value)]),
    Positional(&'a [Value]),
}

/// Which variant a value is of, and its fields.
fn select_variant<'a>(union: &Union, value: &'a Value) -> Option<(usize, Values<'a>)> {
    match value {
        Value::Struct { ctor, fields } => {
            let exact = union.variants.iter().position(|variant| variant.name == *ctor);
            let number = exact.or_else(|| {
                union.variants.iter().position(|variant| variant.name.rsplit("::").next() == Some(ctor))
            })?;
            Some((number, Values::Named(fields)))
        }
        Value::Tuple(values) => match union.variants.as_slice() {
            [variant] if variant.fields.len() == values.len() => Some((0, Values::Positional(values))),
            _ => None,
        },
        _ => None,
    }
}

fn encode_fields(
    interner: &Interner,
    types: &TypeTable,
    ctor: &str,
    fields: &[Field],
    values: Values<'_>,
) -> Result<SmallVec<[Word; 8]>, EncodeError> {
    let named = match values {
        Values::Positional(values) => {
            return encode_each(interner, types, fields.iter().map(|field| &field.ty).zip(values), "");
        }
        Values::Named(named) => named,
    };
    if named.len() != fields.len() {
        return Err(EncodeError {
            path: String::new(),
            expected: format!("{} fields of {ctor}", fields.len()),
            found: format!("{} fields", named.len()),
        });
    }
    let mut words = SmallVec::new();
    for (i, field) in fields.iter().enumerate() {
        let by_name = named.iter().find(|(name, _)| *name == field.name);
        let by_place = named.get(i).filter(|(name, _)| name.is_empty());
        let Some((_, value)) = by_name.or(by_place) else {
            return Err(EncodeError {
                path: format!(".{}", field.name),
                expected: type_name(types, field.ty),
                found: "no such field".into(),
            });
        };
        let word = encode(interner, types, field.ty, value);
        words.push(word.map_err(|error| error.inside(&format!(".{}", field.name)))?);
    }
    Ok(words)
}
