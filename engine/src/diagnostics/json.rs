//! Diagnostics for programs.

use serde::Serialize;

use super::{Diagnostic, Label, Severity};
use crate::source::SourceMap;

/// Each diagnostic as one line of JSON: `severity` (`error` or `warning`), `code`, `message`, `primary`, `secondary` (a
/// list) and `hint` (a string or null). A place has `file`, `line`, `column`, `end_line`, `end_column` (from 1, columns
/// count characters, ends are exclusive) and `label`. Ends with a line break unless there are none.
pub fn json_lines(sources: &SourceMap, diagnostics: &[Diagnostic]) -> String {
    let lines = diagnostics.iter().filter_map(|diagnostic| {
        // Strings and numbers only: nothing that could fail.
        serde_json::to_string(&Line::new(sources, diagnostic)).ok()
    });
    lines.fold(String::new(), |text, line| text + &line + "\n")
}

#[derive(Serialize)]
struct Line<'a> {
    severity: &'static str,
    code: &'a str,
    message: &'a str,
    primary: Place<'a>,
    secondary: Vec<Place<'a>>,
    hint: Option<&'a str>,
}

#[derive(Serialize)]
struct Place<'a> {
    file: &'a str,
    line: usize,
    column: usize,
    end_line: usize,
    end_column: usize,
    label: &'a str,
}

impl<'a> Line<'a> {
    fn new(sources: &'a SourceMap, diagnostic: &'a Diagnostic) -> Self {
        Line {
            severity: match diagnostic.severity {
                Severity::Error => "error",
                Severity::Warning => "warning",
            },
            code: diagnostic.code,
            message: &diagnostic.message,
            primary: Place::new(sources, &diagnostic.primary),
            secondary: diagnostic.secondary.iter().map(|label| Place::new(sources, label)).collect(),
            hint: diagnostic.hint.as_deref(),
        }
    }
}

impl<'a> Place<'a> {
    fn new(sources: &'a SourceMap, label: &'a Label) -> Self {
        let span = label.span;
        let (line, column) = sources.line_column(span);
        let (end_line, end_column) = sources.line_column(crate::source::Span { start: span.end, ..span });
        let file = &sources.file(span.file).name;
        Place { file, line, column, end_line, end_column, label: &label.text }
    }
}
