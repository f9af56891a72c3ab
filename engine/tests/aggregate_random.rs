//! Aggregates of groups under random transactions, some of which fail: what is kept up change by change must be what a look
//! at the whole group gives. A rule that somebody inspects looks at the whole group, so every aggregate is there twice.
//! `WEIR_CASES=n` runs that many cases, `WEIR_SEED=s` just that one.
#![allow(clippy::unwrap_used)]

mod common;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

use weir_engine::value::Value;
use weir_engine::{CommitError, Draft, Engine, Update};

/// Type and value of what is made of a group `g` of `(x, y, s)` by `k`.
const OF_TRIPLES: &[(&str, &str)] = &[
    ("usize", "g.count_distinct()"),
    ("u32", "g.key()"),
    ("s8", "g.sum_of(|v| v.0)"),
    ("u8", "g.sum_of(|v| v.1)"),
    ("bit<20>", "g.sum_of(|v| 20'd300000 + (v.1 as bit<20>))"),
    ("s16", "g.sum_of(|v| 16'sd30000 - (v.0 as s16))"),
    ("s32", "g.sum_of(|v| 32'sd2000000000 + (v.0 as s32))"),
    ("u32", "g.sum_of(|v| (v.1 as u32) + k)"),
    ("s64", "g.sum_of(|v| (v.0 as s64) * 3000000000000000000)"),
    ("u64", "g.sum_of(|v| (v.1 as u64) * 3000000000000000000)"),
    ("s128", "g.sum_of(|v| (v.0 as s128) << 120)"),
    ("u128", "g.sum_of(|v| (v.1 as u128) << 121)"),
    ("bit<200>", "g.sum_of(|v| 200'd0 - (v.1 as bit<200>))"),
    ("bigint", "g.sum_of(|v| (v.0 as bigint) * 100000000000000000000000)"),
    ("double", "g.sum_of(|v| (v.0 as double) / 64'f3.0)"),
    ("(s8, u8, string)", "g.min()"),
    ("(s8, u8, string)", "g.max()"),
    ("Option<(s8, u8, string)>", "g.nth(0)"),
    ("Option<(s8, u8, string)>", "g.nth(3)"),
    ("(s8, u8, string)", "g.arg_min(|v| v.1)"),
    ("(s8, u8, string)", "g.arg_max(|v| v.2)"),
    ("(s8, u8, string)", "g.arg_max(|v| (v.1, v.2))"),
    ("Option<(s8, u8, string)>", "g.find(|v| v.1 > 3)"),
    ("usize", "g.count(|v| v.1 > 3)"),
    ("bool", "g.any(|v| v.1 == 4)"),
    ("bool", "g.all(|v| v.1 < 5)"),
    ("Vec<(s8, u8, string)>", "g.filter(|v| v.1 % 2 == 0)"),
    ("Vec<string>", "g.map(|v| v.2 ++ \"!\")"),
    ("Vec<u8>", "g.filter_map(|v| if (v.1 > 2) { Some{v.1} } else { None })"),
    ("Set<(s8, u8, string)>", "g.to_set()"),
    ("Vec<(s8, u8, string)>", "g.to_vec()"),
    ("HashSet<(s8, u8, string)>", "g.to_hashset()"),
    ("(usize, s8, s8, Vec<(s8, u8, string)>)", "(g.size(), g.min().0, g.max().0, g.to_vec())"),
    ("s8", "spread(g)"),
    ("usize", "at_least(g, 3)"),
    ("s64", "weighed(g)"),
    ("usize", "if (g.size() > 2) { g.count(|v| v.1 > 2) } else { 0 }"),
    // Cannot be computed for some values; nobody asks then.
    ("u32", "if (g.any(|v| v.1 == 0)) { 0 } else { g.sum_of(|v| 1000 / (v.1 as u32)) }"),
    ("Option<(s8, u8, string)>", "if (g.any(|v| v.1 == 0)) { None } else { Some{g.arg_min(|v| 7 % v.1)} }"),
];

/// The same for groups of `(y, s)`.
const OF_PAIRS: &[(&str, &str)] = &[
    ("Map<u8, string>", "g.to_map()"),
    ("Map<u8, Set<string>>", "g.to_setmap()"),
    ("(Vec<u8>, Vec<string>)", "g.group_unzip()"),
];

/// The same for groups of sets.
const OF_SETS: &[(&str, &str)] = &[("Set<u8>", "g.union()"), ("Set<Set<u8>>", "g.to_set()")];

/// Whole bodies, from `In` to the head `(k, v)`.
const BODIES: &[(&str, &str, &str)] = &[
    ("u8", "y", "var g = (x, y).group_by(k), g.size() > 2, (_, var y) = FlatMap(g.to_set())"),
    ("string", "s", "var g = (x, y).group_by(k), var n = g.size(), Name(n as u32, s)"),
    ("usize", "n", "var m = (x, s).group_by((k, y)).max(), var n = m.group_by(k).size()"),
    ("u8", "m", "var m = y.group_by((k, x)).min(), not Name(m as u32, _)"),
    ("u8", "m", "Name(y as u32, _), var g = y.group_by(k), var m = g.max()"),
    // Fails for some values.
    ("u8", "v", "y < 7, var g = (x, 100 / (6 - y)).group_by(k), var v = g.max().1"),
    ("u8", "v", "var g = y.group_by(k), var v = g.sum_of(|y| 100 / (6 - y))"),
    ("usize", "v", "var g = y.group_by(k), var v = 10 / (5 - g.size())"),
];

const HEADER: &str = "import group
import hashset
input relation In(k: u32, x: s8, y: u8, s: string, copy: u8)
input relation Name(n: u32, s: string)
function spread(g: Group<'K, (s8, u8, string)>): s8 = g.max().0 - g.min().0
function at_least(g: Group<'K, (s8, u8, string)>, n: u8): usize { g.count(|v| v.1 >= n) }
function weighed(g: Group<'K, (s8, u8, string)>): s64 {
    var sum: s64 = 0;
    for ((v, w) in g) { sum = sum + (v.0 as s64) * w };
    sum
}
function near(y: u8): Set<u8> { var s = set_empty(); s.insert(y); s.insert(y / 2); s }
";

/// Each aggregate twice, in relations `Kept` and `Whole` of its number.
fn program(some: &[usize]) -> String {
    let mut text = HEADER.to_owned();
    for (number, (ty, value, body)) in cases().into_iter().enumerate() {
        if !some.contains(&number) {
            continue;
        }
        for (name, tail) in [("Kept", ""), ("Whole", ", Inspect ()")] {
            writeln!(text, "output relation {name}{number}(k: u32, v: {ty})").unwrap();
            let body = inspected(&body, tail);
            writeln!(text, "{name}{number}(k, {value}) :- In(k, x, y, s, _), {body}.").unwrap();
        }
    }
    text
}

/// The body with a clause after each group.
fn inspected(body: &str, tail: &str) -> String {
    let mut text = String::new();
    let mut rest = body;
    while let Some(at) = rest.find(".group_by(") {
        let after = at + rest[at..].find(',').map_or(rest.len() - at, |comma| comma);
        // A key of two variables has a comma of its own.
        let after = match rest[at..after].contains("((") {
            true => after + 1 + rest[after + 1..].find(',').unwrap_or(rest.len() - after - 1),
            false => after,
        };
        text.push_str(&rest[..after]);
        text.push_str(tail);
        rest = &rest[after..];
    }
    text + rest
}

fn cases() -> Vec<(String, String, String)> {
    let mut all = Vec::new();
    for (of, aggregates) in [("(x, y, s)", OF_TRIPLES), ("(y, s)", OF_PAIRS), ("near(y)", OF_SETS)] {
        for (ty, value) in aggregates {
            all.push((ty.to_string(), value.to_string(), format!("var g = {of}.group_by(k)")));
        }
    }
    for (ty, value, body) in BODIES {
        all.push((ty.to_string(), value.to_string(), body.to_string()));
    }
    all
}

/// By relation: its records, without the relation's name, and how often they are there.
type Contents = BTreeMap<String, BTreeMap<String, i64>>;

struct Random(u64);

impl Random {
    fn below(&mut self, n: usize) -> usize {
        self.0 = self.0.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        ((self.0 >> 33) % n as u64) as usize
    }
}

#[test]
fn what_is_kept_is_what_a_look_at_the_whole_gives() {
    let number = |name: &str| std::env::var(name).ok().and_then(|value| value.parse::<u64>().ok());
    let seeds: Vec<u64> = match number("WEIR_SEED") {
        Some(seed) => vec![seed],
        None => (0..number("WEIR_CASES").unwrap_or(40)).collect(),
    };
    for seed in seeds {
        if let Err(difference) = case(seed) {
            panic!("seed {seed}: {difference}");
        }
    }
}

#[test]
fn aggregates_are_recognised() {
    let all: Vec<usize> = (0..cases().len()).collect();
    let (program, _) = weir_engine::compile::compile_text("test.dl", &program(&all), &[])
        .unwrap_or_else(|e| panic!("{:?}", e.1));
    let plan = weir_engine::plan::Plan::new(&program).unwrap();
    for (rule, planned) in program.rules.iter().zip(&plan.rules) {
        let name = &program.relations[rule.head.relation.0 as usize].name;
        let kept = planned.stages.iter().filter_map(|stage| match &stage.op {
            weir_engine::plan::Op::Reduce { reduction, .. } => Some(reduction.aggregates.is_some()),
            _ => None,
        });
        let whole = ["double", "weighed", "at_least"]
            .iter()
            .any(|what| program.sources.text(rule.span).contains(what));
        let is_wanted = name.starts_with("Kept") && !whole;
        assert!(kept.clone().all(|kept| kept == is_wanted), "{}", program.sources.text(rule.span));
    }
}

/// Values that only the kept aggregates hold outlive many that nobody holds.
#[test]
fn what_is_kept_survives_when_memory_is_given_back() {
    let header = "import group
        input relation In(k: string, v: string)
        function shown(n: u32, v: string): string = \"<${n}${v}>\"
        function both(v: string): Set<string> { var s = set_empty(); s.insert(shown(4, v)); s.insert(v); s }\n";
    // None of these gives the values themselves, and no two make the same ones.
    let rules = [
        ("string", "g.arg_max(|v| shown(0, v))", "v"),
        ("usize", "g.map(|v| shown(1, v)).len()", "v"),
        ("usize", "g.to_setmap().size()", "(shown(2, v), v)"),
        ("usize", "g.to_map().size()", "(v, shown(3, v))"),
        ("usize", "g.union().size()", "both(v)"),
    ];
    let mut text = header.to_owned();
    for (number, (ty, value, of)) in rules.iter().enumerate() {
        for (name, tail) in [("Kept", ""), ("Whole", ", Inspect ()")] {
            writeln!(text, "output relation {name}{number}(k: string, v: {ty})").unwrap();
            writeln!(text, "{name}{number}(k, {value}) :- In(k, v), var g = {of}.group_by(k){tail}.")
                .unwrap();
        }
    }
    let engine = common::start(&text).unwrap();
    let relation = engine.program().relation("In").unwrap();
    let fact = |k: &str, v: String| record("In", vec![Value::Str(k.into()), Value::Str(v.into())]);
    let insert = |record| Update::Insert { relation, record };
    engine.commit((0..20).map(|n| insert(fact("stays", format!("{n}")))).collect()).unwrap();
    for round in 0..6 {
        // Enough that memory is given back on the way.
        let passing = || (0..4_000).map(move |n| format!("passing {round} {n}"));
        engine.commit(passing().map(|v| insert(fact(&v, v.clone()))).collect()).unwrap();
        let gone = passing().map(|v| Update::Delete { relation, record: fact(&v, v.clone()) });
        engine.commit(gone.collect()).unwrap();
        let delete = Update::Delete { relation, record: fact("stays", format!("{round}")) };
        engine.commit(vec![delete, insert(fact("stays", format!("new {round}")))]).unwrap();
        for number in 0..rules.len() {
            let [kept, whole] = ["Kept", "Whole"].map(|name| dump(&engine, &format!("{name}{number}")));
            assert_eq!((kept.len(), &kept), (1, &whole), "{number}");
        }
    }
}

/// A rule that fails tells the same, whether its groups are kept or looked at.
#[test]
fn failures_are_the_same() {
    for value in
        ["g.sum_of(|x| 10 / x)", "g.arg_min(|x| 10 / x)", "10 / (g.count_distinct() as u32 - 2)", "spread(g)"]
    {
        let failure = |tail: &str| {
            let engine = common::start(&format!(
                "import group\ninput relation In(k: u32, x: u32)\n\
                 function spread(g: Group<'K, u32>): u32 = g.max() / g.min()\n\
                 output relation Out(k: u32, v: u32)\n\
                 Out(k, {value}) :- In(k, x), var g = x.group_by(k){tail}."
            ));
            let engine = engine.unwrap();
            let relation = engine.program().relation("In").unwrap();
            let fact = |x: i128| Update::Insert {
                relation,
                record: record("In", vec![Value::Int(7), Value::Int(x)]),
            };
            engine.commit(vec![fact(5)]).unwrap();
            match engine.commit(vec![fact(0)]) {
                Err(CommitError::Rule { trap, relation, .. }) => (relation.to_string(), *trap),
                other => panic!("{value}: {other:?}"),
            }
        };
        let (kept, whole) = (failure(""), failure(", Inspect ()"));
        assert_eq!(kept, whole, "{value}");
        assert!(kept.1.variables.iter().any(|(name, _)| &**name == "g"), "{:?}", kept.1);
    }
}

fn case(seed: u64) -> Result<(), String> {
    let mut random = Random(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) + 1);
    let all = cases().len();
    // Few of those that fail, so that most transactions do not.
    let failing = all - 3..all;
    let mut some: Vec<usize> = (0..all).filter(|n| !failing.contains(n) && random.below(3) > 0).collect();
    if random.below(2) == 0 {
        some.push(failing.start + random.below(3));
    }
    let text = program(&some);
    let engine = common::start(&text).map_err(|e| format!("{:?}\n{text}", e.first()))?;
    let mut log = String::new();
    let groups = 1 + random.below(4);
    let mut input: BTreeSet<Vec<usize>> = BTreeSet::new();
    let mut contents = Contents::new();
    for transaction in 0..30 {
        let mut updates = Vec::new();
        let before = input.clone();
        for _ in 0..1 + random.below(if transaction == 0 { 60 } else { 6 }) {
            let row = match input.iter().nth(random.below(input.len() * 2 + 1)) {
                Some(row) if random.below(3) > 0 => row.clone(),
                _ => [groups, 6, 8, 4, 3].map(|n| random.below(n)).into(),
            };
            let insert = random.below(5) < 3;
            writeln!(log, "{} In{row:?}", if insert { "insert" } else { "delete" }).unwrap();
            updates.push(update(&engine, &row, insert));
            if insert {
                input.insert(row)
            } else {
                input.remove(&row)
            };
        }
        if random.below(4) == 0 {
            let relation = engine.program().relation("Name").unwrap();
            let n = random.below(6);
            let record = record("Name", vec![Value::Int(n as i128), Value::Str(format!("n{n}").into())]);
            updates.push(match random.below(2) {
                0 => Update::Insert { relation, record },
                _ => Update::Delete { relation, record },
            });
        }
        writeln!(log, "commit").unwrap();
        match engine.commit(updates) {
            Ok(commit) => {
                for delta in commit.deltas {
                    let relation = contents.entry(delta.name.to_string()).or_default();
                    for (record, weight) in &delta.changes {
                        *relation.entry(fields(&record)).or_default() += weight;
                    }
                    relation.retain(|_, weight| *weight != 0);
                }
            }
            Err(CommitError::Rule { .. }) => {
                writeln!(log, "failed").unwrap();
                input = before;
            }
            Err(error) => return Err(format!("{log}{error}")),
        }
        check(&engine, &some, &contents).map_err(|error| format!("{text}{log}{error}"))?;
        if transaction == 15 {
            revise(&engine, &text).map_err(|error| format!("{text}{log}{error}"))?;
            check(&engine, &some, &contents).map_err(|error| format!("{text}{log}revised\n{error}"))?;
        }
    }
    Ok(())
}

/// A rule more, which reads what there is; the others go on with what they have.
fn revise(engine: &Engine, text: &str) -> Result<(), String> {
    let more = "output relation More(k: u32, n: usize, m: u8, all: Set<u8>)\n\
                More(k, g.size(), g.max(), g.to_set()) :- In(k, _, y, _, _), var g = y.group_by(k).\n\
                output relation MoreWhole(k: u32, n: usize, m: u8, all: Set<u8>)\n\
                MoreWhole(k, g.size(), g.max(), g.to_set()) :- In(k, _, y, _, _), var g = y.group_by(k), Inspect ().\n";
    let draft = Draft::text("test.dl", &format!("{text}{more}"), &[]).map_err(|e| format!("{:?}", e.1))?;
    engine.revise(draft.program()).map_err(|error| format!("{error:?}"))?;
    let (kept, whole) = (dump(engine, "More"), dump(engine, "MoreWhole"));
    if kept == whole { Ok(()) } else { Err(format!("More is {kept:?}\nbut expected {whole:?}")) }
}

fn check(engine: &Engine, some: &[usize], contents: &Contents) -> Result<(), String> {
    for number in some {
        let [kept, whole] = ["Kept", "Whole"].map(|kind| {
            let name = format!("{kind}{number}");
            let dumped = dump(engine, &name);
            assert_eq!(dumped, contents.get(&name).cloned().unwrap_or_default(), "{name}");
            dumped
        });
        if kept != whole {
            return Err(format!("Kept{number} is {kept:?}\nbut expected {whole:?}"));
        }
    }
    Ok(())
}

fn dump(engine: &Engine, relation: &str) -> BTreeMap<String, i64> {
    let records = engine.dump(engine.program().relation(relation).unwrap()).unwrap();
    records.iter().map(|(record, weight)| (fields(record), *weight)).collect()
}

fn fields(record: &Value) -> String {
    record.to_string().split_once('{').unwrap().1.to_owned()
}

fn update(engine: &Engine, row: &[usize], insert: bool) -> Update {
    let relation = engine.program().relation("In").unwrap();
    let number = |n: i64| Value::Int(n.into());
    let record = record(
        "In",
        vec![
            number(row[0] as i64),
            number(row[1] as i64 * 40 - 100),
            number(row[2] as i64),
            // Not in the order in which they are first seen.
            Value::Str(["m", "zz", "", "a b"][row[3]].into()),
            number(row[4] as i64),
        ],
    );
    match insert {
        true => Update::Insert { relation, record },
        false => Update::Delete { relation, record },
    }
}

fn record(name: &str, fields: Vec<Value>) -> Value {
    Value::Struct { ctor: name.into(), fields: fields.into_iter().map(|value| ("".into(), value)).collect() }
}
