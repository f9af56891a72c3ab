//! To JSON, members of objects in the order of the fields.

use std::sync::Arc;

use serde::Serialize;
use serde_json::Value as Json;

use super::convert::{number, ordered};
use super::last_part;
use crate::ir::{Field, Skip, Tagging, Type, TypeId, TypeTable, Union, Variant};
use crate::value::texts::is_text;
use crate::value::{Value, type_name};

/// Appends a value of a type as JSON text, members of objects in the order of the fields.
///
/// # Errors
/// What of it has no JSON: a map whose keys are neither texts nor numbers, a function. `out` holds a part of the text
/// then.
pub fn write_json(out: &mut String, types: &TypeTable, ty: TypeId, value: &Value) -> Result<(), String> {
    match (types.ty(types.strip(ty)), value) {
        (Type::BigInt | Type::Bit(129..), Value::Int(_) | Value::BigInt(_)) => {
            write(out, &value.to_string())?
        }
        (_, Value::Bool(_) | Value::Int(_) | Value::BigInt(_)) => out.push_str(&value.to_string()),
        (_, Value::Double(value)) => write(out, value)?,
        (_, Value::Float(value)) => write(out, value)?,
        (Type::Opaque(name, _), Value::Str(text)) if is_text(name) => write_extern(out, name, text)?,
        (_, Value::Str(text)) => write(out, text)?,
        (Type::Tuple(parts), Value::Tuple(_)) if parts.is_empty() => out.push_str("null"),
        (Type::Tuple(parts), Value::Tuple(values)) => {
            write_list(out, '[', ']', parts.iter().zip(values), |out, (ty, value)| {
                write_json(out, types, *ty, value)
            })?;
        }
        (Type::Vec(item) | Type::Set(item), Value::Vec(items) | Value::Set(items)) => {
            write_list(out, '[', ']', items.iter(), |out, value| write_json(out, types, *item, value))?;
        }
        (Type::Opaque(name, args), Value::Set(items))
            if name.ends_with("Set64") || name.ends_with("HashSet") =>
        {
            let item = args.first().copied().unwrap_or(ty);
            write_list(out, '[', ']', items.iter(), |out, value| write_json(out, types, item, value))?;
        }
        (Type::Map(key, item), Value::Map(pairs)) => {
            let pairs = if is_interned(types, *key) { ordered(pairs) } else { pairs.iter().collect() };
            write_list(out, '{', '}', pairs.into_iter(), |out, (name, value)| {
                write_key(out, types, *key, name)?;
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

fn write(out: &mut String, value: &(impl Serialize + ?Sized)) -> Result<(), String> {
    out.push_str(&serde_json::to_string(value).map_err(|error| error.to_string())?);
    Ok(())
}

/// Dates and URLs are objects of one member.
fn write_extern(out: &mut String, name: &str, text: &str) -> Result<(), String> {
    let member = match name {
        "url::Url" => "url",
        "time::Time" | "time::Date" | "time::TzDateTime" => "val",
        _ => return write(out, text),
    };
    out.push_str(&format!("{{\"{member}\":"));
    write(out, text)?;
    out.push('}');
    Ok(())
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

/// A key of a map and the colon: what is a string or a number.
fn write_key(out: &mut String, types: &TypeTable, ty: TypeId, key: &Value) -> Result<(), String> {
    let mut text = String::new();
    write_json(&mut text, types, ty, key)?;
    match serde_json::from_str(&text) {
        Ok(Json::String(_)) => out.push_str(&text),
        Ok(Json::Number(_) | Json::Bool(_)) => write(out, &text)?,
        _ => return Err("key must be a string".to_owned()),
    }
    out.push(':');
    Ok(())
}

fn is_interned(types: &TypeTable, ty: TypeId) -> bool {
    matches!(types.ty(ty), Type::Intern(inner) if matches!(types.ty(*inner), Type::String))
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
    let inside = variant.fields.first().zip(fields.first());
    match (&*union.name, inside) {
        ("json::JsonValue", None) => {
            out.push_str("null");
            return Ok(());
        }
        ("json::JsonValue", Some((field, (_, value)))) if last_part(ctor) != "JsonNumber" => {
            return write_json(out, types, field.ty, value);
        }
        ("json::JsonValue", Some((_, (_, value)))) => return write(out, &number(value)),
        ("ddlog_std::Option" | "json::JsonWrapper", Some((field, (_, value)))) => {
            return write_json(out, types, field.ty, value);
        }
        ("ddlog_std::Option", None) => {
            out.push_str("null");
            return Ok(());
        }
        _ if union.json.custom => {
            return Err(format!("{} has JSON of its own, which is not known here", last_part(&union.name)));
        }
        (_, Some((field, (_, value)))) if union.json.transparent && union.variants.len() == 1 => {
            return write_field(out, types, field, value);
        }
        _ => {}
    }
    let is_tagged = union.variants.len() > 1;
    if is_tagged && variant.json.skip_write {
        let (union, variant) = (last_part(&union.name), last_part(&variant.name));
        return Err(format!("the enum variant {union}::{variant} cannot be serialized"));
    }
    let written = &variant.json.name;
    match &union.json.tagging {
        _ if !is_tagged => write_members(out, types, variant, fields, None),
        Tagging::External if fields.is_empty() => write(out, written),
        Tagging::External => {
            out.push('{');
            write(out, written)?;
            out.push(':');
            write_members(out, types, variant, fields, None)?;
            out.push('}');
            Ok(())
        }
        Tagging::Internal { tag } => write_members(out, types, variant, fields, Some((tag, written))),
        Tagging::Adjacent { tag, content } => {
            out.push('{');
            write_member(out, tag, written)?;
            if !fields.is_empty() {
                out.push(',');
                write(out, content)?;
                out.push(':');
                write_members(out, types, variant, fields, None)?;
            }
            out.push('}');
            Ok(())
        }
        Tagging::Untagged if fields.is_empty() => {
            out.push_str("null");
            Ok(())
        }
        Tagging::Untagged => write_members(out, types, variant, fields, None),
    }
}

fn write_member(out: &mut String, name: &str, value: &str) -> Result<(), String> {
    write(out, name)?;
    out.push(':');
    write(out, value)
}

/// An object of the fields, with the name of the variant first if it is a member.
fn write_members(
    out: &mut String,
    types: &TypeTable,
    variant: &Variant,
    fields: &[(Arc<str>, Value)],
    tag: Option<(&Arc<str>, &Arc<str>)>,
) -> Result<(), String> {
    let mut members = Vec::new();
    if let Some((tag, name)) = tag {
        members.push(member(tag, |out| write(out, name))?);
    }
    collect_members(&mut members, types, variant, fields)?;
    out.push('{');
    out.push_str(&members.join(","));
    out.push('}');
    Ok(())
}

fn member(name: &str, value: impl FnOnce(&mut String) -> Result<(), String>) -> Result<String, String> {
    let mut text = String::new();
    write(&mut text, name)?;
    text.push(':');
    value(&mut text)?;
    Ok(text)
}

fn collect_members(
    members: &mut Vec<String>,
    types: &TypeTable,
    variant: &Variant,
    fields: &[(Arc<str>, Value)],
) -> Result<(), String> {
    for (field, (_, value)) in variant.fields.iter().zip(fields) {
        if is_skipped(field, value) {
            continue;
        }
        match field.json.flatten {
            true => flatten(members, types, field.ty, value)?,
            false => members.push(member(&field.json.name, |out| write_field(out, types, field, value))?),
        }
    }
    Ok(())
}

fn is_skipped(field: &Field, value: &Value) -> bool {
    match (field.json.skip_write, value) {
        (Skip::Never, _) => false,
        (Skip::Always, _) => true,
        (Skip::IfNone, Value::Struct { ctor, .. }) => &**ctor == "ddlog_std::None",
        (Skip::IfEmpty, Value::Str(text)) => text.is_empty(),
        (Skip::IfEmpty, Value::Vec(items) | Value::Set(items)) => items.is_empty(),
        (Skip::IfEmpty, Value::Map(pairs)) => pairs.is_empty(),
        (Skip::IfNone | Skip::IfEmpty, _) => false,
    }
}

fn write_field(out: &mut String, types: &TypeTable, field: &Field, value: &Value) -> Result<(), String> {
    match (types.ty(types.strip(field.ty)), value) {
        _ if field.json.as_text => match value {
            Value::Str(text) => write(out, text),
            other => write(out, &other.to_string()),
        },
        (Type::Map(_, item), Value::Map(pairs)) if field.json.key_function.is_some() => {
            write_list(out, '[', ']', pairs.iter(), |out, (_, value)| write_json(out, types, *item, value))
        }
        _ => write_json(out, types, field.ty, value),
    }
}

/// The members of what would be an object of its own.
fn flatten(members: &mut Vec<String>, types: &TypeTable, ty: TypeId, value: &Value) -> Result<(), String> {
    match (types.ty(types.strip(ty)), value) {
        (Type::Map(key, item), Value::Map(pairs)) => {
            let pairs = if is_interned(types, *key) { ordered(pairs) } else { pairs.iter().collect() };
            for (name, value) in pairs {
                let mut text = String::new();
                write_key(&mut text, types, *key, name)?;
                write_json(&mut text, types, *item, value)?;
                members.push(text);
            }
            Ok(())
        }
        (Type::Union(union), Value::Struct { ctor, fields }) => {
            let union = types.union(*union);
            let variant = union.variants.iter().find(|variant| variant.name == *ctor);
            let variant = variant.ok_or_else(|| format!("unknown constructor {ctor}"))?;
            match (&*union.name, variant.fields.first().zip(fields.first())) {
                ("ddlog_std::Option" | "json::JsonWrapper", Some((field, (_, value)))) => {
                    return flatten(members, types, field.ty, value);
                }
                ("ddlog_std::Option", None) => return Ok(()),
                ("json::JsonValue", Some((field, (_, value)))) => {
                    return flatten(members, types, field.ty, value);
                }
                _ => {}
            }
            if union.variants.len() == 1 {
                return collect_members(members, types, variant, fields);
            }
            // Whatever it is called: the inside of its object.
            let mut text = String::new();
            write_json(&mut text, types, ty, value)?;
            match text.strip_prefix('{').and_then(|text| text.strip_suffix('}')) {
                Some("") => {}
                Some(inside) => members.push(inside.to_owned()),
                None => return Err(format!("can only flatten structs and maps, not {text}")),
            }
            Ok(())
        }
        _ => Err(format!("can only flatten structs and maps, not {}", type_name(types, ty))),
    }
}
