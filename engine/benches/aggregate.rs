//! How long one change in a group takes, by the size of the group and what is made of it.
//!
//! `cargo bench -p weir-engine --bench aggregate -- [TRANSACTIONS]`
#![allow(clippy::unwrap_used)]

use std::time::{Duration, Instant};

use weir_engine::compile::compile_text;
use weir_engine::value::Value;
use weir_engine::{Config, Engine, Update};

/// What is made of the group `g` of pairs of two numbers.
const AGGREGATES: [(&str, &str); 8] = [
    ("count", "g.count_distinct()"),
    ("sum", "g.sum_of(|x| x.1)"),
    ("min", "g.min().0"),
    ("arg_max", "g.arg_max(|x| x.1).0"),
    ("to_set", "kept = g.to_set(), n = kept.size()"),
    ("to_map", "kept = g.to_map(), n = kept.size()"),
    ("map", "kept = g.map(|x| x.1 + 1), n = kept.len()"),
    ("fold", "total(g)"),
];

const GROUPS: [u64; 3] = [10, 1_000, 100_000];

fn main() {
    let transactions = std::env::args().find_map(|arg| arg.parse().ok()).unwrap_or(400);
    for (name, expression) in AGGREGATES {
        for members in GROUPS {
            measure(name, expression, members, transactions);
        }
    }
}

/// Of a collection the size is given out, so that this is not about writing it.
fn program(expression: &str) -> String {
    let clauses = match expression.split_once(", n = ") {
        Some((kept, n)) => format!("var {kept}, var n = {n}"),
        None => format!("var n = {expression}"),
    };
    let rules = format!("Out(k, n) :- In(k, x, y), var g = (x, y).group_by(k), {clauses}.");
    format!(
        "import group\n\
         input relation In(k: u64, x: u64, y: u64)\n\
         output relation Out(k: u64, n: u64)\n\
         function total(g: Group<u64, (u64, u64)>): u64 {{\n\
             var sum: u64 = 0;\n\
             for (((_, y), weight) in g) {{ sum = sum + y * (weight as u64) }};\n\
             sum\n\
         }}\n\
         {rules}\n"
    )
}

fn measure(name: &str, expression: &str, members: u64, transactions: u64) {
    let (program, _) = match compile_text("bench.dl", &program(expression), &[]) {
        Ok(compiled) => compiled,
        Err((_, diagnostics)) => panic!("{name}: {:?}", diagnostics.first()),
    };
    let engine = Engine::new(program, Config::default()).unwrap();
    let relation = engine.program().relation("In").unwrap();
    let record = |x: u64| Value::Struct {
        ctor: "In".into(),
        fields: [7, x, x * 31 % 1009].map(|number: u64| ("".into(), Value::Int(number.into()))).into(),
    };
    let start = Instant::now();
    // Only even numbers, so that what comes and goes lies everywhere in between.
    engine
        .commit((0..members).map(|x| Update::Insert { relation, record: record(2 * x) }).collect())
        .unwrap();
    let loaded = start.elapsed();
    let mut spent: Vec<Duration> = Vec::new();
    for i in 0..transactions {
        // Every other one is the least of the group.
        let x = if i % 4 < 2 { 2 * (i * 7919 % members) + 1 } else { 2 * (i / 4 % members) };
        let (first, second) = (record(x), record(x));
        let updates = if i % 4 < 2 {
            [Update::Insert { relation, record: first }, Update::Delete { relation, record: second }]
        } else {
            [Update::Delete { relation, record: first }, Update::Insert { relation, record: second }]
        };
        for update in updates {
            let start = Instant::now();
            engine.commit(vec![update]).unwrap();
            spent.push(start.elapsed());
        }
    }
    spent.sort_unstable();
    let at = |q: usize| spent[(spent.len() * q / 100).min(spent.len() - 1)];
    println!(
        "{name:8} of {members:6}: loaded in {loaded:9.1?}, one change p50 {:9.1?} p99 {:9.1?}",
        at(50),
        at(99)
    );
}
