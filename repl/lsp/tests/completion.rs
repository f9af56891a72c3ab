//! What is offered while a program is being written.
#![allow(clippy::unwrap_used)]

mod support;

use serde_json::{Value, json};
use support::{Editor, Mark};

const PROGRAM: &str = "import lib
input relation Port(name: string, tag: bit<12>, colour: Colour)
relation Tagged(name: string, tag: bit<12>)
typedef Pair = Pair{left: u8, right: u8}
function pick(p: Pair): u8 = p.left
";

const LIB: &str = "//- lib.dl
typedef Colour = Red{depth: u8} | Green{depth: u8, leaf: bool}
// How it looks.
function paint(c: Colour): string = \"x\"
relation Wall(colour: Colour, height: bit<32>)
";

/// What is written after the program, with a mark; some of what is offered, and some of what is not.
const OFFERED: &[(&str, &[&str], &[&str])] = &[
    // Variables, relations and functions where a clause is.
    (
        "Tagged(n, t) :- Port(n, t, _), $0",
        &["n", "t", "Port", "Wall", "paint", "not", "lib"],
        &["typedef", "name", "Pair2"],
    ),
    ("Tagged(n, t) :- Port(n, t, _), Wa$0", &["Wall"], &[]),
    ("Tagged($0) :- Port(n, t, _).", &["n", "t", "paint"], &[]),
    // Fields by name: of relations, of constructors, of other modules' relations; only those that are not there.
    ("Tagged(n, 1) :- Port(.$0", &["name", "tag", "colour"], &["Port", "height"]),
    ("Tagged(n, 1) :- Port(.name = n, .$0", &["tag", "colour"], &["name"]),
    ("Tagged(n, 1) :- Port(.name = n, .$0).", &["tag", "colour"], &["name"]),
    ("Tagged(\"\", 1) :- lib::Wall(.$0", &["height", "colour"], &["name"]),
    ("function mk(): Pair = Pair{.left = 1, .$0}", &["right"], &["left"]),
    // Members of values: fields that all constructors have, and functions that take the value first.
    ("Tagged(w.colour.$0, 1) :- w in Wall().", &["depth", "paint"], &["leaf", "pick"]),
    ("Tagged(n, 1) :- Port(n, _, _), var x = n.$0", &["len", "to_lowercase"], &["depth", "paint"]),
    ("Tagged(n, 1) :- Port(n, _, _), var x = n.le$0.", &["len"], &["depth"]),
    ("function g(p: Pair): u8 { p.$0 }", &["left", "right", "pick"], &["depth"]),
    (
        "function g(p: Option<Pair>): u8 { p.unwrap_or(Pair{1, 2}).$0 }",
        &["left", "right", "pick"],
        &["unwrap_or"],
    ),
    ("function g(p: Option<Pair>): bool { p.is_$0none() }", &["is_none", "is_some"], &["left"]),
    ("function g(p: Pair): string { \"${p.$0\" }", &["left"], &[]),
    // Modules.
    ("Tagged(n, 1) :- lib::$0", &["Wall", "paint", "Red"], &["Port", "n"]),
    ("import $0", &["lib", "graph", "net::ipv4"], &["main", "Port", "ddlog_std"]),
    // Types.
    ("function h(x: $0", &["Pair", "Colour", "bit<>", "string", "Option"], &["paint", "Red"]),
    ("function h(x: Vec<$0", &["Pair", "Colour"], &["paint"]),
    ("function h(x: 'Key, y: '$0)", &["Key"], &["Pair"]),
    ("function h(x: 'Key): '$0 = x", &["Key"], &["Pair"]),
    // Items.
    ("$0", &["relation", "function", "import", "Tagged"], &["n", "pick"]),
    ("in$0", &["input relation", "index"], &["pick"]),
    // New names are the author's.
    ("function $0", &[], &["pick", "Port"]),
    ("Tagged(n, 1) :- Port(n, _, _), var $0", &[], &["n", "Port"]),
    // Neither comments nor texts.
    ("// Po$0", &[], &["Port"]),
    ("function t(): string = \"Po$0\"", &[], &["Port"]),
    ("function t(n: u8): string = \"${$0}\"", &["n", "pick"], &[]),
    ("function t(n: u8): u8 = 12$0", &[], &["n"]),
    // In functions, variables where they can be seen.
    ("function t(n: u8): u8 { var a = n; { var b = a; }; $0 }", &["a", "n"], &["b"]),
];

fn labels(found: &Value) -> Vec<String> {
    let items = found.as_array().cloned().unwrap_or_default();
    items.iter().map(|i| i["label"].as_str().unwrap().to_owned()).collect()
}

fn completed(written: &str) -> (Editor, Mark, Value) {
    let (mut editor, mark) = Editor::start(&format!("{PROGRAM}{written}\n{LIB}"));
    let mark = mark.unwrap();
    let found = editor.at("textDocument/completion", &mark);
    (editor, mark, found)
}

#[test]
fn what_can_be_written_is_offered() {
    for (written, offered, not) in OFFERED {
        let (_editor, _, found) = completed(written);
        let labels = labels(&found);
        for name in *offered {
            assert!(labels.iter().any(|l| l == name), "{written}\nlacks {name}: {labels:?}");
        }
        for name in *not {
            assert!(!labels.iter().any(|l| l == name), "{written}\noffers {name}");
        }
    }
}

fn item(found: &Value, label: &str) -> Value {
    let items = found.as_array().unwrap();
    items.iter().find(|i| i["label"] == label).unwrap_or_else(|| panic!("no {label} in {found}")).clone()
}

#[test]
fn an_offer_tells_its_type_and_what_is_written() {
    let (_editor, mark, found) = completed("Tagged(pa$0, 1) :- w in Wall().");
    let paint = item(&found, "paint");
    assert_eq!(paint["detail"], "paint(c: lib::Colour): string");
    assert_eq!(paint["documentation"]["value"], "How it looks.");
    assert_eq!(paint["textEdit"]["newText"], "paint($0)");
    assert_eq!(paint["insertTextFormat"], 2);
    let start = json!({ "line": mark.line, "character": mark.character - 2 });
    assert_eq!(paint["textEdit"]["range"]["start"], start);
    let (_editor, _, found) = completed("Tagged(n, 1) :- Port(.na$0");
    assert_eq!(item(&found, "name")["textEdit"]["newText"], "name = ");
    assert_eq!(item(&found, "name")["detail"], "string");
    // As a method, the first argument is there already; brackets that are there stay.
    let (_editor, _, found) = completed("Tagged(w.colour.$0, 1) :- w in Wall().");
    assert_eq!(item(&found, "paint")["textEdit"]["newText"], "paint()");
    let (_editor, _, found) = completed("Tagged(pa$0(w), 1) :- w in Wall().");
    assert_eq!(item(&found, "paint")["textEdit"]["newText"], "paint");
}

/// What is written after the program, with a mark; the signature that is shown and the parameter that is being written.
const SIGNATURES: &[(&str, &str, &str)] = &[
    ("Tagged(n, 1) :- Port(n, $0", "Port(name: string, tag: bit<12>, colour: lib::Colour)", "tag: bit<12>"),
    (
        "Tagged(n, 1) :- Port(.colour = $0",
        "Port(name: string, tag: bit<12>, colour: lib::Colour)",
        "colour: lib::Colour",
    ),
    ("function mk(): Pair = Pair{1, $0", "Pair{left: u8, right: u8}", "right: u8"),
    ("function g(c: Colour): string = paint($0)", "paint(c: lib::Colour): string", "c: lib::Colour"),
    ("function g(x: Option<u8>): u8 = x.unwrap_or($0)", "unwrap_or(x: Option<'A>, def: 'A): 'A", "def: 'A"),
    ("function g(x: Option<u8>): u8 = pick(Pair{f(1, 2), [3, 4][0], $0", "", ""),
];

#[test]
fn the_parameters_of_a_call_are_shown() {
    for (written, signature, parameter) in SIGNATURES {
        let (mut editor, mark) = Editor::start(&format!("{PROGRAM}{written}\n{LIB}"));
        let help = editor.at("textDocument/signatureHelp", &mark.unwrap());
        if signature.is_empty() {
            continue;
        }
        let active = help["activeSignature"].as_u64().unwrap() as usize;
        let shown = &help["signatures"][active];
        let label = shown["label"].as_str().unwrap().replace("bit<8>", "u8");
        assert_eq!(label, *signature, "{written}");
        let at = shown["activeParameter"].as_u64().unwrap() as usize;
        let offsets = &shown["parameters"][at]["label"];
        let (from, to) = (offsets[0].as_u64().unwrap() as usize, offsets[1].as_u64().unwrap() as usize);
        let label = shown["label"].as_str().unwrap();
        assert_eq!(label[from..to].replace("bit<8>", "u8"), *parameter, "{written}");
    }
}
