//! The batches of an index side by side: one key after the other, and the values of each in order.

use std::iter::{Copied, Zip};
use std::rc::Rc;
use std::slice;

use differential_dataflow::trace::implementations::BatchContainer;
use smallvec::SmallVec;

use super::index::{Batch, Weight};
use crate::value::{Row, Word};

/// Batches that together are an index, and a key in them.
pub(super) struct Cursor {
    batches: Rc<[Rc<Batch>]>,
    /// By batch: the first key that is not less than the last one asked for.
    keys: SmallVec<[usize; 8]>,
    /// The batches that have the current key, and where its values lie in them.
    current: SmallVec<[Values; 4]>,
}

/// Times and changes of a value in one batch.
pub(super) type Updates<'b> = Zip<Copied<slice::Iter<'b, u64>>, Copied<slice::Iter<'b, Weight>>>;

/// Values of one key in one batch.
#[derive(Clone, Copy)]
struct Values {
    batch: usize,
    from: usize,
    to: usize,
}

impl Cursor {
    /// Before the first key.
    pub(super) fn new(batches: impl Into<Rc<[Rc<Batch>]>>) -> Self {
        let batches = batches.into();
        let keys = batches.iter().map(|_| 0).collect();
        Cursor { batches, keys, current: SmallVec::new() }
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

    /// Goes to a key; whether it is there. In any order.
    pub(super) fn find(&mut self, key: &[Word]) -> bool {
        for (batch, at) in self.batches.iter().zip(&mut self.keys) {
            if *at > 0 && batch.storage.keys.index(*at - 1) >= key {
                *at = 0;
            }
        }
        self.seek(key)
    }

    /// Goes before the first key.
    pub(super) fn rewind(&mut self) {
        self.keys.fill(0);
    }

    /// Goes to the first key not gone to yet, in ascending order.
    pub(super) fn next_key(&mut self) -> Option<Row> {
        let keys = self.batches.iter().zip(&self.keys);
        let key = Row::from(keys.filter_map(|(batch, at)| batch.storage.keys.get(*at)).min()?);
        self.seek(&key);
        for values in &self.current {
            self.keys[values.batch] += 1;
        }
        Some(key)
    }

    /// Each value of the current key, in order, with what `add` makes of its updates, which come batch by batch. May be
    /// repeated.
    #[inline]
    pub(super) fn values<S: Default>(
        &self,
        add: impl Fn(&mut S, Updates<'_>),
        mut each: impl FnMut(&[Word], &mut S),
    ) {
        let mut sum = S::default();
        if let [values] = self.current.as_slice() {
            for at in values.from..values.to {
                add(&mut sum, self.updates_at(values.batch, at));
                each(self.value(values.batch, at), &mut sum);
            }
            return;
        }
        let mut left = self.current.clone();
        loop {
            left.retain(|values| values.from < values.to);
            let Some(least) = left.iter().map(|values| self.value(values.batch, values.from)).min() else {
                return;
            };
            for values in &mut left {
                if self.value(values.batch, values.from) == least {
                    add(&mut sum, self.updates_at(values.batch, values.from));
                    values.from += 1;
                }
            }
            each(least, &mut sum);
        }
    }

    /// The updates of one value of the current key, batch by batch.
    pub(super) fn updates_of(&self, value: &[Word]) -> impl Iterator<Item = (u64, Weight)> {
        self.current.iter().flat_map(move |values| {
            let all = &self.batches[values.batch].storage.vals.vals;
            let at = values.from + all.advance(values.from, values.to, |other| other < value);
            let found = at < values.to && all.index(at) == value;
            found.then(|| self.updates_at(values.batch, at)).into_iter().flatten()
        })
    }

    /// The updates of all values of the current key.
    #[inline]
    pub(super) fn updates(&self) -> impl Iterator<Item = (u64, Weight)> {
        self.current
            .iter()
            .flat_map(|values| (values.from..values.to).flat_map(|at| self.updates_at(values.batch, at)))
    }

    #[inline]
    fn value(&self, batch: usize, at: usize) -> &[Word] {
        self.batches[batch].storage.vals.get_abs(at)
    }

    #[inline]
    fn updates_at(&self, batch: usize, at: usize) -> Updates<'_> {
        let updates = &self.batches[batch].storage.upds;
        let (from, to) = updates.bounds(at);
        updates.times[from..to].iter().copied().zip(updates.diffs[from..to].iter().copied())
    }
}
