//! Ways out of what is wrong, to be taken with one key.

use std::collections::HashMap;

use lsp_types::{CodeAction, CodeActionKind, CodeActionOrCommand, Range, TextEdit, WorkspaceEdit};
use weir_engine::diagnostics::Diagnostic;
use weir_engine::source::{FileId, Span};

use crate::diagnostics::converted;
use crate::options::Options;
use crate::program::Program;

/// What can be done about the diagnostics within a range.
pub(crate) fn in_range(
    program: &Program,
    file: FileId,
    range: Range,
    options: &Options,
) -> Option<Vec<CodeActionOrCommand>> {
    let (from, to) = (program.offset(file, range.start)?, program.offset(file, range.end)?);
    let here = program.analysis.diagnostics.iter().filter(|d| {
        let span = d.primary.span;
        span.file == file && span.start <= to && from <= span.end
    });
    let mut actions = Vec::new();
    for diagnostic in here {
        let Some((title, span, new_text)) = way_out(program, diagnostic) else { continue };
        let Some(uri) = program.uri(span.file) else { continue };
        let edit = TextEdit { range: program.range(span), new_text };
        #[allow(clippy::mutable_key_type)] // the type of the protocol
        let changes = HashMap::from([(uri.clone(), vec![edit])]);
        actions.push(CodeActionOrCommand::CodeAction(CodeAction {
            title,
            kind: Some(CodeActionKind::QUICKFIX),
            diagnostics: Some(vec![converted(program, diagnostic, options)]),
            edit: Some(WorkspaceEdit { changes: Some(changes), ..WorkspaceEdit::default() }),
            is_preferred: Some(true),
            ..CodeAction::default()
        }));
    }
    Some(actions)
}

/// What stands around a text, in hints that say what to write in place of what is there.
const WRITTEN_INSTEAD: &[(&str, &str)] = &[
    ("Write `", "`: a new name"),
    ("Write `", "` for a new variable"),
    ("read as one: write `", "`."),
    ("or `", "` to keep its name"),
];

/// What a hint proposes, if it can be done by replacing one piece of text.
fn way_out(program: &Program, diagnostic: &Diagnostic) -> Option<(String, Span, String)> {
    let hint = diagnostic.hint.as_deref()?;
    let span = diagnostic.primary.span;
    if let Some(name) = between(hint, "Did you mean `", "`") {
        // Of a path only the name was wrong.
        let written = program.analysis.sources.text(span);
        let kept = if name.contains("::") { 0 } else { written.rfind("::").map_or(0, |i| i + 2) };
        let span = Span { start: span.start + kept as u32, ..span };
        return Some((format!("Change to `{name}`"), span, name.to_owned()));
    }
    let module = between(hint, "Module `", "` declares it").or_else(|| between(hint, "`import ", "`"));
    if let Some(module) = module {
        let tree = program.analysis.modules.iter().find(|m| m.file == span.file)?;
        if tree.imports.iter().any(|i| i.path.to_string() == module && i.alias.is_none()) {
            return None;
        }
        // After the other imports; or before the first item.
        let (at, text) = match tree.imports.last() {
            Some(last) => (last.span.end, format!("\nimport {module}")),
            None => (tree.items.first().map_or(0, |i| i.span.start), format!("import {module}\n\n")),
        };
        return Some((format!("Import `{module}`"), Span { file: span.file, start: at, end: at }, text));
    }
    // An operator of another language has one of this in its place.
    let is_operator = !program.analysis.sources.text(span).contains(char::is_alphanumeric);
    let operator = between(hint, "Write `", "`.").filter(|new| is_operator && !new.contains('`'));
    let instead = WRITTEN_INSTEAD.iter().find_map(|(before, after)| between(hint, before, after));
    let new = operator.or(instead)?;
    Some((format!("Change to `{new}`"), span, new.to_owned()))
}

fn between<'t>(text: &'t str, before: &str, after: &str) -> Option<&'t str> {
    let rest = &text[text.find(before)? + before.len()..];
    rest.find(after).map(|end| &rest[..end])
}
