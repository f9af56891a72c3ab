//! Set semantics: how often a row is derived does not matter, only whether it is.

use std::rc::Rc;

use super::changes::Changes;
use super::index::{Batch, Epoch, Index, Weight, keys};
use super::memory::Held;
use super::pairs::Pairs;
use super::reader::{AsOf, Reader};

/// Rows with how often they are derived.
pub(crate) struct Distinct {
    derivations: Index,
    /// What the current transaction changes.
    changes: Option<Rc<Batch>>,
}

impl Distinct {
    /// Without rows.
    pub(crate) fn new() -> Self {
        Distinct { derivations: Index::new(), changes: None }
    }

    /// Takes changes of derivations, gives changes of the set, sorted by words.
    pub(crate) fn update(&mut self, changes: &Changes, epoch: Epoch) -> Changes {
        let batch = self.derivations.batch(Pairs::of_keys(changes.clone()), epoch);
        let mut reader = self.derivations.reader();
        let mut set = Changes::new();
        set.reserve(changes.len(), changes.width());
        for (row, derivations) in keys(&batch) {
            let before = if reader.seek(row) { reader.total(AsOf::Now) } else { 0 };
            let now = before + derivations.iter().map(|(_, weight)| weight).sum::<Weight>();
            let change = Weight::from(now > 0) - Weight::from(before > 0);
            if change != 0 {
                set.push(row, change);
            }
        }
        self.derivations.insert(batch.clone());
        self.changes = Some(batch);
        set
    }

    /// Forgets that there was a transaction.
    pub(crate) fn end(&mut self) {
        self.changes = None;
    }

    /// Takes the transaction's changes back, by their opposites in a later one.
    pub(crate) fn undo(&mut self, epoch: Epoch) {
        if let Some(changes) = self.changes.take() {
            self.derivations.undo(&changes, epoch);
        }
    }

    /// What it takes.
    pub(crate) fn held(&self) -> Held {
        self.derivations.held()
    }

    /// To look derivations up.
    pub(crate) fn reader(&mut self) -> Reader {
        self.derivations.reader()
    }

    /// The set now.
    pub(crate) fn rows(&mut self) -> Changes {
        let mut rows = Changes::new();
        self.derivations.reader().all(AsOf::Now, |row, _, weight| {
            if weight > 0 {
                rows.push(row, 1);
            }
        });
        rows
    }
}
