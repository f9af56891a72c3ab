//! Values that are pairs, as a map.

use smallvec::SmallVec;

use super::changes::Change;
use super::collected::with_items;
use super::context::Context;
use super::ordered::Ordered;
use super::run::{Edit, edited};
use super::table::Slot;
use crate::ir::TypeId;
use crate::value::Word;

/// Maps from the first halves to the greatest of the second ones, by group.
#[derive(Debug, Default)]
pub(super) struct Maps {
    /// Who is next when the greatest goes.
    pairs: Vec<Ordered<[Word; 2]>>,
    pub(super) of: Vec<Word>,
}

/// Columns of the features that are the halves, and their types.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Halves {
    pub(super) columns: [usize; 2],
    pub(super) types: [TypeId; 2],
}

impl Maps {
    /// Keeps these slots only, in this order.
    pub(super) fn keep(&mut self, slots: &[Slot]) {
        super::store::keep(&mut self.pairs, slots);
        super::store::keep(&mut self.of, slots);
    }

    /// Bytes that the pairs take.
    pub(super) fn bytes(&self) -> usize {
        Ordered::all_bytes(&self.pairs)
    }

    pub(super) fn open(&mut self, slot: Slot) {
        super::store::set(&mut self.pairs, slot, Ordered::default());
        super::store::set(&mut self.of, slot, 0);
    }

    /// Takes changes, which are in natural order.
    pub(super) fn change(&mut self, cx: Context<'_>, halves: Halves, slot: Slot, changes: &[Change<'_>]) {
        let (pairs, map) = (&mut self.pairs[slot], &mut self.of[slot]);
        let [key_type, value_type] = halves.types;
        for change in changes {
            let pair = halves.of(*change);
            let before = |other: [Word; 2]| {
                let by_key = cx.order(key_type, other[0], pair[0]);
                by_key.then_with(|| cx.order(value_type, other[1], pair[1])).is_lt()
            };
            if change.comes {
                pairs.insert(pair, before);
            } else {
                pairs.remove(pair, before);
            }
        }
        *map = with_values(cx, halves, *map, changes, |key, _, _| {
            let up_to = pairs.rank(|other| cx.order(key_type, other[0], key).is_le());
            let last = pairs.nth(up_to.checked_sub(1)?)?;
            (last[0] == key).then_some(last[1])
        });
    }
}

/// Puts changes, which are in natural order, into maps from the first halves to sets of the second ones.
pub(super) fn collect_sets(
    maps: &mut [Word],
    cx: Context<'_>,
    halves: Halves,
    slot: Slot,
    changes: &[Change<'_>],
) {
    maps[slot] = with_values(cx, halves, maps[slot], changes, |_, old, changes| {
        let items = changes.iter().map(|change| (halves.of(*change)[1], change.comes));
        let set = with_items(cx, halves.types[1], old.unwrap_or_default(), items);
        (set != 0).then_some(set)
    });
}

impl Halves {
    fn of(self, change: Change<'_>) -> [Word; 2] {
        self.columns.map(|column| change.feature(column))
    }
}

/// A map with other values for the keys that have changes. `value` is given the key, its value before, and its changes.
fn with_values(
    cx: Context<'_>,
    halves: Halves,
    map: Word,
    changes: &[Change<'_>],
    value: impl Fn(Word, Option<Word>, &[Change<'_>]) -> Option<Word>,
) -> Word {
    let words = cx.items(map);
    let old: &[[Word; 2]] = words.as_chunks().0;
    let mut edits = Vec::new();
    let mut passed = 0;
    for changes in changes.chunk_by(|a, b| halves.of(*a)[0] == halves.of(*b)[0]) {
        let key = halves.of(changes[0])[0];
        let found = old[passed..].binary_search_by(|pair| cx.order(halves.types[0], pair[0], key));
        let (Ok(at) | Err(at)) = found;
        passed += at;
        let before = found.is_ok().then(|| old[passed][1]);
        let now = value(key, before, changes);
        if now == before {
            continue;
        }
        edits.push(Edit {
            at: 2 * passed,
            gone: if before.is_some() { 2 } else { 0 },
            new: now.map_or_else(SmallVec::new, |value| SmallVec::from_buf([key, value])),
        });
    }
    if edits.is_empty() { map } else { cx.collection(&edited(words, &edits)) }
}
