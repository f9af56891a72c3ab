//! How large relations are, as far as anybody knows.

use std::collections::HashMap;
use std::sync::Arc;

/// Rows per relation, by name: those of a running engine, or an author's guess. Rules are planned for them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sizes {
    rows: HashMap<Arc<str>, u64>,
}

impl Sizes {
    /// Notes how many rows a relation has.
    pub fn note(&mut self, relation: &str, rows: u64) {
        self.rows.insert(relation.into(), rows);
    }

    /// Rows of a relation, if known.
    pub fn rows(&self, relation: &str) -> Option<u64> {
        self.rows.get(relation).copied()
    }
}

impl<N: AsRef<str>> FromIterator<(N, u64)> for Sizes {
    fn from_iter<I: IntoIterator<Item = (N, u64)>>(rows: I) -> Self {
        let mut sizes = Sizes::default();
        rows.into_iter().for_each(|(relation, rows)| sizes.note(relation.as_ref(), rows));
        sizes
    }
}
