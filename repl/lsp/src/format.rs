//! A text laid out as `weir fmt` does it.

use lsp_types::TextEdit;

use crate::program::Program;
use weir_engine::source::{FileId, Span};

/// The edits that lay a file out; `None` if it cannot be read.
pub(crate) fn edits(program: &Program, file: FileId) -> Option<Vec<TextEdit>> {
    let text = program.text(file);
    let name = &program.analysis.sources.file(file).name;
    let new = weir_engine::format::format(name, text).ok()?;
    if new == text {
        return Some(Vec::new());
    }
    // What is the same at both ends stays: cursors and marks there do not move.
    let start = common(text.bytes(), new.bytes());
    let start = (0..=start).rev().find(|i| text.is_char_boundary(*i)).unwrap_or(0);
    let end = common(text[start..].bytes().rev(), new[start..].bytes().rev());
    let ends = |end: usize| text.is_char_boundary(text.len() - end) && new.is_char_boundary(new.len() - end);
    let end = (0..=end).rev().find(|i| ends(*i)).unwrap_or(0);
    let span = Span { file, start: start as u32, end: (text.len() - end) as u32 };
    let new_text = new[start..new.len() - end].to_owned();
    Some(vec![TextEdit { range: program.range(span), new_text }])
}

fn common(a: impl Iterator<Item = u8>, b: impl Iterator<Item = u8>) -> usize {
    a.zip(b).take_while(|(a, b)| a == b).count()
}
