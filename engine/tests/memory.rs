//! What an engine keeps follows what is there now, not what has ever been there.
#![allow(clippy::unwrap_used)]

mod common;

use weir_engine::engine::Stats;
use weir_engine::value::Value;
use weir_engine::{Engine, Update};

const PROGRAM: &str = "
typedef Place = Place{address: bit<128>, switch: string}
input relation Port(id: u64, name: string, tags: Set<string>, at: Place)
input relation Switch(name: string, zone: string)
input relation Muted(port: string)
input relation Link(a: string, b: string)
output relation Attached(port: string, zone: string, at: Place)
Attached(name, zone, at) :- Port(_, name, _, at), Switch(at.switch, zone).
output relation Loud(port: string)
Loud(name) :- Port(_, name, _, _), not Muted(name).
output relation Tagged(tag: string, ports: Set<string>)
Tagged(tag, ports) :- Port(_, name, tags, _), var tag = FlatMap(tags), var ports = name.group_by(tag).to_set().
relation Before(port: string)
Before(name) :- Port-1(_, name, _, _).
output relation New(port: string)
New(name) :- Port(_, name, _, _), not Before(name).
output relation Reach(a: string, b: string)
Reach(a, b) :- Link(a, b).
Reach(a, c) :- Reach(a, b), Link(b, c).
";

/// Ports that come with each transaction.
const AT_ONCE: u64 = 10;

/// Transactions after which they go.
const WINDOW: u64 = 20;

#[test]
fn memory_follows_what_is_there() {
    let engine = common::start(PROGRAM).unwrap();
    let switch = vec![text("switch 0".into()), text("zone".into())];
    engine.commit(vec![insert(&engine, "Switch", switch)]).unwrap();
    let mut sizes = Vec::new();
    for number in 0..3000 {
        engine.commit(transaction(&engine, number)).unwrap();
        if number % 10 == 9 {
            sizes.push(engine.stats());
        }
    }
    let rows = |stats: &Stats| stats.memory.iter().map(|held| held.updates).sum::<usize>();
    let bytes = |stats: &Stats| stats.memory.iter().map(|held| held.bytes).sum::<usize>();
    let largest = |of: &dyn Fn(&Stats) -> usize, sizes: &[Stats]| sizes.iter().map(of).max().unwrap();
    let (early, late) = sizes.split_at(sizes.len() / 2);
    for (what, of) in [
        ("rows", &rows as &dyn Fn(&Stats) -> usize),
        ("bytes of rows", &bytes),
        ("values", &|stats| stats.values),
        ("bytes of values", &|stats| stats.value_bytes),
    ] {
        let (early, late) = (largest(of, early), largest(of, late));
        assert!(late <= early + early / 20, "{what} have grown: {early}, then {late}");
        assert!(early > 0, "no {what} are counted");
    }
}

#[test]
fn what_is_gone_takes_no_room() {
    let engine = common::start(PROGRAM).unwrap();
    let ports = |from: u64, to: u64| (from..to).map(|number| insert(&engine, "Port", port(number)));
    engine.commit(ports(0, 20_000).collect()).unwrap();
    let full = engine.stats();
    let relation = engine.program().relation("Port").unwrap();
    engine.commit(vec![Update::Clear { relation }]).unwrap();
    for number in 0..200 {
        engine.commit(transaction(&engine, 100_000 + number)).unwrap();
    }
    let empty = engine.stats();
    let bytes = |stats: &Stats| stats.memory.iter().map(|held| held.bytes).sum::<usize>();
    assert!(bytes(&full) > 1 << 20, "20,000 ports take {} bytes", bytes(&full));
    // And what is left is still right.
    let tagged = engine.program().relation("Tagged").unwrap();
    let ports = WINDOW * AT_ONCE;
    assert_eq!(engine.dump(tagged).unwrap().len() as u64, ports + 7, "own tags and shared ones");
    assert!(bytes(&empty) * 20 < bytes(&full), "{} bytes of {} are left", bytes(&empty), bytes(&full));
}

/// New ports and the oldest gone, and the same for a link and for a muted port.
fn transaction(engine: &Engine, number: u64) -> Vec<Update> {
    let link = |number: u64| vec![text(format!("node {number}")), text(format!("node {}", number + 1))];
    let muted = |number: u64| vec![text(format!("port {}", number * AT_ONCE))];
    let ports = |number: u64| (number * AT_ONCE..(number + 1) * AT_ONCE).map(port);
    let mut updates: Vec<Update> = ports(number).map(|port| insert(engine, "Port", port)).collect();
    updates.push(insert(engine, "Link", link(number)));
    updates.push(insert(engine, "Muted", muted(number)));
    if let Some(old) = number.checked_sub(WINDOW) {
        updates.extend(ports(old).map(|port| delete(engine, "Port", port)));
        updates.push(delete(engine, "Muted", muted(old)));
    }
    if let Some(old) = number.checked_sub(5) {
        updates.push(delete(engine, "Link", link(old)));
    }
    updates
}

fn port(number: u64) -> Vec<Value> {
    let tags = vec![text(format!("tag {}", number % 7)), text(format!("own tag of {number}"))];
    let place = Value::Struct {
        ctor: "Place".into(),
        fields: vec![
            ("".into(), Value::integer((1u128 << 100) + u128::from(number))),
            ("".into(), text(format!("switch {}", number % 2))),
        ],
    };
    vec![Value::integer((1u64 << 40) + number), text(format!("port {number}")), Value::Set(tags), place]
}

fn text(text: String) -> Value {
    Value::Str(text.into())
}

fn insert(engine: &Engine, name: &str, fields: Vec<Value>) -> Update {
    let relation = engine.program().relation(name).unwrap();
    Update::Insert { relation, record: record(name, fields) }
}

fn delete(engine: &Engine, name: &str, fields: Vec<Value>) -> Update {
    let relation = engine.program().relation(name).unwrap();
    Update::Delete { relation, record: record(name, fields) }
}

fn record(name: &str, fields: Vec<Value>) -> Value {
    let fields = fields.into_iter().map(|value| ("".into(), value)).collect();
    Value::Struct { ctor: name.into(), fields }
}
