//! Match expressions: their normal form, and that it says what the expression says.
#![allow(clippy::unwrap_used)]

#[path = "expressions/flows.rs"]
mod flows;
#[path = "expressions/generate.rs"]
mod generate;
#[path = "expressions/naive.rs"]
mod naive;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use generate::Random;
use naive::{GROUPS, Packet, SETS, SYMBOLS, ones};
use weir_engine::compile::compile;
use weir_engine::value::Value;
use weir_engine::{Config, Engine, Update};

/// A program of these tests, with the network's rules.
fn start(program: &str) -> Engine {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let (program, _) = compile(&root.join(program), &[root.join("rules")]).unwrap();
    Engine::new(program, Config::default()).unwrap()
}

/// What the rules make of each expression.
fn normal_forms(texts: &BTreeSet<String>) -> BTreeMap<String, String> {
    let engine = start("tests/expressions/normal.dl");
    let relation = engine.program().relation("Text").unwrap();
    let record = |text: &String| Value::Struct {
        ctor: "Text".into(),
        fields: vec![("text".into(), Value::Str(text.as_str().into()))],
    };
    let updates = texts.iter().map(|text| Update::Insert { relation, record: record(text) }).collect();
    let commit = engine.commit(updates).unwrap();
    let string = |row: &Value, name| row.field(name).unwrap().as_str().unwrap().to_owned();
    let rows = commit.deltas.iter().flat_map(|delta| &delta.changes);
    rows.map(|(row, _)| (string(&row, "text"), string(&row, "shown"))).collect()
}

#[test]
fn expressions_have_the_normal_forms_of_the_table() {
    let table = include_str!("expressions/cases.txt");
    let lines = table.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
    let cases: Vec<(String, &str)> = lines
        .map(|line| line.rsplit_once(" => ").unwrap())
        .map(|(text, expected)| (text.to_owned(), expected))
        .collect();
    let found = normal_forms(&cases.iter().map(|(text, _)| text.clone()).collect());
    let mut wrong = String::new();
    for (text, expected) in &cases {
        if found[text] != *expected {
            wrong += &format!("{text} => {}\n", found[text]);
        }
    }
    assert!(wrong.is_empty(), "are now:\n{wrong}");
}

#[test]
fn a_packet_passes_the_normal_form_if_it_passes_the_expression() {
    let mut random = Random::new(20);
    let exprs: Vec<_> = (0..600).map(|_| generate::expression(&mut random, 3, false)).collect();
    let forms = normal_forms(&exprs.iter().map(generate::text).collect());
    let packets: Vec<Packet> = (0..300).map(|_| generate::packet(&mut random)).collect();
    let (mut passed, mut not_passed) = (0, 0);
    for expr in &exprs {
        let text = generate::text(expr);
        let form = &forms[&text];
        assert!(!form.starts_with("at "), "{text}: {form}");
        if form.starts_with("refused: more than") {
            continue;
        }
        assert!(!form.starts_with("refused"), "{text}: {form}");
        let form = Form::parse(form);
        form.check_prerequisites(&text);
        for packet in &packets {
            let expected = naive::passes(expr, packet, false);
            assert_eq!(form.passes(packet), expected, "{text} on {packet:x?}");
            *(if expected { &mut passed } else { &mut not_passed }) += 1;
        }
    }
    assert!(passed > 1000 && not_passed > 1000, "{passed} passed, {not_passed} did not: too few to tell");
}

#[test]
fn a_packet_passes_the_flows_if_it_passes_the_expression() {
    let mut random = Random::new(21);
    let exprs: Vec<_> = (0..500).map(|_| generate::expression(&mut random, 3, false)).collect();
    let flows = flows::flows_of(&exprs.iter().map(generate::text).collect());
    let packets: Vec<Packet> = (0..200).map(|_| generate::packet(&mut random)).collect();
    let (mut passed, mut not_passed, mut with_conjunctions) = (0, 0, 0);
    for expr in &exprs {
        let text = generate::text(expr);
        let Some(flows) = flows.get(&text) else { continue };
        with_conjunctions += usize::from(flows::has_conjunction(flows));
        for packet in &packets {
            let expected = naive::passes(expr, packet, false);
            assert_eq!(flows::passes(flows, packet), expected, "{text} on {packet:x?} by {flows:#?}");
            *(if expected { &mut passed } else { &mut not_passed }) += 1;
        }
    }
    let enough = passed > 1000 && not_passed > 1000 && with_conjunctions > 30;
    assert!(
        enough,
        "{passed} passed, {not_passed} did not, {with_conjunctions} with conjunctions: too few to tell"
    );
}

/// A normal form as it is shown.
struct Form<'t>(Vec<Vec<(&'t str, Vec<&'t str>)>>);

impl<'t> Form<'t> {
    fn parse(shown: &'t str) -> Self {
        let conjunctions = shown.split(" | ").filter(|conjunction| *conjunction != "none");
        let test = |word: &'t str| {
            let (field, alternatives) = word.split_once('=').unwrap();
            (field, alternatives.split(',').collect())
        };
        let tests =
            |conjunction: &'t str| conjunction.split(' ').filter(|word| *word != "any").map(test).collect();
        Form(conjunctions.map(tests).collect())
    }

    fn passes(&self, packet: &Packet) -> bool {
        self.0.iter().any(|tests| {
            tests.iter().all(|(field, alternatives)| alternatives.iter().any(|a| agrees(a, field, packet)))
        })
    }

    /// A switch refuses a flow that tests a field of a header without saying that the header is there.
    fn check_prerequisites(&self, text: &str) {
        for tests in &self.0 {
            let only = |field: &str| {
                let found = tests.iter().find(|(name, _)| *name == field);
                found.and_then(|(_, alternatives)| match alternatives.as_slice() {
                    [only] => Some(*only),
                    _ => None,
                })
            };
            for (field, _) in tests {
                let (eth_type, proto): (&[&str], Option<&str>) = match field.split('.').next().unwrap() {
                    "ip4" => (&["800"], None),
                    "ip6" => (&["86dd"], None),
                    "arp" => (&["806"], None),
                    "ip" => (&["800", "86dd"], None),
                    "tcp" => (&["800", "86dd"], Some("6")),
                    "udp" => (&["800", "86dd"], Some("11")),
                    "icmp4" => (&["800"], Some("1")),
                    "icmp6" | "nd" => (&["86dd"], Some("3a")),
                    _ => continue,
                };
                assert!(only("eth.type").is_some_and(|only| eth_type.contains(&only)), "{text}: {tests:?}");
                assert!(proto.is_none() || only("ip.proto") == proto, "{text}: {tests:?}");
            }
        }
    }
}

fn agrees(alternative: &str, field: &str, packet: &Packet) -> bool {
    let hex = |digits| u128::from_str_radix(digits, 16).unwrap();
    if let Some(port) = alternative.strip_prefix('"') {
        return port.strip_suffix('"').unwrap() == packet.inport;
    }
    if let Some(group) = alternative.strip_prefix('@') {
        return GROUPS.iter().find(|(name, _)| *name == group).unwrap().1.contains(&packet.inport);
    }
    let (negated, alternative) = match alternative.strip_prefix('!') {
        Some(rest) => (true, rest),
        None => (false, alternative),
    };
    let value = packet.number(field);
    if let Some(set) = alternative.strip_prefix('$') {
        let (set, run) = set.split_once('[').unwrap_or((set, "0+32]"));
        let (offset, width) = run.strip_suffix(']').unwrap().split_once('+').unwrap();
        let value = value >> offset.parse::<u32>().unwrap() & ones(width.parse().unwrap());
        let members = SETS.iter().find(|(name, _)| *name == set).unwrap().1;
        return members.iter().any(|(member, mask)| (value ^ member) & mask == 0) != negated;
    }
    let whole = SYMBOLS.iter().find(|symbol| symbol.name == field).map_or(128, |symbol| symbol.width);
    let (wanted, mask) = match alternative.split_once('/') {
        Some((value, mask)) => (hex(value), hex(mask)),
        None => (hex(alternative), ones(whole)),
    };
    (value ^ wanted) & mask == 0
}
