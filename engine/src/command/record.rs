//! Values as text, without types.

use std::fmt;

use num_bigint::BigInt;

/// A value as a command gives it or a dump prints it: constructors are named, not resolved, and a collection is only a
/// list of elements.
#[derive(Clone, Debug, PartialEq)]
pub enum Record {
    /// `true`
    Bool(bool),
    /// `5`, `-5`, `0xff`
    Int(BigInt),
    /// `1.5`, `.5`, `2e3`
    Double(f64),
    /// `"text"`
    String(String),
    /// `%"path"`: the contents of a file.
    File(String),
    /// `@json"text"`, `@json%"path"`: a value in another notation.
    Serialized {
        /// The notation.
        format: String,
        /// The text.
        text: TextSource,
    },
    /// `(a, b)`
    Tuple(Vec<Record>),
    /// `[a, b]`: a vector, set, group, or a map as pairs.
    Array(Vec<Record>),
    /// `C`, `C{a, b}`
    Positional(String, Vec<Record>),
    /// `C{.f = a}`
    Named(String, Vec<(String, Record)>),
}

/// Text that is at hand or in a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TextSource {
    /// The text.
    Inline(String),
    /// Path of the file that holds it.
    File(String),
}

impl fmt::Display for Record {
    /// The notation of dumps, which the command parser reads back, except that a double without a fraction looks like
    /// an integer and infinities and NaN have no notation.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Record::Bool(value) => write!(f, "{value}"),
            Record::Int(value) => write!(f, "{value}"),
            Record::Double(value) => write!(f, "{value}"),
            Record::String(text) => quoted(f, text),
            Record::File(path) => {
                f.write_str("%")?;
                quoted(f, path)
            }
            Record::Serialized { format, text } => {
                write!(f, "@{format}")?;
                match text {
                    TextSource::Inline(text) => quoted(f, text),
                    TextSource::File(path) => {
                        f.write_str("%")?;
                        quoted(f, path)
                    }
                }
            }
            Record::Tuple(elements) => list(f, "(", elements, ")"),
            Record::Array(elements) => list(f, "[", elements, "]"),
            Record::Positional(constructor, fields) => {
                f.write_str(constructor)?;
                list(f, "{", fields, "}")
            }
            Record::Named(constructor, fields) => {
                write!(f, "{constructor}{{")?;
                for (at, (name, value)) in fields.iter().enumerate() {
                    f.write_str(if at == 0 { "" } else { ", " })?;
                    write!(f, ".{name} = {value}")?;
                }
                f.write_str("}")
            }
        }
    }
}

fn list(f: &mut fmt::Formatter<'_>, open: &str, elements: &[Record], close: &str) -> fmt::Result {
    f.write_str(open)?;
    for (at, element) in elements.iter().enumerate() {
        f.write_str(if at == 0 { "" } else { ", " })?;
        write!(f, "{element}")?;
    }
    f.write_str(close)
}

/// Text between quotes, with Rust's escapes; a single quote needs none.
fn quoted(f: &mut fmt::Formatter<'_>, text: &str) -> fmt::Result {
    f.write_str("\"")?;
    for character in text.chars() {
        match character {
            '\'' => f.write_str("'")?,
            _ => write!(f, "{}", character.escape_debug())?,
        }
    }
    f.write_str("\"")
}
