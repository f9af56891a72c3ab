//! OVN's own rules (the last DDlog version of its northd) on Weir's engine: load, memory, one port gone and back.
//!
//! The rules are OVN's and not here. From its repository (<https://github.com/ovn-org/ovn>), commit c85835fc8, take
//! `northd/*.dl`; the two schema modules beside them are made by DDlog's `ovsdb2ddlog` from `ovn-nb.ovsschema` and
//! `ovn-sb.ovsschema`, with the options in `northd/ovn-nb.dlopts` and `northd/ovn-sb.dlopts`.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use anyhow::{anyhow, bail};
use clap::Parser;
use weir_engine::compile::compile;
use weir_engine::diagnostics::render;
use weir_engine::engine::{Commit, Config, Engine, Update};
use weir_engine::ir::RelationRole;
use weir_engine::profile::Profile;
use weir_engine::value::Value;
use weir_perf::northd::{Cloud, Southbound, functions};
use weir_perf::{Percentiles, cpu_seconds, peak_megabytes};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Measures OVN's own rules.
#[derive(Debug, Parser)]
struct Options {
    /// Directory of ovn_northd.dl and its modules
    #[arg(long)]
    rules: PathBuf,
    /// Logical switch ports
    #[arg(long, default_value_t = 1000)]
    ports: usize,
    /// Of them in each switch
    #[arg(long, default_value_t = 50)]
    per_switch: usize,
    /// Ports that go and come back, each in a transaction of its own
    #[arg(long, default_value_t = 500)]
    changes: usize,
    /// Rules to name, the dearest first
    #[arg(long, default_value_t = 10)]
    top: usize,
    /// Print what one port changes
    #[arg(long)]
    show: bool,
    /// Compare what is there after the changes with what a new engine makes of the same rows
    #[arg(long)]
    check: bool,
}

fn main() -> anyhow::Result<()> {
    let options = Options::parse();
    let warnings = Arc::new(AtomicU64::new(0));
    let engine = start(&options, &warnings)?;
    let run = Run::new(&engine, &options)?;
    run.load()?;
    if options.show {
        run.show()?;
    }
    run.changes()?;
    println!("warnings   {} of the rules", warnings.load(Ordering::Relaxed));
    print_outputs(&engine)?;
    if options.check {
        run.check(&start(&options, &warnings)?)?;
    }
    Ok(())
}

fn start(options: &Options, warnings: &Arc<AtomicU64>) -> anyhow::Result<Engine> {
    let (start, cpu) = (Instant::now(), cpu_seconds());
    let (program, _) = compile(&options.rules.join("ovn_northd.dl"), &[])
        .map_err(|(sources, errors)| anyhow!("{}", render(&sources, &errors, false)))?;
    let (rules, sources) = (program.rules.len(), program.sources.clone());
    let compiled = start.elapsed();
    let config = Config { externs: functions(warnings), ..Config::default() };
    let engine =
        Engine::new(program, config).map_err(|errors| anyhow!("{}", render(&sources, &errors, false)))?;
    println!(
        "program    {rules} rules: read in {:.2} s, planned and started in {:.2} s, {:.2} s CPU, {:.0} MB",
        compiled.as_secs_f64(),
        (start.elapsed() - compiled).as_secs_f64(),
        cpu_seconds() - cpu,
        peak_megabytes()
    );
    Ok(engine)
}

/// An engine with the rules, and the databases beside it.
struct Run<'r> {
    engine: &'r Engine,
    options: &'r Options,
    cloud: Cloud,
    southbound: Southbound,
    switches: usize,
}

impl<'r> Run<'r> {
    fn new(engine: &'r Engine, options: &'r Options) -> anyhow::Result<Run<'r>> {
        if options.per_switch == 0 || options.ports == 0 {
            bail!("there must be ports");
        }
        let switches = options.ports.div_ceil(options.per_switch);
        let cloud = Cloud::new(engine, switches, options.per_switch)?;
        Ok(Run { engine, options, cloud, southbound: Southbound::new(engine), switches })
    }

    fn load(&self) -> anyhow::Result<()> {
        let updates = self.cloud.all();
        let rows = updates.len();
        let before = self.engine.profile();
        let (start, cpu) = (Instant::now(), cpu_seconds());
        let commit = self.engine.commit(updates)?;
        println!(
            "load       {:.2} s, {:.2} s CPU, {:.0} MB peak: {rows} rows of input, {} changes of output",
            start.elapsed().as_secs_f64(),
            cpu_seconds() - cpu,
            peak_megabytes(),
            count(&commit)
        );
        let profile = self.engine.profile().since(&before);
        let mut updates = self.southbound.answer(&commit);
        let every =
            (0..self.switches).flat_map(|switch| (0..self.options.per_switch).map(move |nth| (switch, nth)));
        updates.extend(every.map(|(switch, nth)| self.cloud.not_up(switch, nth)));
        let rows = updates.len();
        let (start, cpu) = (Instant::now(), cpu_seconds());
        let commit = self.engine.commit(updates)?;
        println!(
            "  answer   {:.2} s, {:.2} s CPU, {:.0} MB peak: {rows} rows of input, {} changes of output",
            start.elapsed().as_secs_f64(),
            cpu_seconds() - cpu,
            peak_megabytes(),
            count(&commit)
        );
        print_dearest("of the load", &profile, self.options.top);
        Ok(())
    }

    fn changes(&self) -> anyhow::Result<()> {
        let mut kinds = [
            Kind::new("port gone")?,
            Kind::new("  answer")?,
            Kind::new("port back")?,
            Kind::new("  answer")?,
        ];
        let [gone, gone_answer, back, back_answer] = &mut kinds;
        let before = self.engine.profile();
        for i in 0..self.options.changes {
            let (switch, nth) = (i % self.switches, i / self.switches);
            let commit = gone.commit(self.engine, self.cloud.without(switch, nth))?;
            gone_answer.commit(self.engine, self.southbound.answer(&commit))?;
            let commit = back.commit(self.engine, self.cloud.with(switch, nth))?;
            let mut answer = self.southbound.answer(&commit);
            answer.push(self.cloud.not_up(switch, nth));
            back_answer.commit(self.engine, answer)?;
        }
        let profile = self.engine.profile().since(&before);
        for kind in &kinds {
            kind.print(self.options.changes);
        }
        println!("memory     {:.0} MB peak", peak_megabytes());
        print_dearest("of the changes", &profile, self.options.top);
        Ok(())
    }

    fn show(&self) -> anyhow::Result<()> {
        let last = self.switches - 1;
        for (name, updates) in
            [("port gone", self.cloud.without(last, 0)), ("port back", self.cloud.with(last, 0))]
        {
            println!("{name}:");
            let commit = self.engine.commit(updates)?;
            print_changes(&commit);
            println!("  and its answer:");
            print_changes(&self.engine.commit(self.southbound.answer(&commit))?);
        }
        self.engine.commit(vec![self.cloud.not_up(last, 0)])?;
        Ok(())
    }

    /// Takes three ports away and compares with an engine that is given the same rows at once.
    fn check(&self, fresh: &Engine) -> anyhow::Result<()> {
        for switch in 0..self.switches.min(3) {
            let commit = self.engine.commit(self.cloud.without(switch, switch))?;
            self.engine.commit(self.southbound.answer(&commit))?;
        }
        let program = self.engine.program();
        let mut updates = Vec::new();
        for (role, name) in program.relations.iter().map(|relation| (&relation.role, &relation.name)) {
            let Some(relation) = program.relation(name).filter(|_| matches!(role, RelationRole::Input))
            else {
                continue;
            };
            let rows = self.engine.dump(relation)?;
            let held: BTreeMap<String, i64> =
                fresh.dump(relation)?.into_iter().map(|(row, weight)| (row.to_string(), weight)).collect();
            let missing = rows.into_iter().filter(|(row, _)| !held.contains_key(&row.to_string()));
            updates.extend(missing.map(|(record, _)| Update::Insert { relation, record }));
        }
        fresh.commit(updates)?;
        let (mut rows, mut wrong) = (0, 0);
        for relation in &program.relations {
            let Some(id) = program.relation(&relation.name) else { continue };
            if !matches!(relation.role, RelationRole::Output) {
                continue;
            }
            let (here, there) = (as_text(self.engine.dump(id)?), as_text(fresh.dump(id)?));
            rows += here.len();
            let differ = here.iter().filter(|(row, weight)| there.get(*row) != Some(weight)).count()
                + there.keys().filter(|row| !here.contains_key(*row)).count();
            if differ > 0 {
                println!("  {differ} rows of {} differ", relation.name);
            }
            wrong += differ;
        }
        println!(
            "check      {rows} rows of output, {wrong} differ from what a new engine makes of the same input"
        );
        if wrong > 0 { Err(anyhow!("the engine has gone wrong")) } else { Ok(()) }
    }
}

/// Transactions of one kind.
struct Kind {
    name: &'static str,
    latency: Percentiles,
    changed: usize,
    cpu: f64,
}

impl Kind {
    fn new(name: &'static str) -> anyhow::Result<Kind> {
        Ok(Kind { name, latency: Percentiles::new()?, changed: 0, cpu: 0.0 })
    }

    fn commit(&mut self, engine: &Engine, updates: Vec<Update>) -> anyhow::Result<Commit> {
        let (begun, cpu) = (Instant::now(), cpu_seconds());
        let commit = engine.commit(updates)?;
        self.latency.add(begun.elapsed());
        self.cpu += cpu_seconds() - cpu;
        self.changed += count(&commit);
        Ok(commit)
    }

    fn print(&self, transactions: usize) {
        let each = transactions.max(1) as f64;
        println!(
            "{:10} {}  {:.1} changes of output  {:.2} ms CPU",
            self.name,
            self.latency,
            self.changed as f64 / each,
            self.cpu * 1e3 / each
        );
    }
}

fn count(commit: &Commit) -> usize {
    commit.deltas.iter().map(|delta| delta.changes.len()).sum()
}

fn as_text(rows: Vec<(Value, i64)>) -> BTreeMap<String, i64> {
    rows.into_iter().map(|(row, weight)| (row.to_string(), weight)).collect()
}

fn print_outputs(engine: &Engine) -> anyhow::Result<()> {
    let program = engine.program();
    println!("rows of output:");
    for relation in program.relations.iter().filter(|relation| matches!(relation.role, RelationRole::Output))
    {
        let Some(id) = program.relation(&relation.name) else { continue };
        match engine.dump(id)?.len() {
            0 => {}
            rows => println!("  {rows:>8}  {}", relation.name),
        }
    }
    Ok(())
}

fn print_changes(commit: &Commit) {
    for delta in &commit.deltas {
        for (record, weight) in delta.changes.to_vec() {
            println!("  {weight:+} {record}");
        }
    }
}

fn print_dearest(of: &str, profile: &Profile, top: usize) {
    let mut rules: Vec<_> = profile.rules.iter().filter(|rule| rule.runs > 0).collect();
    rules.sort_by_key(|rule| std::cmp::Reverse(rule.time));
    let all: u64 = rules.iter().map(|rule| rule.time).sum();
    println!(
        "the rules that cost most {of} ({} ran, {:.1} ms; {:.1} ms in all, {} transactions):",
        rules.len(),
        all as f64 / 1e6,
        profile.time as f64 / 1e6,
        profile.transactions
    );
    for rule in rules.into_iter().take(top) {
        println!(
            "  {:>9.2} ms  {:>6} runs  {:>8} in  {:>8} out  {}  {}",
            rule.time as f64 / 1e6,
            rule.runs,
            rule.rows_in,
            rule.rows_out,
            rule.place,
            rule.relation
        );
    }
}
