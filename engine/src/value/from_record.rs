//! From the records of commands to values of known types.

use std::sync::Arc;

use num_traits::ToPrimitive;

use super::texts::{is_text, normal_text};
use super::type_name::type_name;
use super::{NoKeys, Value, default_value, read_json};
use crate::command::{Record, TextSource};
use crate::ir::{Field, Type, TypeId, TypeTable, Union, Variant};

/// A record is not a value of the type it is meant to have.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}{kind}", if path.is_empty() { String::new() } else { format!("at {path}: ") })]
pub struct RecordError {
    /// Way from the whole record to the part at fault: `.ports[2].name`; empty if it is the whole.
    pub path: String,
    /// The same way by the numbers of the parts as the record has them, from 0: to find the part in its text.
    pub way: Vec<usize>,
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
    /// A text that is not a value of the extern type.
    #[error("{text:?} is not a {expected}: {reason}")]
    Text {
        /// The type.
        expected: String,
        /// The text.
        text: String,
        /// What is wrong with it.
        reason: String,
    },
    /// No such notation.
    #[error("unknown notation `@{0}`: only `@json` is known")]
    Notation(String),
    /// The value is in a file, which must be read first.
    #[error("{record} must be read before it is a value")]
    External {
        /// The record.
        record: String,
    },
    /// JSON that is not a value of the type.
    #[error("JSON for {expected}: {reason}")]
    Json {
        /// The type.
        expected: String,
        /// What is wrong with the JSON.
        reason: String,
    },
}

/// The value of a record at a type.
///
/// Fields that are not named take the default of their type; fields without names must all be there. Sets and maps are
/// arrays. A constructor may be named by the last part of its name.
pub fn from_record(types: &TypeTable, ty: TypeId, record: &Record) -> Result<Value, RecordError> {
    convert(types, ty, record, None)
}

/// What the value `old` becomes when a record says what is to change, as the `modify` command has it.
///
/// Fields that are not named stay. Of a map, pairs of new keys are added, the values of known keys are changed in the
/// same way, and `(key, ())` removes a known key. Elements that are in a set are removed from it, others are added.
/// Anything else is replaced.
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
    match record {
        Record::Serialized { format, text: TextSource::Inline(text) } if format == "json" => {
            return json(types, ty, text);
        }
        Record::Serialized { format, .. } if format != "json" => {
            return Err(error(RecordErrorKind::Notation(format.clone())));
        }
        Record::File(_) | Record::Serialized { .. } => {
            return Err(error(RecordErrorKind::External { record: record.to_string() }));
        }
        _ => {}
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
            normal_text(name, text).map(|text| Value::Str(text.into())).map_err(|reason| {
                let expected = type_name(types, ty);
                error(RecordErrorKind::Text { expected, text: text.clone(), reason })
            })
        }
        (Type::Tuple(parts), Record::Tuple(records)) if parts.len() == records.len() => {
            let part = |(i, (ty, record)): (usize, (&TypeId, &Record))| {
                convert(types, *ty, record, None).map_err(|error| error.inside(i, &format!(".{i}")))
            };
            parts.iter().zip(records).enumerate().map(part).collect::<Result<_, _>>().map(Value::Tuple)
        }
        (Type::Vec(item), Record::Array(records)) => items(types, *item, records).map(Value::Vec),
        (Type::Set(item), Record::Array(records)) => {
            items(types, *item, records).map(|items| set(items, old))
        }
        (Type::Map(key, value), Record::Array(records)) => {
            pairs(types, *key, *value, records, old).map(Value::Map)
        }
        (Type::Opaque(name, args), Record::Array(records)) => match (&**name, args.as_slice()) {
            ("tinyset::Set64" | "hashset::HashSet", [item]) => {
                items(types, *item, records).map(|items| set(items, old))
            }
            _ => Err(mismatch()),
        },
        (Type::Union(union), _) if is_bare_option(types.union(*union), record) => {
            convert_option(types, types.union(*union), record).unwrap_or_else(|| Err(mismatch()))
        }
        (Type::Union(union), Record::Positional(ctor, records)) => {
            let variant = variant(types, ty, types.union(*union), constructor(ctor, old))?;
            if variant.fields.len() != records.len() {
                return Err(error(RecordErrorKind::FieldCount {
                    constructor: variant.name.to_string(),
                    expected: variant.fields.len(),
                    found: records.len(),
                }));
            }
            let old = same_variant(variant, old);
            let fields = variant.fields.iter().zip(records).enumerate().map(|(i, (field, record))| {
                let value = convert(types, field.ty, record, field_of(old, field));
                Ok((field.name.clone(), value.map_err(|error| error.inside(i, &format!(".{}", field.name)))?))
            });
            Ok(Value::Struct { ctor: variant.name.clone(), fields: fields.collect::<Result<_, _>>()? })
        }
        (Type::Union(union), Record::Named(ctor, records)) => {
            let variant = variant(types, ty, types.union(*union), constructor(ctor, old))?;
            let old = same_variant(variant, old);
            let fields = named_fields(types, variant, records, old)?;
            Ok(Value::Struct { ctor: variant.name.clone(), fields })
        }
        _ => Err(mismatch()),
    }
}

/// Whether a record stands for an `Option` without naming a constructor: an array of none or one, or the value inside.
fn is_bare_option(union: &Union, record: &Record) -> bool {
    &*union.name == "ddlog_std::Option"
        && match record {
            Record::Positional(ctor, _) | Record::Named(ctor, _) => {
                !matches!(ctor.rsplit("::").next(), Some("None" | "Some"))
            }
            _ => true,
        }
}

fn convert_option(types: &TypeTable, union: &Union, record: &Record) -> Option<Result<Value, RecordError>> {
    let [none, some] = union.variants.as_slice() else { return None };
    let field = some.fields.first()?;
    let value = match record {
        Record::Array(records) => match records.as_slice() {
            [] => return Some(Ok(Value::Struct { ctor: none.name.clone(), fields: Vec::new() })),
            [inside] => convert(types, field.ty, inside, None).map_err(|error| error.inside(0, "")),
            _ => return None,
        },
        inside => convert(types, field.ty, inside, None),
    };
    Some(
        value.map(|value| Value::Struct {
            ctor: some.name.clone(),
            fields: vec![(field.name.clone(), value)],
        }),
    )
}

impl RecordError {
    /// The error of a part, as one of the whole: `part` counts the parts, `step` names this one.
    fn inside(mut self, part: usize, step: &str) -> Self {
        self.path.insert_str(0, step);
        self.way.insert(0, part);
        self
    }
}

fn error(kind: RecordErrorKind) -> RecordError {
    RecordError { path: String::new(), way: Vec::new(), kind }
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
            let old = field_of(old, field);
            let value = match records.iter().enumerate().find(|(_, (name, _))| is_called(field, name)) {
                Some((i, (_, record))) => convert(types, field.ty, record, old)
                    .map_err(|error| error.inside(i, &format!(".{}", field.name)))?,
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
        convert(types, item, record, None).map_err(|error: RecordError| error.inside(i, &format!("[{i}]")))
    };
    records.iter().enumerate().map(convert_item).collect()
}

/// The pairs of records, or what they make of the old ones.
fn pairs(
    types: &TypeTable,
    key: TypeId,
    value: TypeId,
    records: &[Record],
    old: Option<&Value>,
) -> Result<Vec<(Value, Value)>, RecordError> {
    let is_change = matches!(old, Some(Value::Map(_)));
    let mut pairs = match old {
        Some(Value::Map(pairs)) => pairs.clone(),
        _ => Vec::with_capacity(records.len()),
    };
    for (i, record) in records.iter().enumerate() {
        let pair_error = |error: RecordError| error.inside(i, &format!("[{i}]"));
        let at = |error: RecordError, part: usize| pair_error(error.inside(part, &format!(".{part}")));
        let Record::Tuple(pair) = record else {
            return Err(pair_error(error(mismatch_pair(types, key, value, record))));
        };
        let [key_record, value_record] = pair.as_slice() else {
            return Err(pair_error(error(mismatch_pair(types, key, value, record))));
        };
        let new_key = convert(types, key, key_record, None).map_err(|error| at(error, 0))?;
        let new_value =
            |old: Option<&Value>| convert(types, value, value_record, old).map_err(|error| at(error, 1));
        let known = if is_change { pairs.iter().position(|(key, _)| *key == new_key) } else { None };
        match (known, value_record) {
            (None, _) => pairs.push((new_key, new_value(None)?)),
            (Some(known), Record::Tuple(nothing)) if nothing.is_empty() => drop(pairs.remove(known)),
            (Some(known), _) => pairs[known].1 = new_value(Some(&pairs[known].1))?,
        }
    }
    Ok(pairs)
}

/// A set of the elements, or what they make of an old set: those it has leave it, others join it.
fn set(items: Vec<Value>, old: Option<&Value>) -> Value {
    let Some(Value::Set(old)) = old else { return Value::Set(items) };
    let kept = old.iter().filter(|item| !items.contains(item)).cloned();
    let new = items.iter().filter(|item| !old.contains(item)).cloned();
    Value::Set(kept.chain(new).collect())
}

/// The constructor a record names; `_` in a change is the one the value has.
fn constructor<'a>(ctor: &'a str, old: Option<&'a Value>) -> &'a str {
    match (ctor, old) {
        ("_", Some(Value::Struct { ctor, .. })) => ctor,
        (ctor, _) => ctor,
    }
}

/// The fields of a value if it is of that constructor.
fn same_variant<'v>(variant: &Variant, old: Option<&'v Value>) -> Option<&'v [(Arc<str>, Value)]> {
    match old {
        Some(Value::Struct { ctor, fields }) if *ctor == variant.name => Some(fields),
        _ => None,
    }
}

fn field_of<'v>(fields: Option<&'v [(Arc<str>, Value)]>, field: &Field) -> Option<&'v Value> {
    fields?.iter().find(|(name, _)| *name == field.name).map(|(_, value)| value)
}

fn json(types: &TypeTable, ty: TypeId, text: &str) -> Result<Value, RecordError> {
    read_json(types, &NoKeys, ty, text).map_err(|reason| {
        let expected = type_name(types, ty);
        error(RecordErrorKind::Json { expected, reason })
    })
}

fn mismatch_pair(types: &TypeTable, key: TypeId, value: TypeId, record: &Record) -> RecordErrorKind {
    let expected = format!("({}, {})", type_name(types, key), type_name(types, value));
    RecordErrorKind::Type { expected, found: record.to_string() }
}
