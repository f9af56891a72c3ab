//! What everything that is kept takes in memory.

use std::ops::{Add, AddAssign};

use differential_dataflow::lattice::Lattice;
use differential_dataflow::trace::BatchReader;
use timely::progress::Timestamp;

use super::host::Host;
use super::index::{Batch, Weight};
use crate::ir::{RelationId, RuleId};
use crate::plan::ArrangementId;

/// Updates, and the bytes they take with the room kept free for more.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Held {
    pub(crate) updates: usize,
    pub(crate) bytes: usize,
}

/// What something is kept for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// Rows of a relation by a key.
    Arrangement(ArrangementId),
    /// In how many ways a relation's rows are derived.
    Derivations(RelationId),
    /// As before, over the rounds of a recursion.
    Rounds(RelationId),
    /// Rows of a relation by a key, over the rounds of a recursion.
    RoundsByKey(RelationId),
    /// What a rule has joined so far, and its groups.
    Rule(RuleId),
    /// The last changes of a relation that is looked back at.
    Past(RelationId),
}

impl Held {
    /// What a batch takes.
    pub(crate) fn of_batch<T: Timestamp + Lattice>(batch: &Batch<T>) -> Held {
        let (keys, vals, upds) = (&batch.storage.keys, &batch.storage.vals, &batch.storage.upds);
        let rows = keys.bytes() + vals.offs.bytes() + vals.vals.bytes() + upds.offs.bytes();
        let times = upds.times.capacity() * size_of::<T>() + upds.diffs.capacity() * size_of::<Weight>();
        Held { updates: batch.len(), bytes: size_of::<Batch<T>>() + rows + times }
    }
}

impl Add for Held {
    type Output = Held;

    fn add(self, other: Held) -> Held {
        Held { updates: self.updates + other.updates, bytes: self.bytes + other.bytes }
    }
}

impl AddAssign for Held {
    fn add_assign(&mut self, other: Held) {
        *self = *self + other;
    }
}

impl Host {
    /// What an index takes that rules share.
    pub(crate) fn held_by_index(&self, id: ArrangementId) -> Held {
        self.arrangements[id.0 as usize].held()
    }

    /// What the indexes of a relation take together, and the count of its derivations.
    pub(crate) fn held_by_relation(&self, relation: RelationId) -> Held {
        let indexes = self.plan.arrangements.iter().zip(&self.arrangements);
        let indexes = indexes.filter(|(planned, _)| planned.collection.0 == relation.0);
        let indexes = indexes.map(|(_, index)| index.held());
        let derivations = self.distinct[relation.0 as usize].iter().map(|distinct| distinct.held());
        let rounds = self.recursion_of(relation).into_iter().flat_map(|recursion| recursion.held());
        let rounds = rounds.filter(|(of, ..)| *of == relation);
        let rounds = rounds.flat_map(|(_, set, arranged)| std::iter::once(set).chain(arranged));
        indexes.chain(derivations).chain(rounds).fold(Held::default(), Held::add)
    }

    /// What a rule keeps for itself alone.
    pub(crate) fn held_by_rule(&self, rule: RuleId) -> Held {
        let recursive = self.recursions.iter().flatten().flat_map(|recursion| recursion.held_by_rules());
        let recursive = recursive.filter(|(of, _)| *of == rule).map(|(_, held)| held);
        let own = self.chains[rule.0 as usize].iter().map(|chain| chain.held());
        own.chain(recursive).fold(Held::default(), Held::add)
    }

    /// Everything that is kept from one transaction to the next, but for the values behind the rows. The same list for every
    /// worker that runs the plan, with what is empty.
    pub(crate) fn memory(&self) -> Vec<(Purpose, Held)> {
        let mut all = Vec::new();
        for (at, arranged) in self.arrangements.iter().enumerate() {
            all.push((Purpose::Arrangement(ArrangementId(at as u32)), arranged.held()));
        }
        for (at, distinct) in self.distinct.iter().enumerate() {
            let held = distinct.iter().map(|distinct| distinct.held());
            all.extend(held.map(|held| (Purpose::Derivations(RelationId(at as u32)), held)));
        }
        for (at, chain) in self.chains.iter().enumerate() {
            let held = chain.iter().map(|chain| chain.held());
            all.extend(held.map(|held| (Purpose::Rule(RuleId(at as u32)), held)));
        }
        for recursion in self.recursions.iter().flatten() {
            for (relation, set, arranged) in recursion.held() {
                all.push((Purpose::Rounds(relation), set));
                all.extend(arranged.into_iter().map(|held| (Purpose::RoundsByKey(relation), held)));
            }
            all.extend(recursion.held_by_rules().map(|(rule, held)| (Purpose::Rule(rule), held)));
        }
        all.extend(self.held_past().map(|(relation, held)| (Purpose::Past(relation), held)));
        all
    }
}
