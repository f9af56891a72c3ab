//! Functions that embedders bring.
#![allow(clippy::unwrap_used)]

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use weir_engine::compile::compile_text;
use weir_engine::eval::{ExternError, Externs};
use weir_engine::value::Value;
use weir_engine::{CommitError, Config, Engine, Update};

#[track_caller]
fn engine(text: &str, externs: Externs) -> Engine {
    let (program, _) = compile_text("test.dl", text, &[]).map_err(|(_, errors)| errors).unwrap();
    Engine::new(program, Config { externs, ..Config::default() }).unwrap()
}

/// Inserts records, all in one transaction; the text of the changes of the output relations.
fn insert(engine: &Engine, relation: &str, records: Vec<Value>) -> Result<Vec<String>, CommitError> {
    let relation = engine.program().relation(relation).unwrap();
    let updates = records.into_iter().map(|record| Update::Insert { relation, record }).collect();
    let changes = engine.commit(updates)?.deltas.into_iter().flat_map(|delta| delta.changes.to_vec());
    Ok(changes.map(|(record, weight)| format!("{record}: {weight:+}")).collect())
}

fn numbers(values: &[i128]) -> Vec<Value> {
    values.iter().map(|value| Value::Tuple(vec![Value::Int(*value)])).collect()
}

const HALVES: &str = "extern function half(x: u32): u32
    function twice(f: |u32|: u32, x: u32): u32 = f(f(x))
    input relation In(x: u32)
    output relation Out(x: u32, half: u32, quarter: u32)
    Out(x, half(x), twice(half, x)) :- In(x).";

#[test]
fn a_function_on_rust_types() {
    let externs = Externs::new().typed("half", |x: u32| match x % 2 {
        0 => Ok(x / 2),
        _ => Err(ExternError::new(format!("{x} is odd"))),
    });
    let engine = engine(HALVES, externs);
    let changes = insert(&engine, "In", numbers(&[8])).unwrap();
    assert_eq!(changes, ["Out{.x = 8, .half = 4, .quarter = 2}: +1"]);
    let error = insert(&engine, "In", numbers(&[12, 6])).unwrap_err();
    assert!(error.to_string().contains("`half`: 3 is odd"), "{error}");
    assert_eq!(engine.dump(engine.program().relation("In").unwrap()).unwrap().len(), 1);
}

#[test]
fn a_function_on_values_changes_its_mut_arguments_only() {
    let text = "extern function next(last: mut u32, step: u32): bool
        input relation In(x: u32)
        output relation Out(x: u32, step: u32, more: bool)
        Out(last, step, more) :- In(x), var r = {
            var last = x;
            var step = 32'd5;
            var more = next(last, step);
            (last, step, more)
        }, (var last, var step, var more) = r.";
    let externs = Externs::new().function("next", |args| {
        let (Value::Int(last), Value::Int(step)) = (&args[0], &args[1]) else { unreachable!() };
        let next = Value::Int(last + step);
        args.fill(next);
        Ok(Value::Bool(true))
    });
    let engine = engine(text, externs);
    let changes = insert(&engine, "In", numbers(&[1])).unwrap();
    assert_eq!(changes, ["Out{.x = 6, .step = 5, .more = true}: +1"]);
}

#[test]
fn what_a_function_gives_must_fit() {
    for (wrong, message) in [
        (Value::Str("4".into()), "`half` gave a value of another type: expected bit<32>, found \"4\""),
        (Value::Int(1 << 32), "`half` gave a value of another type: expected bit<32>, found 4294967296"),
    ] {
        let engine = engine(HALVES, Externs::new().function("half", move |_| Ok(wrong.clone())));
        let error = insert(&engine, "In", numbers(&[8])).unwrap_err();
        assert!(error.to_string().contains(message), "{error}");
    }
}

#[test]
fn a_function_that_panics_fails_the_transaction_only() {
    let calls = Arc::new(AtomicU64::new(0));
    let counted = calls.clone();
    let externs = Externs::new().typed("half", move |x: u32| {
        counted.fetch_add(1, Ordering::Relaxed);
        assert!(x != 7, "a bug of the embedder");
        Ok(x)
    });
    let engine = engine(HALVES, externs);
    let error = insert(&engine, "In", numbers(&[7])).unwrap_err();
    assert!(error.to_string().contains("`half` panicked"), "{error}");
    assert_eq!(insert(&engine, "In", numbers(&[8])).unwrap(), ["Out{.x = 8, .half = 8, .quarter = 8}: +1"]);
    assert_eq!(calls.load(Ordering::Relaxed), 4);
}

#[test]
fn names_are_full_and_the_library_stays_as_it_is() {
    let text = "output relation Out(x: usize)
        Out(\"four\".len()).";
    let externs = Externs::new().typed("ddlog_std::string_len", |_: String| Ok(0_u64));
    let engine = engine(text, externs);
    assert_eq!(engine.initial().deltas[0].changes.to_vec()[0].0.to_string(), "Out{.x = 4}");
}

#[test]
fn ready_made_slices() {
    let text = "extern function string_slice(x: string, from: bit<64>, to: bit<64>): string
        input relation In(from: u64, to: u64)
        output relation Out(x: string)
        Out(string_slice(\"añb\", from, to)) :- In(from, to).";
    let engine = engine(text, Externs::new());
    let slice = |from, to| {
        let record = Value::Tuple(vec![Value::Int(from), Value::Int(to)]);
        insert(&engine, "In", vec![record])
    };
    assert_eq!(slice(0, 3).unwrap(), ["Out{.x = \"añ\"}: +1"]);
    assert_eq!(slice(4, 4).unwrap(), ["Out{.x = \"\"}: +1"]);
    for (from, to) in [(2, 3), (0, 5), (3, 1), (0, u64::MAX.into())] {
        let error = slice(from, to).unwrap_err();
        assert!(error.to_string().contains("\"añb\" has no slice of bytes"), "{error}");
    }
}

#[test]
fn files_are_written_only_if_allowed() {
    let directory = tempfile::tempdir().unwrap();
    std::fs::write(
        directory.path().join("inspect_log.dl"),
        "#[has_side_effects] extern function log(filename: string, msg: string): ()",
    )
    .unwrap();
    let file = directory.path().join("out.log");
    let text = format!(
        "import inspect_log
        input relation In(x: u32)
        output relation Out(x: u32)
        Out(x) :- In(x), Inspect inspect_log::log(\"{}\", \"${{ddlog_weight}} ${{x}}\").",
        file.display()
    );
    let compiled = || {
        let program = compile_text("test.dl", &text, &[directory.path().to_owned()]);
        program.map_err(|(_, errors)| errors).unwrap().0
    };
    let refused = Engine::new(compiled(), Config::default()).err().unwrap();
    assert_eq!(refused[0].message, "extern function `inspect_log::log` has no implementation");
    let config = Config { externs: Externs::new().allow_files(), ..Config::default() };
    let engine = Engine::new(compiled(), config).unwrap();
    insert(&engine, "In", numbers(&[1, 2])).unwrap();
    let relation = engine.program().relation("In").unwrap();
    engine.commit(vec![Update::Delete { relation, record: numbers(&[1])[0].clone() }]).unwrap();
    let written = std::fs::read_to_string(&file).unwrap();
    let mut lines: Vec<&str> = written.lines().collect();
    lines.sort_unstable();
    assert_eq!(lines, ["-1 1", "1 1", "1 2"]);
}
