//! `json::JsonValue`: JSON as a value.

use serde_json::{Number, Value as Json};
use twox_hash::XxHash64;

use super::{only_field, variant_value};
use crate::ir::{Type, TypeId, TypeTable, Union};
use crate::value::{HASH_SEED, Value};

/// JSON as a `json::JsonValue`.
pub(super) fn to_json_value(types: &TypeTable, union: &Union, json: Json) -> Value {
    match json {
        Json::Null => variant_value(union, 0, Vec::new()),
        Json::Bool(value) => only_field(union, 1, Value::Bool(value)),
        Json::Number(number) => {
            let value = match number_union(types, union) {
                Some(numbers) => number_value(numbers, &number),
                None => Value::Int(0),
            };
            only_field(union, 2, value)
        }
        Json::String(text) => only_field(union, 3, Value::Str(text.into())),
        Json::Array(items) => {
            let items = items.into_iter().map(|item| to_json_value(types, union, item)).collect();
            only_field(union, 4, Value::Vec(items))
        }
        Json::Object(members) => {
            let member = |(name, member): (String, Json)| {
                (Value::Str(name.into()), to_json_value(types, union, member))
            };
            only_field(union, 5, Value::Map(members.into_iter().map(member).collect()))
        }
    }
}

fn number_union<'t>(types: &'t TypeTable, union: &Union) -> Option<&'t Union> {
    let ty: TypeId = union.variants.get(2)?.fields.first()?.ty;
    match types.ty(types.strip(ty)) {
        Type::Union(numbers) => Some(types.union(*numbers)),
        _ => None,
    }
}

fn number_value(numbers: &Union, number: &Number) -> Value {
    let integer = number.as_u64().map(i128::from).or_else(|| number.as_i64().map(i128::from));
    match integer {
        Some(value) => only_field(numbers, 0, Value::Int(value)),
        None => only_field(numbers, 1, Value::Double(number.as_f64().unwrap_or(f64::NAN))),
    }
}

/// The members of a map whose keys are interned strings, in the order in which their text has them: that of the hashes
/// of their names, as in DDlog, whose programs compare and hash such texts.
pub(super) fn ordered(pairs: &[(Value, Value)]) -> Vec<&(Value, Value)> {
    let mut pairs: Vec<&(Value, Value)> = pairs.iter().collect();
    pairs.sort_by_cached_key(|(name, _)| name.as_str().map(hash));
    pairs
}

fn hash(text: &str) -> u64 {
    XxHash64::oneshot(HASH_SEED, &[text.as_bytes(), &[0xff]].concat())
}

/// A `json::JsonNum` as JSON. Integers keep their low 64 bits, numbers that JSON does not have are null.
pub(super) fn number(value: &Value) -> Json {
    let Value::Struct { fields, .. } = value else { return Json::Null };
    match fields.first() {
        Some((_, Value::Int(value))) if *value >= 0 => Json::from(*value as u64),
        Some((_, Value::Int(value))) => Json::from(*value as i64),
        Some((_, Value::Double(value))) => Json::from(*value),
        _ => Json::Null,
    }
}
