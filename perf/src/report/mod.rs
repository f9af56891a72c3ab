//! What all runs came to: as a table, as JSON, as plots.

mod goals;
mod machine;
mod plot;
mod table;

use serde::{Deserialize, Serialize};

use crate::Outcome;
use crate::growth::Growth;

pub use goals::{Goal, goals};
pub use machine::Machine;
pub use plot::plot;
pub use table::table;

/// All runs of one evening.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
pub struct Report {
    /// Where and when they ran.
    pub machine: Machine,
    /// Size of the workloads; 1 is what is quoted.
    pub scale: f64,
    /// One-fact transactions after each load.
    pub transactions: usize,
    /// Every workload on every engine.
    pub runs: Vec<Run>,
    /// Programs of many rules.
    pub growth: Vec<Grown>,
}

/// A workload on an engine.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
pub struct Run {
    /// The workload's name.
    pub workload: String,
    /// The engine's.
    pub engine: String,
    /// What it came to.
    pub outcome: Outcome,
}

/// A program of many rules on an engine.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
pub struct Grown {
    /// The engine's name.
    pub engine: String,
    /// What it came to.
    pub growth: Growth,
}

impl Report {
    /// What a workload came to on an engine, if it was run.
    pub fn outcome(&self, workload: &str, engine: &str) -> Option<&Outcome> {
        let run = self.runs.iter().find(|run| run.workload == workload && run.engine == engine);
        run.map(|run| &run.outcome)
    }

    /// What a program of that many rules came to on an engine, if it was run.
    pub fn grown(&self, rules: usize, engine: &str) -> Option<&Growth> {
        let grown = self.growth.iter().find(|run| run.growth.rules == rules && run.engine == engine);
        grown.map(|run| &run.growth)
    }

    /// Workloads whose engines do not agree on the rows or on what changed.
    pub fn disagreements(&self) -> Vec<String> {
        let differs = |run: &&Run| {
            let first = self.runs.iter().find(|other| other.workload == run.workload).map(|run| &run.outcome);
            first.is_some_and(|first| {
                let changed = run.outcome.changed.zip(first.changed);
                run.outcome.rows != first.rows || changed.is_some_and(|(one, other)| one != other)
            })
        };
        let runs = self.runs.iter().filter(differs).map(|run| format!("{} by {}", run.workload, run.engine));
        let grows = self.growth.iter().filter(|run| {
            let first = self.growth.iter().find(|other| other.growth.rules == run.growth.rules);
            first.is_some_and(|first| first.growth.rows != run.growth.rows)
        });
        runs.chain(grows.map(|run| format!("{} rules by {}", run.growth.rules, run.engine))).collect()
    }
}
