//! What the engine is to reach, and how far it is.

use super::Report;
use crate::Outcome;
use crate::growth::Touch;
use crate::workload::{BY_HAND, WEIR, weir_of};

/// Something to reach, beside what this report says of it.
#[derive(Debug, PartialEq)]
pub struct Goal {
    /// What is measured.
    pub what: &'static str,
    /// At most this.
    pub at_most: f64,
    /// This came out.
    pub measured: f64,
    /// Of both.
    pub unit: &'static str,
}

impl Goal {
    /// Whether it is reached.
    pub fn is_met(&self) -> bool {
        self.measured <= self.at_most
    }
}

/// The goals that a report has figures for. Ratios are of two runs of the same report.
pub fn goals(report: &Report) -> Vec<Goal> {
    let figure =
        |figure: &Figure, engine| report.outcome(figure.workload, engine).and_then(|o| (figure.of)(o));
    let ratios = RATIOS.iter().filter_map(|(at_most, of)| {
        let measured = figure(of, WEIR)? / figure(of, BY_HAND)?;
        Some(Goal { what: of.what, at_most: *at_most, measured, unit: "x by hand" })
    });
    let largest = report.grown(1_000, WEIR);
    let latency = |touch| largest.and_then(|growth| growth.latency.get(&touch));
    let absolute = [
        ("1,000 rules: start from text", 1.0, "s", largest.map(|growth| growth.start)),
        ("1,000 rules: empty transaction, p50", 0.1, "ms", latency(Touch::Nothing).map(|l| l.p50)),
        ("1,000 rules: 1 rule touched, p50", 0.1, "ms", latency(Touch::OneRule).map(|l| l.p50)),
        ("1,000 rules: 300 rules touched, p50", 1.0, "ms", latency(Touch::ThreeInTen).map(|l| l.p50)),
    ];
    let absolute = absolute.into_iter().filter_map(|(what, at_most, unit, measured)| {
        Some(Goal { what, at_most, measured: measured?, unit })
    });
    ratios.chain(absolute).chain(speedups(report)).collect()
}

/// How much of one worker's time two workers need for a load, from updates handed over to the answer.
fn speedups(report: &Report) -> impl Iterator<Item = Goal> {
    TWO_WORKERS.iter().filter_map(|(workload, what)| {
        let load =
            |workers| report.outcome(workload, &weir_of(workers)).and_then(|outcome| outcome.load_inside);
        let measured = load(2)? / load(1)?;
        Some(Goal { what, at_most: 1.0 / FASTER, measured, unit: "x one worker" })
    })
}

/// Two workers are to be so much faster than one.
const FASTER: f64 = 1.7;

const TWO_WORKERS: &[(&str, &str)] = &[
    ("join-negation", "two workers, join + negation: load"),
    ("aggregation", "two workers, aggregation: load"),
    ("string-churn", "two workers, string churn: load"),
    ("wide-output", "two workers, wide output: load"),
    ("wide-output-at-once", "two workers, wide output at once: load"),
];

struct Figure {
    what: &'static str,
    workload: &'static str,
    of: fn(&Outcome) -> Option<f64>,
}

const CPU: fn(&Outcome) -> Option<f64> = |outcome| Some(outcome.load_cpu).filter(|cpu| *cpu > 0.0);
const MEMORY: fn(&Outcome) -> Option<f64> = |outcome| Some(outcome.load_megabytes).filter(|mb| *mb > 0.0);

/// Of Weir against the same by hand.
const RATIOS: &[(f64, Figure)] = &[
    (1.4, Figure { what: "join + negation: CPU", workload: "join-negation", of: CPU }),
    (1.25, Figure { what: "join + negation: memory", workload: "join-negation", of: MEMORY }),
    (1.3, Figure { what: "transitive closure: CPU", workload: "closure", of: CPU }),
];
