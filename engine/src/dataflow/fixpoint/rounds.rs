//! Looking into a history: the updates of each row by round.

use std::rc::Rc;

use smallvec::SmallVec;

use super::super::cursor::Cursor;
use super::super::index::{Batch, Weight};
use super::history::Round;
use crate::value::Word;

/// A row's changes by round, each round once, none of them zero.
pub(super) type Updates = SmallVec<[(Round, Weight); 4]>;

/// Looks into a history as it was when this was made.
pub(super) struct Rounds {
    cursor: Cursor,
}

impl Rounds {
    pub(super) fn new(batches: Vec<Rc<Batch>>) -> Self {
        Rounds { cursor: Cursor::new(batches) }
    }

    /// Whether there is nothing to be found.
    pub(super) fn is_empty(&self) -> bool {
        self.cursor.is_empty()
    }

    /// Goes to a key; whether it is there. Keys must be asked for in ascending order.
    #[inline]
    pub(super) fn seek(&mut self, key: &[Word]) -> bool {
        self.cursor.seek(key)
    }

    /// The values of the current key with their updates, in order.
    #[inline]
    pub(super) fn values(&self, mut each: impl FnMut(&[Word], &[(Round, Weight)])) {
        self.cursor.values(
            |sum: &mut Updates, updates| sum.extend(updates),
            |value, sum| {
                settle(sum);
                if !sum.is_empty() {
                    each(value, sum);
                }
                sum.clear();
            },
        );
    }

    /// The updates of all values of the current key, not added up.
    #[inline]
    pub(super) fn updates(&self) -> impl Iterator<Item = (Round, Weight)> {
        self.cursor.updates()
    }

    /// Every key, value and its updates, in order.
    pub(super) fn all(&mut self, mut each: impl FnMut(&[Word], &[Word], &[(Round, Weight)])) {
        while let Some(key) = self.cursor.next_key() {
            self.values(|value, updates| each(&key, value, updates));
        }
    }
}

/// Adds up what belongs to the same round.
fn settle(updates: &mut Updates) {
    if updates.len() < 2 {
        return;
    }
    updates.sort_unstable_by_key(|(round, _)| *round);
    let mut kept = 0;
    for at in 0..updates.len() {
        let (round, weight) = updates[at];
        if kept > 0 && updates[kept - 1].0 == round {
            updates[kept - 1].1 += weight;
        } else {
            updates[kept] = (round, weight);
            kept += 1;
        }
        if updates[kept - 1].1 == 0 {
            kept -= 1;
        }
    }
    updates.truncate(kept);
}
