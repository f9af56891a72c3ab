//! Rows that transactions of one group change before the store has them.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::store::RowChange;

/// Changes of rows over those that are stored, and how far clients have come.
#[derive(Debug, Default, Clone)]
pub struct Overlay {
    /// By relation and key: the row, or its removal.
    rows: BTreeMap<(Arc<str>, String), Option<String>>,
    clients: BTreeMap<String, u64>,
}

impl Overlay {
    /// What becomes of a row: `None` if nothing is said of it here, `Some(None)` if it goes.
    pub(super) fn row(&self, relation: &Arc<str>, key: &str) -> Option<Option<&str>> {
        // The map is small: a key of its own is cheaper than a borrowed form of the pair.
        self.rows.get(&(Arc::clone(relation), key.to_owned())).map(|row| row.as_deref())
    }

    /// Notes a row, or its removal.
    pub(super) fn set(&mut self, relation: &Arc<str>, key: String, row: Option<String>) {
        self.rows.insert((Arc::clone(relation), key), row);
    }

    /// Notes how far a client has come.
    pub(super) fn advance(&mut self, client: &str, seq: u64) {
        self.clients.insert(client.to_owned(), seq);
    }

    /// How far a client has come, if it has moved here.
    pub(super) fn last(&self, client: &str) -> Option<u64> {
        self.clients.get(client).copied()
    }

    /// Takes in what a later transaction changes.
    pub fn merge(&mut self, later: Overlay) {
        self.rows.extend(later.rows);
        self.clients.extend(later.clients);
    }

    /// Whether nothing is changed.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty() && self.clients.is_empty()
    }

    /// The rows that are touched: relation, key and what they become.
    pub(super) fn rows(&self) -> impl Iterator<Item = (&Arc<str>, &str, Option<&str>)> {
        self.rows.iter().map(|((relation, key), row)| (relation, key.as_str(), row.as_deref()))
    }

    /// In the store's form.
    pub(super) fn into_parts(self) -> (Vec<RowChange>, Vec<(String, u64)>) {
        let rows = self.rows.into_iter().map(|((relation, key), row)| (relation.to_string(), key, row));
        (rows.collect(), self.clients.into_iter().collect())
    }
}
