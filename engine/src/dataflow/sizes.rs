//! What is held where, in rows and bytes.

use differential_dataflow::trace::BatchReader;

use super::host::Host;
use super::index::{Batch, Epoch, Weight};
use crate::ir::{RelationId, RuleId};
use crate::plan::ArrangementId;

/// Rows and bytes. Rows that a newer batch takes back count until the batches are merged.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Size {
    pub(crate) rows: usize,
    pub(crate) bytes: usize,
}

impl Host {
    /// An index that rules share.
    pub(crate) fn index_size(&self, id: ArrangementId) -> Size {
        self.arrangements[id.0 as usize].size()
    }

    /// The indexes of a relation together, and the count of its derivations.
    pub(crate) fn relation_size(&self, relation: RelationId) -> Size {
        let of_relation = |arrangement: &&crate::plan::Arrangement| arrangement.collection.0 == relation.0;
        let indexes = self.plan.arrangements.iter().zip(&self.arrangements);
        let indexes = indexes.filter(|(planned, _)| of_relation(planned)).map(|(_, index)| index.size());
        let derivations = self.distinct[relation.0 as usize].iter().map(|distinct| distinct.size());
        let inside = self.recursion_of(relation).map(|recursion| recursion.size(relation));
        indexes.chain(derivations).chain(inside).fold(Size::default(), Size::and)
    }

    /// What a rule keeps for itself alone.
    pub(crate) fn rule_size(&self, rule: RuleId) -> Size {
        self.chains[rule.0 as usize].as_ref().map_or(Size::default(), |chain| chain.size())
    }
}

impl Size {
    /// One batch.
    pub(super) fn of(batch: &Batch) -> Size {
        let storage = &batch.storage;
        let bytes = storage.keys.bytes()
            + storage.vals.vals.bytes()
            + storage.vals.offs.bytes()
            + storage.upds.offs.bytes()
            + storage.upds.times.capacity() * size_of::<Epoch>()
            + storage.upds.diffs.capacity() * size_of::<Weight>();
        Size { rows: batch.len(), bytes }
    }

    pub(super) fn and(self, other: Size) -> Size {
        Size { rows: self.rows + other.rows, bytes: self.bytes + other.bytes }
    }
}
