//! Values as the dump and delta output shows them.

use std::fmt::{self, Display, Write};

use super::Value;

impl Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Value::Bool(value) => value.fmt(f),
            Value::Int(value) => value.fmt(f),
            Value::BigInt(value) => value.fmt(f),
            Value::Double(value) => write!(f, "{value}"),
            Value::Float(value) => write!(f, "{value}"),
            Value::Str(text) => write_quoted(f, text),
            Value::Tuple(parts) => write_list(f, "(", parts, ")"),
            Value::Vec(items) | Value::Set(items) => write_list(f, "[", items, "]"),
            Value::Map(pairs) => {
                f.write_char('[')?;
                for (i, (key, value)) in pairs.iter().enumerate() {
                    let separator = if i == 0 { "" } else { ", " };
                    write!(f, "{separator}({key}, {value})")?;
                }
                f.write_char(']')
            }
            Value::Struct { ctor, fields } => {
                write!(f, "{ctor}{{")?;
                for (i, (name, value)) in fields.iter().enumerate() {
                    let separator = if i == 0 { "" } else { ", " };
                    write!(f, "{separator}.{name} = {value}")?;
                }
                f.write_char('}')
            }
        }
    }
}

/// The text of a value for people who debug programs: fields without names.
pub(crate) fn debug_text(value: &Value) -> String {
    let list = |open: &str, items: Vec<String>, separator: &str, close: &str| {
        format!("{open}{}{close}", items.join(separator))
    };
    let each = |items: &[Value]| items.iter().map(debug_text).collect();
    match value {
        Value::Tuple(items) => list("(", each(items), ", ", ")"),
        Value::Vec(items) => list("[", each(items), ", ", "]"),
        Value::Set(items) => list("{", each(items), ", ", "}"),
        Value::Map(pairs) => {
            let pair = |(key, value): &(Value, Value)| format!("{}: {}", debug_text(key), debug_text(value));
            list("{", pairs.iter().map(pair).collect(), ", ", "}")
        }
        Value::Struct { ctor, fields } => {
            let fields = fields.iter().map(|(_, value)| debug_text(value)).collect();
            format!("{ctor}{}", list("{", fields, ",", "}"))
        }
        other => other.to_string(),
    }
}

/// A string between double quotes; what does not print is escaped, a single quote is not.
pub(crate) fn write_quoted(out: &mut impl Write, text: &str) -> fmt::Result {
    out.write_char('"')?;
    for c in text.chars() {
        match c {
            '\'' => out.write_char(c)?,
            c => write!(out, "{}", c.escape_debug())?,
        }
    }
    out.write_char('"')
}

fn write_list(f: &mut fmt::Formatter<'_>, open: &str, items: &[Value], close: &str) -> fmt::Result {
    f.write_str(open)?;
    for (i, item) in items.iter().enumerate() {
        let separator = if i == 0 { "" } else { ", " };
        write!(f, "{separator}{item}")?;
    }
    f.write_str(close)
}

#[cfg(test)]
mod tests {
    use num_bigint::BigInt;

    use super::*;

    #[track_caller]
    fn check(value: Value, text: &str) {
        assert_eq!(value.to_string(), text);
    }

    #[test]
    fn records_print_as_the_language_document_says() {
        check(Value::Bool(true), "true");
        check(Value::Int(-5), "-5");
        check(Value::integer(BigInt::from(u128::MAX)), "340282366920938463463374607431768211455");
        check(Value::Double(1.0), "1");
        check(Value::Float(0.1), "0.1");
        check(Value::Double(f64::NAN), "NaN");
        check(Value::Double(f64::INFINITY), "inf");
        check("it's \"x\"\n\t\\\u{7}é\u{301}".into(), "\"it's \\\"x\\\"\\n\\t\\\\\\u{7}é\\u{301}\"");
        check(Value::Tuple(vec![]), "()");
        check(Value::Tuple(vec![Value::Int(1), Value::Bool(false)]), "(1, false)");
        check(Value::Map(vec![(Value::Int(1), "a".into())]), "[(1, \"a\")]");
        check(Value::Struct { ctor: "ddlog_std::None".into(), fields: vec![] }, "ddlog_std::None{}");
        let some =
            Value::Struct { ctor: "ddlog_std::Some".into(), fields: vec![("x".into(), Value::Set(vec![]))] };
        check(some, "ddlog_std::Some{.x = []}");
    }
}
