//! What the planner refuses and how it says so; that engines share nothing and stop.
#![allow(clippy::unwrap_used)]

mod common;

use weir_engine::engine::RuleStats;
use weir_engine::{CommitError, Engine, Update};

fn refusal(program: &str) -> String {
    match common::start(program) {
        Ok(_) => panic!("accepted: {program}"),
        Err(diagnostics) => {
            let lines = diagnostics.iter().map(|d| format!("{} {}: {}", d.code, d.message, d.primary.text));
            lines.collect::<Vec<_>>().join("\n")
        }
    }
}

/// What the rules of the main module did.
fn own_rules(engine: &Engine) -> Vec<RuleStats> {
    let program = engine.program();
    let own = |rule: &RuleStats| {
        let head = program.rules[rule.rule.0 as usize].head.relation;
        !program.relations[head.0 as usize].name.contains("::")
    };
    engine.stats().rules.into_iter().filter(own).collect()
}

#[test]
fn negation_in_a_cycle_is_refused_with_the_cycle() {
    let message = refusal(
        "input relation I(x: bigint)\nrelation A(x: bigint)\nrelation B(x: bigint)\noutput relation C(x: bigint)\n\
         A(x) :- I(x), not C(x).\nB(x) :- A(x).\nC(x) :- B(x).",
    );
    assert_eq!(
        message,
        "E0301 `C` is negated in a rule for `A`, on which it depends: negated here; the cycle is A <- C <- B <- A"
    );
}

#[test]
fn a_negated_delayed_relation_makes_no_cycle() {
    let mut shell = common::Shell::new(
        "input relation I(x: bigint)\noutput relation A(x: bigint)\nA(x) :- I(x), not B(x).\n\
         relation B(x: bigint)\nB(x) :- A-1(x).",
    );
    shell.run("start; insert I(1); commit dump_changes;");
    shell.run("start; commit dump_changes; start; commit dump_changes;");
    assert_eq!(shell.output, "A:\nA{.x = 1}: +1\nA:\nA{.x = 1}: -1\nA:\nA{.x = 1}: +1\n");
}

#[test]
fn programs_may_have_thousands_of_rules() {
    let mut text = String::from("input relation I(x: bigint)\n");
    for rule in 0..1500 {
        text.push_str(&format!(
            "output relation O{rule}(x: bigint)\nO{rule}(x) :- I(x), x != {rule}, not I(5).\n"
        ));
    }
    let mut shell = common::Shell::new(&text);
    shell.run("start; insert I(3); commit;");
    let touched = own_rules(&shell.engine).into_iter().filter(|rule| rule.rows_out > 0).count();
    assert_eq!(touched, 1499);
}

#[test]
fn what_is_not_touched_does_not_run() {
    let mut shell = common::Shell::new(
        "input relation A(x: bigint)\ninput relation B(x: bigint)\noutput relation OfA(x: bigint)\n\
         output relation OfB(x: bigint)\noutput relation Both(x: bigint)\n\
         OfA(x) :- A(x).\nOfB(x) :- B(x).\nBoth(x) :- OfA(x), OfB(x).",
    );
    shell.run("start; insert A(1); commit; start; insert A(1); commit; start; insert A(2); commit;");
    let runs: Vec<u64> = own_rules(&shell.engine).into_iter().map(|rule| rule.runs).collect();
    assert_eq!(runs, [2, 0, 2]);
}

#[test]
fn relations_that_are_no_inputs_cannot_be_changed() {
    let engine = common::start("output relation O(x: bigint)\nO(1).").unwrap();
    let relation = engine.program().relation("O").unwrap();
    assert_eq!(engine.commit(vec![Update::Clear { relation }]), Err(CommitError::NotInput("O".into())));
    assert!(engine.has_held(relation));
}

#[test]
fn an_engine_is_shared_between_threads_and_commits_one_after_the_other() {
    fn shareable<T: Send + Sync>(_: &T) {}
    let engine =
        common::start("input relation I(x: bigint)\noutput relation O(x: bigint)\nO(x) :- I(x).").unwrap();
    shareable(&engine);
    let relation = engine.program().relation("I").unwrap();
    let commit = |engine: &Engine, number: i128| {
        let field = ("".into(), weir_engine::value::Value::Int(number));
        let record = weir_engine::value::Value::Struct { ctor: "I".into(), fields: vec![field] };
        engine.commit(vec![Update::Insert { relation, record }]).unwrap().epoch
    };
    let mut epochs: Vec<u64> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..4)
            .map(|t| {
                scope.spawn({
                    let engine = &engine;
                    move || (0..25).map(|i| commit(engine, t * 100 + i)).collect::<Vec<_>>()
                })
            })
            .collect();
        threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect()
    });
    epochs.sort_unstable();
    epochs.dedup();
    assert_eq!(epochs.len(), 100);
    assert_eq!(engine.dump(relation).unwrap().len(), 100);
}

#[test]
fn values_that_no_row_holds_are_given_back() {
    let engine = common::start(
        "input relation Edge(a: string, b: string)\noutput relation Path(a: string, b: string)\n\
         output relation Words(a: string, n: usize, all: Vec<string>)\nrelation Long(a: string)\n\
         Path(a, b) :- Edge(a, b).\nPath(a, c) :- Path(a, b), Edge(b, c).\nLong(\"long \" ++ a) :- Edge(a, _).\n\
         Words(a, n, v) :- Edge(a, b), Long(\"long \" ++ b), var g = b.group_by(a),\n\
         \x20   var n = g.group_count_distinct(), var v = g.group_to_vec().",
    )
    .unwrap();
    let relation = engine.program().relation("Edge").unwrap();
    let text = |number: usize| weir_engine::value::Value::Str(format!("node {number}").into());
    let edge = |from: usize, to: usize| weir_engine::value::Value::Struct {
        ctor: "Edge".into(),
        fields: vec![("".into(), text(from)), ("".into(), text(to))],
    };
    let (per_round, mut most) = (3000, 0);
    for round in 0..16 {
        let mut updates = vec![Update::Clear { relation }];
        // Rings of three: what is derived is small, and all of it is new in every round.
        updates.extend((0..per_round).map(|i| {
            let first = round * per_round + i / 3 * 3;
            Update::Insert { relation, record: edge(first + i % 3, first + (i + 1) % 3) }
        }));
        engine.commit(updates).unwrap();
        most = most.max(engine.stats().values);
    }
    let path = engine.program().relation("Path").unwrap();
    let words = engine.program().relation("Words").unwrap();
    assert_eq!(engine.dump(path).unwrap().len(), 3 * per_round);
    let first = &engine.dump(words).unwrap()[0].0;
    assert_eq!(first.to_string(), "Words{.a = \"node 45000\", .n = 1, .all = [\"node 45001\"]}");
    // 16 rounds make about 144,000 values.
    assert!(most < 135_000, "{most} values at some time");
}

#[test]
fn a_recursion_without_end_is_given_up_and_taken_back() {
    let mut shell = common::Shell::new(
        "input relation I(x: bit<32>)\noutput relation N(x: bit<32>)\nN(x) :- I(x).\nN(x + 1) :- N(x), x != 100.",
    );
    shell.run("start; insert I(98); commit dump_changes; start; insert I(200); commit dump_changes;");
    shell.run("start; insert I(99); delete I(98); commit dump_changes; dump I;");
    assert_eq!(
        shell.output,
        "N:\nN{.x = 98}: +1\nN{.x = 99}: +1\nN{.x = 100}: +1\n\
         error: test.dl:4:1: the recursion does not settle within 100000 rounds (in a rule for `N`)\n\
         N:\nN{.x = 98}: -1\nI{.x = 99}\n"
    );
}

#[test]
fn rules_share_arrangements_and_plans_say_so() {
    let engine = common::start(
        "input relation Port(id: bigint, switch: string, up: bool)\ninput relation Switch(name: string, zone: bigint)\n\
         output relation Zone(port: bigint, zone: bigint)\noutput relation Alone(port: bigint)\n\
         Zone(p.id, s.zone) :- p in Port(.up = true), s in Switch(.name = p.switch).\n\
         Zone(-1, z) :- Switch(n, z), Port(_, n, false), z > 3.\nAlone(p) :- Port(p, s, _), not Switch(s, _).",
    )
    .unwrap();
    let relation = engine.program().relation("Zone");
    let text = engine.plan().explain(&engine.program(), relation).to_string();
    let expected = "\
arrangement 0: Switch by (name) with (zone)
arrangement 1: Port by (switch, up) with ()
rule 0 for Zone (test.dl:5)
  from Port
    take (p.id, p.switch, $part)
    == true = $part
    give (p.switch) with (p.id)
  join rows kept by key with arrangement 0 of Switch
    take (p.switch) (p.id) (s.zone)
    give (p.id, s.zone)
rule 1 for Zone (test.dl:6)
  from Switch
    take (n, z)
    give (n, false) with (z)
  keep of rows kept by key what is in arrangement 1 of Port
    take (n, _) (z)
    if (z > 3)
    give (-1, z)
";
    assert_eq!(text, expected);
}
