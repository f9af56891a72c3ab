//! What it takes to change a running program: a rule more and a rule less over a million facts, what it would change, and
//! questions. `cargo bench -p weir-engine --bench revise`
#![allow(clippy::unwrap_used)]

use std::time::{Duration, Instant};

use weir_engine::value::Value;
use weir_engine::{Config, Draft, Engine, Update};

const FACTS: usize = 1_000_000;
const ROUNDS: usize = 40;

const PROGRAM: &str = "
input relation Port(id: bit<32>, switch: bit<32>)
input relation Switch(id: bit<32>, zone: bit<32>)
input relation Pick(switch: bit<32>)
output relation Zone(port: bit<32>, zone: bit<32>)
output relation Picked(port: bit<32>)
Zone(p, z) :- Switch(s, z), Port(p, s), z > 1000000.
";

fn main() {
    let mut draft = Draft::text("bench.dl", PROGRAM, &[]).map_err(|(_, found)| found).unwrap();
    let engine = Engine::new(draft.program(), Config::default()).unwrap();
    let start = Instant::now();
    let facts = (0..FACTS).map(|id| insert(&engine, "Port", &[id, id / 10]));
    let few = (0..20).map(|id| insert(&engine, "Pick", &[id * 1000]));
    engine.commit(facts.chain(few).collect()).unwrap();
    println!("{FACTS} facts loaded: {:?}", start.elapsed());

    let (mut check, mut preview, mut add, mut remove, mut commit) = Default::default();
    for round in 0..ROUNDS {
        let rule = "Picked(p) :- Pick(s), Port(p, s).";
        timed(&mut check, || draft.add(rule).map_err(|(_, found)| found).unwrap());
        let delta = timed(&mut preview, || engine.preview(draft.program()).unwrap());
        assert_eq!(delta.deltas[0].changes.len(), 200);
        timed(&mut add, || engine.revise(draft.program()).unwrap());
        let update = insert(&engine, "Pick", &[1 + round]);
        timed(&mut commit, || engine.commit(vec![update]).unwrap());
        let update = delete(&engine, "Pick", &[1 + round]);
        engine.commit(vec![update]).unwrap();
        draft.remove(&[rule.parse().unwrap()]).map_err(|(_, found)| found).unwrap();
        timed(&mut remove, || engine.revise(draft.program()).unwrap());
    }
    for (what, times) in [
        ("draft: checked with one rule more", check),
        ("preview of one rule more", preview),
        ("one rule more", add),
        ("the first commit after that", commit),
        ("one rule less", remove),
    ] {
        show(what, times);
    }
    for question in ["Pick(s), Port(p, s)", "Port(p, 5000)", "Port(p, s), p == 77, Pick(s)"] {
        let mut times = Vec::new();
        let query = draft.query(question).map_err(|(_, found)| found).unwrap();
        for _ in 0..10 {
            timed(&mut times, || engine.query(&query).unwrap());
        }
        show(&format!("?- {question}"), times);
    }
}

fn timed<T>(times: &mut Vec<Duration>, work: impl FnOnce() -> T) -> T {
    let start = Instant::now();
    let result = work();
    times.push(start.elapsed());
    result
}

fn show(what: &str, mut times: Vec<Duration>) {
    times.sort_unstable();
    println!("{what:40} p50 {:>10.1?}  max {:>10.1?}", times[times.len() / 2], times[times.len() - 1]);
}

fn insert(engine: &Engine, name: &str, fields: &[usize]) -> Update {
    let relation = engine.program().relation(name).unwrap();
    Update::Insert { relation, record: record(name, fields) }
}

fn delete(engine: &Engine, name: &str, fields: &[usize]) -> Update {
    let relation = engine.program().relation(name).unwrap();
    Update::Delete { relation, record: record(name, fields) }
}

fn record(name: &str, fields: &[usize]) -> Value {
    let fields = fields.iter().map(|field| ("".into(), Value::Int(*field as i128))).collect();
    Value::Struct { ctor: name.into(), fields }
}
