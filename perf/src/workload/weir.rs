//! A program in Weir's language, run by Weir.

use std::time::{Duration, Instant};

use anyhow::{Context, anyhow};
use weir_engine::diagnostics::render;
use weir_engine::engine::{Commit, Config, Engine, Update};
use weir_engine::ir::RelationId;
use weir_engine::value::Value;

use super::drive::{Incremental, drive};
use super::facts::{Change, Facts, text};
use crate::Outcome;

/// Runs rules on Weir, with so many workers.
///
/// # Errors
/// What Weir says of the program or of a transaction.
pub(super) fn weir(
    rules: &str,
    facts: Facts,
    transactions: usize,
    workers: usize,
) -> anyhow::Result<Outcome> {
    drive(&mut Weir::new(start(rules, workers)?, &facts)?, &facts, transactions)
}

/// Starts an engine of so many workers for a program.
///
/// # Errors
/// The program's mistakes, as text.
pub(crate) fn start(rules: &str, workers: usize) -> anyhow::Result<Engine> {
    let told = |sources, diagnostics: Vec<_>| anyhow!("{}", render(&sources, &diagnostics, false));
    let (program, _) = weir_engine::compile::compile_text("workload.dl", rules, &[])
        .map_err(|(sources, diagnostics)| told(sources, diagnostics))?;
    let sources = program.sources.clone();
    Engine::new(program, Config { workers, ..Config::default() })
        .map_err(|diagnostics| told(sources, diagnostics))
}

/// An engine that is given facts.
pub(crate) struct Weir<'a> {
    engine: Engine,
    /// By relation of the facts.
    ids: Vec<RelationId>,
    facts: &'a Facts,
    updates: Vec<Update>,
    counts: (i64, i64),
    inside: Duration,
}

impl<'a> Weir<'a> {
    /// An engine whose program has the relations of the facts.
    ///
    /// # Errors
    /// It lacks one.
    pub(crate) fn new(engine: Engine, facts: &'a Facts) -> anyhow::Result<Self> {
        let program = engine.program();
        let ids = facts.relations.iter().map(|relation| {
            let id = program.relation(&relation.name);
            id.with_context(|| format!("there is no relation {}", relation.name))
        });
        let ids = ids.collect::<Result<_, _>>()?;
        Ok(Weir { engine, ids, facts, updates: Vec::new(), counts: (0, 0), inside: Duration::ZERO })
    }
}

impl Incremental for Weir<'_> {
    fn update(&mut self, change: &Change<'_>) {
        let of = &self.facts.relations[change.relation];
        let value = |(column, number): (usize, &u32)| match of.texts.contains(&column) {
            true => text(*number).as_str().into(),
            false => Value::Int(i128::from(*number)),
        };
        let fields = change.row.iter().enumerate().map(|field| ("".into(), value(field))).collect();
        let (relation, record) =
            (self.ids[change.relation], Value::Struct { ctor: of.name.as_ref().into(), fields });
        self.updates.push(match change.weight > 0 {
            true => Update::Insert { relation, record },
            false => Update::Delete { relation, record },
        });
    }

    fn commit(&mut self) -> anyhow::Result<()> {
        let begun = Instant::now();
        let commit = self.engine.commit(std::mem::take(&mut self.updates))?;
        self.inside += begun.elapsed();
        let (sum, all) = came(&commit);
        self.counts = (self.counts.0 + sum, self.counts.1 + all);
        Ok(())
    }

    fn counts(&self) -> (i64, i64) {
        self.counts
    }

    fn inside(&self) -> Option<Duration> {
        Some(self.inside)
    }
}

/// Rows that came less those that went; and how many both are.
fn came(commit: &Commit) -> (i64, i64) {
    let weights = commit.deltas.iter().flat_map(|delta| delta.changes.weights());
    weights.fold((0, 0), |(sum, all), weight| (sum + weight, all + weight.abs()))
}
