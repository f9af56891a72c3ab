//! Text to be read, and how its offsets lead back to the file.

use crate::source::{FileId, Span};

/// A text whose bytes come from one file: the file itself, or what a string literal stands for.
#[derive(Clone, Debug)]
pub(crate) struct Origin {
    pub(crate) file: FileId,
    map: OffsetMap,
}

#[derive(Clone, Debug)]
enum OffsetMap {
    /// The file's own text.
    Same,
    /// Source offset of every byte, and of the end.
    Table(Vec<u32>),
}

/// Text gathered from pieces of another text: escapes resolved, adjacent literals joined.
#[derive(Clone, Debug)]
pub(crate) struct Gathered {
    pub(crate) text: String,
    offsets: Vec<u32>,
}

impl Origin {
    /// The text of a file itself.
    pub(crate) fn file(file: FileId) -> Self {
        Origin { file, map: OffsetMap::Same }
    }

    /// Offset in the file of a byte of the text; the end for offsets past it.
    pub(crate) fn source(&self, at: u32) -> u32 {
        match &self.map {
            OffsetMap::Same => at,
            OffsetMap::Table(table) => table.get(at as usize).or(table.last()).copied().unwrap_or_default(),
        }
    }

    /// The place in the file of a range of the text.
    pub(crate) fn span(&self, start: usize, end: usize) -> Span {
        let (start, end) = (self.source(start as u32), self.source(end as u32));
        Span { file: self.file, start, end: end.max(start) }
    }
}

impl Gathered {
    /// Nothing yet.
    pub(crate) fn new() -> Self {
        Gathered { text: String::new(), offsets: Vec::new() }
    }

    /// Adds a character that stands at a source offset.
    pub(crate) fn push(&mut self, character: char, source: u32) {
        self.text.push(character);
        self.offsets.resize(self.text.len(), source);
    }

    /// Ends the text at a source offset and gives its origin.
    pub(crate) fn finish(mut self, file: FileId, end: u32) -> (String, Origin) {
        self.offsets.push(end);
        (self.text, Origin { file, map: OffsetMap::Table(self.offsets) })
    }
}
