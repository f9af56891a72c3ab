//! Values as JSON, by their type.
//!
//! Structs are objects, unions objects of one member named by the constructor (a string, for one without fields),
//! `Option` null or the value, sets arrays, maps objects.

use std::sync::Arc;

use serde_json::{Map, Value as Json};

use super::shape::{Shape, shape};
use super::{Value, default_value};
use crate::ir::{Field, Type, TypeId, TypeTable, Union, Variant};

/// Appends a value of a type as JSON text, members of objects in the order of the fields.
///
/// # Errors
/// What of it has no JSON: a map whose keys are neither texts nor numbers, a function. `out` holds a part of the text
/// then.
pub fn write_json(out: &mut String, types: &TypeTable, ty: TypeId, value: &Value) -> Result<(), String> {
    match (types.ty(types.strip(ty)), value) {
        (_, Value::Bool(_) | Value::Int(_) | Value::BigInt(_)) => out.push_str(&value.to_string()),
        (_, Value::Double(value)) => out.push_str(&Json::from(*value).to_string()),
        (_, Value::Float(value)) => out.push_str(&Json::from(*value).to_string()),
        (_, Value::Str(text)) => write_text(out, text),
        (Type::Tuple(parts), Value::Tuple(values)) => {
            write_list(out, '[', ']', parts.iter().zip(values), |out, (ty, value)| {
                write_json(out, types, *ty, value)
            })?;
        }
        (Type::Vec(item) | Type::Set(item), Value::Vec(items) | Value::Set(items)) => {
            write_list(out, '[', ']', items.iter(), |out, value| write_json(out, types, *item, value))?;
        }
        (Type::Map(key, item), Value::Map(pairs)) => {
            write_list(out, '{', '}', pairs.iter(), |out, (name, value)| {
                let mut text = String::new();
                write_json(&mut text, types, *key, name)?;
                match serde_json::from_str(&text) {
                    Ok(Json::String(_)) => out.push_str(&text),
                    Ok(Json::Number(_)) => write_text(out, &text),
                    _ => return Err("key must be a string".to_owned()),
                }
                out.push(':');
                write_json(out, types, *item, value)
            })?;
        }
        (Type::Union(union), Value::Struct { ctor, fields }) => {
            write_union(out, types, types.union(*union), ctor, fields)?;
        }
        (_, other) => return Err(format!("{other} has no JSON")),
    }
    Ok(())
}

fn write_text(out: &mut String, text: &str) {
    out.push_str(&Json::from(text).to_string());
}

fn write_list<T>(
    out: &mut String,
    open: char,
    close: char,
    items: impl Iterator<Item = T>,
    mut write: impl FnMut(&mut String, T) -> Result<(), String>,
) -> Result<(), String> {
    out.push(open);
    for (i, item) in items.enumerate() {
        if i > 0 {
            out.push(',');
        }
        write(out, item)?;
    }
    out.push(close);
    Ok(())
}

fn write_union(
    out: &mut String,
    types: &TypeTable,
    union: &Union,
    ctor: &str,
    fields: &[(Arc<str>, Value)],
) -> Result<(), String> {
    let variant = union.variants.iter().find(|variant| &*variant.name == ctor);
    let variant = variant.ok_or_else(|| format!("unknown constructor {ctor}"))?;
    if let "ddlog_std::Option" | "json::JsonWrapper" | "json::JsonValue" | "json::JsonNum" = &*union.name {
        match (variant.fields.as_slice(), fields) {
            ([field], [(_, value)]) => write_json(out, types, field.ty, value)?,
            _ => out.push_str("null"),
        }
        return Ok(());
    }
    let is_tagged = union.variants.len() > 1;
    if is_tagged && fields.is_empty() {
        write_text(out, last_part(&variant.name));
        return Ok(());
    }
    if is_tagged {
        out.push('{');
        write_text(out, last_part(&variant.name));
        out.push(':');
    }
    write_list(out, '{', '}', variant.fields.iter().zip(fields), |out, (field, (_, value))| {
        write_text(out, name(field));
        out.push(':');
        write_json(out, types, field.ty, value)
    })?;
    if is_tagged {
        out.push('}');
    }
    Ok(())
}

/// The value of JSON at a type; else what is wrong.
pub(crate) fn from_json(types: &TypeTable, ty: TypeId, json: &Json) -> Result<Value, String> {
    let wrong = |expected: &str| Err(format!("invalid type: {}, expected {expected}", kind(json)));
    match (types.ty(types.strip(ty)), json) {
        (Type::Bool, Json::Bool(value)) => Ok(Value::Bool(*value)),
        (Type::Bit(_) | Type::Signed(_) | Type::BigInt, Json::Number(number)) => {
            let value: Result<num_bigint::BigInt, _> = number.to_string().parse();
            value
                .map(Value::integer)
                .map_err(|_| format!("invalid type: floating point `{number}`, expected integer"))
        }
        (Type::Double, Json::Number(number)) => Ok(Value::Double(number.as_f64().unwrap_or(f64::NAN))),
        (Type::Float, Json::Number(number)) => Ok(Value::Float(number.as_f64().unwrap_or(f64::NAN) as f32)),
        (Type::String | Type::Opaque(..), Json::String(text)) => Ok(Value::Str(text.as_str().into())),
        (Type::Tuple(parts), Json::Array(items)) if parts.len() == items.len() => {
            let values = parts.iter().zip(items).map(|(ty, item)| from_json(types, *ty, item));
            values.collect::<Result<_, _>>().map(Value::Tuple)
        }
        (Type::Vec(item), Json::Array(items)) => {
            items.iter().map(|json| from_json(types, *item, json)).collect::<Result<_, _>>().map(Value::Vec)
        }
        (Type::Set(item), Json::Array(items)) => {
            items.iter().map(|json| from_json(types, *item, json)).collect::<Result<_, _>>().map(Value::Set)
        }
        (Type::Map(key, item), Json::Object(members)) => {
            let pair = |(name, member): (&String, &Json)| {
                let key_value = from_json(types, *key, &Json::String(name.clone())).or_else(|error| {
                    from_json(types, *key, &serde_json::from_str(name).map_err(|_| error)?)
                })?;
                Ok((key_value, from_json(types, *item, member)?))
            };
            members.iter().map(pair).collect::<Result<_, String>>().map(Value::Map)
        }
        (Type::Union(union), json) => union_from_json(types, types.union(*union), json),
        (Type::Bool, _) => wrong("a boolean"),
        (Type::Bit(_) | Type::Signed(_) | Type::BigInt, _) => wrong("an integer"),
        (Type::Double | Type::Float, _) => wrong("a number"),
        (Type::String, _) => wrong("a string"),
        (Type::Vec(_) | Type::Set(_) | Type::Tuple(_), _) => wrong("a sequence"),
        (Type::Map(..), _) => wrong("a map"),
        _ => wrong("a type that has JSON"),
    }
}

fn union_from_json(types: &TypeTable, union: &Union, json: &Json) -> Result<Value, String> {
    let ctor = |number: usize, fields| match union.variants.get(number) {
        Some(variant) => Ok(Value::Struct { ctor: variant.name.clone(), fields }),
        None => Err("unknown constructor".to_owned()),
    };
    let only = |number: usize, json: &Json| match union.variants.get(number).map(|v| v.fields.as_slice()) {
        Some([field]) => ctor(number, vec![(field.name.clone(), from_json(types, field.ty, json)?)]),
        _ => ctor(number, Vec::new()),
    };
    match (&*union.name, json) {
        ("ddlog_std::Option", Json::Null) => return ctor(0, Vec::new()),
        ("ddlog_std::Option", json) => return only(1, json),
        ("json::JsonWrapper", json) => return only(0, json),
        ("json::JsonValue", Json::Null) => return ctor(0, Vec::new()),
        ("json::JsonValue", Json::Bool(_)) => return only(1, json),
        ("json::JsonValue", Json::Number(_)) => return only(2, json),
        ("json::JsonValue", Json::String(_)) => return only(3, json),
        ("json::JsonValue", Json::Array(_)) => return only(4, json),
        ("json::JsonValue", Json::Object(_)) => return only(5, json),
        ("json::JsonNum", Json::Number(number)) => return only(usize::from(number.is_f64()), json),
        _ => {}
    }
    if let [variant] = union.variants.as_slice() {
        return fields_from_json(types, variant, json);
    }
    let (wanted, inside) = match json {
        Json::String(name) => (name.as_str(), None),
        Json::Object(members) => match members.iter().next() {
            Some((name, inside)) if members.len() == 1 => (name.as_str(), Some(inside)),
            _ => return Err("expected an object of one member".into()),
        },
        other => return Err(format!("invalid type: {}, expected a constructor", kind(other))),
    };
    let variant = union.variants.iter().find(|variant| last_part(&variant.name) == wanted);
    let variant = variant.ok_or_else(|| {
        let names: Vec<String> =
            union.variants.iter().map(|variant| format!("`{}`", last_part(&variant.name))).collect();
        format!("unknown variant `{wanted}`, expected one of {}", names.join(", "))
    })?;
    fields_from_json(types, variant, inside.unwrap_or(&Json::Object(Map::new())))
}

fn fields_from_json(types: &TypeTable, variant: &Variant, json: &Json) -> Result<Value, String> {
    let Json::Object(members) = json else {
        return Err(format!("invalid type: {}, expected struct {}", kind(json), last_part(&variant.name)));
    };
    let field = |field: &Field| {
        let value = match members.get(name(field)) {
            Some(member) => from_json(types, field.ty, member)?,
            None => match shape(types, field.ty) {
                // Only what may be absent may be missing.
                Shape::Union(union) if &*union.name == "ddlog_std::Option" => {
                    default_value(types, field.ty).ok_or("no default")?
                }
                _ => return Err(format!("missing field `{}`", name(field))),
            },
        };
        Ok((field.name.clone(), value))
    };
    let fields = variant.fields.iter().map(field).collect::<Result<_, String>>()?;
    Ok(Value::Struct { ctor: variant.name.clone(), fields })
}

fn name(field: &Field) -> &str {
    field.original.as_deref().unwrap_or(&field.name)
}

fn last_part(name: &str) -> &str {
    name.rsplit("::").next().unwrap_or(name)
}

fn kind(json: &Json) -> String {
    match json {
        Json::Null => "null".into(),
        Json::Bool(value) => format!("boolean `{value}`"),
        Json::Number(number) if number.is_f64() => format!("floating point `{number}`"),
        Json::Number(number) => format!("integer `{number}`"),
        Json::String(text) => format!("string {text:?}"),
        Json::Array(_) => "sequence".into(),
        Json::Object(_) => "map".into(),
    }
}
