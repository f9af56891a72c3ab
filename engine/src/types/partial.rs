//! What can be said about types in a program of which not everything could be read.

use std::collections::HashSet;

use crate::diagnostics::{Diagnostic, Severity};
use crate::source::{FileId, SourceMap, Span};
use crate::syntax::ast::{Item, Module};

/// Codes about a name that may be declared in what could not be read: unknown names, overloads that do not fit.
const ABOUT_NAMES: &[&str] = &["E0101", "E0102", "E0103", "E0105", "E0211", "E0212", "E0213"];
/// Codes of the loader about modules that are not there.
const ABOUT_MODULES: &[&str] = &["E0030", "E0031", "E0034"];

/// The errors that do not follow from mistakes in the syntax: nothing inside a broken item or about one, and nothing
/// about names that something unread may declare.
pub(crate) fn independent(
    modules: &[Module],
    sources: &SourceMap,
    syntax: &[Diagnostic],
    mut found: Vec<Diagnostic>,
) -> Vec<Diagnostic> {
    let unread = Unread::new(modules, sources, syntax);
    found.retain(|d| d.severity == Severity::Error && !unread.explains(d, sources));
    found
}

/// What was not read, or not fully.
struct Unread<'s> {
    /// Items with mistakes inside.
    broken: Vec<Span>,
    /// Words of texts that are part of no item.
    words: HashSet<&'s str>,
    /// A whole module is missing.
    module: bool,
}

impl<'s> Unread<'s> {
    fn new(modules: &[Module], sources: &'s SourceMap, syntax: &[Diagnostic]) -> Self {
        let errors = || syntax.iter().filter(|d| d.severity == Severity::Error);
        let mut unread = Unread {
            broken: Vec::new(),
            words: HashSet::new(),
            module: errors().any(|d| ABOUT_MODULES.contains(&d.code)),
        };
        let files: HashSet<FileId> = errors().map(|d| d.primary.span.file).collect();
        for module in modules.iter().filter(|m| files.contains(&m.file)) {
            let is_broken = |item: &&Item| errors().any(|d| touches(item.span, d.primary.span));
            unread.broken.extend(module.items.iter().filter(is_broken).map(|item| item.span));
            let read = module.items.iter().map(|item| item.span).chain(module.imports.iter().map(|i| i.span));
            unread.gaps(&sources.file(module.file).text, read.collect());
        }
        unread
    }

    /// Takes up the words between what was read.
    fn gaps(&mut self, text: &'s str, mut read: Vec<Span>) {
        read.sort_by_key(|span| span.start);
        let mut at = 0;
        for span in read {
            self.words(text.get(at..span.start as usize).unwrap_or_default());
            at = at.max(span.end as usize);
        }
        self.words(text.get(at..).unwrap_or_default());
    }

    fn words(&mut self, text: &'s str) {
        self.words.extend(words(text));
    }

    fn explains(&self, found: &Diagnostic, sources: &SourceMap) -> bool {
        let mut places = std::iter::once(&found.primary).chain(&found.secondary).map(|label| label.span);
        if places.any(|place| self.broken.iter().any(|item| item.contains(place))) {
            return true;
        }
        let about_name = ABOUT_NAMES.contains(&found.code);
        about_name
            && (self.module || words(sources.text(found.primary.span)).any(|word| self.words.contains(word)))
    }
}

/// Whether an error lies in an item or right behind it.
fn touches(item: Span, error: Span) -> bool {
    item.file == error.file && item.start <= error.start && error.start <= item.end
}

fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !c.is_alphanumeric() && c != '_').filter(|word| !word.is_empty())
}
