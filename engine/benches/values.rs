//! What it costs to intern a value, new or known, and to compare two rows.
#![allow(missing_docs, clippy::unwrap_used)]

use std::hint::black_box;
use std::time::Duration;

use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use weir_engine::compile::compile_text;
use weir_engine::ir::{Program, TypeId};
use weir_engine::value::{Interner, Row, Value, Word, compare_rows, encode, encode_record};

/// Values of each kind, all different.
const VALUES: u64 = 10_000;

const PROGRAM: &str = "
    input relation Port(id: bit<128>, name: string, switch: u32, tags: Vec<u32>)
    relation Copy(id: bit<128>)
    Copy(id) :- Port(.id = id).
";

fn interning(criterion: &mut Criterion) {
    let (program, record) = program();
    let wide = program.types.struct_fields(record).unwrap()[0].ty;
    let strings: Vec<String> = (0..VALUES).map(|i| format!("a0eebc99-9c0b-4ef8-{i:016x}")).collect();
    let runs: Vec<[Word; 4]> = (0..VALUES as Word).map(|i| [i, i / 2, 7, i ^ 0x55]).collect();
    let longs: Vec<Value> =
        (0..VALUES).map(|i| Value::Int(i128::from(scatter(i)) << 40 | 1 << 110)).collect();
    intern(criterion, "string", &strings, |interner, text| interner.intern_str(text));
    intern(criterion, "run of 4 words", &runs, |interner, words| interner.intern_words(words));
    intern(criterion, "bit<128>", &longs, |interner, value| {
        encode(interner, &program.types, wide, value).unwrap()
    });
}

/// Interns all values: into an interner that knows none, and into one that knows them.
fn intern<T>(criterion: &mut Criterion, kind: &str, values: &[T], intern: impl Fn(&Interner, &T) -> Word) {
    let all = |interner: Interner| {
        for value in values {
            black_box(intern(&interner, value));
        }
        // Not dropped in the time that is measured.
        interner
    };
    let mut group = quick(criterion, &format!("intern {kind}"));
    group.bench_function("new", |bencher| bencher.iter_batched(Interner::new, &all, BatchSize::LargeInput));
    let known = all(Interner::new());
    group.bench_function("known", |bencher| {
        bencher.iter(|| values.iter().fold(0, |words: Word, value| words ^ intern(&known, value)));
    });
    group.finish();
}

fn rows(criterion: &mut Criterion) {
    let (program, record) = program();
    let interner = Interner::new();
    let rows: Vec<Row> = (0..VALUES)
        .map(|i| {
            let fields = vec![
                ("id".into(), Value::Int(i128::from(scatter(i)) | 1 << 100)),
                ("name".into(), format!("lsp-{:08}", scatter(i) % VALUES).as_str().into()),
                ("switch".into(), Value::Int(i128::from(i % 100))),
                ("tags".into(), Value::Vec(vec![Value::Int(7), Value::Int(i128::from(i % 10))])),
            ];
            let port = Value::Struct { ctor: "Port".into(), fields };
            encode_record(&interner, &program.types, record, &port).unwrap()
        })
        .collect();
    let pairs = || rows.iter().zip(rows.iter().skip(1));
    let mut group = quick(criterion, "compare rows of 4 columns");
    group.bench_function("words: equal", |bencher| {
        bencher.iter(|| pairs().filter(|(a, b)| black_box(a) == black_box(b)).count());
    });
    group.bench_function("words: order", |bencher| {
        bencher.iter(|| pairs().filter(|(a, b)| black_box(a) < black_box(b)).count());
    });
    group.bench_function("values: natural order", |bencher| {
        let less = |a: &Row, b: &Row| compare_rows(&interner, &program.types, record, a, b).is_lt();
        bencher.iter(|| pairs().filter(|(a, b)| less(a, b)).count());
    });
    group.finish();
}

/// Short: the figures are of 10,000 values each.
fn quick<'a>(
    criterion: &'a mut Criterion,
    name: &str,
) -> criterion::BenchmarkGroup<'a, criterion::measurement::WallTime> {
    let mut group = criterion.benchmark_group(name);
    group.sample_size(20).warm_up_time(Duration::from_millis(300)).measurement_time(Duration::from_secs(1));
    group.throughput(Throughput::Elements(VALUES));
    group
}

fn program() -> (Program, TypeId) {
    let (program, _) = compile_text("bench.dl", PROGRAM, &[]).map_err(|(_, errors)| errors).unwrap();
    let record = program.relations[program.relation("Port").unwrap().0 as usize].record;
    (program, record)
}

/// A number for a number, the same each time.
fn scatter(number: u64) -> u64 {
    let x = number.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    (x ^ (x >> 29)).wrapping_mul(0xbf58_476d_1ce4_e5b9)
}

criterion_group!(benches, interning, rows);
criterion_main!(benches);
