//! Values as a CMS writes them: the JSON of OVSDB's columns rather than that of a program's unions.
//!
//! Structs are objects by column name, with defaults for what is missing. `Option` is null or the value, sets and vectors are
//! arrays, maps objects (or arrays of pairs, if their keys are not text). Numbers may be text, which keeps all digits in
//! every JSON library; a `bit<128>` is a UUID's text. A union of several constructors is `"Name"` or `{"Name": {..}}`.

use std::fmt::Display;
use std::sync::Arc;

use ovsdb::value::Uuid;
use serde_json::{Map, Value as Json, json};
use thiserror::Error;
use weir_engine::ir::{Field, Type, TypeId, TypeTable, Union, Variant};
use weir_engine::value::{Value, default_value};

/// JSON that is not a value of the type it is meant to have.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{}{problem}", if path.is_empty() { String::new() } else { format!("at {path}: ") })]
pub struct ValueError {
    /// Way to the part at fault, such as `.ports[2]`; empty if it is the whole.
    pub path: String,
    /// What is wrong with it.
    pub problem: String,
}

/// The value of JSON at a type.
///
/// # Errors
/// What does not fit, and where.
pub(super) fn read(types: &TypeTable, ty: TypeId, json: &Json) -> Result<Value, ValueError> {
    match (types.ty(types.strip(ty)), json) {
        (Type::Bool, Json::Bool(value)) => Ok(Value::Bool(*value)),
        (Type::Bit(width), json) => bits(*width, json),
        (Type::Signed(width), json) => {
            let value = whole(json)?;
            let fits = *width >= 128 || matches!(value >> (width - 1), 0 | -1);
            if fits {
                Ok(Value::Int(value))
            } else {
                Err(problem(format!("{value} does not fit signed<{width}>")))
            }
        }
        (Type::BigInt, Json::String(text)) => text
            .parse::<num_bigint::BigInt>()
            .map(Value::integer)
            .map_err(|_| problem(format!("{text:?} is not a number"))),
        (Type::BigInt, json) => whole(json).map(Value::Int),
        (Type::Double, Json::Number(number)) => Ok(Value::Double(number.as_f64().unwrap_or(f64::NAN))),
        (Type::Float, Json::Number(number)) => Ok(Value::Float(number.as_f64().unwrap_or(f64::NAN) as f32)),
        (Type::String, Json::String(text)) => Ok(Value::Str(text.as_str().into())),
        (Type::Tuple(parts), Json::Array(items)) if parts.len() == items.len() => {
            let pairs = parts.iter().zip(items).enumerate();
            pairs
                .map(|(i, (ty, item))| read(types, *ty, item).map_err(|e| e.within(format!("[{i}]"))))
                .collect::<Result<_, _>>()
                .map(Value::Tuple)
        }
        (Type::Vec(item), Json::Array(items)) => elements(types, *item, items).map(Value::Vec),
        (Type::Set(item), Json::Array(items)) => elements(types, *item, items).map(Value::Set),
        (Type::Map(key, value), json) => map(types, *key, *value, json),
        (Type::Union(union), json) => read_union(types, types.union(*union), json),
        (_, other) => Err(expected(types, ty, other)),
    }
}

/// The JSON of a value at a type; [`read`] gives it back.
pub(super) fn write(types: &TypeTable, ty: TypeId, value: &Value) -> Json {
    match (types.ty(types.strip(ty)), value) {
        (Type::Bit(128), value) => match value.as_integer().and_then(|number| u128::try_from(number).ok()) {
            Some(number) => Json::String(Uuid::from_u128(number).to_string()),
            None => Json::String(value.to_string()),
        },
        (_, Value::Bool(value)) => Json::Bool(*value),
        (_, Value::Int(number)) => match (u64::try_from(*number), i64::try_from(*number)) {
            (Ok(number), _) => number.into(),
            (_, Ok(number)) => number.into(),
            _ => Json::String(number.to_string()),
        },
        (_, Value::BigInt(number)) => Json::String(number.to_string()),
        (_, Value::Double(number)) => json!(number),
        (_, Value::Float(number)) => json!(number),
        (_, Value::Str(text)) => Json::String(text.to_string()),
        (Type::Tuple(parts), Value::Tuple(items)) => {
            parts.iter().zip(items).map(|(ty, item)| write(types, *ty, item)).collect()
        }
        (Type::Vec(item) | Type::Set(item), Value::Vec(items) | Value::Set(items)) => {
            items.iter().map(|value| write(types, *item, value)).collect()
        }
        (Type::Map(key, of), Value::Map(pairs)) if is_text(types, *key) => {
            let member = |(key, value): &(Value, Value)| {
                (key.as_str().unwrap_or_default().to_owned(), write(types, *of, value))
            };
            Json::Object(pairs.iter().map(member).collect())
        }
        (Type::Map(key, of), Value::Map(pairs)) => {
            pairs.iter().map(|(k, v)| json!([write(types, *key, k), write(types, *of, v)])).collect()
        }
        (Type::Union(union), Value::Struct { ctor, fields }) => {
            write_union(types, types.union(*union), ctor, fields)
        }
        // No input relation holds functions or groups.
        (_, other) => Json::String(other.to_string()),
    }
}

/// The fields of an object, of those it names, by position in the constructor.
///
/// # Errors
/// A field that the constructor does not have, or a value that does not fit.
pub(super) fn named_fields(
    types: &TypeTable,
    variant: &Variant,
    members: &Map<String, Json>,
) -> Result<Vec<(usize, Value)>, ValueError> {
    let find = |name: &str| variant.fields.iter().position(|field| json_name(field) == name);
    let mut fields = Vec::with_capacity(members.len());
    for (name, json) in members {
        let at = find(name).ok_or_else(|| problem(format!("`{}` has no column `{name}`", variant.name)))?;
        let value =
            read(types, variant.fields[at].ty, json).map_err(|error| error.within(format!(".{name}")))?;
        fields.push((at, value));
    }
    Ok(fields)
}

/// A struct of named fields; others take the default of their type.
///
/// # Errors
/// As for [`named_fields`]; or a field is missing that has no default.
pub(super) fn read_fields(
    types: &TypeTable,
    variant: &Variant,
    members: &Map<String, Json>,
) -> Result<Value, ValueError> {
    let mut given: Vec<Option<Value>> = vec![None; variant.fields.len()];
    for (at, value) in named_fields(types, variant, members)? {
        given[at] = Some(value);
    }
    let field = |(field, value): (&Field, Option<Value>)| {
        let value = value.or_else(|| default_value(types, field.ty));
        let value = value.ok_or_else(|| problem(format!("column `{}` must be given", json_name(field))))?;
        Ok((Arc::clone(&field.name), value))
    };
    let fields = variant.fields.iter().zip(given).map(field).collect::<Result<_, _>>()?;
    Ok(Value::Struct { ctor: Arc::clone(&variant.name), fields })
}

/// What a field is called in JSON: the column's own name where the language could not have it.
pub(super) fn json_name(field: &Field) -> &str {
    field.original.as_deref().unwrap_or(&field.name)
}

/// The last part of a constructor's name.
pub(super) fn short(name: &str) -> &str {
    name.rsplit("::").next().unwrap_or(name)
}

/// The union's type inside, if it is `Option`.
pub(super) fn optional(union: &Union) -> Option<TypeId> {
    if &*union.name != "ddlog_std::Option" {
        return None;
    }
    union.variants.iter().find_map(|variant| variant.fields.first()).map(|field| field.ty)
}

/// Whether a map with such keys is an object.
pub(super) fn is_text(types: &TypeTable, ty: TypeId) -> bool {
    matches!(types.ty(types.strip(ty)), Type::String)
}

impl ValueError {
    /// The same, seen from one step further out.
    pub(super) fn within(self, step: String) -> ValueError {
        ValueError { path: step + &self.path, ..self }
    }
}

pub(super) fn problem(problem: impl Display) -> ValueError {
    ValueError { path: String::new(), problem: problem.to_string() }
}

fn read_union(types: &TypeTable, union: &Union, json: &Json) -> Result<Value, ValueError> {
    if let Some(inside) = optional(union) {
        return Ok(match json {
            Json::Null => Value::Struct { ctor: "ddlog_std::None".into(), fields: Vec::new() },
            json => Value::Struct {
                ctor: "ddlog_std::Some".into(),
                fields: vec![("x".into(), read(types, inside, json)?)],
            },
        });
    }
    if let ([variant], Json::Object(members)) = (union.variants.as_slice(), json) {
        return read_fields(types, variant, members);
    }
    let none = Map::new();
    let (name, members) = match json {
        Json::String(name) => (name, &none),
        Json::Object(object) => match object.iter().next() {
            Some((name, Json::Object(members))) if object.len() == 1 => (name, members),
            _ => return Err(problem(format!("expected {{\"Constructor\": {{..}}}} of {}", union.name))),
        },
        other => {
            return Err(problem(format!("expected a constructor of {}, found {}", union.name, kind(other))));
        }
    };
    let named = |variant: &&Variant| *variant.name == **name || short(&variant.name) == name;
    match union.variants.iter().find(named) {
        Some(variant) => {
            read_fields(types, variant, members).map_err(|error| error.within(format!(".{name}")))
        }
        None => Err(problem(format!("`{name}` is not a constructor of {}", union.name))),
    }
}

fn write_union(types: &TypeTable, union: &Union, ctor: &str, fields: &[(Arc<str>, Value)]) -> Json {
    if let Some(inside) = optional(union) {
        return fields.first().map_or(Json::Null, |(_, value)| write(types, inside, value));
    }
    let Some(variant) = union.variants.iter().find(|variant| &*variant.name == ctor) else {
        return Json::Null;
    };
    let members: Map<String, Json> = variant
        .fields
        .iter()
        .zip(fields)
        .map(|(field, (_, value))| (json_name(field).to_owned(), write(types, field.ty, value)))
        .collect();
    match (union.variants.len(), variant.fields.is_empty()) {
        (1, _) => Json::Object(members),
        (_, true) => Json::String(short(ctor).to_owned()),
        (_, false) => json!({ short(ctor): members }),
    }
}

fn elements(types: &TypeTable, item: TypeId, items: &[Json]) -> Result<Vec<Value>, ValueError> {
    let items = items.iter().enumerate();
    items.map(|(i, json)| read(types, item, json).map_err(|error| error.within(format!("[{i}]")))).collect()
}

fn map(types: &TypeTable, key: TypeId, value: TypeId, json: &Json) -> Result<Value, ValueError> {
    let pairs = match json {
        Json::Object(members) => {
            let pair = |(name, member): (&String, &Json)| {
                let within = |error: ValueError| error.within(format!(".{name}"));
                let name = read(types, key, &Json::String(name.clone())).map_err(within)?;
                Ok((name, read(types, value, member).map_err(within)?))
            };
            members.iter().map(pair).collect::<Result<_, ValueError>>()?
        }
        Json::Array(pairs) => {
            let pair = |(i, pair): (usize, &Json)| {
                let within = |error: ValueError| error.within(format!("[{i}]"));
                let parts = pair.as_array().filter(|parts| parts.len() == 2);
                let parts = parts.ok_or_else(|| within(problem("expected a pair [key, value]")))?;
                let key = read(types, key, &parts[0]).map_err(within)?;
                Ok((key, read(types, value, &parts[1]).map_err(within)?))
            };
            pairs.iter().enumerate().map(pair).collect::<Result<_, ValueError>>()?
        }
        other => return Err(problem(format!("expected an object, found {}", kind(other)))),
    };
    Ok(Value::Map(pairs))
}

fn bits(width: u32, json: &Json) -> Result<Value, ValueError> {
    let value = match json {
        Json::String(text) if width == 128 && text.contains('-') => {
            let uuid: Uuid = text.parse().map_err(|_| problem(format!("{text:?} is not a UUID")))?;
            uuid.as_u128()
        }
        Json::String(text) => {
            let digits = text.strip_prefix("0x").map(|hex| u128::from_str_radix(hex, 16));
            digits
                .unwrap_or_else(|| text.parse())
                .map_err(|_| problem(format!("{text:?} is not a bit<{width}>")))?
        }
        Json::Number(number) => number
            .as_u64()
            .map(u128::from)
            .ok_or_else(|| problem(format!("{number} is not a bit<{width}>")))?,
        other => return Err(problem(format!("expected bit<{width}>, found {}", kind(other)))),
    };
    if width < 128 && value >> width != 0 {
        return Err(problem(format!("{value} does not fit bit<{width}>")));
    }
    Ok(Value::integer(value))
}

fn whole(json: &Json) -> Result<i128, ValueError> {
    let number = match json {
        Json::Number(number) => number.as_i64().map(i128::from).or_else(|| number.as_u64().map(i128::from)),
        Json::String(text) => text.parse().ok(),
        _ => None,
    };
    number.ok_or_else(|| problem(format!("expected a whole number, found {json}")))
}

fn expected(types: &TypeTable, ty: TypeId, found: &Json) -> ValueError {
    problem(format!("expected {}, found {}", weir_engine::value::type_name(types, ty), kind(found)))
}

fn kind(json: &Json) -> &'static str {
    match json {
        Json::Null => "null",
        Json::Bool(_) => "true or false",
        Json::Number(_) => "a number",
        Json::String(_) => "text",
        Json::Array(_) => "an array",
        Json::Object(_) => "an object",
    }
}
