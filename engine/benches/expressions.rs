//! What a rule's expressions cost per row.
#![allow(clippy::unwrap_used, missing_docs)]

use std::hint::black_box;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Instant;

use weir_engine::compile::compile_text;
use weir_engine::eval::{Machine, RowMeta, TransformCode};
use weir_engine::ir::{ClauseKind, ExprKind};
use weir_engine::plan::transform::{Input, Step, Transform};
use weir_engine::value::{Interner, Row, Value, encode_record};

const PROGRAM: &str = "
    input relation In(x: u64, y: u64, name: string, options: Map<string, string>)
    relation Copy(y: u64, name: string)
    Copy(y, name) :- In(_, y, name, _).
    relation Arithmetic(z: u64)
    Arithmetic(if (((x >> 8) & 64'hff) * 31 + (y ^ 64'h5a5a) < 30000) { y & 64'hff } else { (x >> 16) + 7 }) :-
        In(x, y, _, _).
    relation Filter(name: string)
    Filter(name) :- In(x, y, name, _), ((x ^ y) & 1) == 2.
    relation Text(t: string)
    Text(\"${name}:${y & 64'hffff}/port-${x >> 48}\") :- In(x, y, name, _).
    relation Lookup(v: string)
    Lookup(options.get(\"option-key-3\").unwrap_or(\"default\")) :- In(_, _, _, options).
    relation Loop(n: u64)
    function longest(options: Map<string, string>): u64 {
        var n = 0;
        for ((key, value) in options) { n = max(n, key.len() + value.len()) };
        n
    }
    Loop(longest(options)) :- In(_, _, _, options).
    relation Build(v: Vec<u64>)
    function build(x: u64): Vec<u64> { var v = vec_empty(); for (i in range_vec(0, 16, 1)) { v.push(x ^ i) }; v }
    Build(build(x & 64'hff)) :- In(x, _, _, _).
";

fn transforms() -> (Vec<(String, TransformCode)>, Vec<Row>) {
    let (program, _) = compile_text("bench.dl", PROGRAM, &[]).map_err(|(_, errors)| errors).unwrap();
    let program = Arc::new(program);
    let interner = Arc::new(Interner::new());
    let machine: Rc<Machine> = Machine::new(program.clone(), interner.clone()).unwrap();
    let input = program.relations[program.relation("In").unwrap().0 as usize].record;
    let row = |i: u64| {
        let options = (0..8).filter(|bit| (i >> bit) & 1 == 0);
        let options = options
            .map(|bit| (format!("option-key-{bit}").as_str().into(), format!("value{i}").as_str().into()));
        let fields = vec![
            ("x".into(), Value::Int(i.wrapping_mul(0x9e37_79b9_7f4a_7c15).into())),
            ("y".into(), Value::Int(i.into())),
            ("name".into(), format!("lsp-{i:08}").as_str().into()),
            ("options".into(), Value::Map(options.collect())),
        ];
        let record = Value::Struct { ctor: "In".into(), fields };
        encode_record(&interner, &program.types, input, &record).unwrap()
    };
    let codes = program.rules.iter().map(|rule| {
        let mut inputs = Vec::new();
        let mut steps = Vec::new();
        for clause in &rule.body {
            match clause.kind.clone() {
                ClauseKind::Atom { pattern, .. } => inputs.push(Input::Record { pattern, record: input }),
                ClauseKind::Filter(condition) => steps.push(Step::Filter(condition)),
                other => panic!("{other:?}"),
            }
        }
        let outputs = match &rule.head.record.kind {
            ExprKind::Construct(_, fields) => vec![fields.clone()],
            other => panic!("{other:?}"),
        };
        let transform = Transform { locals: rule.locals.clone(), inputs, steps, outputs };
        let name = program.relations[rule.head.relation.0 as usize].name.to_string();
        (name, machine.transform(&transform))
    });
    (codes.collect(), (0..1000).map(row).collect())
}

fn main() {
    let (codes, rows) = transforms();
    for (name, code) in &codes {
        println!("{name:12} {:7.1} ns/row", nanoseconds_per_row(code, &rows));
    }
}

/// The best of several runs: what the machine does when nothing else gets in the way.
fn nanoseconds_per_row(code: &TransformCode, rows: &[Row]) -> f64 {
    const REPEATS: u32 = 50;
    let meta = RowMeta { weight: 1, epoch: 0 };
    let once = || {
        let start = Instant::now();
        let mut sum = 0u64;
        for _ in 0..REPEATS {
            for row in rows {
                code.run(&[row], meta, &mut |rows| sum += u64::from(rows[0][0])).unwrap();
            }
        }
        black_box(sum);
        start.elapsed().as_nanos() as f64 / f64::from(REPEATS) / rows.len() as f64
    };
    (0..7).map(|_| once()).fold(f64::INFINITY, f64::min)
}
