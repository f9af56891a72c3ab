//! How long one transaction takes in programs of many rules.
//!
//! `cargo bench -p weir-engine --bench latency -- [RULES] [TRANSACTIONS]`
#![allow(clippy::unwrap_used)]

use std::fmt::Write;
use std::time::{Duration, Instant};

use weir_engine::compile::compile_text;
use weir_engine::ir::RelationId;
use weir_engine::value::Value;
use weir_engine::{Config, Engine, Update};

fn main() {
    let numbers: Vec<usize> = std::env::args().filter_map(|arg| arg.parse().ok()).collect();
    let rules = numbers.first().copied().unwrap_or(300);
    let transactions = numbers.get(1).copied().unwrap_or(2000);
    let start = Instant::now();
    let (program, _) = match compile_text("bench.dl", &program(rules), &[]) {
        Ok(compiled) => compiled,
        Err((_, diagnostics)) => panic!("{:?}", diagnostics.first()),
    };
    let compiled = start.elapsed();
    let engine = Engine::new(program, Config::default()).unwrap();
    println!("{rules} rules: compiled in {compiled:?}, started after {:?}", start.elapsed());

    let start = Instant::now();
    let wide = relation(&engine, "Wide");
    let mut updates: Vec<Update> = (0..200_000).map(|i| insert(wide, "Wide", &[i % 50_000, i])).collect();
    for rule in 0..rules {
        let name = format!("Small{rule}");
        let small = relation(&engine, &name);
        let first = rule as i64 * 100;
        updates.extend((0..100).map(|i| insert(small, &name, &[(first + i) % 50_000, i])));
        let name = format!("Tag{rule}");
        let tag = relation(&engine, &name);
        updates.extend((0..100).map(|i| insert(tag, &name, &[i, i % 10])));
    }
    let count = updates.len();
    let commit = engine.commit(updates).unwrap();
    println!("loaded {count} facts in {:?} (engine {:?})", start.elapsed(), commit.duration);

    // The fact meets one rule.
    measure("one rule touched", transactions, |i, there| {
        let rule = i % rules;
        let name = format!("Small{rule}");
        let record = [((rule * 100 + i) % 50_000) as i64, 7_777];
        change(&engine, relation(&engine, &name), &name, &record, there)
    });
    // All rules read the relation, one has a match.
    measure("every rule reads it", transactions / 4, |i, there| {
        change(&engine, wide, "Wide", &[(i % 50_000) as i64, 1_000_000], there)
    });
    measure("nobody matches", transactions / 4, |i, there| {
        change(&engine, wide, "Wide", &[60_000 + i as i64, 1_000_000], there)
    });
    // A commit that changes nothing: the way there and back.
    measure("empty commit", transactions, |_, _| engine.commit(Vec::new()).unwrap().duration);
}

fn program(rules: usize) -> String {
    let mut text = String::from("input relation Wide(k: s64, v: s64)\n");
    for rule in 0..rules {
        writeln!(
            text,
            "input relation Small{rule}(k: s64, v: s64)\n\
             input relation Tag{rule}(v: s64, t: s64)\n\
             output relation Out{rule}(v: s64, w: s64, t: s64)\n\
             output relation Count{rule}(t: s64, n: bit<64>)\n\
             Out{rule}(v, w, t) :- Small{rule}(k, v), Wide(k, w), Tag{rule}(w, t), v != w, not Tag{rule}(t, v).\n\
             Out{rule}(v, w, 0) :- Small{rule}(k, v), Wide(k, w), not Tag{rule}(w, _).\n\
             Count{rule}(t, n) :- Out{rule}(_, w, t), var g = w.group_by(t), var n = g.group_count_distinct()."
        )
        .unwrap();
    }
    text
}

fn measure(what: &str, transactions: usize, mut run: impl FnMut(usize, bool) -> Duration) {
    for i in 0..200 {
        run(i / 2, i % 2 == 0);
    }
    let (mut outside, mut inside) = (Vec::new(), Vec::new());
    for i in 0..transactions {
        let start = Instant::now();
        inside.push(run(i / 2 + 1000, i % 2 == 0));
        outside.push(start.elapsed());
    }
    outside.sort_unstable();
    inside.sort_unstable();
    let at = |sorted: &[Duration], q: usize| sorted[(sorted.len() * q / 1000).min(sorted.len() - 1)];
    println!(
        "{what}: p50 {:?} p99 {:?} max {:?} (engine p50 {:?} p99 {:?})",
        at(&outside, 500),
        at(&outside, 990),
        at(&outside, 1000),
        at(&inside, 500),
        at(&inside, 990),
    );
}

fn change(engine: &Engine, relation: RelationId, name: &str, row: &[i64], there: bool) -> Duration {
    let update = insert(relation, name, row);
    let update = match update {
        Update::Insert { relation, record } if !there => Update::Delete { relation, record },
        update => update,
    };
    engine.commit(vec![update]).unwrap().duration
}

fn insert(relation: RelationId, name: &str, row: &[i64]) -> Update {
    let fields = row.iter().map(|number| ("".into(), Value::Int((*number).into()))).collect();
    Update::Insert { relation, record: Value::Struct { ctor: name.into(), fields } }
}

fn relation(engine: &Engine, name: &str) -> RelationId {
    engine.program().relation(name).unwrap()
}
