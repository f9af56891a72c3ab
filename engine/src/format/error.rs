//! Why a file was not formatted.

use crate::diagnostics::Diagnostic;
use crate::source::{SourceMap, Span};

/// Why a file was not formatted.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FormatError {
    /// It cannot be read.
    #[error("{} has syntax errors", name(.sources))]
    Syntax {
        /// The one file.
        sources: SourceMap,
        /// What is wrong with it.
        diagnostics: Vec<Diagnostic>,
    },
    /// The layout would not keep what is at this place, so it was thrown away. That is a mistake of the formatter.
    #[error("{name}:{line}:{column}: the formatter would change this; the file is left as it is")]
    Changed {
        /// The file.
        name: String,
        /// From 1.
        line: usize,
        /// From 1, in characters.
        column: usize,
    },
}

impl FormatError {
    pub(super) fn changed(sources: &SourceMap, span: Span) -> Self {
        let (line, column) = sources.line_column(span);
        FormatError::Changed { name: sources.file(span.file).name.clone(), line, column }
    }
}

fn name(sources: &SourceMap) -> &str {
    sources.files().next().map_or("", |file| &file.name)
}
