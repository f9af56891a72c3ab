//! All values as one set or vector: the run of words that is the value is also all that is kept.

use super::changes::Change;
use super::context::Context;
use super::run::{Edit, edited};
use super::table::Slot;
use crate::ir::TypeId;
use crate::value::Word;

/// Puts changes, which are in natural order, into collections of values; with a condition only of those for which that feature is true.
pub(super) fn collect(
    collections: &mut [Word],
    cx: Context<'_>,
    ty: TypeId,
    condition: Option<usize>,
    slot: Slot,
    changes: &[Change<'_>],
) {
    let meant = changes.iter().filter(|change| condition.is_none_or(|column| change.feature(column) != 0));
    let changes = meant.map(|change| (change.value, change.comes));
    collections[slot] = with_items(cx, ty, collections[slot], changes);
}

/// A collection in natural order with items added and taken away, which come in natural order too.
pub(super) fn with_items(
    cx: Context<'_>,
    ty: TypeId,
    collection: Word,
    changes: impl Iterator<Item = (Word, bool)>,
) -> Word {
    let old = cx.items(collection);
    let mut edits = Vec::new();
    let mut passed = 0;
    for (item, comes) in changes {
        let found = old[passed..].binary_search_by(|other| cx.order(ty, *other, item));
        match (found, comes) {
            (Err(at), true) => edits.push(Edit::insert(passed + at, &[item])),
            (Ok(at), false) => edits.push(Edit::remove(passed + at, 1)),
            _ => {}
        }
        let (Ok(at) | Err(at)) = found;
        passed += at;
    }
    if edits.is_empty() { collection } else { cx.collection(&edited(old, &edits)) }
}
