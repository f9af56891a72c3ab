//! What a transaction costs in a program of many rules, on facts that do not grow with it.
//!
//! The rules come in groups of ten, shaped like those of a network: joins with relations that all groups share, negation,
//! a group, a list taken apart, and in every fifth group recursion.

mod by_hand;
mod facts;
mod rules;

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};

use crate::workload::drive::Incremental;
use crate::workload::facts::Change;
use crate::workload::weir::{Weir, start};
use crate::workload::{BY_HAND, WEIR};
use crate::{Latency, Percentiles, cpu_seconds, peak_megabytes};
use facts::Cloud;

/// Engines that programs of many rules are run on.
pub const ENGINES: [&str; 2] = [BY_HAND, WEIR];

/// How many rules the programs have.
pub const SIZES: [usize; 3] = [100, 300, 1_000];

/// One kind of transaction is measured no longer than this.
const LONGEST: Duration = Duration::from_secs(10);

/// What a program of many rules came to.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Growth {
    /// Rules in the program.
    pub rules: usize,
    /// Lines of its text.
    pub lines: usize,
    /// Seconds until it could take facts: for Weir from text, by hand the building of the dataflow only.
    pub start: f64,
    /// Seconds for loading the facts.
    pub load: f64,
    /// CPU seconds of start and load, all threads.
    pub cpu: f64,
    /// The most memory until then, in megabytes.
    pub megabytes: f64,
    /// Rows of all outputs after that.
    pub rows: i64,
    /// Latency of transactions by what they touch.
    pub latency: BTreeMap<Touch, Latency>,
}

/// What a transaction touches.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Touch {
    /// It has no updates.
    Nothing,
    /// One fact that one rule reads.
    OneRule,
    /// One fact that three rules in ten have to do with.
    ThreeInTen,
}

impl Touch {
    /// All there are.
    pub const ALL: [Touch; 3] = [Touch::Nothing, Touch::OneRule, Touch::ThreeInTen];

    /// For people.
    pub fn name(self) -> &'static str {
        match self {
            Touch::Nothing => "empty",
            Touch::OneRule => "1 rule",
            Touch::ThreeInTen => "3 rules in 10",
        }
    }
}

/// Runs a program of that many rules on an engine, in this process. None if there is no such engine.
///
/// # Errors
/// What the engine says of the program or of a transaction.
pub fn run(engine: &str, rules: usize, transactions: usize) -> Option<anyhow::Result<Growth>> {
    let groups = rules.div_ceil(rules::PER_GROUP);
    match engine {
        WEIR => Some(weir(groups, transactions)),
        BY_HAND => Some(by_hand::run(groups, transactions)),
        _ => None,
    }
}

fn weir(groups: usize, transactions: usize) -> anyhow::Result<Growth> {
    let (cloud, text) = (Cloud::new(groups), rules::text(groups));
    let (begun, cpu) = (Instant::now(), cpu_seconds());
    let engine = start(&text, 1)?;
    let started = begun.elapsed().as_secs_f64();
    let mut program = Weir::new(engine, &cloud.facts)?;
    let grown = drive(&mut program, &cloud, transactions, cpu)?;
    Ok(Growth { start: started, ..grown })
}

/// Loads the facts and measures every kind of transaction. `cpu` is what this process had used before it began.
fn drive(
    program: &mut impl Incremental,
    cloud: &Cloud,
    transactions: usize,
    cpu: f64,
) -> anyhow::Result<Growth> {
    let begun = Instant::now();
    for changes in cloud.facts.load() {
        for change in &changes {
            program.update(change);
        }
        program.commit()?;
    }
    let (load, megabytes) = (begun.elapsed().as_secs_f64(), peak_megabytes());
    let cpu = cpu_seconds() - cpu;
    let (rows, _) = program.counts();
    let mut latency = BTreeMap::new();
    for touch in Touch::ALL {
        let mut percentiles = Percentiles::new()?;
        let first = Instant::now();
        for number in 0..transactions {
            // Every second transaction takes back what the one before did.
            if first.elapsed() > LONGEST && number.is_multiple_of(2) {
                break;
            }
            let change = cloud.touch(touch, number);
            let begun = Instant::now();
            if let Some((relation, row, weight)) = &change {
                program.update(&Change { relation: *relation, row: row.into(), weight: *weight });
            }
            program.commit()?;
            percentiles.add(begun.elapsed());
        }
        latency.insert(touch, percentiles.latency());
    }
    let (rules, lines) = (cloud.groups * rules::PER_GROUP, rules::text(cloud.groups).lines().count());
    Ok(Growth { rules, lines, start: 0.0, load, cpu, megabytes, rows, latency })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_engines_agree() {
        let grown = ENGINES.map(|engine| run(engine, 50, 20).unwrap().unwrap());
        assert!(grown[0].rows > 1_000);
        assert_eq!(grown[0].rows, grown[1].rows);
    }
}
