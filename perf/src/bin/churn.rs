//! Millions of transactions with values that were never seen before: memory has to stay where it is.
//!
//! A window of facts moves on: each transaction brings a port and takes the oldest away, with a new name, address, set of
//! tags and struct. Rules join, negate, group and recurse over them.

use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use clap::Parser;
use weir_engine::compile::compile_text;
use weir_engine::engine::Stats;
use weir_engine::ir::RelationId;
use weir_engine::value::Value;
use weir_engine::{Config, Engine, Update};
use weir_perf::resident_megabytes;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const PROGRAM: &str = r#"
typedef Place = Place{address: bit<128>, switch: string}
input relation Port(id: u64, name: string, tags: Set<string>, at: Place)
input relation Switch(name: string, zone: string)
input relation Muted(port: string)
input relation Link(a: string, b: string)
output relation Attached(port: string, zone: string, at: Place)
Attached(name, zone, at) :- Port(_, name, _, at), Switch(at.switch, zone).
output relation Loud(port: string)
Loud(name) :- Port(_, name, _, _), not Muted(name).
output relation Load(switch: string, ports: usize, newest: u64)
Load(switch, n.0, n.1) :- Port(id, _, _, Place{_, switch}), var n = id.group_by(switch).sized().
function sized(g: Group<string, u64>): (usize, u64) = (g.size(), g.max())
output relation Tagged(tag: string, ports: Set<string>)
Tagged(tag, ports) :- Port(_, name, tags, _), var tag = FlatMap(tags), var ports = name.group_by(tag).to_set().
output relation Reach(a: string, b: string)
Reach(a, b) :- Link(a, b).
Reach(a, c) :- Reach(a, b), Link(b, c).
"#;

/// Memory under endless churn.
#[derive(Debug, Parser)]
struct Options {
    /// Transactions in all
    #[arg(long, default_value_t = 10_000_000)]
    transactions: u64,
    /// Facts that are there at a time
    #[arg(long, default_value_t = 20_000)]
    window: u64,
    /// Lines that are printed
    #[arg(long, default_value_t = 200)]
    samples: u64,
    /// Print what takes how much at the end
    #[arg(long)]
    detail: bool,
}

/// Switches and zones do not change.
const SWITCHES: u64 = 100;

/// Links in a chain.
const CHAIN: u64 = 6;

struct Ids {
    port: RelationId,
    switch: RelationId,
    muted: RelationId,
    link: RelationId,
}

fn main() -> anyhow::Result<()> {
    let options = Options::parse();
    let (program, _) = compile_text("churn.dl", PROGRAM, &[]).map_err(|(_, found)| {
        anyhow::anyhow!("the program is refused: {:?}", found.first().map(|d| &d.message))
    })?;
    let id = |name: &str| program.relation(name).with_context(|| format!("no relation {name}"));
    let ids = Ids { port: id("Port")?, switch: id("Switch")?, muted: id("Muted")?, link: id("Link")? };
    let before = resident_megabytes();
    let engine = Engine::new(program, Config::default())
        .map_err(|found| anyhow::anyhow!("it does not start: {:?}", found.first().map(|d| &d.message)))?;
    let switch =
        |n| insert(ids.switch, "Switch", vec![text(format!("switch {n}")), text(format!("zone {}", n % 7))]);
    engine.commit((0..SWITCHES).map(switch).collect())?;

    println!("transactions  resident MB   rows MB  values MB     values    us each  slowest ms");
    let every = (options.transactions / options.samples).max(1);
    let (mut start, mut slowest) = (Instant::now(), Duration::ZERO);
    let mut resident = Vec::new();
    for number in 0..options.transactions {
        let updates = transaction(&ids, number, options.window);
        // As the caller sees it: values are given back after a transaction is done and before it is answered.
        let asked = Instant::now();
        engine.commit(updates)?;
        slowest = slowest.max(asked.elapsed());
        if (number + 1) % every == 0 {
            let (stats, each) = (engine.stats(), start.elapsed() / every as u32);
            let bytes = resident_megabytes();
            println!(
                "{:>12} {:>12.1} {:>9.1} {:>10.1} {:>10} {:>10.1} {:>11.1}",
                number + 1,
                bytes,
                megabytes(rows(&stats)),
                megabytes(stats.value_bytes),
                stats.values,
                each.as_nanos() as f64 / 1000.0,
                slowest.as_secs_f64() * 1000.0,
            );
            resident.push(bytes);
            (start, slowest) = (Instant::now(), Duration::ZERO);
        }
    }
    let stats = engine.stats();
    let told = rows(&stats) + stats.value_bytes;
    let grown = resident_megabytes() - before;
    println!("{:.1} MB accounted for, the process grew by {:.1} MB", megabytes(told), grown);
    if options.detail {
        for held in &stats.memory {
            println!(
                "{:>12} bytes {:>10} rows  {} {}",
                held.bytes, held.updates, held.relation, held.purpose
            );
        }
        for pool in &stats.pools {
            println!("{:>12} bytes {:>10} values  {}", pool.bytes, pool.values, pool.kind);
        }
    }
    flat(&resident)
}

/// Whether memory has stopped growing, by the mean and the highest level of windows of a tenth of all transactions: neither
/// is in the last three windows more than 5% above the fourth to the sixth. Within a window levels go up and down, as
/// values are given back now and then.
fn flat(resident: &[f64]) -> anyhow::Result<()> {
    let windows: Vec<&[f64]> = resident.chunks((resident.len() / 10).max(1)).collect();
    let mean = |samples: &[f64]| samples.iter().sum::<f64>() / samples.len().max(1) as f64;
    let highest = |samples: &[f64]| samples.iter().copied().fold(0.0, f64::max);
    let mut grown = false;
    for (what, of) in [("mean", &mean as &dyn Fn(&[f64]) -> f64), ("highest", &highest)] {
        let levels: Vec<f64> = windows.iter().map(|samples| of(samples)).collect();
        let told: Vec<String> = levels.iter().map(|level| format!("{level:.1}")).collect();
        let (early, late) = (levels.get(3..6).unwrap_or(&levels), &levels[levels.len().saturating_sub(3)..]);
        let growth = (of(late) / of(early) - 1.0) * 100.0;
        println!("{what} level of each tenth: {} MB; after warm-up {growth:+.1}%", told.join(", "));
        grown |= growth > 5.0;
    }
    if grown {
        bail!("memory is not flat");
    }
    Ok(())
}

/// A new port and the oldest gone; the same for links, and for muted ports.
fn transaction(ids: &Ids, number: u64, window: u64) -> Vec<Update> {
    let mut updates = vec![insert(ids.port, "Port", port(number))];
    if let Some(old) = number.checked_sub(window) {
        updates.push(delete(ids.port, "Port", port(old)));
    }
    if number.is_multiple_of(2) {
        updates.push(insert(ids.link, "Link", link(number / 2)));
        if let Some(old) = (number / 2).checked_sub(window / 4) {
            updates.push(delete(ids.link, "Link", link(old)));
        }
    }
    if number.is_multiple_of(3) {
        updates.push(insert(ids.muted, "Muted", vec![text(format!("port {number}"))]));
        if let Some(old) = number.checked_sub(3 * (window / 3)) {
            updates.push(delete(ids.muted, "Muted", vec![text(format!("port {old}"))]));
        }
    }
    updates
}

fn port(number: u64) -> Vec<Value> {
    let tags = vec![text(format!("tag {}", number % 997)), text(format!("own tag of {number}"))];
    let address = (0x2001_0db8_u128 << 96) + u128::from(number.wrapping_mul(0x9e37_79b9_7f4a_7c15));
    let place = Value::Struct {
        ctor: "Place".into(),
        fields: vec![
            ("".into(), Value::integer(address)),
            ("".into(), text(format!("switch {}", number % (SWITCHES + 20)))),
        ],
    };
    vec![Value::integer((1u64 << 40) + number), text(format!("port {number}")), Value::Set(tags), place]
}

fn link(number: u64) -> Vec<Value> {
    let (chain, at) = (number / CHAIN, number % CHAIN);
    vec![text(format!("node {at} of {chain}")), text(format!("node {} of {chain}", at + 1))]
}

fn text(text: String) -> Value {
    Value::Str(text.into())
}

fn insert(relation: RelationId, name: &str, fields: Vec<Value>) -> Update {
    Update::Insert { relation, record: record(name, fields) }
}

fn delete(relation: RelationId, name: &str, fields: Vec<Value>) -> Update {
    Update::Delete { relation, record: record(name, fields) }
}

fn record(name: &str, fields: Vec<Value>) -> Value {
    Value::Struct { ctor: name.into(), fields: fields.into_iter().map(|value| ("".into(), value)).collect() }
}

fn rows(stats: &Stats) -> usize {
    stats.memory.iter().map(|held| held.bytes).sum()
}

fn megabytes(bytes: usize) -> f64 {
    bytes as f64 / f64::from(1 << 20)
}
