//! From the records of commands to values of known types.

use std::sync::Arc;

use num_traits::ToPrimitive;

use super::shape::is_text;
use super::type_name::type_name;
use super::{Value, default_value};
use crate::command::Record;
use crate::ir::{Field, Type, TypeId, TypeTable, Union, Variant};

/// A record is not a value of the type it is meant to have.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}{kind}", if path.is_empty() { String::new() } else { format!("at {path}: ") })]
pub struct RecordError {
    /// Way from the whole record to the part at fault: `.ports[2].name`; empty if it is the whole.
    pub path: String,
    /// What is wrong with it.
    pub kind: RecordErrorKind,
}

/// What is wrong with a record.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RecordErrorKind {
    /// It has another type.
    #[error("expected {expected}, found {found}")]
    Type {
        /// Type that belongs there.
        expected: String,
        /// The record that is there.
        found: String,
    },
    /// The type has no constructor of that name.
    #[error("`{constructor}` is not a constructor of {expected}")]
    Constructor {
        /// The type.
        expected: String,
        /// The name.
        constructor: String,
    },
    /// Too few or too many fields without names.
    #[error("`{constructor}` has {expected} fields, found {found}")]
    FieldCount {
        /// The constructor.
        constructor: String,
        /// How many it has.
        expected: usize,
        /// How many there are.
        found: usize,
    },
    /// The constructor has no field of that name.
    #[error("`{constructor}` has no field `{field}`")]
    Field {
        /// The constructor.
        constructor: String,
        /// The name.
        field: String,
    },
    /// A field is missing whose type has no default.
    #[error("field `{field}` of `{constructor}` has no default and must be given")]
    NoDefault {
        /// The constructor.
        constructor: String,
        /// The field.
        field: String,
    },
    /// The value is elsewhere, in a file or another notation, and must be fetched first.
    #[error("{record} must be read before it is a value")]
    External {
        /// The record.
        record: String,
    },
}

/// The value of a record at a type.
///
/// Fields that are not named take the default of their type; fields without names must all be there. Sets and maps are
/// arrays. A constructor may be named by the last part of its name.
pub fn from_record(types: &TypeTable, ty: TypeId, record: &Record) -> Result<Value, RecordError> {
    convert(types, ty, record, None)
}

/// The value `old` becomes where a record says otherwise: fields that are not named stay as they are.
pub fn modify_by_record(
    types: &TypeTable,
    ty: TypeId,
    old: &Value,
    record: &Record,
) -> Result<Value, RecordError> {
    convert(types, ty, record, Some(old))
}

fn convert(
    types: &TypeTable,
    ty: TypeId,
    record: &Record,
    old: Option<&Value>,
) -> Result<Value, RecordError> {
    let mismatch = || error(mismatch(types, ty, record));
    if let Record::File(_) | Record::Serialized { .. } = record {
        return Err(error(RecordErrorKind::External { record: record.to_string() }));
    }
    match (types.ty(ty), record) {
        (Type::Ref(inner) | Type::Intern(inner), _) => convert(types, *inner, record, old),
        (Type::Bool, Record::Bool(value)) => Ok(Value::Bool(*value)),
        (Type::Bit(width), Record::Int(value)) => {
            let fits = value.sign() != num_bigint::Sign::Minus && value.bits() <= u64::from(*width);
            if fits { Ok(Value::integer(value.clone())) } else { Err(mismatch()) }
        }
        (Type::Signed(width), Record::Int(value)) => {
            let limit = num_bigint::BigInt::from(1) << width.saturating_sub(1);
            let fits = -&limit <= *value && *value < limit;
            if fits { Ok(Value::integer(value.clone())) } else { Err(mismatch()) }
        }
        (Type::BigInt, Record::Int(value)) => Ok(Value::integer(value.clone())),
        (Type::Double, Record::Double(value)) => Ok(Value::Double(*value)),
        (Type::Double, Record::Int(value)) => Ok(Value::Double(value.to_f64().unwrap_or(f64::NAN))),
        (Type::Float, Record::Double(value)) => Ok(Value::Float(*value as f32)),
        (Type::Float, Record::Int(value)) => Ok(Value::Float(value.to_f32().unwrap_or(f32::NAN))),
        (Type::String, Record::String(text)) => Ok(Value::Str(text.as_str().into())),
        (Type::Opaque(name, _), Record::String(text)) if is_text(name) => {
            Ok(Value::Str(text.as_str().into()))
        }
        (Type::Tuple(parts), Record::Tuple(records)) if parts.len() == records.len() => {
            let part = |(i, (ty, record)): (usize, (&TypeId, &Record))| {
                convert(types, *ty, record, None).map_err(|error| error.inside(&format!(".{i}")))
            };
            parts.iter().zip(records).enumerate().map(part).collect::<Result<_, _>>().map(Value::Tuple)
        }
        (Type::Vec(item), Record::Array(records)) => items(types, *item, records).map(Value::Vec),
        (Type::Set(item), Record::Array(records)) => items(types, *item, records).map(Value::Set),
        (Type::Map(key, value), Record::Array(records)) => {
            pairs(types, *key, *value, records).map(Value::Map)
        }
        (Type::Opaque(name, args), Record::Array(records)) => match (&**name, args.as_slice()) {
            ("tinyset::Set64" | "hashset::HashSet", [item]) => items(types, *item, records).map(Value::Set),
            _ => Err(mismatch()),
        },
        (Type::Union(union), Record::Positional(ctor, records)) => {
            let variant = variant(types, ty, types.union(*union), ctor)?;
            if variant.fields.len() != records.len() {
                return Err(error(RecordErrorKind::FieldCount {
                    constructor: variant.name.to_string(),
                    expected: variant.fields.len(),
                    found: records.len(),
                }));
            }
            let fields = variant.fields.iter().zip(records).map(|(field, record)| {
                let value = convert(types, field.ty, record, None);
                Ok((field.name.clone(), value.map_err(|error| error.inside(&format!(".{}", field.name)))?))
            });
            Ok(Value::Struct { ctor: variant.name.clone(), fields: fields.collect::<Result<_, _>>()? })
        }
        (Type::Union(union), Record::Named(ctor, records)) => {
            let variant = variant(types, ty, types.union(*union), ctor)?;
            let old = match old {
                Some(Value::Struct { ctor, fields }) if *ctor == variant.name => Some(fields.as_slice()),
                _ => None,
            };
            let fields = named_fields(types, variant, records, old)?;
            Ok(Value::Struct { ctor: variant.name.clone(), fields })
        }
        _ => Err(mismatch()),
    }
}

impl RecordError {
    fn inside(mut self, step: &str) -> Self {
        self.path.insert_str(0, step);
        self
    }
}

fn error(kind: RecordErrorKind) -> RecordError {
    RecordError { path: String::new(), kind }
}

fn mismatch(types: &TypeTable, ty: TypeId, record: &Record) -> RecordErrorKind {
    let mut found = record.to_string();
    if let Some((cut, _)) = found.char_indices().nth(120) {
        found.truncate(cut);
        found.push_str("...");
    }
    RecordErrorKind::Type { expected: type_name(types, ty), found }
}

fn variant<'t>(
    types: &TypeTable,
    ty: TypeId,
    union: &'t Union,
    ctor: &str,
) -> Result<&'t Variant, RecordError> {
    let exact = union.variants.iter().find(|variant| &*variant.name == ctor);
    let by_last_part =
        || union.variants.iter().find(|variant| variant.name.rsplit("::").next() == Some(ctor));
    exact.or_else(by_last_part).ok_or_else(|| {
        error(RecordErrorKind::Constructor { expected: type_name(types, ty), constructor: ctor.into() })
    })
}

fn named_fields(
    types: &TypeTable,
    variant: &Variant,
    records: &[(String, Record)],
    old: Option<&[(Arc<str>, Value)]>,
) -> Result<Vec<(Arc<str>, Value)>, RecordError> {
    let is_called =
        |field: &Field, name: &str| *field.name == *name || field.original.as_deref() == Some(name);
    if let Some((name, _)) =
        records.iter().find(|(name, _)| !variant.fields.iter().any(|field| is_called(field, name)))
    {
        let (constructor, field) = (variant.name.to_string(), name.clone());
        return Err(error(RecordErrorKind::Field { constructor, field }));
    }
    variant
        .fields
        .iter()
        .map(|field| {
            let old = old.and_then(|old| old.iter().find(|(name, _)| *name == field.name));
            let old = old.map(|(_, value)| value);
            let value = match records.iter().find(|(name, _)| is_called(field, name)) {
                Some((_, record)) => convert(types, field.ty, record, old)
                    .map_err(|error| error.inside(&format!(".{}", field.name)))?,
                None => old.cloned().or_else(|| default_value(types, field.ty)).ok_or_else(|| {
                    let (constructor, field) = (variant.name.to_string(), field.name.to_string());
                    error(RecordErrorKind::NoDefault { constructor, field })
                })?,
            };
            Ok((field.name.clone(), value))
        })
        .collect()
}

fn items(types: &TypeTable, item: TypeId, records: &[Record]) -> Result<Vec<Value>, RecordError> {
    let convert_item = |(i, record)| {
        convert(types, item, record, None).map_err(|error: RecordError| error.inside(&format!("[{i}]")))
    };
    records.iter().enumerate().map(convert_item).collect()
}

fn pairs(
    types: &TypeTable,
    key: TypeId,
    value: TypeId,
    records: &[Record],
) -> Result<Vec<(Value, Value)>, RecordError> {
    let convert_pair = |(i, record): (usize, &Record)| {
        let at = |error: RecordError, step: &str| error.inside(&format!("[{i}]{step}"));
        let Record::Tuple(pair) = record else {
            return Err(at(error(mismatch_pair(types, key, value, record)), ""));
        };
        let [key_record, value_record] = pair.as_slice() else {
            return Err(at(error(mismatch_pair(types, key, value, record)), ""));
        };
        let key = convert(types, key, key_record, None).map_err(|error| at(error, ".0"))?;
        let value = convert(types, value, value_record, None).map_err(|error| at(error, ".1"))?;
        Ok((key, value))
    };
    records.iter().enumerate().map(convert_pair).collect()
}

fn mismatch_pair(types: &TypeTable, key: TypeId, value: TypeId, record: &Record) -> RecordErrorKind {
    let expected = format!("({}, {})", type_name(types, key), type_name(types, value));
    RecordErrorKind::Type { expected, found: record.to_string() }
}
