use std::fmt;

use serde_json::Value;
use thiserror::Error;

/// JSON that does not say what the protocol has it say. Names the place within the message or schema.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{place}expected {expected}, found `{found}`", place = Place(.path))]
pub struct DecodeError {
    /// The members that lead to the offending value, outermost first.
    pub path: Vec<String>,
    /// What should have stood there.
    pub expected: &'static str,
    /// What stood there, as JSON, cut after 80 characters.
    pub found: String,
}

impl DecodeError {
    /// The same error, one member further out.
    pub(crate) fn inside(mut self, member: &str) -> Self {
        self.path.insert(0, member.to_owned());
        self
    }
}

pub(crate) fn decode_error(expected: &'static str, found: &Value) -> DecodeError {
    let mut text = String::new();
    let mut cut = CutWriter { text: &mut text, left: 80 };
    // An error from the writer only means that the text is long enough.
    let _ = fmt::write(&mut cut, format_args!("{found}"));
    DecodeError { path: Vec::new(), expected, found: text }
}

pub(crate) fn missing_member(expected: &'static str, member: &str) -> DecodeError {
    DecodeError { path: vec![member.to_owned()], expected, found: "nothing".to_owned() }
}

struct Place<'path>(&'path [String]);

impl fmt::Display for Place<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() { Ok(()) } else { write!(f, "in {}: ", self.0.join(".")) }
    }
}

struct CutWriter<'text> {
    text: &'text mut String,
    left: usize,
}

impl fmt::Write for CutWriter<'_> {
    fn write_str(&mut self, piece: &str) -> fmt::Result {
        for character in piece.chars() {
            if self.left == 0 {
                return Err(fmt::Error);
            }
            self.text.push(character);
            self.left -= 1;
        }
        Ok(())
    }
}
