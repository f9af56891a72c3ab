//! Values outside the engine: self-contained, of any type.

use std::sync::Arc;

use num_bigint::BigInt;
use num_traits::ToPrimitive;

/// A value of the rule language, independent of any interner. Its `Display` is the text that dumps show.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// `bool`
    Bool(bool),
    /// An integer of any type that fits.
    Int(i128),
    /// An integer that does not fit [`Value::Int`]; build with [`Value::integer`].
    BigInt(BigInt),
    /// `double`
    Double(f64),
    /// `float`
    Float(f32),
    /// `string`
    Str(Arc<str>),
    /// Tuple; the unit is empty.
    Tuple(Vec<Value>),
    /// Struct or variant of a union.
    Struct {
        /// Full name of the constructor: `ddlog_std::Some`.
        ctor: Arc<str>,
        /// Fields by name, in order.
        fields: Vec<(Arc<str>, Value)>,
    },
    /// `Vec`, or the values of a `Group`. Also taken for a `Set`, or as pairs for a `Map`.
    Vec(Vec<Value>),
    /// `Set`: in natural order when it comes from the engine; any order going in.
    Set(Vec<Value>),
    /// `Map`: as for sets.
    Map(Vec<(Value, Value)>),
}

impl Value {
    /// An integer, in the one form it has.
    pub fn integer(value: impl Into<BigInt>) -> Value {
        let value = value.into();
        value.to_i128().map_or_else(|| Value::BigInt(value), Value::Int)
    }

    /// The integer, if it is one.
    pub fn as_integer(&self) -> Option<BigInt> {
        match self {
            Value::Int(value) => Some((*value).into()),
            Value::BigInt(value) => Some(value.clone()),
            _ => None,
        }
    }

    /// The text, if it is a string.
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Value::Str(text) => Some(text),
            _ => None,
        }
    }

    /// The field of that name, if it is a struct that has it.
    pub fn field(&self, name: &str) -> Option<&Value> {
        match self {
            Value::Struct { fields, .. } => {
                fields.iter().find(|(field, _)| &**field == name).map(|(_, value)| value)
            }
            _ => None,
        }
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Value::Str(text.into())
    }
}

impl From<bool> for Value {
    fn from(value: bool) -> Self {
        Value::Bool(value)
    }
}
