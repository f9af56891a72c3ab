use std::sync::Arc;

use crate::value::{Row, Uuid};

/// What happened to one row. At least one of `old` and `new` is there, and they differ.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// The row's table.
    pub table: Arc<str>,
    /// The row.
    pub uuid: Uuid,
    /// What it was; `None` if it was not there.
    pub old: Option<Arc<Row>>,
    /// What it is; `None` if it is gone.
    pub new: Option<Arc<Row>>,
}

/// Changes that belong together: all or none of them hold. At most one per row; in order of table, then UUID.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ChangeSet {
    /// The changes.
    pub changes: Vec<Change>,
}

impl ChangeSet {
    /// Whether nothing changed.
    pub fn is_empty(&self) -> bool {
        self.changes.is_empty()
    }

    /// The changes of one table.
    pub fn of<'set>(&'set self, table: &'set str) -> impl Iterator<Item = &'set Change> {
        self.changes.iter().filter(move |change| change.table.as_ref() == table)
    }
}

impl<'set> IntoIterator for &'set ChangeSet {
    type Item = &'set Change;
    type IntoIter = std::slice::Iter<'set, Change>;

    fn into_iter(self) -> Self::IntoIter {
        self.changes.iter()
    }
}
