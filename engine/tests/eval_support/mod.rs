//! Runs rules that read no relation.
#![allow(dead_code)] // Not every test asks for everything.

use std::sync::Arc;

use weir_engine::compile::compile_text;
use weir_engine::eval::{Machine, RowMeta, TransformCode};
use weir_engine::ir::{ClauseKind, Program};
use weir_engine::plan::transform::{Step, Transform};
use weir_engine::value::{Interner, decode};

/// The records of all rules of a program, in the order of the rules.
#[track_caller]
pub(crate) fn facts(program: &str) -> Vec<String> {
    run(program).unwrap_or_else(|message| panic!("trap: {message}\n{program}"))
}

/// The message of the trap that running the program's rules ends in.
#[track_caller]
pub(crate) fn trap(program: &str) -> String {
    run(program).expect_err("no trap")
}

#[track_caller]
fn run(text: &str) -> Result<Vec<String>, String> {
    let (program, _) = compile_text("test.dl", text, &[]).unwrap_or_else(|(_, diagnostics)| {
        panic!("{text}\n{:?}", diagnostics.iter().map(|d| &d.message).collect::<Vec<_>>())
    });
    let program = Arc::new(program);
    let interner = Arc::new(Interner::new());
    let machine = Machine::new(program.clone(), interner.clone()).unwrap();
    let mut records = Vec::new();
    for (transform, relation) in transforms(&program) {
        let code: TransformCode = machine.transform(&transform);
        let record = program.relations[relation].record;
        let meta = RowMeta { weight: 1, epoch: 0 };
        let result = code.run(&[], meta, &mut |rows| {
            records.push(decode(&interner, &program.types, record, rows[0][0]).to_string());
        });
        result.map_err(|trap| trap.message)?;
    }
    Ok(records)
}

/// Each rule as a transform that gives whole records, and its relation.
fn transforms(program: &Program) -> Vec<(Transform, usize)> {
    let step = |kind: &ClauseKind| match kind.clone() {
        ClauseKind::Filter(condition) => Step::Filter(condition),
        ClauseKind::Let(pattern, value) => Step::Match(pattern, value),
        ClauseKind::FlatMap(pattern, items) => Step::FlatMap(pattern, items),
        ClauseKind::Inspect { body, weight, timestamp } => Step::Inspect { body, weight, timestamp },
        other => panic!("reads a relation: {other:?}"),
    };
    let transform = |rule: &weir_engine::ir::Rule| Transform {
        locals: rule.locals.clone(),
        inputs: Vec::new(),
        steps: rule.body.iter().map(|clause| step(&clause.kind)).collect(),
        outputs: vec![vec![rule.head.record.clone()]],
    };
    // The library has a fact of its own, which is not what is asked about.
    let own = |relation: usize| !program.relations[relation].name.starts_with("ddlog_std::");
    let all = program.rules.iter().map(|rule| (transform(rule), rule.head.relation.0 as usize));
    all.filter(|(_, relation)| own(*relation)).collect()
}
