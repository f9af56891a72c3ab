//! What is wrong with a program, as editors show it.

use std::collections::HashMap;
use std::path::PathBuf;

use lsp_types::{DiagnosticRelatedInformation, DiagnosticSeverity, DiagnosticTag, NumberOrString};
use weir_engine::diagnostics::{Diagnostic, Severity};

use crate::options::Options;
use crate::program::Program;

/// What is there and not used: editors show it faded.
const UNNECESSARY: &[&str] = &["W0001", "W0002", "W0003", "W0005"];

/// The diagnostics of each file of the program; none for files that are right.
pub(crate) fn by_file(program: &Program, options: &Options) -> HashMap<PathBuf, Vec<lsp_types::Diagnostic>> {
    let mut found: HashMap<PathBuf, Vec<lsp_types::Diagnostic>> =
        program.own_files().map(|(path, _)| (path.to_owned(), Vec::new())).collect();
    for diagnostic in &program.analysis.diagnostics {
        let path = program.path(diagnostic.primary.span.file).unwrap_or(&program.main);
        found.entry(path.to_owned()).or_default().push(converted(program, diagnostic, options));
    }
    found
}

/// One diagnostic.
pub(crate) fn converted(
    program: &Program,
    diagnostic: &Diagnostic,
    options: &Options,
) -> lsp_types::Diagnostic {
    let mut message = diagnostic.message.clone();
    let mut add = |text: &str| {
        message.push('\n');
        message.push_str(text);
    };
    if !diagnostic.primary.text.is_empty() {
        add(&diagnostic.primary.text);
    }
    // Editors that cannot show other places still tell what is there.
    let mut related = Vec::new();
    for label in &diagnostic.secondary {
        match program.location(label.span).filter(|_| options.related) {
            Some(location) => {
                let message = if label.text.is_empty() { "see here".to_owned() } else { label.text.clone() };
                related.push(DiagnosticRelatedInformation { location, message });
            }
            None => add(&label.text),
        }
    }
    if let Some(hint) = &diagnostic.hint {
        add(hint);
    }
    lsp_types::Diagnostic {
        range: program.range(diagnostic.primary.span),
        severity: Some(match diagnostic.severity {
            Severity::Error => DiagnosticSeverity::ERROR,
            Severity::Warning => DiagnosticSeverity::WARNING,
        }),
        code: Some(NumberOrString::String(diagnostic.code.to_owned())),
        source: Some("weir".to_owned()),
        tags: UNNECESSARY.contains(&diagnostic.code).then(|| vec![DiagnosticTag::UNNECESSARY]),
        message,
        related_information: Some(related).filter(|r| !r.is_empty()),
        ..lsp_types::Diagnostic::default()
    }
}
