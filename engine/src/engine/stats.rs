//! What rules and relations cost and hold.

use std::sync::Arc;
use std::time::Duration;

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
    /// Values that the interner holds.
    pub values: usize,
    /// Bytes that the interner holds.
    pub value_bytes: usize,
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
