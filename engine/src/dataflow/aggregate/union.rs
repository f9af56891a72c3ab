//! Values that are sets, all their items as one set.

use rustc_hash::FxHashMap;

use super::changes::Change;
use super::collected::with_items;
use super::context::Context;
use super::table::Slot;
use crate::ir::TypeId;
use crate::value::Word;
use crate::value::shape::{Shape, shape};

/// Unions, by group.
#[derive(Debug, Default)]
pub(super) struct Unions {
    /// In how many sets each item is.
    counts: Vec<FxHashMap<Word, u32>>,
    pub(super) of: Vec<Word>,
}

impl Unions {
    /// Keeps these slots only, in this order.
    pub(super) fn keep(&mut self, slots: &[Slot]) {
        super::store::keep(&mut self.counts, slots);
        super::store::keep(&mut self.of, slots);
    }

    /// Bytes that the counts take.
    pub(super) fn bytes(&self) -> usize {
        let entries: usize = self.counts.iter().map(FxHashMap::capacity).sum();
        self.counts.capacity() * size_of::<FxHashMap<Word, u32>>() + entries * (size_of::<(Word, u32)>() + 1)
    }

    pub(super) fn open(&mut self, slot: Slot) {
        super::store::set(&mut self.counts, slot, FxHashMap::default());
        super::store::set(&mut self.of, slot, 0);
    }

    /// `ty` is the type of the sets.
    pub(super) fn change(&mut self, cx: Context<'_>, ty: TypeId, slot: Slot, changes: &[Change<'_>]) {
        let (counts, union) = (&mut self.counts[slot], &mut self.of[slot]);
        let Shape::Set(item_type) = shape(cx.types, ty) else { return };
        let mut touched: FxHashMap<Word, bool> = FxHashMap::default();
        for change in changes {
            for item in cx.items(change.value) {
                let count = counts.entry(*item).or_default();
                touched.entry(*item).or_insert(*count > 0);
                *count = if change.comes { count.wrapping_add(1) } else { count.wrapping_sub(1) };
            }
        }
        let mut moved: Vec<(Word, bool)> = Vec::new();
        for (item, was_there) in touched {
            let is_there = counts.get(&item).is_some_and(|count| *count > 0);
            if !is_there {
                counts.remove(&item);
            }
            if is_there != was_there {
                moved.push((item, is_there));
            }
        }
        moved.sort_unstable_by(|(a, _), (b, _)| cx.order(item_type, *a, *b));
        *union = with_items(cx, item_type, *union, moved.into_iter());
    }
}
