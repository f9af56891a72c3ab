//! Rows over the rounds of a recursion: what transactions before have left, and what the current one changes.
//!
//! The time of an update is the round from which on it counts. Transactions are not told apart once they are done, so
//! rows that come and go leave nothing behind.

use std::rc::Rc;

use differential_dataflow::trace::implementations::ord_neu::val_batch::OrdValStorage;
use differential_dataflow::trace::implementations::ord_neu::{Upds, Vals};
use differential_dataflow::trace::implementations::spine_fueled::Spine;
use differential_dataflow::trace::implementations::{BatchContainer, OffsetList};
use differential_dataflow::trace::{Batch as _, BatchReader, Description, Merger, Trace, TraceReader};
use timely::dataflow::operators::generic::OperatorInfo;
use timely::progress::Antichain;

use super::super::changes::Changes;
use super::super::index::{Batch, Weight};
use super::super::rows::RowContainer;
use super::rounds::Rounds;
use crate::value::Word;

/// How often a recursion has gone round.
pub(crate) type Round = u64;

/// Changes of rows of a key and a value.
#[derive(Clone, Debug, Default)]
pub(super) struct Pairs {
    pub(super) changes: Changes,
    pub(super) key_width: usize,
}

impl Pairs {
    /// Adds a change.
    #[inline]
    pub(super) fn push(&mut self, key: &[Word], value: &[Word], weight: Weight) {
        self.key_width = key.len();
        self.changes.push_pair(key, value, weight);
    }

    /// Adds other changes of such rows.
    pub(super) fn append(&mut self, other: &Pairs) {
        if !other.changes.is_empty() {
            self.key_width = other.key_width;
            self.changes.append(&other.changes);
        }
    }
}

/// Rows by key, with the rounds in which they come and go.
pub(super) struct History {
    /// What transactions before have left.
    kept: Spine<Rc<Batch>>,
    kept_upper: u64,
    /// What the current transaction has changed in rounds before this one: each batch is much larger than the next.
    current: Vec<Rc<Batch>>,
    /// What it changes in this round.
    fresh: Option<Rc<Batch>>,
    /// Batches so far: by that number they follow each other.
    upper: u64,
}

impl History {
    /// Without rows.
    pub(super) fn new() -> Self {
        let nowhere = OperatorInfo::new(0, 0, Rc::from([].as_slice()));
        History {
            kept: Spine::new(nowhere, None, None),
            kept_upper: 0,
            current: Vec::new(),
            fresh: None,
            upper: 0,
        }
    }

    /// Takes the changes of a round; until [`Self::settle`] they stand apart.
    pub(super) fn publish(&mut self, mut pairs: Pairs, round: Round) {
        pairs.changes.consolidate();
        if pairs.changes.is_empty() {
            return;
        }
        self.fresh = Some(batch(&pairs, round, self.upper));
        self.upper += 1;
    }

    /// What changes in this round.
    pub(super) fn fresh(&self) -> Option<Rc<Batch>> {
        self.fresh.clone()
    }

    /// Ends a round.
    pub(super) fn settle(&mut self) {
        let Some(fresh) = self.fresh.take() else { return };
        self.current.push(fresh);
        while let [.., last, newest] = self.current.as_slice()
            && last.len() < 2 * newest.len()
        {
            let merged = merge(last, newest);
            self.current.truncate(self.current.len() - 2);
            self.current.push(merged);
        }
    }

    /// What was there before the current transaction.
    pub(super) fn kept(&self) -> Rounds {
        Rounds::new(self.kept_batches())
    }

    /// What the current transaction has changed in rounds before this one.
    pub(super) fn changed(&self) -> Rounds {
        Rounds::new(self.current.clone())
    }

    /// What there was before this round.
    pub(super) fn before(&self) -> Rounds {
        let mut batches = self.kept_batches();
        batches.extend(self.current.iter().cloned());
        Rounds::new(batches)
    }

    /// All there is now.
    pub(super) fn now(&self) -> Rounds {
        let mut batches = self.kept_batches();
        batches.extend(self.current.iter().chain(&self.fresh).cloned());
        Rounds::new(batches)
    }

    /// Ends the transaction: its changes are there for good, or have never been.
    pub(super) fn end(&mut self, done: bool) {
        self.settle();
        if !done {
            self.current.clear();
            self.upper = self.kept_upper;
            return;
        }
        if self.current.is_empty() {
            return;
        }
        self.current.drain(..).for_each(|batch| self.kept.insert(batch));
        self.kept_upper = self.upper;
        self.kept.set_physical_compaction(Antichain::from_elem(self.upper).borrow());
    }

    /// Updates held.
    pub(super) fn len(&self) -> usize {
        self.kept_batches().iter().map(|batch| batch.len()).sum()
    }

    fn kept_batches(&self) -> Vec<Rc<Batch>> {
        let mut batches = Vec::new();
        self.kept.map_batches(|batch| {
            if !batch.is_empty() {
                batches.push(batch.clone());
            }
        });
        batches
    }
}

/// A batch of consolidated changes of one round, number `number`.
pub(super) fn batch(pairs: &Pairs, round: Round, number: u64) -> Rc<Batch> {
    let Pairs { changes, key_width } = pairs;
    let rows = changes.len();
    let mut keys = RowContainer::with_capacity(rows);
    let mut vals: Vals<OffsetList, RowContainer> = Vals::with_capacity(rows + 1, rows);
    let mut upds: Upds<OffsetList, Vec<Round>, Vec<Weight>> = Upds::with_capacity(rows + 1, 0);
    let mut last: Option<&[Word]> = None;
    let mut last_weight = None;
    for (at, (row, weight)) in changes.iter().enumerate() {
        let (key, value) = row.split_at(*key_width);
        if last != Some(key) {
            if last.is_some() {
                vals.offs.push_ref(at);
            }
            keys.push_ref(key);
            last = Some(key);
        }
        vals.vals.push_ref(value);
        // An update equal to the one before is not repeated.
        if last_weight != Some(weight) {
            upds.times.push(round);
            upds.diffs.push(weight);
            last_weight = Some(weight);
        }
        upds.offs.push_ref(upds.times.len());
    }
    vals.offs.push_ref(rows);
    let description = Description::new(
        Antichain::from_elem(number),
        Antichain::from_elem(number + 1),
        Antichain::from_elem(0),
    );
    Rc::new(Batch { storage: OrdValStorage { keys, vals, upds }, description, updates: rows })
}

fn merge(one: &Batch, other: &Batch) -> Rc<Batch> {
    let rounds_stay_apart = Antichain::from_elem(0);
    let mut merger = one.begin_merge(other, rounds_stay_apart.borrow());
    let mut fuel = isize::MAX;
    merger.work(one, other, &mut fuel);
    Rc::new(merger.done())
}
