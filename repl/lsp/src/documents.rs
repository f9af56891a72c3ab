//! What is open in the editor: texts that are newer than the files.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use lsp_types::{TextDocumentContentChangeEvent, Uri};

use crate::position::{Encoding, Lines};

/// An open text.
#[derive(Debug)]
pub(crate) struct Document {
    /// As the editor writes it.
    pub(crate) uri: Uri,
    pub(crate) version: i32,
    pub(crate) text: Arc<str>,
}

/// All open texts by path.
#[derive(Debug, Default)]
pub(crate) struct Documents {
    open: HashMap<PathBuf, Document>,
}

impl Documents {
    pub(crate) fn open(&mut self, path: PathBuf, document: Document) {
        self.open.insert(path, document);
    }

    pub(crate) fn close(&mut self, path: &Path) {
        self.open.remove(path);
    }

    pub(crate) fn get(&self, path: &Path) -> Option<&Document> {
        self.open.get(path)
    }

    pub(crate) fn paths(&self) -> impl Iterator<Item = &PathBuf> {
        self.open.keys()
    }

    /// Applies an editor's changes, one after the other. False if the text is not open.
    pub(crate) fn change(
        &mut self,
        path: &Path,
        version: i32,
        changes: Vec<TextDocumentContentChangeEvent>,
        encoding: Encoding,
    ) -> bool {
        let Some(document) = self.open.get_mut(path) else { return false };
        let mut text = document.text.to_string();
        for change in changes {
            match change.range {
                None => text = change.text,
                Some(range) => {
                    let lines = Lines::new(&text);
                    let start = lines.offset(&text, range.start, encoding) as usize;
                    let end = lines.offset(&text, range.end, encoding) as usize;
                    text.replace_range(start.min(end)..end.max(start), &change.text);
                }
            }
        }
        document.version = version;
        document.text = text.into();
        true
    }

    /// The text of a file: the editor's, or the disk's. `None` if there is no such file.
    pub(crate) fn read(&self, path: &Path) -> Option<std::io::Result<String>> {
        match self.get(path) {
            Some(document) => Some(Ok(document.text.to_string())),
            None if path.is_file() => Some(std::fs::read_to_string(path)),
            None => None,
        }
    }
}
