//! The first, the last, one in between, and those of least or greatest feature.

use std::cmp::Ordering;

use super::changes::Change;
use super::context::Context;
use super::ordered::Ordered;
use super::table::Slot;
use crate::ir::TypeId;
use crate::value::Word;

/// Values in natural order, by group; those for which a feature is true if there is a condition.
#[derive(Debug, Default)]
pub(super) struct Values {
    pub(super) of: Vec<Ordered<Word>>,
}

/// Values in the order of a feature, and those of equal feature in natural order, by group.
#[derive(Debug, Default)]
pub(super) struct Ranked {
    pub(super) of: Vec<Ordered<[Word; 2]>>,
}

/// Which feature comes first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wanted {
    Least,
    Greatest,
}

impl Values {
    pub(super) fn change(
        &mut self,
        cx: Context<'_>,
        ty: TypeId,
        condition: Option<usize>,
        slot: Slot,
        changes: &[Change<'_>],
    ) {
        let values = &mut self.of[slot];
        for change in changes {
            if condition.is_some_and(|column| change.feature(column) == 0) {
                continue;
            }
            let before = |entry| cx.order(ty, entry, change.value).is_lt();
            if change.comes {
                values.insert(change.value, before);
            } else {
                values.remove(change.value, before);
            }
        }
    }
}

impl Ranked {
    pub(super) fn change(
        &mut self,
        cx: Context<'_>,
        (value, feature): (TypeId, TypeId),
        (column, wanted): (usize, Wanted),
        slot: Slot,
        changes: &[Change<'_>],
    ) {
        let ranked = &mut self.of[slot];
        for change in changes {
            let entry = [change.feature(column), change.value];
            let before = |other: [Word; 2]| {
                let by_feature = cx.order(feature, other[0], entry[0]);
                let by_feature = match wanted {
                    Wanted::Least => by_feature,
                    Wanted::Greatest => by_feature.reverse(),
                };
                by_feature.then_with(|| cx.order(value, other[1], entry[1])) == Ordering::Less
            };
            if change.comes {
                ranked.insert(entry, before);
            } else {
                ranked.remove(entry, before);
            }
        }
    }
}
