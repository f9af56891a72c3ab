//! What goes wrong between Rust types and values.

use std::fmt::Display;

use serde::{de, ser};

/// A Rust value could not be made a value, or a value not a Rust value.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}{message}", if path.is_empty() { String::new() } else { format!("at {path}: ") })]
pub struct SerdeError {
    /// Way from the whole to the part at fault: `.ports.name`; empty if it is the whole.
    pub path: String,
    /// What is wrong.
    pub message: String,
}

impl SerdeError {
    /// The same error seen from the struct around.
    pub(super) fn inside(mut self, field: &str) -> Self {
        self.path = format!(".{field}{}", self.path);
        self
    }
}

impl ser::Error for SerdeError {
    fn custom<T: Display>(message: T) -> Self {
        SerdeError { path: String::new(), message: message.to_string() }
    }
}

impl de::Error for SerdeError {
    fn custom<T: Display>(message: T) -> Self {
        ser::Error::custom(message)
    }
}
