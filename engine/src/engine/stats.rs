//! What rules and relations cost and hold.

use std::sync::Arc;
use std::time::Duration;

use super::memory::{Holding, Pool};
use crate::ir::{RelationId, RuleId};

/// Counts since the engine started.
#[derive(Clone, Debug, Default)]
pub struct Stats {
    /// Transactions done.
    pub transactions: u64,
    /// One per rule that runs by itself; recursive rules are accounted for with their relation.
    pub rules: Vec<RuleStats>,
    /// One per relation.
    pub relations: Vec<RelationStats>,
    /// All that is kept between transactions, but for values that the interner holds.
    pub memory: Vec<Holding>,
    /// What the interner holds, by kind of value.
    pub pools: Vec<Pool>,
    /// Values that the interner holds.
    pub values: usize,
    /// Bytes that the interner holds.
    pub value_bytes: usize,
}

impl Stats {
    /// What each of several workers has a share of.
    pub(super) fn shares(&self) -> Vec<u64> {
        let nanos = |time: Duration| time.as_nanos() as u64;
        let rules = self.rules.iter().flat_map(|rule| [rule.rows_in, rule.rows_out, nanos(rule.time)]);
        let of_relation = |relation: &RelationStats| [relation.arranged as u64, nanos(relation.time)];
        let memory = self.memory.iter().flat_map(|held| [held.updates as u64, held.bytes as u64]);
        rules.chain(self.relations.iter().flat_map(of_relation)).chain(memory).collect()
    }

    /// Puts sums in the place of this worker's shares.
    pub(super) fn set_shares(&mut self, sums: &[u64]) {
        let (of_rules, of_relations) = sums.split_at((3 * self.rules.len()).min(sums.len()));
        let (of_relations, of_memory) =
            of_relations.split_at((2 * self.relations.len()).min(of_relations.len()));
        for (held, sums) in self.memory.iter_mut().zip(of_memory.chunks_exact(2)) {
            (held.updates, held.bytes) = (sums[0] as usize, sums[1] as usize);
        }
        for (rule, sums) in self.rules.iter_mut().zip(of_rules.chunks_exact(3)) {
            (rule.rows_in, rule.rows_out, rule.time) = (sums[0], sums[1], Duration::from_nanos(sums[2]));
        }
        for (relation, sums) in self.relations.iter_mut().zip(of_relations.chunks_exact(2)) {
            (relation.arranged, relation.time) = (sums[0] as usize, Duration::from_nanos(sums[1]));
        }
    }
}

/// What a rule did.
#[derive(Clone, Debug)]
pub struct RuleStats {
    /// The rule.
    pub rule: RuleId,
    /// Transactions that touched it.
    pub runs: u64,
    /// Changes it read and passed on inside.
    pub rows_in: u64,
    /// Changes it derived.
    pub rows_out: u64,
    /// Time spent.
    pub time: Duration,
}

/// What a relation holds and costs.
#[derive(Clone, Debug)]
pub struct RelationStats {
    /// The relation.
    pub relation: RelationId,
    /// Its name.
    pub name: Arc<str>,
    /// Changes in all its arrangements together, merged ones once.
    pub arranged: usize,
    /// Number of its arrangements.
    pub arrangements: usize,
    /// Transactions that touched its component.
    pub runs: u64,
    /// Time spent in its component: its rules and, if it is recursive, the iteration.
    pub time: Duration,
}
