//! Values, by themselves in the natural order.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use weir_engine::value::Value;

use super::ty::Ty;

/// A value; what it is called depends on its type.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Val {
    Bool(bool),
    Int(i128),
    Str(String),
    Tuple(Vec<Val>),
    /// Number of the variant, and its fields.
    Variant(usize, Vec<Val>),
    Vec(Vec<Val>),
    Set(BTreeSet<Val>),
    Map(BTreeMap<Val, Val>),
}

/// Where a text is to be read.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Place {
    Program,
    Command,
}

impl Val {
    pub(crate) fn set(values: impl IntoIterator<Item = Val>) -> Val {
        Val::Set(values.into_iter().collect())
    }

    pub(crate) fn as_int(&self) -> i128 {
        match self {
            Val::Int(number) => *number,
            other => panic!("no number: {other:?}"),
        }
    }

    pub(crate) fn as_bool(&self) -> bool {
        match self {
            Val::Bool(value) => *value,
            other => panic!("no truth: {other:?}"),
        }
    }

    /// The elements of a collection, in order.
    pub(crate) fn elements(&self) -> Vec<Val> {
        match self {
            Val::Vec(values) => values.clone(),
            Val::Set(values) => values.iter().cloned().collect(),
            Val::Map(values) => values.iter().map(|(k, v)| Val::Tuple(vec![k.clone(), v.clone()])).collect(),
            other => panic!("no collection: {other:?}"),
        }
    }

    /// As the engine takes it.
    pub(crate) fn to_value(&self, ty: &Ty) -> Value {
        match (self, ty) {
            (Val::Bool(value), _) => Value::Bool(*value),
            (Val::Int(number), _) => Value::integer(*number),
            (Val::Str(text), _) => Value::Str(text.as_str().into()),
            (Val::Tuple(parts), Ty::Pair(a, b)) => {
                Value::Tuple(vec![parts[0].to_value(a), parts[1].to_value(b)])
            }
            (Val::Variant(number, fields), _) => {
                let (_, ctor, types) = ty.variants()[*number].clone();
                let fields = fields.iter().zip(&types).map(|(field, ty)| (Arc::from(""), field.to_value(ty)));
                Value::Struct { ctor: ctor.into(), fields: fields.collect() }
            }
            (Val::Vec(items), Ty::Vec(of)) => {
                Value::Vec(items.iter().map(|item| item.to_value(of)).collect())
            }
            (Val::Set(items), Ty::Set(of)) => {
                Value::Set(items.iter().map(|item| item.to_value(of)).collect())
            }
            (Val::Map(items), Ty::Map(key, value)) => {
                Value::Map(items.iter().map(|(k, v)| (k.to_value(key), v.to_value(value))).collect())
            }
            _ => panic!("{self:?} is no {ty:?}"),
        }
    }

    /// From what the engine gives.
    pub(crate) fn from_value(value: &Value, ty: &Ty) -> Val {
        match (value, ty) {
            (Value::Bool(value), Ty::Bool) => Val::Bool(*value),
            (Value::Int(number), _) if ty.is_integer() => Val::Int(*number),
            (Value::Str(text), Ty::Str) => Val::Str(text.to_string()),
            (Value::Tuple(parts), Ty::Pair(a, b)) if parts.len() == 2 => {
                Val::Tuple(vec![Val::from_value(&parts[0], a), Val::from_value(&parts[1], b)])
            }
            (Value::Struct { ctor, fields }, Ty::Option(_) | Ty::Shape) => {
                let variants = ty.variants();
                let number = variants.iter().position(|(_, name, _)| **name == **ctor).unwrap();
                let types = &variants[number].2;
                assert_eq!(types.len(), fields.len(), "{value}");
                let fields = fields.iter().zip(types).map(|((_, field), ty)| Val::from_value(field, ty));
                Val::Variant(number, fields.collect())
            }
            (Value::Vec(items), Ty::Vec(of)) => {
                Val::Vec(items.iter().map(|item| Val::from_value(item, of)).collect())
            }
            (Value::Set(items), Ty::Set(of)) => {
                let set = items.iter().map(|item| Val::from_value(item, of));
                assert!(set.clone().is_sorted_by(|a, b| a < b), "{value} is not in order");
                Val::Set(set.collect())
            }
            (Value::Map(items), Ty::Map(key, of)) => {
                let map = items.iter().map(|(k, v)| (Val::from_value(k, key), Val::from_value(v, of)));
                assert!(map.clone().is_sorted_by(|a, b| a.0 < b.0), "{value} is not in order");
                Val::Map(map.collect())
            }
            _ => panic!("{value} is no {}", ty.text()),
        }
    }

    /// As text.
    pub(crate) fn text(&self, ty: &Ty, place: Place) -> String {
        let list = |values: &mut dyn Iterator<Item = String>| values.collect::<Vec<_>>().join(", ");
        match (self, ty) {
            (Val::Bool(value), _) => value.to_string(),
            (Val::Int(number), _) => number.to_string(),
            (Val::Str(text), _) => format!("{text:?}"),
            (Val::Tuple(parts), Ty::Pair(a, b)) => {
                format!("({}, {})", parts[0].text(a, place), parts[1].text(b, place))
            }
            (Val::Variant(number, fields), _) => {
                let (short, full, types) = ty.variants()[*number].clone();
                let name = if place == Place::Program { short } else { full };
                let fields = list(&mut fields.iter().zip(&types).map(|(field, ty)| field.text(ty, place)));
                if types.is_empty() { name.into() } else { format!("{name}{{{fields}}}") }
            }
            (Val::Vec(items), Ty::Vec(of)) => {
                format!("[{}]", list(&mut items.iter().map(|item| item.text(of, place))))
            }
            (Val::Set(items), Ty::Set(of)) => {
                let items = list(&mut items.iter().map(|item| item.text(of, place)));
                match place {
                    Place::Program if items.is_empty() => format!("(set_empty(): {})", ty.text()),
                    Place::Program => format!("[{items}].to_set()"),
                    Place::Command => format!("[{items}]"),
                }
            }
            (Val::Map(items), Ty::Map(key, of)) => {
                let arrow = if place == Place::Program { " -> " } else { ", " };
                let mut items = items.iter().map(|(k, v)| {
                    let pair = format!("{}{arrow}{}", k.text(key, place), v.text(of, place));
                    if place == Place::Program { pair } else { format!("({pair})") }
                });
                let items = list(&mut items);
                match place {
                    Place::Program if items.is_empty() => format!("(map_empty(): {})", ty.text()),
                    _ => format!("[{items}]"),
                }
            }
            _ => panic!("{self:?} is no {ty:?}"),
        }
    }
}
