//! The value a type has when nothing is said.

use super::Value;
use super::texts::{default_text, is_text};
use crate::ir::{Type, TypeId, TypeTable};

/// Zero, false, empty; the first constructor with default fields. `None` for functions, groups and types that only
/// contain themselves.
pub fn default_value(types: &TypeTable, ty: TypeId) -> Option<Value> {
    default_within(types, ty, 0)
}

/// Structs nested deeper than this contain themselves.
const MAX_DEPTH: u32 = 256;

fn default_within(types: &TypeTable, ty: TypeId, depth: u32) -> Option<Value> {
    if depth > MAX_DEPTH {
        return None;
    }
    let default = |ty: TypeId| default_within(types, ty, depth + 1);
    Some(match types.ty(ty) {
        Type::Bool => Value::Bool(false),
        Type::Bit(_) | Type::Signed(_) | Type::BigInt => Value::Int(0),
        Type::Double => Value::Double(0.0),
        Type::Float => Value::Float(0.0),
        Type::String => Value::Str("".into()),
        Type::Tuple(parts) => Value::Tuple(parts.iter().map(|part| default(*part)).collect::<Option<_>>()?),
        Type::Union(union) => {
            let variant = types.union(*union).variants.first()?;
            let fields = variant.fields.iter().map(|field| Some((field.name.clone(), default(field.ty)?)));
            Value::Struct { ctor: variant.name.clone(), fields: fields.collect::<Option<_>>()? }
        }
        Type::Vec(_) => Value::Vec(Vec::new()),
        Type::Set(_) => Value::Set(Vec::new()),
        Type::Map(..) => Value::Map(Vec::new()),
        Type::Ref(inner) | Type::Intern(inner) => return default(*inner),
        Type::Opaque(name, _) if matches!(&**name, "tinyset::Set64" | "hashset::HashSet") => {
            Value::Set(Vec::new())
        }
        Type::Opaque(name, _) if is_text(name) => Value::Str(default_text(name).into()),
        Type::Group(..) | Type::Function(..) | Type::Opaque(..) => return None,
    })
}
