//! Several workers give what one gives: the same deltas in the same order, the same contents, the same errors.
//! `WEIR_CASES=n` runs that many random programs, `WEIR_SEED=s` just that one.
#![allow(clippy::unwrap_used, dead_code)]

#[path = "common/naive.rs"]
mod naive;

use naive::{Program, Random};
use weir_engine::compile::compile_text;
use weir_engine::ir::RelationId;
use weir_engine::value::Value;
use weir_engine::{Commit, CommitError, Config, Engine, Update};

const WORKERS: [usize; 3] = [1, 2, 4];

#[test]
fn random_programs_give_the_same_with_any_number_of_workers() {
    let number = |name: &str| std::env::var(name).ok().and_then(|value| value.parse::<u64>().ok());
    let seeds = match number("WEIR_SEED") {
        Some(seed) => vec![seed],
        None => (0..number("WEIR_CASES").unwrap_or(60)).map(|seed| 7_000 + seed).collect(),
    };
    for seed in seeds {
        random_case(seed);
    }
}

fn random_case(seed: u64) {
    let mut random = Random::new(seed);
    let program = Program::random(&mut random);
    let text = program.text();
    let engines = engines(&text);
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

#[test]
fn programs_are_changed_with_any_number_of_workers() {
    let engines = engines("input relation A(x: u32, y: u32)  output relation B(x: u32)  B(x) :- A(x, _).");
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

/// An engine for each number of workers.
fn engines(text: &str) -> Vec<Engine> {
    let engines: Vec<Engine> = WORKERS
        .iter()
        .map(|workers| {
            let config = Config { workers: *workers, ..Config::default() };
            let (program, _) = compile_text("test.dl", text, &[]).unwrap_or_else(|found| panic!("{found:?}"));
            Engine::new(program, config).unwrap_or_else(|found| panic!("{found:?}\n{text}"))
        })
        .collect();
    let first = told(engines[0].initial());
    for engine in &engines {
        assert_eq!(told(engine.initial()), first, "{text}");
    }
    engines
}

/// What a commit tells that does not depend on the clock.
fn told(commit: Commit) -> (u64, String) {
    (commit.epoch, format!("{:#?}", commit.deltas))
}

fn commit_everywhere(engines: &[Engine], updates: &[Update], log: &str) -> Result<(), CommitError> {
    let outcomes: Vec<_> = engines
        .iter()
        .map(|engine| {
            engine.transact(updates.to_vec()).map(told).map_err(|refused| (refused.update, refused.error))
        })
        .collect();
    for (outcome, workers) in outcomes.iter().zip(WORKERS) {
        assert_eq!(*outcome, outcomes[0], "{workers} workers, {log}\n{updates:?}");
    }
    outcomes.into_iter().next().unwrap().map(drop).map_err(|(_, error)| error)
}

fn same_contents(engines: &[Engine], log: &str) {
    let program = engines[0].program();
    for id in (0..program.relations.len() as u32).map(RelationId) {
        let dumps: Vec<String> =
            engines.iter().map(|engine| format!("{:?}", engine.dump(id).map(|rows| rows.to_vec()))).collect();
        for (dump, workers) in dumps.iter().zip(WORKERS) {
            assert_eq!(
                *dump, dumps[0],
                "{} with {workers} workers, {log}",
                program.relations[id.0 as usize].name
            );
        }
    }
}
