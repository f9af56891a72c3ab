//! Random programs under random transactions, against an evaluator that computes everything from scratch.
//! `WEIR_CASES=n` runs that many programs, `WEIR_SEED=s` just that one.
#![allow(clippy::unwrap_used)]

mod common;
#[path = "common/naive.rs"]
mod naive;

use std::collections::BTreeMap;
use std::fmt::Write;

use naive::{Contents, Program, Random, as_set};
use weir_engine::value::Value;
use weir_engine::{CommitError, Engine, Update};

#[test]
fn random_programs_agree_with_from_scratch_evaluation() {
    let number = |name: &str| std::env::var(name).ok().and_then(|value| value.parse::<u64>().ok());
    let seeds: Vec<u64> = match number("WEIR_SEED") {
        Some(seed) => vec![seed],
        None => (0..number("WEIR_CASES").unwrap_or(250)).collect(),
    };
    for seed in seeds {
        if let Err(difference) = case(seed) {
            panic!("seed {seed}: {difference}");
        }
    }
}

fn case(seed: u64) -> Result<(), String> {
    let mut random = Random::new(seed);
    let program = Program::random(&mut random);
    let text = program.text();
    let engine = match common::start(&text) {
        Ok(engine) => engine,
        Err(diagnostics) => {
            let messages: Vec<&String> = diagnostics.iter().map(|d| &d.message).collect();
            return Err(format!("refused: {messages:?}\n{text}"));
        }
    };
    let mut log = text;
    let mut inputs: Vec<Contents> = vec![Contents::new(); program.inputs()];
    let mut before: Vec<Contents> = vec![Contents::new(); program.relations.len()];
    for transaction in 0..12 {
        let deltas = if transaction == 0 {
            engine.initial().deltas
        } else {
            let kept = inputs.clone();
            let mut updates = Vec::new();
            for _ in 0..1 + random.below(6) {
                let relation = random.below(inputs.len());
                let row: Vec<i64> =
                    (0..program.relations[relation].columns).map(|_| random.below(4) as i64).collect();
                let insert = random.below(5) < 3;
                writeln!(log, "{} {relation} {row:?}", if insert { "insert" } else { "delete" }).unwrap();
                updates.push(program.update(&engine, relation, &row, insert));
                if insert {
                    inputs[relation].insert(row, 1);
                } else {
                    inputs[relation].remove(&row);
                }
            }
            writeln!(log, "commit").unwrap();
            match (engine.commit(updates), program.evaluate(&inputs)) {
                (Ok(commit), Some(_)) => commit.deltas,
                (Err(CommitError::Rule { .. }), None) => {
                    writeln!(log, "failed").unwrap();
                    inputs = kept;
                    Vec::new()
                }
                (result, now) => return Err(format!("{log}{result:?}\nbut expected {now:?}")),
            }
        };
        let Some(now) = program.evaluate(&inputs) else { return Ok(()) };
        let expected = changes(&program, &before, &now);
        let found: BTreeMap<String, Contents> =
            deltas.iter().map(|delta| (delta.name.to_string(), contents(&delta.changes.to_vec()))).collect();
        if expected != found {
            return Err(format!("{log}expected change {expected:?}\nbut found {found:?}"));
        }
        for (index, relation) in program.relations.iter().enumerate() {
            let id = engine.program().relation(&relation.name).unwrap();
            let held = contents(&engine.dump(id).map_err(|error| format!("{error}\n{log}"))?);
            if held != as_set(&now[index]) {
                return Err(format!("{log}{}: expected {:?}\nbut found {held:?}", relation.name, now[index]));
            }
        }
        before = now;
    }
    Ok(())
}

/// What an exact delta of the output relations is.
fn changes(program: &Program, before: &[Contents], now: &[Contents]) -> BTreeMap<String, Contents> {
    let mut all = BTreeMap::new();
    for (index, relation) in program.relations.iter().enumerate().filter(|(_, r)| r.output) {
        let mut change = now[index].clone();
        for (row, weight) in &before[index] {
            *change.entry(row.clone()).or_default() -= weight;
        }
        change.retain(|_, weight| *weight != 0);
        if !change.is_empty() {
            all.insert(relation.name.clone(), change);
        }
    }
    all
}

fn contents(records: &[(Value, i64)]) -> Contents {
    let number = |value: &Value| match value {
        Value::Int(number) => *number as i64,
        other => panic!("{other}"),
    };
    let row = |record: &Value| match record {
        Value::Struct { fields, .. } => fields.iter().map(|(_, value)| number(value)).collect(),
        other => panic!("{other}"),
    };
    let contents: Contents = records.iter().map(|(record, weight)| (row(record), *weight)).collect();
    assert_eq!(contents.len(), records.len(), "every record once");
    contents
}

impl Program {
    fn update(&self, engine: &Engine, relation: usize, row: &[i64], insert: bool) -> Update {
        let name = &self.relations[relation].name;
        let relation = engine.program().relation(name).unwrap();
        let fields = row.iter().map(|number| ("".into(), Value::Int((*number).into()))).collect();
        let record = Value::Struct { ctor: name.as_str().into(), fields };
        if insert { Update::Insert { relation, record } } else { Update::Delete { relation, record } }
    }
}
