//! Looking into a history: batches side by side, the updates of each row by round.

use std::rc::Rc;

use differential_dataflow::trace::implementations::BatchContainer;
use smallvec::SmallVec;

use super::super::index::{Batch, Weight};
use super::history::Round;
use crate::value::{Row, Word};

/// A row's changes by round, each round once, none of them zero.
pub(super) type Updates = SmallVec<[(Round, Weight); 4]>;

/// Looks into a history as it was when this was made.
pub(super) struct Rounds {
    batches: SmallVec<[Rc<Batch>; 8]>,
    /// By batch: the first key that is not less than the last one asked for.
    keys: SmallVec<[usize; 8]>,
    /// The batches that have the current key, and where its values lie in them.
    current: SmallVec<[Values; 4]>,
}

/// Values of one key in one batch.
#[derive(Clone, Copy)]
struct Values {
    batch: usize,
    from: usize,
    to: usize,
}

impl Rounds {
    pub(super) fn new(batches: Vec<Rc<Batch>>) -> Self {
        let keys = batches.iter().map(|_| 0).collect();
        Rounds { batches: batches.into(), keys, current: SmallVec::new() }
    }

    /// Whether there is nothing to be found.
    pub(super) fn is_empty(&self) -> bool {
        self.batches.is_empty()
    }

    /// Goes to a key; whether it is there. Keys must be asked for in ascending order.
    #[inline]
    pub(super) fn seek(&mut self, key: &[Word]) -> bool {
        self.current.clear();
        for (batch, (data, at)) in self.batches.iter().zip(&mut self.keys).enumerate() {
            let keys = &data.storage.keys;
            *at += keys.advance(*at, keys.len(), |other| other < key);
            if keys.get(*at) == Some(key) {
                let (from, to) = data.storage.vals.bounds(*at);
                self.current.push(Values { batch, from, to });
            }
        }
        !self.current.is_empty()
    }

    /// The values of the current key with their updates, in order.
    #[inline]
    pub(super) fn values(&self, mut each: impl FnMut(&[Word], &[(Round, Weight)])) {
        let mut updates = Updates::new();
        if let [values] = self.current.as_slice() {
            for at in values.from..values.to {
                self.add_updates(values.batch, at, &mut updates);
                each(self.value(values.batch, at), &updates);
                updates.clear();
            }
            return;
        }
        let mut left = self.current.clone();
        loop {
            left.retain(|values| values.from < values.to);
            let Some(least) = left.iter().map(|values| self.value(values.batch, values.from)).min() else {
                return;
            };
            updates.clear();
            for values in &mut left {
                if self.value(values.batch, values.from) == least {
                    self.add_updates(values.batch, values.from, &mut updates);
                    values.from += 1;
                }
            }
            settle(&mut updates);
            if !updates.is_empty() {
                each(least, &updates);
            }
        }
    }

    /// The updates of all values of the current key, not added up.
    #[inline]
    pub(super) fn updates(&self, mut each: impl FnMut(Round, Weight)) {
        for values in &self.current {
            let upds = &self.batches[values.batch].storage.upds;
            for at in values.from..values.to {
                let (from, to) = upds.bounds(at);
                (from..to).for_each(|update| each(upds.times[update], upds.diffs[update]));
            }
        }
    }

    /// Every key, value and its updates, in order.
    pub(super) fn all(&mut self, mut each: impl FnMut(&[Word], &[Word], &[(Round, Weight)])) {
        while let Some(key) = self.next_key() {
            self.values(|value, updates| each(&key, value, updates));
        }
    }

    fn next_key(&mut self) -> Option<Row> {
        let keys = self.batches.iter().zip(&self.keys);
        let key = Row::from(keys.filter_map(|(batch, at)| batch.storage.keys.get(*at)).min()?);
        self.seek(&key);
        for values in &self.current {
            self.keys[values.batch] += 1;
        }
        Some(key)
    }

    #[inline]
    fn value(&self, batch: usize, at: usize) -> &[Word] {
        self.batches[batch].storage.vals.get_abs(at)
    }

    #[inline]
    fn add_updates(&self, batch: usize, at: usize, into: &mut Updates) {
        let upds = &self.batches[batch].storage.upds;
        let (from, to) = upds.bounds(at);
        into.extend((from..to).map(|update| (upds.times[update], upds.diffs[update])));
    }
}

/// Adds up what belongs to the same round.
fn settle(updates: &mut Updates) {
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
