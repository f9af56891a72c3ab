//! Programs that are run by Weir and, written by hand, by others: the same facts, the same changes, the same results.

mod aggregation;
pub(crate) mod by_hand;
mod closure;
pub(crate) mod drive;
pub(crate) mod facts;
mod join_negation;
pub(crate) mod numbers;
mod points_to;
mod same_generation;
mod string_churn;
pub(crate) mod weir;
mod wide_output;

use crate::Outcome;

pub use facts::{Churn, Facts, Relation, Row};

/// One program in all its forms.
pub struct Workload {
    /// What it is called on the command line.
    pub name: &'static str,
    /// The program in Weir's language.
    pub rules: &'static str,
    /// What it starts with, for a scale; 1 is the size that is quoted.
    pub facts: fn(f64) -> Facts,
    /// The same on other engines, by the engine's name.
    pub others: &'static [(&'static str, Runner)],
}

/// Runs a program on facts and, where the engine has transactions, as many of one fact after that.
pub type Runner = fn(Facts, usize) -> anyhow::Result<Outcome>;

/// Weir, as an engine.
pub const WEIR: &str = "weir";
/// What Weir is called with so many workers.
pub fn weir_of(workers: usize) -> String {
    match workers {
        1 => WEIR.to_owned(),
        _ => format!("{WEIR}-{workers}"),
    }
}

/// How many workers an engine is to have, if it is Weir.
fn workers_of(engine: &str) -> Option<usize> {
    match engine.strip_prefix(WEIR)? {
        "" => Some(1),
        more => more.strip_prefix('-')?.parse().ok(),
    }
}

/// Static differential dataflow, the program written by hand.
pub const BY_HAND: &str = "by-hand";
/// The `ascent` crate: Datalog in a macro, all facts at once.
pub const ASCENT: &str = "ascent";
/// The `datafrog` crate: semi-naive rounds by hand, all facts at once.
pub const DATAFROG: &str = "datafrog";

/// All there are.
pub const WORKLOADS: &[&Workload] = &[
    &join_negation::WORKLOAD,
    &closure::WORKLOAD,
    &same_generation::WORKLOAD,
    &points_to::WORKLOAD,
    &aggregation::WORKLOAD,
    &string_churn::WORKLOAD,
    &wide_output::IN_PARTS,
    &wide_output::AT_ONCE,
];

impl Workload {
    /// The engines that have it. Weir comes last, once for each number of workers.
    pub fn engines(&self, workers: &[usize]) -> impl Iterator<Item = String> {
        let others = self.others.iter().map(|(name, _)| (*name).to_owned());
        others.chain(workers.iter().map(|workers| weir_of(*workers)))
    }

    /// Runs it on an engine, in this process. None if the engine does not have it.
    ///
    /// # Errors
    /// What the engine says of the program or of a transaction.
    pub fn run(&self, engine: &str, scale: f64, transactions: usize) -> Option<anyhow::Result<Outcome>> {
        if let Some(workers) = workers_of(engine) {
            return Some(weir::weir(self.rules, (self.facts)(scale), transactions, workers));
        }
        let (_, runner) = self.others.iter().find(|(name, _)| *name == engine)?;
        Some(runner((self.facts)(scale), transactions))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_engines_agree() {
        for workload in WORKLOADS {
            let run = |engine: String| {
                let outcome = workload.run(&engine, 0.002, 40).unwrap().unwrap();
                (engine, outcome)
            };
            let outcomes: Vec<(String, Outcome)> = workload.engines(&[2, 1]).map(run).collect();
            let (_, weir) = outcomes.last().unwrap();
            assert!(weir.rows > 0 && weir.changed > Some(0), "{}: {weir:?}", workload.name);
            for (engine, outcome) in &outcomes {
                assert_eq!(outcome.rows, weir.rows, "{} by {engine}", workload.name);
                let changed = outcome.changed.or(weir.changed);
                assert_eq!(changed, weir.changed, "{} by {engine}", workload.name);
            }
        }
    }
}
