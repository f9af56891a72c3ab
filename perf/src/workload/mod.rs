//! Programs that are run by Weir and, written by hand, by static differential dataflow: the same facts, the same changes,
//! the same results.

mod closure;
mod drive;
mod join_negation;
mod numbers;
mod same_generation;
mod wide_output;

use std::time::Duration;

use crate::Percentiles;

pub use drive::Facts;

/// One program in both forms.
pub struct Workload {
    /// What it is called on the command line.
    pub name: &'static str,
    /// The program in Weir's language.
    pub rules: &'static str,
    /// What it starts with: input relation and row, for that scale (1 is the size that is quoted).
    pub facts: fn(f64) -> Facts,
    /// The same on static differential dataflow: facts and the number of transactions that follow.
    pub by_hand: fn(Facts, usize) -> Outcome,
}

/// All there are.
pub const WORKLOADS: &[&Workload] = &[
    &join_negation::WORKLOAD,
    &closure::WORKLOAD,
    &same_generation::WORKLOAD,
    &wide_output::IN_PARTS,
    &wide_output::AT_ONCE,
];

/// What a run came to.
#[derive(Debug)]
pub struct Outcome {
    /// Rows of all output relations after the facts.
    pub rows: i64,
    /// Rows that changed, over all transactions: how many came and went.
    pub changed: i64,
    /// Time from the first fact to the complete result.
    pub load: Duration,
    /// CPU seconds of that, all threads.
    pub load_cpu: f64,
    /// The most memory until then, in megabytes.
    pub load_megabytes: f64,
    /// Each transaction changes one fact: taken away in one, put back in the next.
    pub latency: Percentiles,
}

impl Workload {
    /// Runs it on Weir.
    ///
    /// # Errors
    /// What Weir says of the program or of a transaction.
    pub fn by_weir(&self, facts: Facts, transactions: usize) -> anyhow::Result<Outcome> {
        drive::weir(self.rules, facts, transactions)
    }
}
