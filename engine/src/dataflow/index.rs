//! Rows with their weights, indexed by key, over time.

use std::rc::Rc;

use differential_dataflow::lattice::Lattice;
use differential_dataflow::trace::implementations::BatchContainer;
use differential_dataflow::trace::implementations::ord_neu::val_batch::OrdValStorage;
use differential_dataflow::trace::implementations::ord_neu::{OrdValBatch, Upds, Vals};
use differential_dataflow::trace::implementations::spine_fueled::Spine;
use differential_dataflow::trace::{BatchReader, Description, Trace, TraceReader};
use timely::dataflow::operators::generic::OperatorInfo;
use timely::progress::{Antichain, Timestamp};

use super::changes::Changes;
use super::memory::Held;
use super::offsets::Offsets;
use super::pairs::Pairs;
use super::reader::Reader;
use super::rows::RowContainer;
use crate::value::Word;

/// Number of a transaction.
pub(crate) type Epoch = u64;

/// How often a row is there, or how much that changes.
pub(crate) type Weight = i64;

/// How batches lie in memory.
pub(crate) type Layout<T> = (RowContainer, RowContainer, Vec<T>, Vec<Weight>, Offsets);

/// Changes of one or more transactions, sorted by key and value.
pub(crate) type Batch<T = Epoch> = OrdValBatch<Layout<T>>;

type Batches = Spine<Rc<Batch>>;

/// An arrangement: a log-structured pile of sorted batches, merged as it grows.
pub(crate) struct Index {
    batches: Batches,
    /// Transactions before this one are in.
    upper: Epoch,
    /// The batches as they are now, once somebody has looked.
    looked_at: Option<Rc<[Rc<Batch>]>>,
}

impl Index {
    /// Without rows.
    pub(crate) fn new() -> Self {
        let nowhere = OperatorInfo::new(0, 0, Rc::from([].as_slice()));
        Index { batches: Batches::new(nowhere, None, None), upper: 0, looked_at: None }
    }

    /// Puts changes of transaction `epoch` into a batch for this index.
    pub(crate) fn batch(&self, changes: Pairs, epoch: Epoch) -> Rc<Batch> {
        batch(changes, self.upper, epoch)
    }

    /// Takes a batch made by [`Self::batch`].
    pub(crate) fn insert(&mut self, batch: Rc<Batch>) {
        self.looked_at = None;
        if let Some(upper) = batch.upper().as_option() {
            self.upper = *upper;
        }
        self.batches.insert(batch);
        // What was there before the newest transaction is one state: old batches may merge and old times be
        // forgotten, but the newest transaction must stay apart from it.
        let newest = self.upper.saturating_sub(1);
        let before = Antichain::from_elem(newest.saturating_sub(1));
        self.batches.set_logical_compaction(before.borrow());
        self.batches.set_physical_compaction(Antichain::from_elem(newest).borrow());
    }

    /// Takes the opposite of an earlier batch.
    pub(crate) fn undo(&mut self, earlier: &Batch, epoch: Epoch) {
        let mut opposite = Pairs::new();
        for (key, values) in keys(earlier) {
            values.iter().for_each(|(value, weight)| opposite.push(key, value, -weight));
        }
        let batch = self.batch(opposite, epoch);
        self.insert(batch);
    }

    /// To look keys up, in ascending order.
    pub(crate) fn reader(&mut self) -> Reader {
        let batches = self.looked_at.get_or_insert_with(|| {
            let everything = Antichain::new();
            self.batches.batches_through(everything.borrow()).unwrap_or_default().into()
        });
        Reader::new(batches.clone())
    }

    /// Updates held, before any that cancel each other are merged away.
    pub(crate) fn len(&self) -> usize {
        let mut len = 0;
        self.batches.map_batches(|batch| len += batch.len());
        len
    }

    /// What it takes.
    pub(crate) fn held(&self) -> Held {
        let mut held = Held::default();
        self.batches.map_batches(|batch| held += Held::of_batch(batch));
        held
    }
}

/// A batch of one transaction for whatever was complete up to `lower`.
pub(crate) fn batch(changes: Pairs, lower: Epoch, epoch: Epoch) -> Rc<Batch> {
    let description = Description::new(
        Antichain::from_elem(lower.min(epoch)),
        Antichain::from_elem(epoch + 1),
        Antichain::from_elem(0),
    );
    let (rows, key) = changes.consolidated();
    seal(&rows, key, |_| epoch, description)
}

/// A batch of changes whose first `key` words are the key. They must be sorted by their words, and equal rows by their
/// times, which are asked for by the place of the change; no row may come twice at the same time, and none with weight 0.
pub(crate) fn seal<T: Timestamp + Lattice>(
    changes: &Changes,
    key: usize,
    time: impl Fn(usize) -> T,
    description: Description<T>,
) -> Rc<Batch<T>> {
    let (rows, words) = (changes.len(), |at: usize| changes.row(at).split_at(key));
    let first_of_key = |at: usize| at == 0 || words(at - 1).0 != words(at).0;
    let distinct_keys = (0..rows).filter(|at| first_of_key(*at)).count();
    let mut keys = RowContainer::with_capacity(distinct_keys);
    let mut vals: Vals<Offsets, RowContainer> = Vals::with_capacity(distinct_keys + 1, rows);
    let mut upds: Upds<Offsets, Vec<T>, Vec<Weight>> = Upds::with_capacity(rows + 1, 0);
    let mut at = 0;
    while at < rows {
        let (key_words, value_words) = words(at);
        if first_of_key(at) {
            if at > 0 {
                vals.offs.push(vals.vals.len());
            }
            keys.push_ref(key_words);
        }
        vals.vals.push_ref(value_words);
        let of_row = at..(at + 1..rows).find(|next| changes.row(*next) != changes.row(at)).unwrap_or(rows);
        at = of_row.end;
        let update = |at: usize| (time(at), changes.weight(at));
        let (first_time, first_weight) = update(of_row.start);
        // A value with no updates of its own has the one update of the value before.
        let repeated = upds.times.last() == Some(&first_time) && upds.diffs.last() == Some(&first_weight);
        if of_row.len() > 1 || !repeated {
            of_row.map(update).for_each(|(time, weight)| {
                upds.times.push(time);
                upds.diffs.push(weight);
            });
        }
        upds.offs.push(upds.times.len());
    }
    if rows > 0 {
        vals.offs.push(vals.vals.len());
    }
    Rc::new(OrdValBatch { storage: OrdValStorage { keys, vals, upds }, description, updates: rows })
}

/// The keys of a batch, each with its changed values.
pub(crate) fn keys(batch: &Batch) -> impl Iterator<Item = (&[Word], Values<'_>)> {
    (0..batch.storage.keys.len()).map(|key| {
        let (from, to) = batch.storage.vals.bounds(key);
        (batch.storage.keys.index(key), Values { batch, from, to })
    })
}

/// The changed values of one key of a batch of one transaction.
#[derive(Clone, Copy)]
pub(crate) struct Values<'b> {
    batch: &'b Batch,
    from: usize,
    to: usize,
}

impl<'b> Values<'b> {
    /// Each value and how its weight changes.
    pub(crate) fn iter(self) -> impl Iterator<Item = (&'b [Word], Weight)> {
        let storage = &self.batch.storage;
        (self.from..self.to).map(|value| {
            let (from, to) = storage.upds.bounds(value);
            let weight = (from..to).map(|update| *storage.upds.get_abs(update).1).sum();
            (storage.vals.get_abs(value), weight)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::super::reader::AsOf;
    use super::*;

    fn add(index: &mut Index, epoch: Epoch, changes: &[(u32, u32, Weight)]) {
        let mut pairs = Pairs::new();
        changes.iter().for_each(|(key, value, weight)| pairs.push(&[*key], &[*value, 0], *weight));
        let batch = index.batch(pairs, epoch);
        index.insert(batch);
    }

    fn read(index: &mut Index, key: u32, as_of: AsOf) -> Vec<(u32, Weight)> {
        let (mut reader, mut found) = (index.reader(), Vec::new());
        if reader.seek(&[key]) {
            reader.values(as_of, |value, weight| found.push((value[0], weight)));
        }
        found
    }

    #[test]
    fn tells_now_from_before() {
        let mut index = Index::new();
        add(&mut index, 3, &[(1, 10, 1), (1, 11, 2), (2, 20, 1)]);
        add(&mut index, 7, &[(1, 10, -1), (1, 12, 1)]);
        assert_eq!(read(&mut index, 1, AsOf::Before(7)), [(10, 1), (11, 2)]);
        assert_eq!(read(&mut index, 1, AsOf::Now), [(11, 2), (12, 1)]);
        assert_eq!(read(&mut index, 2, AsOf::Now), [(20, 1)]);
        assert_eq!(read(&mut index, 3, AsOf::Now), []);
    }

    #[test]
    fn merging_hides_nothing_of_before() {
        let mut index = Index::new();
        for epoch in 1..500u64 {
            add(&mut index, epoch, &[(1, epoch as u32, 1)]);
            assert_eq!(read(&mut index, 1, AsOf::Before(epoch)).len() as u64, epoch - 1, "epoch {epoch}");
        }
    }

    #[test]
    fn what_cancels_is_merged_away() {
        let mut index = Index::new();
        for epoch in 0..10_000u64 {
            let weight = if epoch % 2 == 0 { 1 } else { -1 };
            add(&mut index, epoch, &[(epoch as u32 / 2, 1, weight)]);
        }
        assert!(index.len() < 100, "{} updates left", index.len());
    }
}
