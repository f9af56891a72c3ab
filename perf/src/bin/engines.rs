//! The engine beside others: each run in a process of its own, so that CPU and memory are its own; they take turns.
//!
//! Prints a table; writes it, all figures as JSON, and plots.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, bail};
use clap::Parser;
use serde::de::DeserializeOwned;
use weir_perf::Outcome;
use weir_perf::growth::{self, Growth};
use weir_perf::report::{Grown, Machine, Report, Run, plot, table};
use weir_perf::workload::{WEIR, WORKLOADS};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Weir, static differential dataflow and batch engines side by side.
#[derive(Debug, Parser)]
struct Options {
    /// Only these workloads; `growth` is the programs of many rules
    #[arg(long, value_delimiter = ',')]
    only: Vec<String>,
    /// Only these engines
    #[arg(long, value_delimiter = ',')]
    engine: Vec<String>,
    /// Worker threads that Weir is run with, one run for each number
    #[arg(long, value_delimiter = ',', default_values_t = [1, 2])]
    workers: Vec<usize>,
    /// So many runs of each, of which the one with the shortest load counts
    #[arg(long, default_value_t = 1)]
    repeat: usize,
    /// Size of the workloads; 1 is what is quoted
    #[arg(long, default_value_t = 1.0)]
    scale: f64,
    /// One-fact transactions after the load
    #[arg(long, default_value_t = 1000)]
    transactions: usize,
    /// How many rules the large programs have
    #[arg(long, value_delimiter = ',', default_values_t = growth::SIZES)]
    rules: Vec<usize>,
    /// Directory for the table, the figures and the plots
    #[arg(long, default_value = "target/bench")]
    out: PathBuf,
    /// Do one run in this process and print what it came to, as JSON
    #[arg(long, hide = true)]
    run: bool,
}

/// What programs of many rules are called among the workloads.
const GROWTH: &str = "growth";

fn main() -> anyhow::Result<()> {
    let options = Options::parse();
    if options.run {
        return run(&options);
    }
    let report = measure(&options)?;
    let text = table(&report);
    print!("\n{text}");
    write(&report, &text, &options.out)?;
    println!("\ntable.md, figures.json and plots are in {}", options.out.display());
    let disagreements = report.disagreements();
    if !disagreements.is_empty() {
        bail!("engines do not agree: {}", disagreements.join(", "));
    }
    Ok(())
}

/// All runs, one after the other.
fn measure(options: &Options) -> anyhow::Result<Report> {
    let is_wanted = |of: &[String], name: &str| of.is_empty() || of.iter().any(|wanted| wanted == name);
    let mut report = Report {
        machine: Machine::here(),
        scale: options.scale,
        transactions: options.transactions,
        runs: Vec::new(),
        growth: Vec::new(),
    };
    for workload in WORKLOADS.iter().filter(|workload| is_wanted(&options.only, workload.name)) {
        let is_wanted = |engine: &String| {
            let name = if engine.starts_with(WEIR) { WEIR } else { engine };
            options.engine.is_empty() || options.engine.iter().any(|wanted| wanted == name)
        };
        let engines: Vec<String> = workload.engines(&options.workers).filter(is_wanted).collect();
        let mut best: Vec<Option<Outcome>> = vec![None; engines.len()];
        // They take turns, so that a busy minute is not one engine's alone.
        for _ in 0..options.repeat.max(1) {
            for (engine, best) in engines.iter().zip(&mut best) {
                eprintln!("{} by {engine}", workload.name);
                let outcome: Outcome = child(options, workload.name, engine, &[])?;
                if best.as_ref().is_none_or(|best| outcome.load < best.load) {
                    *best = Some(outcome);
                }
            }
        }
        let runs = engines.into_iter().zip(best).filter_map(|(engine, outcome)| {
            Some(Run { workload: workload.name.to_owned(), engine, outcome: outcome? })
        });
        report.runs.extend(runs);
    }
    if is_wanted(&options.only, GROWTH) {
        for rules in &options.rules {
            for engine in growth::ENGINES.iter().filter(|engine| is_wanted(&options.engine, engine)) {
                eprintln!("{rules} rules by {engine}");
                let growth: Growth = child(options, GROWTH, engine, &["--rules", &rules.to_string()])?;
                report.growth.push(Grown { engine: (*engine).to_owned(), growth });
            }
        }
    }
    Ok(report)
}

/// A run in a process of its own.
fn child<T: DeserializeOwned>(
    options: &Options,
    workload: &str,
    engine: &str,
    more: &[&str],
) -> anyhow::Result<T> {
    let output = Command::new(std::env::current_exe()?)
        .args(["--run", "--only", workload, "--engine", engine])
        .args(["--scale", &options.scale.to_string()])
        .args(["--transactions", &options.transactions.to_string()])
        .args(more)
        .stderr(Stdio::inherit())
        .output()
        .context("cannot start a run")?;
    if !output.status.success() {
        bail!("{workload} by {engine} failed");
    }
    serde_json::from_slice(&output.stdout)
        .with_context(|| format!("{workload} by {engine} prints no outcome"))
}

/// The run of a child.
fn run(options: &Options) -> anyhow::Result<()> {
    let ([name], [engine]) = (options.only.as_slice(), options.engine.as_slice()) else {
        bail!("--run is for one workload and one engine");
    };
    if name == GROWTH {
        let rules = options.rules.first().context("of how many rules?")?;
        let growth = growth::run(engine, *rules, options.transactions)
            .with_context(|| format!("no programs of many rules for {engine}"))??;
        println!("{}", serde_json::to_string(&growth)?);
        return Ok(());
    }
    let workload = WORKLOADS.iter().find(|workload| workload.name == name);
    let workload = workload.with_context(|| format!("there is no workload {name}"))?;
    let outcome = workload.run(engine, options.scale, options.transactions);
    let outcome = outcome.with_context(|| format!("{engine} does not have {name}"))??;
    println!("{}", serde_json::to_string(&outcome)?);
    Ok(())
}

fn write(report: &Report, text: &str, directory: &Path) -> anyhow::Result<()> {
    fs::create_dir_all(directory).with_context(|| format!("cannot make {}", directory.display()))?;
    let file = |name: &str, contents: &str| {
        fs::write(directory.join(name), contents).with_context(|| format!("cannot write {name}"))
    };
    file("table.md", text)?;
    file("figures.json", &serde_json::to_string_pretty(report)?)?;
    plot(report, directory)
}
