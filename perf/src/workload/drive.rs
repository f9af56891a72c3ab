//! Facts in, then one change after the other: the same for both engines.

use std::cell::Cell;
use std::rc::Rc;
use std::time::Instant;

use anyhow::{Context, anyhow};
use differential_dataflow::Data;
use differential_dataflow::input::InputSession;
use timely::dataflow::ProbeHandle;
use timely::worker::Worker;
use weir_engine::diagnostics::render;
use weir_engine::engine::{Commit, Config, Engine, Update};
use weir_engine::ir::RelationId;
use weir_engine::value::Value;

use super::Outcome;
use super::numbers::scatter;
use crate::{Percentiles, cpu_seconds, peak_megabytes};

/// Rows put in as one transaction or batch.
const CHUNK: usize = 1 << 16;

/// What a program starts with.
pub struct Facts {
    /// By input relation, in the order of the rules: its name and rows.
    pub relations: Vec<(&'static str, Vec<Vec<u32>>)>,
    /// Which of them the transactions change.
    pub churned: usize,
}

impl Facts {
    /// The row that a transaction is about. Every second one puts back what the one before took away.
    fn churn(&self, transaction: usize) -> (&[u32], bool) {
        let rows = &self.relations[self.churned].1;
        let row = &rows[(scatter(transaction as u64 / 2) % rows.len() as u64) as usize];
        (row, transaction % 2 == 1)
    }
}

/// Runs a program on Weir.
pub(super) fn weir(rules: &str, facts: Facts, transactions: usize) -> anyhow::Result<Outcome> {
    let told = |sources, diagnostics: Vec<_>| anyhow!("{}", render(&sources, &diagnostics, false));
    let (program, _) = weir_engine::compile::compile_text("workload.dl", rules, &[])
        .map_err(|(sources, diagnostics)| told(sources, diagnostics))?;
    let sources = program.sources.clone();
    let engine = Engine::new(program, Config::default()).map_err(|diagnostics| told(sources, diagnostics))?;
    let ids = facts.relations.iter().map(|(name, _)| {
        engine.program().relation(name).with_context(|| format!("there is no relation {name}"))
    });
    let ids: Vec<RelationId> = ids.collect::<Result<_, _>>()?;
    let record = |relation: usize, row: &[u32]| Value::Struct {
        ctor: facts.relations[relation].0.into(),
        fields: row.iter().map(|number| ("".into(), Value::Int(i128::from(*number)))).collect(),
    };

    let start = Instant::now();
    let mut rows = 0;
    for (relation, (_, all)) in facts.relations.iter().enumerate() {
        for chunk in all.chunks(CHUNK) {
            let insert =
                |row: &Vec<u32>| Update::Insert { relation: ids[relation], record: record(relation, row) };
            rows += came(&engine.commit(chunk.iter().map(insert).collect())?).0;
        }
    }
    let (load, load_cpu, load_megabytes) = (start.elapsed(), cpu_seconds(), peak_megabytes());

    let mut latency = Percentiles::new()?;
    let mut changed = 0;
    for transaction in 0..transactions {
        let (row, back) = facts.churn(transaction);
        let (relation, record) = (ids[facts.churned], record(facts.churned, row));
        let update =
            if back { Update::Insert { relation, record } } else { Update::Delete { relation, record } };
        let begun = Instant::now();
        let commit = engine.commit(vec![update])?;
        latency.add(begun.elapsed());
        changed += came(&commit).1;
    }
    Ok(Outcome { rows, changed, load, load_cpu, load_megabytes, latency })
}

/// Rows that came less those that went; and how many both are.
fn came(commit: &Commit) -> (i64, i64) {
    let weights = commit.deltas.iter().flat_map(|delta| delta.changes.weights());
    weights.fold((0, 0), |(sum, all), weight| (sum + weight, all + weight.abs()))
}

/// Rows that came less those that went, and how many both are.
pub(super) type Counts = Rc<Cell<(i64, i64)>>;

/// Adds a change to the counts.
pub(super) fn count(counts: &Counts, weight: isize) {
    let (sum, all) = counts.get();
    counts.set((sum + weight as i64, all + weight.abs() as i64));
}

/// Runs a program on static differential dataflow, on this thread.
pub(super) fn by_hand(
    facts: Facts,
    transactions: usize,
    build: impl Fn(&mut Worker) -> Program + Send + Sync + 'static,
) -> Outcome {
    timely::execute_directly(move |worker| {
        let Program { mut inputs, probe, counts } = build(worker);
        let start = Instant::now();
        let mut time = 0;
        for (relation, (_, all)) in facts.relations.iter().enumerate() {
            for chunk in all.chunks(CHUNK) {
                for row in chunk {
                    inputs[relation].update(row, 1);
                }
                time += 1;
                step(worker, &mut inputs, &probe, time);
            }
        }
        let (load, load_cpu, load_megabytes) = (start.elapsed(), cpu_seconds(), peak_megabytes());
        let rows = counts.get().0;
        let before = counts.get().1;
        let mut latency = match Percentiles::new() {
            Ok(latency) => latency,
            Err(error) => unreachable!("its bounds are constants: {error}"),
        };
        for transaction in 0..transactions {
            let (row, back) = facts.churn(transaction);
            let begun = Instant::now();
            inputs[facts.churned].update(row, if back { 1 } else { -1 });
            time += 1;
            step(worker, &mut inputs, &probe, time);
            latency.add(begun.elapsed());
        }
        Outcome { rows, changed: counts.get().1 - before, load, load_cpu, load_megabytes, latency }
    })
}

/// Until everything before `time` has been worked off.
fn step(worker: &mut Worker, inputs: &mut [Box<dyn Input>], probe: &ProbeHandle<u32>, time: u32) {
    for input in inputs {
        input.advance(time);
    }
    worker.step_while(|| probe.less_than(&time));
}

/// A program by hand: inputs in the order of the facts.
pub(super) struct Program {
    pub(super) inputs: Vec<Box<dyn Input>>,
    pub(super) probe: ProbeHandle<u32>,
    pub(super) counts: Counts,
}

/// An input of any static type.
pub(super) trait Input {
    /// Adds a change of a row.
    fn update(&mut self, row: &[u32], weight: isize);
    /// Ends the transaction.
    fn advance(&mut self, time: u32);
}

/// An input and how its rows are made of numbers.
pub(super) struct Typed<D: Data>(pub(super) InputSession<u32, D, isize>, pub(super) fn(&[u32]) -> D);

impl<D: Data> Input for Typed<D> {
    fn update(&mut self, row: &[u32], weight: isize) {
        self.0.update((self.1)(row), weight);
    }

    fn advance(&mut self, time: u32) {
        self.0.advance_to(time);
        self.0.flush();
    }
}
