//! What is to be written down of a draft.

use std::collections::BTreeSet;

use super::program::Draft;
use super::rules::own;
use crate::source::{FileId, Span};

impl Draft {
    /// What was typed and is still there, as typed, item by item.
    pub fn source(&self) -> String {
        let mut spans: Vec<Span> = Vec::new();
        for module in own(&self.modules) {
            spans.extend(module.imports.iter().map(|import| import.span));
            spans.extend(module.items.iter().map(|item| item.span));
        }
        spans.retain(|span| span.file.0 as usize >= self.loaded);
        spans.sort_unstable_by_key(|span| (span.file, span.start));
        let mut text = String::new();
        for span in spans {
            text.push_str(self.sources.text(span));
            text.push('\n');
        }
        text
    }

    /// Whether it is what was loaded and what was typed: nothing was taken out of the files.
    pub fn only_adds(&self) -> bool {
        self.removed.is_empty()
    }

    /// Whether there is anything to write down.
    pub fn is_changed(&self) -> bool {
        !self.removed.is_empty() || !self.source().is_empty()
    }

    /// The whole main module as a text: the file without what was removed, then what was typed.
    pub fn main_module(&self) -> String {
        let main = self.modules.iter().find(|module| module.path.is_empty());
        let mut text = main.map_or_else(String::new, |main| self.left_of(main.file));
        let typed = self.source();
        if !text.is_empty() && !typed.is_empty() {
            text.push_str(if text.ends_with('\n') { "\n" } else { "\n\n" });
        }
        text.push_str(&typed);
        text
    }

    /// The files that are no longer what they were, each by its name with the text it would have now. The main module
    /// has what was typed at its end.
    pub fn changed_files(&self) -> Vec<(String, String)> {
        let main = self.modules.iter().find(|module| module.path.is_empty()).map(|module| module.file);
        let mut files: BTreeSet<FileId> = self.removed.iter().map(|span| span.file).collect();
        if !self.source().is_empty() {
            files.extend(main);
        }
        let text = |file| if Some(file) == main { self.main_module() } else { self.left_of(file) };
        files.into_iter().map(|file| (self.sources.file(file).name.clone(), text(file))).collect()
    }

    /// A file without what was removed.
    fn left_of(&self, file: FileId) -> String {
        let text = &self.sources.file(file).text;
        let mut gone: Vec<&Span> = self.removed.iter().filter(|span| span.file == file).collect();
        gone.sort_unstable_by_key(|span| span.start);
        let (mut left, mut at) = (String::new(), 0);
        for span in gone {
            let (start, mut end) = (span.start as usize, span.end as usize);
            left.push_str(text.get(at..start).unwrap_or(""));
            // With the end of its line, if it has the line for itself.
            if left.is_empty() || left.ends_with('\n') {
                let rest = text.get(end..).unwrap_or("");
                end += rest.len()
                    - rest.trim_start_matches([' ', '\t']).strip_prefix('\n').unwrap_or(rest).len();
            }
            at = end;
        }
        left.push_str(text.get(at..).unwrap_or(""));
        left
    }
}
