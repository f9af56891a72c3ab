//! Rows over the rounds of a recursion: what transactions before have left, and what the current one changes.
//!
//! The time of an update is the round from which on it counts. Transactions are not told apart once they are done, so
//! rows that come and go leave nothing behind.

use std::rc::Rc;

use differential_dataflow::trace::implementations::spine_fueled::Spine;
use differential_dataflow::trace::{Batch as _, BatchReader, Description, Merger, Trace, TraceReader};
use timely::dataflow::operators::generic::OperatorInfo;
use timely::progress::Antichain;

use super::super::index::{Batch, seal};
use super::super::memory::Held;
use super::super::pairs::Pairs;
use super::rounds::Rounds;

/// How often a recursion has gone round.
pub(crate) type Round = u64;

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

impl Default for History {
    fn default() -> Self {
        let nowhere = OperatorInfo::new(0, 0, Rc::from([].as_slice()));
        History {
            kept: Spine::new(nowhere, None, None),
            kept_upper: 0,
            current: Vec::new(),
            fresh: None,
            upper: 0,
        }
    }
}

impl History {
    /// Takes the changes of a round; until [`Self::settle`] they stand apart.
    pub(super) fn publish(&mut self, pairs: Pairs, round: Round) {
        self.fresh = batch(pairs, round, self.upper);
        self.upper += u64::from(self.fresh.is_some());
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

    /// What it takes between transactions.
    pub(super) fn held(&self) -> Held {
        let mut held = Held::default();
        self.kept.map_batches(|batch| held += Held::of_batch(batch));
        held
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

/// A batch of changes of one round, number `number`; `None` if they cancel each other.
pub(super) fn batch(pairs: Pairs, round: Round, number: u64) -> Option<Rc<Batch>> {
    let (rows, key) = pairs.consolidated();
    let description = Description::new(
        Antichain::from_elem(number),
        Antichain::from_elem(number + 1),
        Antichain::from_elem(0),
    );
    (!rows.is_empty()).then(|| seal(&rows, key, |_| round, description))
}

fn merge(one: &Batch, other: &Batch) -> Rc<Batch> {
    let rounds_stay_apart = Antichain::from_elem(0);
    let mut merger = one.begin_merge(other, rounds_stay_apart.borrow());
    let mut fuel = isize::MAX;
    merger.work(one, other, &mut fuel);
    Rc::new(merger.done())
}
