//! What rule authors are told: one shape for every stage's errors.

mod json;
mod pages;
mod render;
mod summary;

pub use json::json_lines;
pub use pages::{Page, nearest, page, pages};
pub use render::render;
pub use summary::Summary;

use crate::source::Span;

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Severity {
    /// The program is refused.
    Error,
    /// The program runs; the author should look.
    Warning,
}

/// A place and what is to be said there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Label {
    /// Where.
    pub span: Span,
    /// What; may be empty for a bare underline.
    pub text: String,
}

/// One error or warning about rule files, ready to be rendered.
///
/// Stages keep their own `thiserror` enum and turn it into this with `From`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// Error or warning.
    pub severity: Severity,
    /// Stable code such as `E0012`: syntax E00xx, names E01xx, types E02xx, rules and strata E03xx, data E04xx; warnings W.
    pub code: &'static str,
    /// Primary message: lower case, no full stop.
    pub message: String,
    /// The place that is at fault.
    pub primary: Label,
    /// Other places that matter (the first declaration, the other side of a mismatch).
    pub secondary: Vec<Label>,
    /// The way out, as a sentence.
    pub hint: Option<String>,
}

impl Diagnostic {
    /// An error at one place.
    pub fn error(code: &'static str, span: Span, message: impl Into<String>) -> Self {
        let primary = Label { span, text: String::new() };
        Diagnostic {
            severity: Severity::Error,
            code,
            message: message.into(),
            primary,
            secondary: Vec::new(),
            hint: None,
        }
    }

    /// Text beside the primary underline.
    pub fn label(mut self, text: impl Into<String>) -> Self {
        self.primary.text = text.into();
        self
    }

    /// A further place with its text.
    pub fn also(mut self, span: Span, text: impl Into<String>) -> Self {
        self.secondary.push(Label { span, text: text.into() });
        self
    }

    /// The way out.
    pub fn hint(mut self, text: impl Into<String>) -> Self {
        self.hint = Some(text.into());
        self
    }
}
