//! Set semantics over rounds: a row is there from the round on in which it is first derived.

use std::collections::BTreeMap;

use super::super::changes::Changes;
use super::super::columns::{Columns, Marking};
use super::super::index::Weight;
use super::super::memory::Held;
use super::super::pairs::Pairs;
use super::history::{History, Round};
use crate::value::Word;

/// The rows of a relation, with how often and in which rounds they are derived.
#[derive(Default)]
pub(super) struct Set {
    derivations: History,
    /// Rows to look at again in later rounds: what was derived there before may count now, or no more.
    again: BTreeMap<Round, Changes>,
}

impl Set {
    /// Takes what changes in the derivations of a round; gives what changes in the set in that round.
    pub(super) fn update(&mut self, round: Round, mut derived: Changes) -> Changes {
        derived.consolidate();
        let mut again = self.again.remove(&round).unwrap_or_default();
        again.consolidate();
        let (mut kept, mut changed) = (self.derivations.kept(), self.derivations.changed());
        let mut set = Changes::new();
        let mut later: BTreeMap<Round, Changes> = BTreeMap::new();
        each_row(&derived, &again, |row, weight| {
            let (mut kept_before, mut kept_here, mut next) = (0, 0, None);
            if !kept.is_empty() && kept.seek(row) {
                kept.updates().for_each(|(at, weight)| match at.cmp(&round) {
                    std::cmp::Ordering::Less => kept_before += weight,
                    std::cmp::Ordering::Equal => kept_here += weight,
                    std::cmp::Ordering::Greater => next = Some(next.map_or(at, |next: Round| next.min(at))),
                });
            }
            let mut changed_before: Weight = 0;
            if changed.seek(row) {
                changed_before = changed.updates().map(|(_, weight)| weight).sum();
            }
            let before = is_there(kept_before + changed_before) - is_there(kept_before);
            let changed_here = changed_before + weight;
            let here = kept_before + kept_here;
            let change = is_there(here + changed_here) - is_there(here) - before;
            if change != 0 {
                set.push(row, change);
            }
            if let (Some(next), true) = (next, changed_here != 0) {
                later.entry(next).or_default().push(row, 1);
            }
        });
        for (next, rows) in later {
            self.again.entry(next).or_default().append(&rows);
        }
        self.derivations.publish(Pairs::of_keys(derived), round);
        self.derivations.settle();
        set
    }

    /// The next round in which there is something to look at again.
    pub(super) fn next_round(&self) -> Option<Round> {
        self.again.keys().next().copied()
    }

    /// The rows that are there.
    pub(super) fn rows(&self) -> Changes {
        let mut rows = Changes::new();
        self.derivations.kept().all(|row, _, updates| {
            if updates.iter().map(|(_, weight)| weight).sum::<Weight>() > 0 {
                rows.push(row, 1);
            }
        });
        rows
    }

    /// The round in which a row is first derived, if it is there: some rule derives it from rows of rounds before.
    pub(super) fn round_of(&self, row: &[Word]) -> Option<Round> {
        let mut kept = self.derivations.kept();
        let mut updates: Vec<(Round, Weight)> = Vec::new();
        if kept.seek(row) {
            updates.extend(kept.updates());
        }
        updates.sort_unstable();
        let mut total = 0;
        let mut rounds = updates.chunk_by(|(one, _), (other, _)| one == other);
        rounds.find_map(|chunk| {
            total += chunk.iter().map(|(_, weight)| weight).sum::<Weight>();
            (total > 0).then(|| chunk[0].0)
        })
    }

    /// Ends the transaction.
    pub(super) fn end(&mut self, done: bool) {
        self.again.clear();
        self.derivations.end(done);
    }

    /// Updates held.
    pub(super) fn len(&self) -> usize {
        self.derivations.len()
    }

    /// What it takes between transactions.
    pub(super) fn held(&self) -> Held {
        self.derivations.held()
    }

    /// Marks every value.
    pub(super) fn mark(&self, columns: &Columns, marking: &mut Marking<'_>) {
        mark(&self.derivations, columns, marking);
    }
}

/// Marks every value in a history.
pub(super) fn mark(history: &History, columns: &Columns, marking: &mut Marking<'_>) {
    if !columns.is_empty() {
        history.kept().all(|key, value, _| columns.mark_row(marking, key, value));
    }
}

fn is_there(derivations: Weight) -> Weight {
    Weight::from(derivations > 0)
}

/// The rows of both, in order, with the weights of the first ones.
fn each_row<'c>(derived: &'c Changes, again: &'c Changes, mut each: impl FnMut(&'c [Word], Weight)) {
    let mut again = again.iter().map(|(row, _)| row).peekable();
    for (row, weight) in derived.iter() {
        while let Some(other) = again.next_if(|other| *other < row) {
            each(other, 0);
        }
        again.next_if(|other| *other == row);
        each(row, weight);
    }
    again.for_each(|other| each(other, 0));
}
