//! Changes of rows of key and value, on their way into an index.

use super::changes::Changes;
use super::index::Weight;
use crate::value::Word;

/// Changes of rows of key and value, whose widths are those of the first one pushed.
#[derive(Clone, Debug, Default)]
pub(crate) struct Pairs {
    key: usize,
    rows: Changes,
}

impl Pairs {
    /// None.
    pub(crate) fn new() -> Self {
        Pairs::default()
    }

    /// Adds a change.
    #[inline]
    pub(crate) fn push(&mut self, key: &[Word], value: &[Word], weight: Weight) {
        if self.rows.is_empty() {
            self.key = key.len();
        }
        debug_assert_eq!(self.key, key.len(), "keys of one arrangement have one width");
        self.rows.push_pair(key, value, weight);
    }

    /// Rows without values.
    pub(crate) fn of_keys(rows: Changes) -> Self {
        Pairs { key: rows.width(), rows }
    }

    /// Adds other changes of such rows.
    pub(crate) fn append(&mut self, other: Pairs) {
        if self.is_empty() {
            *self = other;
        } else {
            self.rows.append(&other.rows);
        }
    }

    /// Rows whose first columns, so many of them, are the key.
    pub(crate) fn from_parts(rows: Changes, key: usize) -> Self {
        Pairs { key, rows }
    }

    /// The rows, and how many of their columns are the key.
    pub(crate) fn into_parts(self) -> (Changes, usize) {
        (self.rows, self.key)
    }

    /// How many there are.
    pub(crate) fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether there are none.
    pub(crate) fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// Makes room for as many rows of as many words.
    pub(crate) fn reserve(&mut self, rows: usize, width: usize) {
        self.rows.reserve(rows, width);
    }

    /// The consolidated rows, and how many of their words are the key.
    pub(crate) fn consolidated(mut self) -> (Changes, usize) {
        self.rows.consolidate();
        (self.rows, self.key)
    }
}
