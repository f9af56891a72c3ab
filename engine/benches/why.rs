//! How long questions about single records take among a million facts. `cargo bench -p weir-engine --bench why`
#![allow(clippy::unwrap_used)]

use std::time::{Duration, Instant};

use weir_engine::compile::compile_text;
use weir_engine::value::Value;
use weir_engine::why::Question;
use weir_engine::{Config, Engine, Update};

const FACTS: usize = 1_000_000;
const ROUNDS: usize = 5;

const PROGRAM: &str = "
input relation Port(id: bit<32>, switch: bit<32>, tag: string)
input relation Switch(id: bit<32>, zone: bit<32>)
input relation Closed(zone: bit<32>)
input relation Next(from: bit<32>, to: bit<32>)
output relation Tagged(port: bit<32>, zone: bit<32>, tag: string)
output relation Zone(port: bit<32>, zone: bit<32>)
output relation Size(switch: bit<32>, ports: usize)
output relation Alone(port: bit<32>)
output relation Reach(node: bit<32>)
Zone(p, z) :- Port(p, s, _), Switch(s, z), not Closed(z).
Tagged(p, z, t) :- Zone(p, z), Port(p, _, t), t != \"t7\".
Size(s, n) :- Port(p, s, _), var n = p.group_by(s).count_distinct().
Alone(p) :- Port(p, s, _), not Switch(s, _).
Reach(0).
Reach(b) :- Reach(a), Next(a, b).
";

const WHY: &[&str] = &[
    "Port(777, _, _)",
    "Zone(777, _)",
    "Zone(_, 3)",
    "Tagged(.port = 799981)",
    "Tagged(.tag = \"t8\")",
    "Size(5000, _)",
    "Alone(_)",
    "Reach(5000)",
    "Reach(_)",
];

const WHY_NOT: &[&str] = &[
    "Zone(777, 12)",
    "Zone(_, 77)",
    "Tagged(7, _, \"t7\")",
    "Tagged(8, _, \"t7\")",
    "Size(5000, 11)",
    "Size(200000, _)",
    "Alone(5)",
    "Reach(400000)",
];

fn main() {
    let (program, _) = compile_text("bench.dl", PROGRAM, &[]).map_err(|(_, found)| found).unwrap();
    let engine = Engine::new(program, Config::default()).unwrap();
    let start = Instant::now();
    let tags: Vec<Value> = (0..10).map(|tag| Value::Str(format!("t{tag}").into())).collect();
    let ports =
        (0..FACTS).map(|id| insert(&engine, "Port", vec![int(id), int(id / 10), tags[id % 10].clone()]));
    let switches = (0..FACTS / 10 - 100).map(|id| insert(&engine, "Switch", vec![int(id), int(id % 10)]));
    let next = (0..5000).map(|id| insert(&engine, "Next", vec![int(id), int(id + 1)]));
    let closed = std::iter::once(insert(&engine, "Closed", vec![int(9)]));
    engine.commit(ports.chain(switches).chain(next).chain(closed).collect()).unwrap();
    println!("{FACTS} facts loaded: {:?}", start.elapsed());
    for question in WHY {
        let asked = Question::parse(question).unwrap();
        let (times, steps) = timed(|| engine.why(&asked).unwrap().steps.len());
        show(&format!("why {question}: {steps} steps"), times);
    }
    for question in WHY_NOT {
        let asked = Question::parse(question).unwrap();
        let (times, text) = timed(|| engine.why_not(&asked).unwrap().to_string());
        show(&format!("why not {question}: {}", text.lines().nth(1).unwrap_or_default().trim()), times);
    }
}

fn timed<T>(mut ask: impl FnMut() -> T) -> (Vec<Duration>, T) {
    let mut times = Vec::new();
    loop {
        let start = Instant::now();
        let answer = ask();
        times.push(start.elapsed());
        if times.len() == ROUNDS {
            return (times, answer);
        }
    }
}

fn show(what: &str, mut times: Vec<Duration>) {
    times.sort();
    println!("p50 {:>10.2?}  max {:>10.2?}  {what}", times[times.len() / 2], times[times.len() - 1]);
}

fn insert(engine: &Engine, relation: &str, fields: Vec<Value>) -> Update {
    let id = engine.program().relation(relation).unwrap();
    let fields = fields.into_iter().map(|value| ("".into(), value)).collect();
    Update::Insert { relation: id, record: Value::Struct { ctor: relation.into(), fields } }
}

fn int(value: usize) -> Value {
    Value::Int(value as i128)
}
