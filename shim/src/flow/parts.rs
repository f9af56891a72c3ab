//! The parts of a record.

use weir_engine::value::Value;

use super::FlowError;

/// A field by name.
pub(super) fn part<'v>(value: &'v Value, name: &'static str) -> Result<&'v Value, FlowError> {
    value.field(name).ok_or_else(|| FlowError::shape(name, value))
}

/// The name of a constructor, without its module.
pub(super) fn constructor<'v>(value: &'v Value, expected: &'static str) -> Result<&'v str, FlowError> {
    match value {
        Value::Struct { ctor, .. } => Ok(ctor.rsplit("::").next().unwrap_or(ctor)),
        other => Err(FlowError::shape(expected, other)),
    }
}

/// What is inside of an `Option`.
pub(super) fn option(value: &Value) -> Result<Option<&Value>, FlowError> {
    let expected = "None or Some";
    match (constructor(value, expected)?, value) {
        ("None", _) => Ok(None),
        ("Some", Value::Struct { fields, .. }) if let [(_, inside)] = fields.as_slice() => Ok(Some(inside)),
        _ => Err(FlowError::shape(expected, value)),
    }
}

pub(super) fn list(value: &Value) -> Result<&[Value], FlowError> {
    match value {
        Value::Vec(items) | Value::Set(items) => Ok(items),
        other => Err(FlowError::shape("a list", other)),
    }
}

pub(super) fn boolean(value: &Value) -> Result<bool, FlowError> {
    match value {
        Value::Bool(value) => Ok(*value),
        other => Err(FlowError::shape("true or false", other)),
    }
}

pub(super) fn number<T: TryFrom<i128> + TryFrom<u128>>(value: &Value) -> Result<T, FlowError> {
    let converted = match value {
        Value::Int(number) => T::try_from(*number).ok(),
        // Only 128-bit numbers with the top bit set come this way.
        other => {
            other.as_integer().and_then(|big| u128::try_from(big).ok()).and_then(|n| T::try_from(n).ok())
        }
    };
    converted.ok_or_else(|| FlowError::shape("a number that fits", value))
}

pub(super) fn numbers<T: TryFrom<i128> + TryFrom<u128>>(value: &Value) -> Result<Vec<T>, FlowError> {
    list(value)?.iter().map(number).collect()
}
