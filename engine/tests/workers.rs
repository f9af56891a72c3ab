//! Several workers, in one process or in several, give what one gives: the same deltas in the same order, the same
//! contents, the same errors.
//! `WEIR_CASES=n` runs that many random programs, `WEIR_SEED=s` just that one.
#![allow(clippy::unwrap_used, dead_code)]

#[path = "common/cluster.rs"]
mod cluster;
#[path = "common/naive.rs"]
mod naive;

use cluster::{Cluster, Shape};
use naive::{Program, Random};
use weir_engine::command::Record;
use weir_engine::compile::compile_text;
use weir_engine::ir::RelationId;
use weir_engine::value::Value;
use weir_engine::why::Question;
use weir_engine::{Commit, CommitError, Engine, Update};

/// Processes, and workers of each; the first is what all others are compared with.
const SHAPES: [Shape; 6] = [(1, 1), (1, 2), (1, 4), (2, 1), (2, 2), (3, 1)];

/// In one process.
const THREADS: [Shape; 3] = [(1, 1), (1, 2), (1, 4)];

const FIRST_SEED: u64 = 7_000;

/// So many random programs are run by several processes as well.
const IN_PROCESSES: u64 = 20;

#[test]
fn random_programs_give_the_same_with_any_number_of_workers() {
    let number = |name: &str| std::env::var(name).ok().and_then(|value| value.parse::<u64>().ok());
    let seeds = match number("WEIR_SEED") {
        Some(seed) => vec![seed],
        None => (0..number("WEIR_CASES").unwrap_or(60)).map(|seed| FIRST_SEED + seed).collect(),
    };
    for seed in seeds {
        random_case(seed, if seed < FIRST_SEED + IN_PROCESSES { &SHAPES } else { &THREADS });
    }
}

fn random_case(seed: u64, shapes: &[Shape]) {
    let mut random = Random::new(seed);
    let program = Program::random(&mut random);
    let text = program.text();
    let engines = engines(&text, shapes);
    for transaction in 0..12 {
        // Large ones are put into words by all workers, small ones by each.
        let size = if transaction % 4 == 3 { 100 } else { 1 + random.below(6) };
        let updates: Vec<Update> = (0..size)
            .map(|_| {
                let relation = random.below(program.inputs());
                let row: Vec<i64> =
                    (0..program.relations[relation].columns).map(|_| random.below(5) as i64).collect();
                update(&engines[0], &program.relations[relation].name, &row, random.below(5) < 3)
            })
            .collect();
        let _ =
            commit_everywhere(&engines, &updates, &format!("seed {seed}, transaction {transaction}\n{text}"));
    }
    same_contents(&engines, &format!("seed {seed}\n{text}"));
}

/// Every kind of operator, keys, strings and nested values.
const NETWORK: &str = r#"
    import group
    typedef Kind = Access{vlan: u16} | Trunk{vlans: Vec<u16>}
    input relation Port(name: string, switch: string, kind: Kind) primary key (p) p.name
    input relation Link(a: string, b: string)
    input multiset Load(switch: string, bytes: u64)
    input stream Event(switch: string)
    output relation Vlan(switch: string, vlan: u16)
    Vlan(s, v) :- Port(_, s, Access{v}).
    Vlan(s, v) :- Port(_, s, Trunk{vs}), var v = FlatMap(vs).
    output relation Reach(a: string, b: string, vlan: u16)
    Reach(a, b, v) :- Link(a, b), Vlan(a, v), Vlan(b, v).
    output relation Lonely(switch: string)
    Lonely(s) :- Port(_, s, _), not Link(s, _), not Link(_, s).
    output relation Total(switch: string, bytes: u64, n: usize)
    Total(s, b, n) :- Load(s, x), var g = x.group_by(s), var b = g.sum_of(|v| v), var n = g.size().
    output relation Path(a: string, b: string)
    Path(a, b) :- Link(a, b).
    Path(a, c) :- Path(a, b), Link(b, c).
    output stream Seen(switch: string, ports: usize)
    Seen(s, n) :- Event(s), Port(p, s, _), var n = p.group_by(s).size().
    output relation Label(text: string)
    Label("${a} to ${b}: ${100 / (v as u64 - 7)}") :- Reach(a, b, v).
    index PortOf(switch: string) on Port(_, switch, _)
"#;

#[test]
fn keys_groups_streams_and_errors_are_the_same() {
    let engines = engines(NETWORK, &SHAPES);
    let program = engines[0].program();
    let id = |name: &str| program.relation(name).unwrap();
    let text = |text: String| Value::Str(text.into());
    let record = |name: &str, fields: Vec<Value>| Value::Struct {
        ctor: name.into(),
        fields: fields.into_iter().map(|field| ("".into(), field)).collect(),
    };
    let mut random = Random::new(5);
    let (mut done, mut failed) = (0, 0);
    for transaction in 0..150 {
        let size = if transaction % 10 == 9 { 90 } else { 1 + random.below(5) };
        let mut updates = Vec::new();
        for _ in 0..size {
            let mut number = |below: usize| Value::Int((random.below(below) as i64).into());
            let (vlan, more, bytes) = (number(9), number(9), number(4));
            let (port, switch, other) = (random.below(60), random.below(9), random.below(9));
            let (switch, other) = (text(format!("s{switch}")), text(format!("s{other}")));
            let kind = match random.below(2) {
                0 => record("Access", vec![vlan]),
                _ => record("Trunk", vec![Value::Vec(vec![vlan, more])]),
            };
            let port = record("Port", vec![text(format!("p{port}")), switch.clone(), kind]);
            let key = text(format!("p{}", random.below(60)));
            updates.push(match random.below(60) {
                0..=14 => Update::InsertOrUpdate { relation: id("Port"), record: port },
                15..=16 => Update::Insert { relation: id("Port"), record: port },
                17 => Update::DeleteKey { relation: id("Port"), key },
                18 => Update::Delete { relation: id("Port"), record: port },
                19 if random.below(6) == 0 => Update::Clear { relation: id("Port") },
                34 => {
                    let name = Record::String(format!("s{}", random.below(9)));
                    let changes = Record::Named("Port".into(), vec![("switch".into(), name)]);
                    Update::Modify { relation: id("Port"), key, changes }
                }
                20..=33 => {
                    Update::Insert { relation: id("Link"), record: record("Link", vec![switch, other]) }
                }
                35..=44 => {
                    Update::Delete { relation: id("Link"), record: record("Link", vec![switch, other]) }
                }
                45..=52 => {
                    Update::Insert { relation: id("Load"), record: record("Load", vec![switch, bytes]) }
                }
                53..=55 => {
                    Update::Delete { relation: id("Load"), record: record("Load", vec![switch, bytes]) }
                }
                _ => Update::Insert { relation: id("Event"), record: record("Event", vec![switch]) },
            });
        }
        match commit_everywhere(&engines, &updates, &format!("transaction {transaction}")) {
            Ok(()) => done += 1,
            Err(_) => failed += 1,
        }
    }
    assert!(done > 20 && failed > 20, "{done} done, {failed} failed");
    same_contents(&engines, "network");
    let answers = |ask: &dyn Fn(&Engine) -> String| {
        let answers: Vec<String> = engines.iter().map(|engine| ask(engine)).collect();
        assert!(answers.iter().all(|answer| *answer == answers[0]), "{answers:#?}");
    };
    answers(&|engine| format!("{:?}", engine.query_index("PortOf", vec![text("s1".into())])));
    answers(&|engine| format!("{:?}", engine.query_index("PortOf", vec![])));
    answers(&|engine| format!("{:?}", engine.dump_index("PortOf")));
    answers(&|engine| engine.stats().transactions.to_string());
    let mut explained = 0;
    for question in
        ["Vlan(_, 5)", "Reach(_, _, _)", "Lonely(_)", "Total(_, _, _)", "Path(_, \"s2\")", "Label(_)"]
    {
        let question = Question::parse(question).unwrap();
        answers(&|engine| format!("{:?}", engine.why(&question)));
        answers(&|engine| format!("{:?}", engine.why_not(&question)));
        explained += usize::from(engines[0].why(&question).is_ok());
    }
    assert!(explained > 2);
    // What was gathered for a question is not what the next one is answered from.
    let link = record("Link", vec![text("new".into()), text("s2".into())]);
    let link = Update::Insert { relation: id("Link"), record: link };
    commit_everywhere(&engines, &[link], "one more").unwrap();
    let question = Question::parse("Path(\"new\", _)").unwrap();
    answers(&|engine| format!("{:?}", engine.why(&question).unwrap()));
}

#[test]
fn values_are_given_back_in_all_processes() {
    let shapes = [(1, 1), (1, 2), (2, 1), (2, 2)];
    let engines = engines(
        "input relation T(x: u32, s: string)  output relation O(s: string)  O(\"${s}.\") :- T(x, s), T(x, _).",
        &shapes,
    );
    let relation = engines[0].program().relation("T").unwrap();
    let (rounds, rows, long) = (9, 2000, &*"x".repeat(1200));
    let of_round = |round: usize| {
        (0..rows)
            .map(move |row| (Value::Int(row as i128), format!("{long}{round} {row}")))
            .collect::<Vec<_>>()
    };
    for round in 0..rounds {
        let record = |(number, text): (Value, String)| Value::Struct {
            ctor: "T".into(),
            fields: vec![("".into(), number), ("".into(), Value::Str(text.into()))],
        };
        let mut updates: Vec<Update> =
            of_round(round).into_iter().map(|row| Update::Insert { relation, record: record(row) }).collect();
        if round > 0 {
            let gone = of_round(round - 1).into_iter();
            updates.extend(gone.map(|row| Update::Delete { relation, record: record(row) }));
        }
        let told = engines.iter().map(|engine| engine.commit(updates.clone()).unwrap().deltas);
        let told: Vec<usize> = told.map(|deltas| deltas[0].changes.len()).collect();
        assert!(told.iter().all(|changes| *changes == if round == 0 { rows } else { 2 * rows }), "{told:?}");
    }
    same_contents(&engines, "after the last round");
    let all = 2 * 1200 * rows * rounds;
    for engine in &engines {
        let held = engine.stats().value_bytes;
        assert!(held < all * 3 / 4, "{held} of {all} bytes with {:?} workers", engine.shape);
    }
}

#[test]
fn what_is_cancelled_has_not_happened_with_any_number_of_workers() {
    let engines = engines(
        "input relation I(x: bit<32>)  output relation N(x: bit<32>)  N(x) :- I(x).
         N(x + 1) :- N(x), x != 10, x != 1000000000.",
        &[(1, 1), (1, 2), (2, 1), (2, 2)],
    );
    commit_everywhere(&engines, &[update(&engines[0], "I", &[5], true)], "before").unwrap();
    for engine in &engines {
        let canceller = engine.canceller();
        let error = std::thread::scope(|scope| {
            let work = scope.spawn(|| engine.commit(vec![update(engine, "I", &[11], true)]).unwrap_err());
            while !work.is_finished() {
                let progress = engine.progress();
                if progress.running && progress.rows > 1000 {
                    canceller.cancel();
                }
                std::thread::sleep(std::time::Duration::from_millis(1));
            }
            work.join().unwrap()
        });
        assert_eq!(error, CommitError::Cancelled, "{:?} workers", engine.shape);
    }
    same_contents(&engines, "after what was cancelled");
    commit_everywhere(&engines, &[update(&engines[0], "I", &[7], false)], "after").unwrap();
    commit_everywhere(&engines, &[update(&engines[0], "I", &[5], false)], "after").unwrap();
    same_contents(&engines, "at the end");
}

#[test]
fn the_profile_tells_what_all_workers_have_done() {
    let engines = engines("input relation A(x: u32)  output relation B(x: u32)  B(x) :- A(x).", &SHAPES);
    for engine in &engines {
        let rows: Vec<Update> = (0..500).map(|x| update(engine, "A", &[x], true)).collect();
        engine.commit(rows).unwrap();
        let profile = engine.profile();
        let rule = &profile.rules[0];
        assert_eq!((rule.rows_in, rule.rows_out), (500, 500), "{:?} workers", engine.shape);
    }
}

#[test]
fn programs_are_changed_with_any_number_of_workers() {
    let engines =
        engines("input relation A(x: u32, y: u32)  output relation B(x: u32)  B(x) :- A(x, _).", &THREADS);
    let updates = |from: i64| -> Vec<Update> {
        (from..from + 40).map(|x| update(&engines[0], "A", &[x, x % 7], true)).collect()
    };
    commit_everywhere(&engines, &updates(0), "before").unwrap();
    let next = "input relation A(x: u32, y: u32)  output relation B(x: u32)  B(y) :- A(_, y).
        output relation C(y: u32, n: usize)  C(y, n) :- A(x, y), var n = x.group_by(y).size().";
    let (next, _) = compile_text("test.dl", next, &[]).unwrap();
    let next = std::sync::Arc::new(next);
    let previews: Vec<_> =
        engines.iter().map(|engine| format!("{:?}", engine.preview(next.clone()).unwrap().deltas)).collect();
    let revisions: Vec<_> =
        engines.iter().map(|engine| format!("{:?}", engine.revise(next.clone()).unwrap().deltas)).collect();
    assert!(
        previews.iter().chain(&revisions).all(|deltas| *deltas == previews[0]),
        "{previews:#?}{revisions:#?}"
    );
    for (engine, from) in engines.iter().zip(std::iter::repeat(100)) {
        engine.commit(updates(from)).unwrap();
    }
    same_contents(&engines, "after");
}

fn update(engine: &Engine, name: &str, row: &[i64], insert: bool) -> Update {
    let relation = engine.program().relation(name).unwrap();
    let fields = row.iter().map(|number| ("".into(), Value::Int((*number).into()))).collect();
    let record = Value::Struct { ctor: name.into(), fields };
    if insert { Update::Insert { relation, record } } else { Update::Delete { relation, record } }
}

/// An engine of each shape.
fn engines(text: &str, shapes: &[Shape]) -> Vec<Cluster> {
    let engines: Vec<Cluster> = shapes.iter().map(|shape| Cluster::start(text, *shape)).collect();
    let first = told(engines[0].initial());
    for engine in &engines {
        assert_eq!(told(engine.initial()), first, "{:?} {text}", engine.shape);
    }
    engines
}

/// What a commit tells that does not depend on the clock.
fn told(commit: Commit) -> (u64, String) {
    (commit.epoch, format!("{:#?}", commit.deltas))
}

fn commit_everywhere(engines: &[Cluster], updates: &[Update], log: &str) -> Result<(), CommitError> {
    let outcomes: Vec<_> = engines
        .iter()
        .map(|engine| {
            engine.transact(updates.to_vec()).map(told).map_err(|refused| (refused.update, refused.error))
        })
        .collect();
    for (outcome, engine) in outcomes.iter().zip(engines) {
        assert_eq!(*outcome, outcomes[0], "{:?} workers, {log}\n{updates:?}", engine.shape);
    }
    outcomes.into_iter().next().unwrap().map(drop).map_err(|(_, error)| error)
}

fn same_contents(engines: &[Cluster], log: &str) {
    let program = engines[0].program();
    for id in (0..program.relations.len() as u32).map(RelationId) {
        let dumps: Vec<String> =
            engines.iter().map(|engine| format!("{:?}", engine.dump(id).map(|rows| rows.to_vec()))).collect();
        for (dump, engine) in dumps.iter().zip(engines) {
            let name = &program.relations[id.0 as usize].name;
            assert_eq!(*dump, dumps[0], "{name} with {:?} workers, {log}", engine.shape);
        }
    }
}
