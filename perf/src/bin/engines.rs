//! The engine beside hand-written static differential dataflow: each run in a process of its own, so that CPU and memory are
//! its own; the two take turns.

use std::process::Command;

use anyhow::{Context, bail};
use clap::Parser;
use weir_perf::workload::{Outcome, WORKLOADS};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Weir and static differential dataflow side by side.
#[derive(Debug, Parser)]
struct Options {
    /// Only this workload
    #[arg(long)]
    only: Option<String>,
    /// Size of the workloads; 1 is what is quoted
    #[arg(long, default_value_t = 1.0)]
    scale: f64,
    /// One-fact transactions after the load
    #[arg(long, default_value_t = 1000)]
    transactions: usize,
    /// Do one run in this process: `weir` or `by-hand`
    #[arg(long, hide = true)]
    run: Option<String>,
}

fn main() -> anyhow::Result<()> {
    let options = Options::parse();
    let chosen = WORKLOADS.iter().filter(|w| options.only.as_ref().is_none_or(|name| w.name == name));
    if let Some(engine) = &options.run {
        for workload in chosen {
            let facts = (workload.facts)(options.scale);
            let outcome = match engine.as_str() {
                "weir" => workload.by_weir(facts, options.transactions)?,
                "by-hand" => (workload.by_hand)(facts, options.transactions),
                other => bail!("there is no engine {other}"),
            };
            print(engine, &outcome);
        }
        return Ok(());
    }
    for workload in chosen {
        println!("{}", workload.name);
        for engine in ["by-hand", "weir"] {
            let status = Command::new(std::env::current_exe()?)
                .args(["--run", engine, "--only", workload.name])
                .args(["--scale", &options.scale.to_string()])
                .args(["--transactions", &options.transactions.to_string()])
                .status()
                .context("cannot start a run")?;
            if !status.success() {
                bail!("{} by {engine} failed", workload.name);
            }
        }
    }
    Ok(())
}

fn print(engine: &str, outcome: &Outcome) {
    println!(
        "  {engine:8} {:>9} rows  load {:6.2} s, {:6.2} s CPU, {:5.0} MB  {:>8} changed  {}",
        outcome.rows,
        outcome.load.as_secs_f64(),
        outcome.load_cpu,
        outcome.load_megabytes,
        outcome.changed,
        outcome.latency
    );
}
