//! Rows through transforms, reductions and keys.
#![allow(clippy::unwrap_used)]

use std::rc::Rc;
use std::sync::Arc;

use weir_engine::compile::compile_text;
use weir_engine::eval::{Machine, Message, RowMeta};
use weir_engine::ir::{Clause, ClauseKind, ExprKind, Program, Rule};
use weir_engine::plan::transform::{Input, Reduction, Step, Transform};
use weir_engine::value::{
    Interner, Marks, Row, Value, Word, compare, decode, decode_record, encode, encode_record, from_record,
};

struct Fixture {
    program: Arc<Program>,
    interner: Arc<Interner>,
    machine: Rc<Machine>,
}

impl Fixture {
    fn new(text: &str) -> Self {
        let (program, _) = compile_text("test.dl", text, &[]).map_err(|(_, errors)| errors).unwrap();
        let program = Arc::new(program);
        let interner = Arc::new(Interner::new());
        let machine = Machine::new(program.clone(), interner.clone()).unwrap();
        Fixture { program, interner, machine }
    }

    /// The row of a record in the notation of commands.
    fn row(&self, relation: &str, record: &str) -> Row {
        let ty = self.record_type(relation);
        let mut parser = weir_engine::command::CommandParser::new();
        parser.feed(&format!("insert {relation}{record};"));
        let command = parser.next_command().unwrap().unwrap();
        let weir_engine::command::Command::Update { update, .. } = command else { panic!() };
        let weir_engine::command::Update::Insert { record, .. } = update else { panic!() };
        let value = from_record(&self.program.types, ty, &record).unwrap();
        encode_record(&self.interner, &self.program.types, ty, &value).unwrap()
    }

    fn record_type(&self, relation: &str) -> weir_engine::ir::TypeId {
        self.program.relations[self.program.relation(relation).unwrap().0 as usize].record
    }

    /// Runs the only rule on one row per atom; the records it gives.
    fn run(&self, rows: &[Row], meta: RowMeta) -> Vec<String> {
        let rule = &self.program.rules[0];
        let transform = self.transform(rule, &rule.body);
        let record = self.program.relations[rule.head.relation.0 as usize].record;
        let parts: Vec<&[Word]> = rows.iter().map(|row| &row[..]).collect();
        let mut records = Vec::new();
        self.machine
            .transform(&transform)
            .run(&parts, meta, &mut |rows| {
                assert_eq!(rows.len(), 1);
                records
                    .push(decode_record(&self.interner, &self.program.types, record, &rows[0]).to_string());
            })
            .unwrap();
        records
    }

    /// A rule's clauses as a transform that gives rows of its head.
    fn transform(&self, rule: &Rule, body: &[Clause]) -> Transform {
        let mut inputs = Vec::new();
        let mut steps = Vec::new();
        for clause in body {
            match clause.kind.clone() {
                ClauseKind::Atom { relation, pattern, .. } => {
                    let record = self.program.relations[relation.0 as usize].record;
                    inputs.push(Input::Record { pattern, record });
                }
                ClauseKind::Filter(condition) => steps.push(Step::Filter(condition)),
                ClauseKind::Let(pattern, value) => steps.push(Step::Match(pattern, value)),
                ClauseKind::FlatMap(pattern, items) => steps.push(Step::FlatMap(pattern, items)),
                ClauseKind::Inspect { body, weight, timestamp } => {
                    steps.push(Step::Inspect { body, weight, timestamp });
                }
                other => panic!("{other:?}"),
            }
        }
        Transform { locals: rule.locals.clone(), inputs, steps, outputs: vec![self.head_columns(rule)] }
    }

    fn head_columns(&self, rule: &Rule) -> Vec<weir_engine::ir::Expr> {
        match &rule.head.record.kind {
            ExprKind::Construct(_, fields)
                if self.program.types.struct_fields(rule.head.record.ty).is_some() =>
            {
                fields.clone()
            }
            _ => vec![rule.head.record.clone()],
        }
    }
}

const META: RowMeta = RowMeta { weight: 1, epoch: 0 };

#[track_caller]
fn check(text: &str, rows: &[(&str, &str)], expected: &[&str]) {
    let fixture = Fixture::new(text);
    let rows: Vec<Row> = rows.iter().map(|(relation, record)| fixture.row(relation, record)).collect();
    assert_eq!(fixture.run(&rows, META), expected);
}

#[test]
fn columns_are_copied_and_compared() {
    let text = "input relation A(x: u64, s: string) input relation B(s: string, y: u64)
        output relation Out(y: u64, x: u64, c: string)
        Out(y, x, \"c\") :- A(x, s), B(s, y).";
    let expected = ["Out{.y = 18446744073709551615, .x = 7, .c = \"c\"}"];
    check(text, &[("A", "(7, \"k\")"), ("B", "(\"k\", 18446744073709551615)")], &expected);
    check(text, &[("A", "(7, \"k\")"), ("B", "(\"l\", 1)")], &[]);
}

#[test]
fn patterns_with_constants_select_rows() {
    let text = "typedef T = L { n: u32 } | R { s: string, o: Option<u32> }
        input relation A(t: T, s: string, b: bool)
        output relation Out(s: string, n: u32)
        Out(s, n) :- A(R{s, Some{n}}, \"x\", true).";
    let some = "(R{\"p\", ddlog_std::Some{4}}, \"x\", true)";
    check(text, &[("A", some)], &["Out{.s = \"p\", .n = 4}"]);
    for other in [
        "(L{4}, \"x\", true)",
        "(R{\"p\", ddlog_std::None{}}, \"x\", true)",
        "(R{\"p\", ddlog_std::Some{4}}, \"y\", true)",
        "(R{\"p\", ddlog_std::Some{4}}, \"x\", false)",
    ] {
        check(text, &[("A", other)], &[]);
    }
}

#[test]
fn whole_records_and_their_fields_can_be_used() {
    let text = "typedef P = P { x: u32, y: s32 }
        input relation A[P] input relation B(p: P, i: istring)
        output relation Out(p: P, y: s32, b: B)
        Out(a, a.y + b.p.y, b) :- a in A(), b in B(.p = a), a.x != 3, b.i != i\"no\".";
    let b = "(P{1, -5}, \"yes\")";
    let out = "Out{.p = P{.x = 1, .y = -5}, .y = -10, .b = B{.p = P{.x = 1, .y = -5}, .i = \"yes\"}}";
    check(text, &[("A", "[P{1, -5}]"), ("B", b)], &[out]);
    check(text, &[("A", "[P{3, -5}]"), ("B", "(P{3, -5}, \"yes\")")], &[]);
    check(text, &[("A", "[P{1, -5}]"), ("B", "(P{1, -5}, \"no\")")], &[]);
    check(text, &[("A", "[P{1, -6}]"), ("B", b)], &[]);
}

#[test]
fn flat_map_gives_a_row_per_element_that_matches() {
    let text = "input relation A(k: string, m: Map<string, Vec<u32>>)
        output relation Out(k: string, n: string, x: u32)
        Out(k, n, x) :- A(k, m), (var n, var v) = FlatMap(m), n != \"b\", var x = FlatMap(v).";
    check(
        text,
        &[("A", "(\"k\", [(\"a\", [2, 1]), (\"b\", [3]), (\"c\", []), (\"d\", [4])])")],
        &[
            "Out{.k = \"k\", .n = \"a\", .x = 2}",
            "Out{.k = \"k\", .n = \"a\", .x = 1}",
            "Out{.k = \"k\", .n = \"d\", .x = 4}",
        ],
    );
}

#[test]
fn inspect_sees_weight_and_epoch() {
    let text = "import print input relation A(k: string)
        output relation Out(k: string)
        Out(k) :- A(k), Inspect print::print(\"${k} ${ddlog_weight}\"), k == \"other\".";
    let fixture = Fixture::new(text);
    let (sender, receiver) = std::sync::mpsc::channel();
    fixture.machine.listen(move |message| sender.send(message).unwrap());
    let row = fixture.row("A", "(\"k\")");
    fixture.run(&[row], RowMeta { weight: -3, epoch: 7 });
    assert_eq!(receiver.try_iter().collect::<Vec<_>>(), [Message::Print("k -3".into())]);
}

/// Runs the reduction of the only rule, `Out(..) :- A(key, value), var g = value.group_by(key), ..`, on values given as
/// texts with weights.
#[track_caller]
fn check_group(text: &str, key: &[Value], values: &[(Value, i64)], expected: &[&str]) {
    let fixture = Fixture::new(text);
    let (program, interner) = (&fixture.program, &fixture.interner);
    let rule = &program.rules[0];
    let at = rule.body.iter().position(|clause| matches!(clause.kind, ClauseKind::GroupBy { .. })).unwrap();
    let ClauseKind::GroupBy { group, value, key: key_locals, key_type } = &rule.body[at].kind else {
        panic!()
    };
    let steps = fixture.transform(rule, &rule.body[at + 1..]).steps;
    let reduction = Reduction {
        locals: rule.locals.clone(),
        key: key_locals.clone(),
        key_type: *key_type,
        group: *group,
        steps,
        output: fixture.head_columns(rule),
        aggregates: None,
    };
    let word = |ty, value: &Value| encode(interner, &program.types, ty, value).unwrap();
    let key: Vec<Word> = key_locals
        .iter()
        .zip(key)
        .map(|(local, value)| word(rule.locals[local.0 as usize].ty, value))
        .collect();
    let values: Vec<(Word, i64)> =
        values.iter().map(|(member, weight)| (word(value.ty, member), *weight)).collect();
    let record = program.relations[rule.head.relation.0 as usize].record;
    let mut records = Vec::new();
    fixture
        .machine
        .reduction(&reduction)
        .run(&key, &values, META, &mut |row| {
            records.push(decode_record(interner, &program.types, record, &row).to_string());
        })
        .unwrap();
    assert_eq!(records, expected);
}

#[test]
fn groups_iterate_in_natural_order_with_weights() {
    let text = "input relation A(k: u32, j: string, v: string)
        function show(g: Group<(u32, string), string>): string {
            var out = \"${g.key().0}${g.key().1}:\";
            for ((v, w) in g) { out = out ++ \" ${v}*${w}\" };
            out
        }
        output relation Out(k: u32, s: string, n: usize, first: string, last: string)
        Out(k, show(g), g.count_distinct(), g.first(), g.max()) :- A(k, j, v), var g = v.group_by((k, j)).";
    check_group(
        text,
        &[Value::Int(5), "j".into()],
        &[("c".into(), 1), ("a".into(), 2), ("b".into(), 1)],
        &["Out{.k = 5, .s = \"5j: a*2 b*1 c*1\", .n = 3, .first = \"a\", .last = \"c\"}"],
    );
}

#[test]
fn groups_become_collections() {
    let text = "import group
        input relation A(k: (u32, u32), v: (string, s32))
        output relation Out(k: (u32, u32), m: Map<string, s32>, s: Map<string, Set<s32>>, sum: s32, v: Vec<(string, s32)>)
        Out(g.key(), g.to_map(), g.to_setmap(), g.sum_of(|p| p.1), g.to_vec()) :-
            A(k, v), var g = v.group_by(k), g.count_distinct() > 1.";
    let pair = |name: &str, number| Value::Tuple(vec![name.into(), Value::Int(number)]);
    let key = [Value::Tuple(vec![Value::Int(1), Value::Int(2)])];
    check_group(
        text,
        &key,
        &[(pair("b", 1), 1), (pair("a", -4), 3), (pair("a", -5), 1)],
        &[
            "Out{.k = (1, 2), .m = [(\"a\", -4), (\"b\", 1)], .s = [(\"a\", [-5, -4]), (\"b\", [1])], .sum = -8, \
           .v = [(\"a\", -5), (\"a\", -4), (\"b\", 1)]}",
        ],
    );
    check_group(text, &key, &[(pair("b", 1), 5)], &[]);
}

#[test]
fn primary_keys_are_words_of_the_key_type() {
    let fixture = Fixture::new(
        "input relation A(a: string, b: u32, c: u32) primary key (x) (x.b, x.a)
         output relation Out(a: string) Out(a) :- A(a, _, _).",
    );
    let relation = &fixture.program.relations[fixture.program.relation("A").unwrap().0 as usize];
    let key = relation.primary_key.as_ref().unwrap();
    let code = fixture.machine.primary_key(key, relation.record);
    let first = code.run(&fixture.row("A", "(\"x\", 1, 2)")).unwrap();
    assert_eq!(code.run(&fixture.row("A", "(\"x\", 1, 3)")).unwrap(), first);
    let other = code.run(&fixture.row("A", "(\"x\", 2, 2)")).unwrap();
    let types = &fixture.program.types;
    assert!(compare(&fixture.interner, types, key.key.ty, first, other).is_lt());
    assert_eq!(decode(&fixture.interner, types, key.key.ty, first).to_string(), "(1, \"x\")");
}

#[test]
fn code_goes_on_with_the_interner_that_reclamation_gives() {
    let text = "input relation A(k: string) output relation Out(k: string, s: Vec<string>)
        Out(k, [\"constant\", k ++ \"!\"]) :- A(k), k != \"other\".";
    let fixture = Fixture::new(text);
    let rule = &fixture.program.rules[0];
    let code = fixture.machine.transform(&fixture.transform(rule, &rule.body));
    let row = fixture.row("A", "(\"kept\")");
    (0..1000).for_each(|i| {
        fixture.interner.intern_str(&format!("garbage {i}"));
    });
    let mut marks = Marks::default();
    fixture.machine.mark(&mut marks);
    let types = &fixture.program.types;
    let string = types.struct_fields(fixture.record_type("A")).unwrap()[0].ty;
    marks.mark(&fixture.interner, types, string, row[0]);
    let fresh = Arc::new(fixture.interner.retained(&marks));
    assert!(fresh.len() < 10, "{fresh:?}");
    assert!(fixture.machine.replace_interner(fresh.clone()));
    let mut records = Vec::new();
    let head = fixture.record_type("Out");
    code.run(&[&row], META, &mut |rows| {
        records.push(decode_record(&fresh, types, head, &rows[0]).to_string());
    })
    .unwrap();
    assert_eq!(records, ["Out{.k = \"kept\", .s = [\"constant\", \"kept!\"]}"]);
}

#[test]
fn an_extern_function_without_implementation_is_refused() {
    let text = "extern function nobody(x: u32): u32
        output relation Out(x: u32)
        Out(nobody(1)).";
    let (program, _) = compile_text("test.dl", text, &[]).map_err(|(_, errors)| errors).unwrap();
    let refused = Machine::new(Arc::new(program), Arc::new(Interner::new())).err().unwrap();
    assert_eq!(refused[0].message, "extern function `nobody` has no implementation");
}
