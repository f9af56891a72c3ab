//! Facts in, then one change after the other: the same for all engines.

use std::time::{Duration, Instant};

use super::facts::{Change, Facts};
use crate::{Outcome, Percentiles, busiest_thread_seconds, cpu_seconds, peak_megabytes};

/// A program at work on some engine.
pub(crate) trait Incremental {
    /// Makes a change part of the transaction that is being put together.
    fn update(&mut self, change: &Change<'_>);

    /// Runs the transaction until everything that follows from it is known.
    fn commit(&mut self) -> anyhow::Result<()>;

    /// Rows of outputs that came less those that went, and how many both are, over all transactions.
    fn counts(&self) -> (i64, i64);

    /// Of the time so far, what was spent in the engine, from updates handed over to the answer; `None` if that is not known
    /// apart from the rest.
    fn inside(&self) -> Option<Duration> {
        None
    }
}

/// Loads the facts, then measures transactions of one fact.
pub(super) fn drive(
    program: &mut impl Incremental,
    facts: &Facts,
    transactions: usize,
) -> anyhow::Result<Outcome> {
    let (start, cpu) = (Instant::now(), cpu_seconds());
    for changes in facts.load() {
        for change in &changes {
            program.update(change);
        }
        program.commit()?;
    }
    let (load, load_cpu, load_megabytes) =
        (start.elapsed().as_secs_f64(), cpu_seconds() - cpu, peak_megabytes());
    let busiest = busiest_thread_seconds();
    let load_inside = program.inside().map(|inside| inside.as_secs_f64());
    let (rows, before) = program.counts();

    let mut latency = Percentiles::new()?;
    for number in 0..transactions {
        let change = facts.transaction(number as u64);
        let begun = Instant::now();
        program.update(&change);
        program.commit()?;
        latency.add(begun.elapsed());
    }
    let changed = program.counts().1 - before;
    let latency = Some(latency.latency());
    Ok(Outcome {
        rows,
        changed: Some(changed),
        load,
        load_inside,
        load_cpu,
        busiest,
        load_megabytes,
        latency,
    })
}

/// Runs a program on an engine that only knows all facts at once: from facts to the number of rows in the outputs.
pub(super) fn batch(facts: &Facts, run: impl FnOnce(&Facts) -> usize) -> Outcome {
    let (start, cpu) = (Instant::now(), cpu_seconds());
    let rows = run(facts) as i64;
    Outcome {
        rows,
        changed: None,
        load: start.elapsed().as_secs_f64(),
        load_inside: None,
        load_cpu: cpu_seconds() - cpu,
        busiest: busiest_thread_seconds(),
        load_megabytes: peak_megabytes(),
        latency: None,
    }
}
