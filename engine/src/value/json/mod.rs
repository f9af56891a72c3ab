//! Values as JSON, by their type.
//!
//! Structs are objects, unions objects of one member named by the constructor (a string, for one without fields) unless
//! attributes say otherwise, `Option` null or the value, sets arrays, maps objects, numbers without bounds strings.

mod convert;
mod read;
mod tagged;
mod write;

use std::sync::Arc;

use serde::de::DeserializeSeed;
use serde_json::Value as Json;

use self::read::Seed;
use super::Value;
use crate::ir::{FunctionId, TypeId, TypeTable, Union};

pub use write::write_json;

/// Makes keys of maps that are arrays in JSON.
pub(crate) trait Keys {
    /// The key of a value, by a function of the program from values of that type.
    fn key(&self, function: FunctionId, ty: TypeId, value: &Value) -> Result<Value, String>;
}

/// Where no code of the program can run.
pub(crate) struct NoKeys;

impl Keys for NoKeys {
    fn key(&self, _: FunctionId, _: TypeId, _: &Value) -> Result<Value, String> {
        Err("the keys of this map are made by a function, which only rules can call".into())
    }
}

/// What reading needs.
#[derive(Clone, Copy)]
struct Context<'a> {
    types: &'a TypeTable,
    keys: &'a dyn Keys,
}

/// The value of JSON text at a type; else what is wrong, and where.
pub(crate) fn read_json(types: &TypeTable, keys: &dyn Keys, ty: TypeId, text: &str) -> Result<Value, String> {
    let mut reader = serde_json::Deserializer::from_str(text);
    let value = Seed { context: Context { types, keys }, ty }.deserialize(&mut reader);
    value.and_then(|value| reader.end().map(|()| value)).map_err(|error| error.to_string())
}

/// As [`read_json`], of JSON that has been read before.
pub(crate) fn read_json_value(
    types: &TypeTable,
    keys: &dyn Keys,
    ty: TypeId,
    json: Json,
) -> Result<Value, String> {
    Seed { context: Context { types, keys }, ty }.deserialize(json).map_err(|error| error.to_string())
}

/// The variant of a union with that number, and fields.
fn variant_value(union: &Union, number: usize, fields: Vec<(Arc<str>, Value)>) -> Value {
    let ctor = union.variants.get(number).map_or_else(|| union.name.clone(), |variant| variant.name.clone());
    Value::Struct { ctor, fields }
}

/// The variant of a union with that number and only field.
fn only_field(union: &Union, number: usize, value: Value) -> Value {
    let field = union.variants.get(number).and_then(|variant| variant.fields.first());
    let name = field.map_or_else(|| Arc::from("x"), |field| field.name.clone());
    variant_value(union, number, vec![(name, value)])
}

/// The type parameter of `JsonWrapper` and others, by number of the variant.
fn only_type(union: &Union, number: usize) -> Option<TypeId> {
    union.variants.get(number).and_then(|variant| variant.fields.first()).map(|field| field.ty)
}

fn last_part(name: &str) -> &str {
    name.rsplit("::").next().unwrap_or(name)
}
