//! Arrangements: a collection's rows indexed by a key, for all who ask.

use std::rc::Rc;

use super::attempts::Least;
use super::changes::Changes;
use super::code::Code;
use super::index::{Batch, Epoch, Index, batch};
use super::memory::Held;
use super::pairs::Pairs;
use super::pulse::Pulse;
use super::reader::Reader;
use crate::eval::{Machine, Trap};
use crate::plan::Projection;
use crate::value::Word;

/// An arrangement at work.
pub(crate) struct Arranged {
    project: Code,
    pulse: Pulse,
    /// `None` if rows live for one transaction.
    index: Option<Index>,
    /// What the current transaction changes.
    changes: Option<Rc<Batch>>,
}

impl Arranged {
    /// Without rows.
    pub(crate) fn new(machine: &Rc<Machine>, projection: &Projection, ephemeral: bool) -> Self {
        let project = match projection {
            Projection::Columns { key, value } => Code::columns(key, value),
            Projection::Code(transform) => Code::new(machine, transform),
        };
        let pulse = Pulse::new(machine.control());
        Arranged { project, pulse, index: (!ephemeral).then(Index::new), changes: None }
    }

    /// Keys and values for changes of the collection.
    pub(crate) fn project(&self, epoch: Epoch, delta: &Changes) -> Result<Pairs, Trap> {
        let mut rows = Pairs::new();
        rows.reserve(delta.len(), delta.width());
        let mut least = Least::default();
        for (row, weight) in delta.iter() {
            self.pulse.beat()?;
            let emit = &mut |key: &[Word], value: &[Word], weight| rows.push(key, value, weight);
            least.note(self.project.run(epoch, &[row], weight, emit));
        }
        least.result().map(|()| rows)
    }

    /// Takes the keys and values that change in this transaction.
    pub(crate) fn update(&mut self, epoch: Epoch, rows: Pairs) {
        if rows.is_empty() {
            return;
        }
        self.changes = Some(match &mut self.index {
            None => batch(rows, epoch, epoch),
            Some(index) => {
                let batch = index.batch(rows, epoch);
                index.insert(batch.clone());
                batch
            }
        });
    }

    /// What the current transaction changes, if anything.
    pub(crate) fn changes(&self) -> Option<Rc<Batch>> {
        self.changes.clone()
    }

    /// Forgets that there was a transaction.
    pub(crate) fn end(&mut self) {
        self.changes = None;
    }

    /// To look rows up; `None` if they live for one transaction.
    pub(crate) fn reader(&mut self) -> Option<Reader> {
        self.index.as_mut().map(Index::reader)
    }

    /// Takes the transaction's changes back, by their opposites in a later one.
    pub(crate) fn undo(&mut self, epoch: Epoch) {
        if let (Some(index), Some(changes)) = (&mut self.index, self.changes.take()) {
            index.undo(&changes, epoch);
        }
    }

    /// Gives its rows to another one of the same kind and takes that one's.
    pub(crate) fn exchange(&mut self, other: &mut Arranged) {
        std::mem::swap(&mut self.index, &mut other.index);
    }

    /// What it takes.
    pub(crate) fn held(&self) -> Held {
        self.index.as_ref().map(Index::held).unwrap_or_default()
    }

    /// Updates held.
    pub(crate) fn len(&self) -> usize {
        self.index.as_ref().map_or(0, Index::len)
    }

    /// Whether rows live for one transaction.
    pub(crate) fn is_ephemeral(&self) -> bool {
        self.index.is_none()
    }
}
