//! Evaluations that fail: what is told, that nothing has changed, and that nothing ever panics.
#![allow(clippy::unwrap_used)]

use std::fmt::Write as _;

use weir_engine::compile::compile_text;
use weir_engine::diagnostics::render;
use weir_engine::eval::Limits;
use weir_engine::value::Value;
use weir_engine::{CommitError, Config, Engine, Update};

#[track_caller]
fn start(text: &str, config: Config) -> Engine {
    let (program, _) = compile_text("main.dl", text, &[]).unwrap_or_else(|(sources, errors)| {
        panic!("{}", render(&sources, &errors, false));
    });
    Engine::new(program, config).unwrap_or_else(|errors| panic!("{errors:?}"))
}

fn insert(engine: &Engine, relation: &str, record: Value) -> Result<usize, CommitError> {
    let relation = engine.program().relation(relation).unwrap();
    let commit = engine.commit(vec![Update::Insert { relation, record }])?;
    Ok(commit.deltas.iter().map(|delta| delta.changes.len()).sum())
}

/// What is shown of the failure that a record leads to.
#[track_caller]
fn failure(text: &str, relation: &str, record: Value) -> String {
    let engine = start(text, Config::default());
    let error = insert(&engine, relation, record).unwrap_err();
    let diagnostic = error.diagnostic(&engine.program()).unwrap_or_else(|| panic!("{error}"));
    format!("{error}\n{}", render(&engine.program().sources, &[diagnostic], false))
}

fn tuple(values: &[i128]) -> Value {
    Value::Tuple(values.iter().map(|value| Value::Int(*value)).collect())
}

#[test]
fn a_failure_tells_place_calls_rule_and_values() {
    let text = "\
function share(total: u32, parts: u32): u32 = total / parts
function half_share(total: u32, parts: u32): u32 { share(total, parts) / 2 }
input relation Cake(total: u32, name: string)
input relation Guests(name: string, n: u32)
output relation Piece(name: string, size: u32)
Piece(name, size) :-
    Cake(total, name),
    Guests(name, n),
    var doubled = total * 2,
    var size = half_share(doubled, n),
    var never = size + 1,
    never > 0.
";
    let engine = start(text, Config::default());
    let cake = Value::Tuple(vec![Value::Int(12), "plum".into()]);
    insert(&engine, "Cake", cake).unwrap();
    let error = insert(&engine, "Guests", Value::Tuple(vec!["plum".into(), Value::Int(0)])).unwrap_err();
    assert_eq!(error.to_string(), "main.dl:1:47: division by zero (in a rule for `Piece`)");
    let shown = render(&engine.program().sources, &[error.diagnostic(&engine.program()).unwrap()], false);
    insta_like(&shown, include_str!("golden/trap.txt"));
    // Nothing has changed.
    let guests = engine.program().relation("Guests").unwrap();
    assert_eq!(engine.dump(guests).unwrap(), []);
    assert_eq!(insert(&engine, "Guests", Value::Tuple(vec!["plum".into(), Value::Int(2)])).unwrap(), 1);
}

#[track_caller]
fn insta_like(shown: &str, expected: &str) {
    assert_eq!(shown.trim_end(), expected.trim_end());
}

#[test]
fn a_long_chain_of_calls_is_cut() {
    let text = "
        function down(n: u64): u64 = if (n == 0) { 1 / n } else { down(n - 1) + 1 }
        input relation In(n: u64)
        output relation Out(n: u64)
        Out(down(n)) :- In(n).";
    let engine = start(text, Config::default());
    let error = insert(&engine, "In", tuple(&[1000])).unwrap_err();
    let CommitError::Rule { trap, .. } = &error else { panic!("{error}") };
    assert_eq!((trap.stack.len(), trap.skipped), (16, 985));
    assert!(trap.stack.iter().all(|call| &*call.function == "down"));
    assert_eq!(trap.bindings().unwrap(), "n = 1000");
    let diagnostic = error.diagnostic(&engine.program()).unwrap();
    let labels: Vec<&str> = diagnostic.secondary.iter().map(|label| label.text.as_str()).collect();
    assert_eq!(labels, ["in this call of `down`, 1000 times over", "in this call of `down`"]);
}

#[test]
fn failures_in_groups_keys_and_facts_tell_their_values() {
    let group = "
        input relation In(k: string, n: u64)
        output relation Out(k: string, n: u64)
        Out(k, n) :- In(k, x), var g = x.group_by(k), var n = 10 / (g.count_distinct() - 1).";
    let text = failure(group, "In", Value::Tuple(vec!["a".into(), Value::Int(1)]));
    assert!(text.contains("It happened for k = \"a\", g = [1]."), "{text}");
    let key = "
        input relation In(a: u32, b: u32) primary key (x) x.a / x.b
        output relation Out(a: u32)
        Out(a) :- In(a, _).";
    let text = failure(key, "In", tuple(&[4, 0]));
    assert!(text.contains("division by zero"), "{text}");
    let fact = "
        function bad(x: u32): u32 = 1 / x
        output relation Out(a: u32)
        Out(bad(0)).";
    let (program, _) = compile_text("main.dl", fact, &[]).map_err(|(_, errors)| errors).unwrap();
    let errors = Engine::new(program, Config::default()).err().unwrap();
    assert_eq!((errors[0].code, &*errors[0].message), ("E0310", "the initial facts fail: division by zero"));
    assert_eq!(errors[0].secondary[0].text, "in this call of `bad`");
}

#[test]
fn limits_are_configurable() {
    let text = "
        function down(n: u64): u64 = if (n == 0) { 0 } else { down(n - 1) + 1 }
        input relation Deep(n: u64)
        input relation Long(n: u64)
        output relation Out(n: u64)
        Out(down(n)) :- Deep(n).
        Out(range_vec(0, n, 1).len()) :- Long(n).";
    let limits = Limits { depth: 100, bytes: 100_000 };
    let engine = start(text, Config { limits, ..Config::default() });
    assert_eq!(insert(&engine, "Deep", tuple(&[90])).unwrap(), 1);
    let error = insert(&engine, "Deep", tuple(&[101])).unwrap_err();
    assert!(error.to_string().contains("functions call each other more than 100 deep"), "{error}");
    assert_eq!(insert(&engine, "Long", tuple(&[1000])).unwrap(), 1);
    let text = "
        function grow(n: u64): u64 {
            var v = vec_empty();
            for (x in range_vec(0, n, 1)) { v.push(\"0123456789\" ++ \"${x}\") };
            v.len()
        }
        input relation Long(n: u64)
        output relation Out(n: u64)
        Out(grow(n)) :- Long(n).";
    let engine = start(text, Config { limits, ..Config::default() });
    assert_eq!(insert(&engine, "Long", tuple(&[100])).unwrap(), 1);
    let error = insert(&engine, "Long", tuple(&[5000])).unwrap_err();
    assert!(error.to_string().contains("the evaluation builds values of more than 100000 bytes"), "{error}");
}

#[test]
fn what_cannot_be_is_a_failure_and_no_panic() {
    // Each function of x, run for x = 0 and x = 2^64 - 1: one of the two fails with the message.
    let cases: &[(&str, &str)] = &[
        ("1 / x", "division by zero"),
        ("1 % x", "division by zero"),
        ("vec_with_length(x, 1).len()", "a value of 18446744073709551615 bytes"),
        ("{ var v = [1]; v.resize(x, 2); v.len() }", "bytes is more than a value may have"),
        ("range_vec(0, x, 1).len()", "a range of more than"),
        ("{ var b: bigint = (1 << (x as u32)) * (1 << (x as u32)); \"${b}\".len() }", "too large"),
        ("{ var b: bigint = pow32(12345678901234567890, (x as u32)); \"${b}\".len() }", "too large"),
        ("{ var s = \"x\"; for (i in range_vec(0, x, 1)) { s = s ++ s }; s.len() }", "a range of more than"),
        ("{ var s = \"x\"; for (i in range_vec(0, min(x, 99), 1)) { s = s ++ s }; s.len() }", "bytes"),
        (
            "{ var v = [1]; for (i in range_vec(0, min(x, 99), 1)) { var w = v; v.append(w) }; v.len() }",
            "bytes",
        ),
        (
            "{ var s = \"xx\"; for (i in range_vec(0, min(x, 99), 1)) { s = s.replace(\"x\", \"xxxx\") }; s.len() }",
            "bytes",
        ),
        (
            "{ var b: bigint = 3; for (i in range_vec(0, min(x, 99), 1)) { b = b * b }; \"${b}\".len() }",
            "more than 4194304 bits",
        ),
        ("vec_with_length(1000000, \"0123456789\").join(\"0123456789\").len() / x", "bytes"),
        (
            "{ var v = vec_empty(); for (i in range_vec(0, min(x, 99), 1)) { v = [v.join(\",\"), v.join(\",\")] }; v.len() }",
            "bytes",
        ),
    ];
    let mut text =
        String::from("import vec\ninput relation In(n: u64, x: u64)\noutput relation Out(n: u64, x: u64)\n");
    for (n, (expr, _)) in cases.iter().enumerate() {
        writeln!(text, "function f{n}(x: u64): u64 = {expr}\nOut({n}, f{n}(x)) :- In({n}, x).").unwrap();
    }
    let limits = Limits { bytes: 16 << 20, ..Limits::default() };
    let engine = start(&text, Config { limits, ..Config::default() });
    for (n, (expr, message)) in cases.iter().enumerate() {
        let failed: Vec<String> = [0, u64::MAX]
            .into_iter()
            .filter_map(|x| insert(&engine, "In", tuple(&[n as i128, x.into()])).err())
            .map(|error| error.to_string())
            .collect();
        assert!(failed.iter().any(|error| error.contains(message)), "{expr}: {failed:?}");
    }
}

#[test]
fn values_nested_without_end_are_refused_and_freed() {
    let text = "
        typedef List = Nil | Cons { head: u64, tail: Ref<List> }
        function list(n: u64): List {
            var l = Nil;
            for (i in range_vec(0, n, 1)) { l = Cons{i, ref_new(l)} };
            l
        }
        function length(n: u64): u64 = match (list(n)) { Cons{h, _} -> h + 1, Nil -> 0 }
        input relation Build(n: u64)
        input relation Keep(n: u64)
        output relation Length(n: u64)
        output relation Kept(l: List)
        Length(length(n)) :- Build(n).
        Kept(list(n)) :- Keep(n).";
    let engine = start(text, Config::default());
    assert_eq!(insert(&engine, "Build", tuple(&[200_000])).unwrap(), 1);
    assert_eq!(insert(&engine, "Keep", tuple(&[500])).unwrap(), 1);
    let error = insert(&engine, "Keep", tuple(&[200_000])).unwrap_err();
    assert!(error.to_string().contains("cannot be nested more than 2000 deep"), "{error}");
}
