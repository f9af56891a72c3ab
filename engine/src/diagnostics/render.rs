//! Diagnostics as text, with the lines they are about.

use std::borrow::Cow;
use std::ops::Range;

use annotate_snippets::{Annotation, AnnotationKind, Group, Level, Origin, Renderer, Snippet};

use super::{Diagnostic, Label, Severity};
use crate::source::{FileId, SourceMap, Span};

/// Text for a terminal or a log, in the manner of rustc: message and code, place, the lines with carets and labels,
/// and the way out. `colour` adds ANSI escapes. Spans are clipped to their files. Ends with a line break unless empty.
pub fn render(sources: &SourceMap, diagnostics: &[Diagnostic], colour: bool) -> String {
    let renderer = if colour { Renderer::styled() } else { Renderer::plain() };
    let mut text = String::new();
    for diagnostic in diagnostics {
        text.push_str(&renderer.render(&[group(sources, diagnostic)]));
        text.push_str("\n\n");
    }
    text.truncate(text.trim_end().len());
    if !text.is_empty() {
        text.push('\n');
    }
    text
}

fn group<'a>(sources: &'a SourceMap, diagnostic: &'a Diagnostic) -> Group<'a> {
    let level = match diagnostic.severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
    };
    let title = level.primary_title(&diagnostic.message).id(diagnostic.code);
    let main = diagnostic.primary.span.file;
    let mut group = match sources.file(main).text.is_empty() {
        true => title.element(Origin::path(&sources.file(main).name)),
        false => title.element(snippet(sources, main, diagnostic)),
    };
    let mut others: Vec<FileId> = Vec::new();
    for label in &diagnostic.secondary {
        let file = label.span.file;
        if file != main && !others.contains(&file) && !sources.file(file).text.is_empty() {
            others.push(file);
            group = group.element(snippet(sources, file, diagnostic));
        }
    }
    if let Some(hint) = &diagnostic.hint {
        group = group.element(Level::HELP.message(hint));
    }
    group
}

/// The lines of one file that labels of a diagnostic are about.
fn snippet<'a>(
    sources: &'a SourceMap,
    file: FileId,
    diagnostic: &'a Diagnostic,
) -> Snippet<'a, Annotation<'a>> {
    let text = &*sources.file(file).text;
    let primary = std::iter::once((&diagnostic.primary, AnnotationKind::Primary));
    let secondary = diagnostic.secondary.iter().map(|label| (label, AnnotationKind::Context));
    let labels: Vec<(&Label, AnnotationKind)> =
        primary.chain(secondary).filter(|(label, _)| label.span.file == file).collect();
    let ranges = labels.iter().map(|(label, _)| clipped(text, label.span));
    let (start, end) = ranges.fold((text.len(), 0), |(start, end), r| (start.min(r.start), end.max(r.end)));
    let first = text[..start].rfind('\n').map_or(0, |at| at + 1);
    let last = text[end..].find('\n').map_or(text.len(), |at| end + at);
    let annotations = labels.into_iter().map(|(label, kind)| {
        let range = clipped(text, label.span);
        let annotation = kind.span(range.start - first..range.end - first);
        if label.text.is_empty() { annotation } else { annotation.label(&label.text) }
    });
    // The end of a text that ends with a line break is a line of its own.
    let shown = match end == text.len() && text.ends_with('\n') {
        true => format!("{}\n", &text[first..]).into(),
        false => Cow::Borrowed(&text[first..last]),
    };
    Snippet::source(shown)
        .line_start(text[..first].matches('\n').count() + 1)
        .path(&sources.file(file).name)
        .annotations(annotations)
}

/// The bytes a span covers, moved outwards to whole characters and inwards to the text.
fn clipped(text: &str, span: Span) -> Range<usize> {
    let mut start = (span.start as usize).min(text.len());
    while !text.is_char_boundary(start) {
        start -= 1;
    }
    let mut end = (span.end as usize).clamp(start, text.len());
    while !text.is_char_boundary(end) {
        end += 1;
    }
    start..end
}
