//! Arrangements: a collection's rows indexed by a key, for all who ask.

use std::rc::Rc;

use super::changes::Changes;
use super::code::Code;
use super::index::{Batch, Epoch, Index, batch};
use super::pairs::Pairs;
use super::pulse::Pulse;
use super::reader::Reader;
use super::sizes::Size;
use crate::eval::{Machine, Trap};
use crate::plan::Projection;

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

    /// Takes the changes of the collection in this transaction.
    pub(crate) fn update(&mut self, epoch: Epoch, delta: &Changes) -> Result<(), Trap> {
        let mut updates = Pairs::new();
        updates.reserve(delta.len(), delta.width());
        for (row, weight) in delta.iter() {
            self.pulse.beat()?;
            self.project.run(epoch, &[row], weight, &mut |key, value, weight| {
                updates.push(key, value, weight);
            })?;
        }
        if updates.is_empty() {
            return Ok(());
        }
        self.changes = Some(match &mut self.index {
            None => batch(updates, epoch, epoch),
            Some(index) => {
                let batch = index.batch(updates, epoch);
                index.insert(batch.clone());
                batch
            }
        });
        Ok(())
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

    /// Updates held.
    pub(crate) fn len(&self) -> usize {
        self.index.as_ref().map_or(0, Index::len)
    }

    /// Updates held and memory taken.
    pub(crate) fn size(&self) -> Size {
        self.index.as_ref().map_or(Size::default(), Index::size)
    }

    /// Whether rows live for one transaction.
    pub(crate) fn is_ephemeral(&self) -> bool {
        self.index.is_none()
    }
}
