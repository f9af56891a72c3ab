//! Looking into an index: the batches of its pile side by side.

use std::rc::Rc;

use differential_dataflow::trace::implementations::BatchContainer;
use smallvec::SmallVec;

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
    batches: Rc<[Rc<Batch>]>,
    /// By batch: the first key that is not less than the last one asked for.
    keys: SmallVec<[usize; 8]>,
    /// The batches that have the current key, and where its values lie in them.
    current: Current,
}

type Current = SmallVec<[Values; 4]>;

/// Values of one key in one batch.
#[derive(Clone, Copy)]
struct Values {
    batch: usize,
    from: usize,
    to: usize,
}

impl AsOf {
    #[inline]
    fn includes(self, epoch: Epoch) -> bool {
        match self {
            AsOf::Now => true,
            AsOf::Before(now) => epoch < now,
        }
    }
}

impl Reader {
    /// Reads batches that together are an index.
    pub(super) fn new(batches: impl Into<Rc<[Rc<Batch>]>>) -> Self {
        let batches = batches.into();
        let keys = batches.iter().map(|_| 0).collect();
        Reader { batches, keys, current: Current::new() }
    }

    /// Goes to a key; whether it is there. Keys must be asked for in ascending order.
    #[inline]
    pub(crate) fn seek(&mut self, key: &[Word]) -> bool {
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

    /// Goes to a key; whether it is there. In any order.
    pub(crate) fn find(&mut self, key: &[Word]) -> bool {
        for (batch, at) in self.batches.iter().zip(&mut self.keys) {
            if *at > 0 && batch.storage.keys.index(*at - 1) >= key {
                *at = 0;
            }
        }
        self.seek(key)
    }

    /// The values of the current key that are there, with their weights, in order. May be repeated.
    #[inline]
    pub(crate) fn values(&self, as_of: AsOf, mut each: impl FnMut(&[Word], Weight)) {
        if let [values] = self.current.as_slice() {
            for at in values.from..values.to {
                let weight = self.weight(values.batch, at, as_of);
                if weight != 0 {
                    each(self.value(values.batch, at), weight);
                }
            }
            return;
        }
        let mut left = self.current.clone();
        loop {
            left.retain(|values| values.from < values.to);
            let Some(least) = left.iter().map(|values| self.value(values.batch, values.from)).min() else {
                return;
            };
            let mut weight = 0;
            for values in &mut left {
                if self.value(values.batch, values.from) == least {
                    weight += self.weight(values.batch, values.from, as_of);
                    values.from += 1;
                }
            }
            if weight != 0 {
                each(least, weight);
            }
        }
    }

    /// The weight of one value of the current key.
    pub(crate) fn weight_of(&self, value: &[Word], as_of: AsOf) -> Weight {
        let mut weight = 0;
        for values in &self.current {
            let all = &self.batches[values.batch].storage.vals.vals;
            let at = values.from + all.advance(values.from, values.to, |other| other < value);
            if at < values.to && all.index(at) == value {
                weight += self.weight(values.batch, at, as_of);
            }
        }
        weight
    }

    /// The weights of all values of the current key together.
    pub(crate) fn total(&self, as_of: AsOf) -> Weight {
        let weights = |values: &Values| -> Weight {
            (values.from..values.to).map(|at| self.weight(values.batch, at, as_of)).sum()
        };
        self.current.iter().map(weights).sum()
    }

    /// Every key, value and weight that is there, in order.
    pub(crate) fn all(&mut self, as_of: AsOf, mut each: impl FnMut(&[Word], &[Word], Weight)) {
        self.keys.fill(0);
        while let Some(key) = self.next_key() {
            self.values(as_of, |value, weight| each(&key, value, weight));
        }
    }

    /// Goes to the first key not gone to yet, in ascending order.
    pub(crate) fn next_key(&mut self) -> Option<Row> {
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
    fn weight(&self, batch: usize, at: usize, as_of: AsOf) -> Weight {
        let updates = &self.batches[batch].storage.upds;
        let (from, to) = updates.bounds(at);
        let mut weight = 0;
        for update in from..to {
            let (epoch, change) = updates.get_abs(update);
            if as_of.includes(*epoch) {
                weight += *change;
            }
        }
        weight
    }
}
