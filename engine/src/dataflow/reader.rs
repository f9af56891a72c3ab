//! Looking into an index as of a transaction.

use std::rc::Rc;

use super::cursor::Cursor;
use super::index::{Batch, Epoch, Weight};
use crate::value::{Row, Word};

/// Which state of an index is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum AsOf {
    /// With the changes of the current transaction.
    Now,
    /// Before the changes of this transaction.
    Before(Epoch),
}

/// Looks into an index as it was when the reader was made.
pub(crate) struct Reader {
    cursor: Cursor,
}

impl AsOf {
    /// What updates come to.
    #[inline]
    fn sum(self, updates: impl Iterator<Item = (Epoch, Weight)>) -> Weight {
        match self {
            AsOf::Now => updates.map(|(_, weight)| weight).sum(),
            AsOf::Before(now) => updates.filter(|(epoch, _)| *epoch < now).map(|(_, weight)| weight).sum(),
        }
    }
}

impl Reader {
    /// Reads batches that together are an index.
    pub(super) fn new(batches: impl Into<Rc<[Rc<Batch>]>>) -> Self {
        Reader { cursor: Cursor::new(batches) }
    }

    /// Goes to a key; whether it is there. Keys must be asked for in ascending order.
    #[inline]
    pub(crate) fn seek(&mut self, key: &[Word]) -> bool {
        self.cursor.seek(key)
    }

    /// Goes to a key; whether it is there more often than not at all. As for [`Self::seek`].
    #[inline]
    pub(crate) fn has(&mut self, key: &[Word], as_of: AsOf) -> bool {
        self.seek(key) && self.total(as_of) > 0
    }

    /// Goes to a key; whether it is there before this transaction, and whether now. As for [`Self::seek`].
    pub(crate) fn before_and_now(&mut self, key: &[Word], epoch: Epoch) -> (bool, bool) {
        let found = self.seek(key);
        let there = |as_of| found && self.total(as_of) > 0;
        (there(AsOf::Before(epoch)), there(AsOf::Now))
    }

    /// Goes to a key; whether it is there. In any order.
    pub(crate) fn find(&mut self, key: &[Word]) -> bool {
        self.cursor.find(key)
    }

    /// The values of the current key that are there, with their weights, in order. May be repeated.
    #[inline]
    pub(crate) fn values(&self, as_of: AsOf, mut each: impl FnMut(&[Word], Weight)) {
        self.cursor.values(
            |sum: &mut Weight, updates| *sum += as_of.sum(updates),
            |value, sum| {
                let weight = std::mem::take(sum);
                if weight != 0 {
                    each(value, weight);
                }
            },
        );
    }

    /// The weight of one value of the current key.
    pub(crate) fn weight_of(&self, value: &[Word], as_of: AsOf) -> Weight {
        as_of.sum(self.cursor.updates_of(value))
    }

    /// The weights of all values of the current key together.
    pub(crate) fn total(&self, as_of: AsOf) -> Weight {
        as_of.sum(self.cursor.updates())
    }

    /// Every key, value and weight that is there, in order.
    pub(crate) fn all(&mut self, as_of: AsOf, mut each: impl FnMut(&[Word], &[Word], Weight)) {
        self.cursor.rewind();
        while let Some(key) = self.next_key() {
            self.values(as_of, |value, weight| each(&key, value, weight));
        }
    }

    /// Goes to the first key not gone to yet, in ascending order.
    pub(crate) fn next_key(&mut self) -> Option<Row> {
        self.cursor.next_key()
    }
}
