//! Programs that are edited while they run, and questions about what they hold.
#![allow(clippy::unwrap_used)]

mod common;

use std::fmt::Write;
use std::sync::Arc;

use weir_engine::draft::Target;
use weir_engine::engine::Commit;
use weir_engine::value::Value;
use weir_engine::{CommitError, Config, Draft, Engine, QueryError, ReviseError, Update};

const PORTS: &str = "input relation Port(id: bigint, switch: string)\n\
                     input relation Switch(name: string, zone: bigint)\n\
                     output relation Zone(port: bigint, zone: bigint)\n\
                     Zone(p, z) :- Port(p, s), Switch(s, z).\n";

/// An engine and the draft it runs.
struct Live {
    draft: Draft,
    engine: Engine,
}

impl Live {
    fn new(text: &str) -> Self {
        let draft = Draft::text("test.dl", text, &[]).map_err(|(_, found)| found).unwrap();
        let engine = Engine::new(draft.program(), Config::default()).unwrap();
        Live { draft, engine }
    }

    fn commit(&self, updates: &[(&str, &str, bool)]) -> String {
        let updates = updates.iter().map(|(relation, fields, insert)| {
            let record = record(relation, fields);
            let relation = self.engine.program().relation(relation).unwrap();
            if *insert { Update::Insert { relation, record } } else { Update::Delete { relation, record } }
        });
        shown(&self.engine.commit(updates.collect()).unwrap())
    }

    fn insert(&self, relation: &str, fields: &str) -> String {
        self.commit(&[(relation, fields, true)])
    }

    /// Adds to the draft and runs it.
    fn add(&mut self, text: &str) -> String {
        self.draft.add(text).unwrap_or_else(|(_, found)| panic!("{}", messages(&found)));
        shown(&self.engine.revise(self.draft.program()).unwrap())
    }

    fn remove(&mut self, what: &str) -> String {
        self.draft
            .remove(&[what.parse().unwrap()])
            .unwrap_or_else(|(_, found)| panic!("{}", messages(&found)));
        shown(&self.engine.revise(self.draft.program()).unwrap())
    }

    fn query(&self, text: &str) -> String {
        let query = self.draft.query(text).unwrap_or_else(|(_, found)| panic!("{}", messages(&found)));
        let answer = self.engine.query(&query).unwrap();
        let columns = answer.columns.iter().map(|column| format!("{}: {}", column.name, column.ty));
        let mut text = columns.collect::<Vec<_>>().join(", ");
        for (row, weight) in answer.rows {
            let row: Vec<String> = row.iter().map(ToString::to_string).collect();
            write!(text, "; {}", row.join(" ")).unwrap();
            if weight != 1 {
                write!(text, " {weight:+}").unwrap();
            }
        }
        text
    }

    fn dump(&self, relation: &str) -> String {
        let relation = self.engine.program().relation(relation).unwrap();
        let records = self.engine.dump(relation).unwrap();
        records.iter().map(|(record, _)| record.to_string()).collect::<Vec<_>>().join(" ")
    }
}

/// A record of fields that are numbers or else strings.
fn record(relation: &str, fields: &str) -> Value {
    let field = |text: &str| match text.trim().parse::<i128>() {
        Ok(number) => Value::Int(number),
        Err(_) => Value::Str(text.trim().into()),
    };
    let fields = fields.split(',').map(|text| ("".into(), field(text))).collect();
    Value::Struct { ctor: Arc::from(relation), fields }
}

fn shown(commit: &Commit) -> String {
    let mut text = String::new();
    for delta in &commit.deltas {
        for (record, weight) in &delta.changes {
            if !text.is_empty() {
                text.push(' ');
            }
            write!(text, "{record}: {weight:+}").unwrap();
        }
    }
    text
}

fn messages(found: &[weir_engine::diagnostics::Diagnostic]) -> String {
    let lines = found.iter().map(|d| format!("{} {}: {}", d.code, d.message, d.primary.text));
    lines.collect::<Vec<_>>().join("\n")
}

fn refusal<T>(result: Result<T, weir_engine::compile::Refused>) -> String {
    match result {
        Ok(_) => panic!("accepted"),
        Err((_, found)) => messages(&found),
    }
}

#[test]
fn rules_come_and_go_while_the_program_runs() {
    let mut live = Live::new(PORTS);
    live.commit(&[("Port", "1, a", true), ("Port", "2, b", true), ("Switch", "a, 7", true)]);
    assert_eq!(live.add("Zone(p, 0) :- Port(p, s), not Switch(s, _)."), "Zone{.port = 2, .zone = 0}: +1");
    assert_eq!(
        live.insert("Switch", "b, 8"),
        "Zone{.port = 2, .zone = 0}: -1 Zone{.port = 2, .zone = 8}: +1"
    );
    assert_eq!(live.remove("1"), "Zone{.port = 1, .zone = 7}: -1 Zone{.port = 2, .zone = 8}: -1");
    assert_eq!(live.dump("Zone"), "");
    assert_eq!(live.insert("Port", "3, c"), "Zone{.port = 3, .zone = 0}: +1");
}

#[test]
fn relations_come_and_go_with_their_records() {
    let mut live = Live::new(PORTS);
    live.commit(&[("Port", "1, a", true), ("Switch", "a, 7", true)]);
    assert_eq!(
        live.add("output relation Zones(zone: bigint)\nZones(z) :- Zone(_, z)."),
        "Zones{.zone = 7}: +1"
    );
    assert_eq!(live.insert("Switch", "a, 9"), "Zone{.port = 1, .zone = 9}: +1 Zones{.zone = 9}: +1");
    assert_eq!(live.remove("Zones"), "Zones{.zone = 7}: -1 Zones{.zone = 9}: -1");
    assert!(live.engine.program().relation("Zones").is_none());
    assert_eq!(live.dump("Zone"), "Zone{.port = 1, .zone = 7} Zone{.port = 1, .zone = 9}");
    // An input that comes back is empty.
    assert_eq!(
        live.add("input relation More(x: bigint)\noutput relation O(x: bigint)\nO(x) :- More(x)."),
        ""
    );
    assert_eq!(live.insert("More", "4"), "O{.x = 4}: +1");
    live.draft.remove(&["More".parse().unwrap(), "O".parse().unwrap()]).unwrap();
    assert_eq!(shown(&live.engine.revise(live.draft.program()).unwrap()), "O{.x = 4}: -1");
    assert_eq!(
        live.add("input relation More(x: bigint)\noutput relation O(x: bigint)\nO(x) :- More(x)."),
        ""
    );
}

#[test]
fn functions_are_replaced_and_all_that_calls_them_follows() {
    let mut live = Live::new(
        "function base(): bigint = 10\nfunction shift(x: bigint): bigint = x + base()\n\
         input relation I(x: bigint)\noutput relation O(x: bigint)\noutput relation P(x: bigint)\n\
         O(shift(x)) :- I(x).\nP(x) :- I(x).",
    );
    live.insert("I", "1");
    live.draft.change(&[Target::Name("base".into())], "function base(): bigint = 20").unwrap();
    let preview = live.engine.preview(live.draft.program()).unwrap();
    assert_eq!(shown(&preview), "O{.x = 11}: -1 O{.x = 21}: +1");
    assert_eq!(live.dump("O"), "O{.x = 11}");
    assert_eq!(shown(&live.engine.revise(live.draft.program()).unwrap()), shown(&preview));
    assert_eq!(live.insert("I", "2"), "O{.x = 22}: +1 P{.x = 2}: +1");
}

#[test]
fn recursion_may_begin_and_end() {
    let mut live = Live::new(
        "input relation Edge(a: bigint, b: bigint)\noutput relation Path(a: bigint, b: bigint)\n\
         Path(a, b) :- Edge(a, b).",
    );
    live.commit(&[("Edge", "1, 2", true), ("Edge", "2, 3", true)]);
    assert_eq!(live.add("Path(a, c) :- Path(a, b), Edge(b, c)."), "Path{.a = 1, .b = 3}: +1");
    assert_eq!(
        live.insert("Edge", "3, 4"),
        "Path{.a = 1, .b = 4}: +1 Path{.a = 2, .b = 4}: +1 Path{.a = 3, .b = 4}: +1"
    );
    assert_eq!(live.add("output relation Loop(a: bigint)\nLoop(a) :- Path(a, b), a == b."), "");
    assert_eq!(live.commit(&[("Edge", "4, 4", true)]), "Loop{.a = 4}: +1 Path{.a = 4, .b = 4}: +1");
    assert_eq!(
        live.remove("Path(a, c) :- Path(a, b),   Edge(b, c)."),
        "Path{.a = 1, .b = 3}: -1 Path{.a = 1, .b = 4}: -1 Path{.a = 2, .b = 4}: -1"
    );
}

#[test]
fn what_fails_changes_nothing() {
    let mut live = Live::new(PORTS);
    live.commit(&[("Port", "0, a", true), ("Switch", "a, 7", true)]);
    let before = live.draft.program();
    live.draft.add("Zone(p, 100 / p) :- Port(p, _).").unwrap();
    match live.engine.revise(live.draft.program()) {
        Err(ReviseError::Run(CommitError::Rule { trap, place, .. })) => {
            assert_eq!((trap.message.as_str(), place.as_str()), ("division by zero", "<shell:1>:1:9"));
        }
        other => panic!("{other:?}"),
    }
    assert!(Arc::ptr_eq(&before, &live.engine.program()));
    assert_eq!(live.dump("Zone"), "Zone{.port = 0, .zone = 7}");
    assert_eq!(live.insert("Switch", "a, 8"), "Zone{.port = 0, .zone = 8}: +1");
}

#[test]
fn an_input_with_records_keeps_its_declaration() {
    let mut live = Live::new("input relation I(x: bigint)\ninput relation J(x: bigint)\n");
    live.insert("I", "1");
    let other =
        Draft::text("test.dl", "input relation I(x: string)\ninput relation J(x: string)\n", &[]).unwrap();
    assert_eq!(
        live.engine.revise(other.program()),
        Err(ReviseError::InputChanged { relation: "I".into(), records: 1 })
    );
    live.commit(&[("I", "1", false)]);
    assert_eq!(live.engine.revise(other.program()).unwrap().deltas, []);
    assert_eq!(live.insert("I", "a"), "");
    live.draft = other;
    assert_eq!(live.query("I(x)"), "x: string; \"a\"");
}

#[test]
fn questions_see_every_relation() {
    let mut live = Live::new(PORTS);
    live.commit(&[
        ("Port", "1, a", true),
        ("Port", "2, a", true),
        ("Port", "3, b", true),
        ("Switch", "a, 7", true),
    ]);
    assert_eq!(live.query("?- Zone(p, 7), Port(p, s)."), "p: bigint, s: string; 1 \"a\"; 2 \"a\"");
    assert_eq!(live.query("Port(_, s)"), "s: string; \"a\"; \"b\"");
    assert_eq!(live.query("x in Port(_, \"b\") // one port"), "x: Port; Port{.id = 3, .switch = \"b\"}");
    assert_eq!(
        live.query("Port(p, s), var n = p.group_by(s).size()"),
        "s: string, n: bit<64>; \"a\" 2; \"b\" 1"
    );
    assert_eq!(
        live.query("Port(p, s), not Switch(s, _), var t = s ++ \"!\""),
        "p: bigint, s: string, t: string; 3 \"b\" \"b!\""
    );
    assert_eq!(live.query("Switch(\"a\", _)"), "; ");
    assert_eq!(live.query("Switch(\"b\", _)"), "");
    live.add("input multiset Word(w: string)");
    live.commit(&[("Word", "x", true), ("Word", "x", true)]);
    assert_eq!(live.query("Word(w)"), "w: string; \"x\" +2");
}

#[test]
fn questions_that_make_no_sense_are_refused_at_their_place() {
    let live = Live::new(PORTS);
    for (text, start) in [("?- Prot(x, _)", 3), ("Port(x, _), x > y", 16), ("Port(x, _)) ", 10), ("?- ", 0)] {
        let (sources, found) = live.draft.query(text).unwrap_err();
        let place = found[0].primary.span;
        assert_eq!((&*sources.file(place.file).name, place.start), ("<query>", start), "{text}: {found:?}");
    }
    let query = live.draft.query("Port(x, _), var y = 1 / (x - x)").unwrap();
    assert_eq!(live.engine.query(&query).unwrap().rows, []);
    live.insert("Port", "1, a");
    assert!(matches!(live.engine.query(&query), Err(QueryError::Rule(CommitError::Rule { .. }))));
}

#[test]
fn what_does_not_check_is_not_kept() {
    let mut live = Live::new(PORTS);
    let (sources, found) = live.draft.add("relation A(x: bigint)\nA(x) :- B(x).").unwrap_err();
    assert_eq!(sources.file(found[0].primary.span.file).name, "<shell:1>");
    assert!(found[0].message.contains("`B`"), "{found:?}");
    assert_eq!(live.draft.source(), "");
    let added = live.draft.add("relation A(x: bigint)\nA(1).").unwrap();
    assert_eq!((added.relations, added.rules), (vec!["A".to_owned()], vec![2]));
    assert_eq!(live.draft.source(), "relation A(x: bigint)\nA(1).\n");
}

#[test]
fn what_is_in_use_stays() {
    let mut live = Live::new(PORTS);
    let refused = refusal(live.draft.remove(&[Target::Name("Switch".into())]));
    assert!(refused.starts_with("E0441 `Switch` cannot be removed"), "{refused}");
    assert!(refusal(live.draft.remove(&[Target::Rule(7)])).starts_with("E0440 there is no rule 7"));
    assert!(refusal(live.draft.remove(&[Target::Name("ddlog_std::size".into())])).starts_with("E0440"));
    live.draft.remove(&[Target::Name("Switch".into()), Target::Rule(1)]).unwrap();
    assert_eq!(live.draft.rules(), []);
}

#[test]
fn a_draft_is_written_down_as_it_was_typed() {
    let mut live = Live::new(&format!("// Ports.\n{PORTS}// The end.\n"));
    live.draft.add("import set\nZone(p, 1) :- Port(p, \"x\"). // special").unwrap();
    assert!(live.draft.only_adds());
    assert_eq!(live.draft.source(), "import set\nZone(p, 1) :- Port(p, \"x\").\n");
    live.draft.remove(&[Target::Rule(1)]).unwrap();
    assert!(!live.draft.only_adds());
    let text = live.draft.main_module();
    assert_eq!(
        text,
        "// Ports.\ninput relation Port(id: bigint, switch: string)\ninput relation Switch(name: string, zone: bigint)\n\
         output relation Zone(port: bigint, zone: bigint)\n// The end.\n\nimport set\nZone(p, 1) :- Port(p, \"x\").\n"
    );
    assert_eq!(live.draft.changed_files(), [("test.dl".to_owned(), text.clone())]);
    let again = Draft::text("test.dl", &text, &[]).unwrap();
    assert_eq!(again.rules().len(), 1);
}

#[test]
fn rules_are_listed_with_their_places() {
    let mut live = Live::new(PORTS);
    live.draft.add("Zone(1, 1).\nfor (p in Port(.switch = \"x\")) { Zone(p.id, 3) }").unwrap();
    let rules: Vec<String> = live
        .draft
        .rules()
        .into_iter()
        .map(|rule| format!("{} {} {} {}", rule.number, rule.place, rule.heads.join(","), rule.text))
        .collect();
    assert_eq!(
        rules,
        [
            "1 test.dl:4:1 Zone Zone(p, z) :- Port(p, s), Switch(s, z).",
            "2 <shell:1>:1:1 Zone Zone(1, 1).",
            "3 <shell:1>:2:1 Zone for (p in Port(.switch = \"x\")) { Zone(p.id, 3) }",
        ]
    );
    let spans: Vec<_> = live.draft.rules().iter().map(|rule| rule.span).collect();
    let program = live.draft.program();
    assert!(spans.iter().all(|span| program.rules.iter().any(|rule| rule.span == *span)));
}

#[test]
fn delayed_relations_know_what_was_before_the_revision() {
    let mut live = Live::new(
        "input relation I(x: bigint)\ninput relation J(x: bigint)\noutput relation D(x: bigint)\nD(x) :- I-1(x).",
    );
    assert_eq!(live.commit(&[("I", "1", true), ("J", "5", true)]), "");
    // The revision is a transaction: what was in `I` before it is in `I-1` now, and so is what was in `J`.
    assert_eq!(
        live.add("output relation E(x: bigint)\nE(x) :- I-1(x).\nE(x) :- J-1(x)."),
        "D{.x = 1}: +1 E{.x = 1}: +1 E{.x = 5}: +1"
    );
    assert_eq!(live.commit(&[("J", "5", false), ("I", "2", true)]), "");
    assert_eq!(live.commit(&[]), "D{.x = 2}: +1 E{.x = 2}: +1 E{.x = 5}: -1");
    assert_eq!(live.remove("E(x) :- I-1(x)."), "E{.x = 1}: -1 E{.x = 2}: -1");
}

#[test]
fn streams_flow_through_rules_of_any_age() {
    let mut live = Live::new(
        "input stream S(x: bigint)\ninput relation R(x: bigint)\noutput stream O(x: bigint)\nO(x) :- S(x), R(x).",
    );
    live.commit(&[("R", "1", true), ("S", "1", true)]);
    assert_eq!(live.add("output stream P(x: bigint)\nP(x) :- S(x), x > 1.\nO(x) :- S(x), x > 9."), "");
    assert_eq!(
        live.commit(&[("S", "1", true), ("S", "2", true), ("S", "10", true)]),
        "O{.x = 1}: +1 O{.x = 10}: +1 P{.x = 2}: +1 P{.x = 10}: +1"
    );
    assert_eq!(live.query("S(x)"), "x: bigint");
    assert_eq!(live.remove("P"), "");
}

#[test]
fn counts_of_multisets_stay() {
    let mut live = Live::new(
        "input multiset M(x: bigint)\noutput multiset O(x: bigint)\nO(0) :- M(_).\noutput relation R(x: bigint)\nR(x) :- O(x).",
    );
    live.commit(&[("M", "1", true), ("M", "1", true), ("M", "2", true)]);
    assert_eq!(live.add("O(x) :- M(x)."), "O{.x = 1}: +2 O{.x = 2}: +1 R{.x = 1}: +1 R{.x = 2}: +1");
    assert_eq!(live.remove("1"), "O{.x = 0}: -3 R{.x = 0}: -1");
    // What becomes an output shows all it holds, and what is one no more gives it up.
    let internal = "input multiset M(x: bigint)\nmultiset O(x: bigint)\nO(x) :- M(x).\noutput relation R(x: bigint)\nR(x) :- O(x).";
    live.draft = Draft::text("test.dl", internal, &[]).unwrap();
    let hidden = live.engine.revise(live.draft.program()).unwrap();
    assert_eq!(shown(&hidden), "O{.x = 1}: -2 O{.x = 2}: -1");
    live.draft = Draft::text("test.dl", &internal.replace("\nmultiset", "\noutput multiset"), &[]).unwrap();
    let told = live.engine.revise(live.draft.program()).unwrap();
    assert_eq!(shown(&told), "O{.x = 1}: +2 O{.x = 2}: +1");
}

#[test]
fn facts_of_inputs_are_rules_too() {
    let mut live =
        Live::new("input relation I(x: bigint)\nI(1).\noutput relation O(x: bigint)\nO(x) :- I(x).");
    live.insert("I", "2");
    assert_eq!(live.add("I(3)."), "O{.x = 3}: +1");
    assert_eq!(live.remove("I(1)."), "O{.x = 1}: -1");
    assert_eq!(live.dump("I"), "I{.x = 2} I{.x = 3}");
    // A rule that fails on what was there before, and not on what is there now.
    live.add(
        "output relation P(x: bigint)\nP(10 / (x - 2)) :- Q(x).\nrelation Q(x: bigint)\nQ(x) :- I(x), x > 2.",
    );
    live.draft.change(&["Q(x) :- I(x), x > 2.".parse().unwrap()], "Q(x) :- I(x), x < 3.").unwrap();
    assert!(matches!(live.engine.revise(live.draft.program()), Err(ReviseError::Run(_))));
    assert_eq!(live.dump("P"), "P{.x = 10}");
}

#[test]
fn values_are_given_back_also_when_recursions_are_older_than_the_program() {
    let mut live = Live::new(
        "typedef name_t = Name{first: string, last: string}\ninput relation Edge(a: bigint, b: bigint)\n\
         relation Named(a: name_t, b: name_t)\n\
         Named(Name{\"first ${a}\", \"last\"}, Name{\"first ${b}\", \"last\"}) :- Edge(a, b).\n\
         output relation Path(a: name_t, b: name_t)\nPath(a, b) :- Named(a, b).\nPath(a, c) :- Path(a, b), Named(b, c).",
    );
    // Other types before those of the recursion: its own are numbered as they were.
    live.add("typedef before_t = Before{x: Vec<Set<string>>}\nfunction before(x: bigint): before_t = Before{[set_singleton(\"${x}\")]}\n\
              output relation B(x: before_t)\nB(before(a)) :- Edge(a, b), a > b + 2.");
    for round in 0..14 {
        let relation = live.engine.program().relation("Edge").unwrap();
        let mut updates = vec![Update::Clear { relation }];
        for at in 0..2000 {
            let first = round * 10_000 + at / 4 * 4;
            let fields = format!("{}, {}", first + at % 4, first + (at + 1) % 4);
            updates.push(Update::Insert { relation, record: record("Edge", &fields) });
        }
        live.engine.commit(updates).unwrap();
    }
    let path = live.engine.program().relation("Path").unwrap();
    let paths = live.engine.dump(path).unwrap();
    assert_eq!(paths.len(), 8000);
    let shown = paths[0].0.to_string();
    assert_eq!(
        shown,
        "Path{.a = Name{.first = \"first 130000\", .last = \"last\"}, .b = Name{.first = \"first 130000\", .last = \"last\"}}"
    );
    assert_eq!(
        live.query("Path(Name{a, _}, Name{b, _}), a == b, var n = a.group_by(()).size()"),
        "n: bit<64>; 2000"
    );
    assert!(live.engine.stats().values < 160_000, "{}", live.engine.stats().values);
}

#[test]
fn accounts_of_rules_that_stay_go_on() {
    let mut live = Live::new(PORTS);
    live.commit(&[("Port", "1, a", true), ("Switch", "a, 7", true)]);
    let runs = |live: &Live| {
        let (program, stats) = (live.engine.program(), live.engine.stats());
        let head = |rule: usize| program.rules[rule].head.relation;
        let zone = program.relation("Zone").unwrap();
        let of_zone = stats.rules.iter().filter(|rule| head(rule.rule.0 as usize) == zone);
        of_zone.map(|rule| (rule.runs, rule.rows_out)).collect::<Vec<_>>()
    };
    assert_eq!(runs(&live), [(1, 1)]);
    live.add("Zone(p, 0) :- Port(p, _).");
    assert_eq!(runs(&live), [(1, 1), (1, 1)]);
    live.insert("Switch", "a, 8");
    assert_eq!(runs(&live), [(2, 2), (1, 1)]);
}

#[test]
fn records_are_found_in_the_same_index_before_and_after() {
    let mut live = Live::new(
        "input relation Port(id: bigint, switch: string)\noutput relation O(x: bigint)\nO(p) :- Port(p, _).",
    );
    live.insert("Port", "1, a");
    let found_in = |live: &Live| {
        let (program, plan) = (live.engine.program(), live.engine.plan());
        let contents = plan.inputs[program.relation("Port").unwrap().0 as usize].as_ref().unwrap();
        format!("{:?}", plan.arrangement(contents.arrangement).projection)
    };
    let before = found_in(&live);
    live.add(
        "input relation Pick(switch: string)\noutput relation P(x: bigint)\nP(p) :- Pick(s), Port(p, s).",
    );
    assert_eq!(found_in(&live), before);
    assert_eq!(live.insert("Pick", "a"), "P{.x = 1}: +1");
    live.remove("P");
    assert_eq!(found_in(&live), before);
    assert_eq!(live.commit(&[("Port", "1, a", false)]), "O{.x = 1}: -1");
}
