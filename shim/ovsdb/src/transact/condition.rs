use serde_json::{Value, json};

use crate::value::{Datum, Uuid};

/// A test on a row (RFC 7047 section 5.1, `<condition>`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Condition {
    /// A column compared with a value.
    Column {
        /// The column tested; may be `_uuid`.
        column: String,
        /// How it is compared.
        function: Function,
        /// What it is compared with.
        value: Datum,
    },
    /// True or false for every row: an extension of Open vSwitch.
    Always(bool),
}

/// How a [`Condition`] compares.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Function {
    /// `<`, numbers only.
    Less,
    /// `<=`, numbers only.
    LessOrEqual,
    /// `==`
    Equal,
    /// `!=`
    NotEqual,
    /// `>=`, numbers only.
    GreaterOrEqual,
    /// `>`, numbers only.
    Greater,
    /// The column has all elements of the value.
    Includes,
    /// The column has no element of the value.
    Excludes,
}

impl Function {
    /// The function as the protocol writes it.
    pub const fn name(self) -> &'static str {
        match self {
            Function::Less => "<",
            Function::LessOrEqual => "<=",
            Function::Equal => "==",
            Function::NotEqual => "!=",
            Function::GreaterOrEqual => ">=",
            Function::Greater => ">",
            Function::Includes => "includes",
            Function::Excludes => "excludes",
        }
    }
}

impl Condition {
    /// `column` compared with `value`.
    pub fn new(column: impl Into<String>, function: Function, value: impl Into<Datum>) -> Self {
        Condition::Column { column: column.into(), function, value: value.into() }
    }

    /// The column is equal to the value.
    pub fn equal(column: impl Into<String>, value: impl Into<Datum>) -> Self {
        Condition::new(column, Function::Equal, value)
    }

    /// The column has all elements of the value.
    pub fn includes(column: impl Into<String>, value: impl Into<Datum>) -> Self {
        Condition::new(column, Function::Includes, value)
    }

    /// The row is this one.
    pub fn uuid(uuid: Uuid) -> Self {
        Condition::equal("_uuid", uuid)
    }

    /// The condition as RFC 7047 writes it.
    pub fn to_json(&self) -> Value {
        match self {
            Condition::Column { column, function, value } => {
                json!([column, function.name(), value.to_json()])
            }
            Condition::Always(truth) => json!(truth),
        }
    }
}
