//! A feature of each value, as one vector in the order of the values.

use super::changes::Change;
use super::context::Context;
use super::ordered::Ordered;
use super::run::{Edit, edited};
use super::table::Slot;
use crate::ir::TypeId;
use crate::value::Word;

/// Vectors of features, by group.
#[derive(Debug, Default)]
pub(super) struct Mapped {
    /// The values that have an item in the vector.
    values: Vec<Ordered<Word>>,
    pub(super) of: Vec<Word>,
}

/// What of a feature gets into the vector.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part {
    All,
    /// What is in the option that it is.
    Inside,
}

impl Mapped {
    /// Keeps these slots only, in this order.
    pub(super) fn keep(&mut self, slots: &[Slot]) {
        super::store::keep(&mut self.values, slots);
        super::store::keep(&mut self.of, slots);
    }

    /// Bytes that the values take.
    pub(super) fn bytes(&self) -> usize {
        Ordered::all_bytes(&self.values)
    }

    pub(super) fn open(&mut self, slot: Slot) {
        super::store::set(&mut self.values, slot, Ordered::default());
        super::store::set(&mut self.of, slot, 0);
    }

    /// Takes changes, which are in natural order.
    pub(super) fn change(
        &mut self,
        cx: Context<'_>,
        ty: TypeId,
        (column, part): (usize, Part),
        slot: Slot,
        changes: &[Change<'_>],
    ) {
        let (values, mapped) = (&mut self.values[slot], &mut self.of[slot]);
        let item = |change: &Change<'_>| match part {
            Part::All => Some(change.feature(column)),
            Part::Inside => cx.inside(change.feature(column)),
        };
        let mut edits = Vec::new();
        for change in changes {
            let Some(item) = item(change) else { continue };
            let at = values.rank(|other| cx.order(ty, other, change.value).is_lt());
            edits.push(if change.comes { Edit::insert(at, &[item]) } else { Edit::remove(at, 1) });
        }
        for change in changes.iter().filter(|change| item(change).is_some()) {
            let before = |other| cx.order(ty, other, change.value).is_lt();
            if change.comes {
                values.insert(change.value, before);
            } else {
                values.remove(change.value, before);
            }
        }
        if !edits.is_empty() {
            *mapped = cx.collection(&edited(cx.items(*mapped), &edits));
        }
    }
}
