//! Other names for things.
#![allow(clippy::unwrap_used)]

mod support;

use serde_json::{Value, json};
use support::{Editor, files};

/// Files with a mark, the new name, the main file afterwards.
const RENAMED: &[(&str, &str, &str)] = &[
    (
        "input relation P(x: u8)\nrelation Q(x: u8)\nQ(x) :- $0P(x), not P(1).\nfunction f(p: P): P = P{p.x}\n",
        "Port",
        "input relation Port(x: u8)\nrelation Q(x: u8)\nQ(x) :- Port(x), not Port(1).\nfunction f(p: Port): Port = Port{p.x}\n",
    ),
    (
        "input relation P($0x: u8)\nrelation Q(x: u8)\nQ(x) :- P(.x = x).\nQ(p.x) :- p in P().\n",
        "tag",
        "input relation P(tag: u8)\nrelation Q(x: u8)\nQ(x) :- P(.tag = x).\nQ(p.tag) :- p in P().\n",
    ),
    (
        "input relation P(x: u8)\nrelation Q(x: u8, s: string)\nQ($0x, \"${x}\") :- P(x), x > 1.\nQ(x, \"\") :- P(x).\n",
        "y",
        "input relation P(x: u8)\nrelation Q(x: u8, s: string)\nQ(y, \"${y}\") :- P(y), y > 1.\nQ(x, \"\") :- P(x).\n",
    ),
    (
        "typedef T = A{x: u8} | B{x: u8}\nfunction f(t: T): u8 { match (t) { A{.x = 1} -> 2, _ -> t.$0x } }\n",
        "depth",
        "typedef T = A{depth: u8} | B{depth: u8}\nfunction f(t: T): u8 { match (t) { A{.depth = 1} -> 2, _ -> t.depth } }\n",
    ),
    (
        "function f(x: '$0A, y: Vec<'A>): 'A = x\nfunction g(x: 'A): 'A = x\n",
        "Key",
        "function f(x: 'Key, y: Vec<'Key>): 'Key = x\nfunction g(x: 'A): 'A = x\n",
    ),
    (
        "function f(x: u8): u8 = x\nfunction $0f(x: string): string = x\nfunction g(): string = f(\"\") ++ \"${f(8'd1)}\"\n",
        "h",
        "function f(x: u8): u8 = x\nfunction h(x: string): string = x\nfunction g(): string = h(\"\") ++ \"${f(8'd1)}\"\n",
    ),
    // A shadowed name is another one.
    (
        "function f(x: u8): u8 { var y = $0x; { var x = y; x }; x }\n",
        "z",
        "function f(z: u8): u8 { var y = z; { var x = y; x }; z }\n",
    ),
    (
        "/* \u{1f600} */ function $0f(): u8 = 1 /* \u{1f600} */ function g(): u8 = f()\n",
        "one",
        "/* \u{1f600} */ function one(): u8 = 1 /* \u{1f600} */ function g(): u8 = one()\n",
    ),
];

fn edited(editor: &Editor, answer: &Value, file: &str) -> String {
    let mut lines: Vec<Vec<u16>> =
        editor.text(file).split('\n').map(|l| l.encode_utf16().collect()).collect();
    let edits = answer["changes"][editor.uri(file)].as_array().cloned().unwrap_or_default();
    for edit in edits.iter().rev() {
        let at = |end: &str, what: &str| edit["range"][end][what].as_u64().unwrap() as usize;
        let line = &mut lines[at("start", "line")];
        let new: Vec<u16> = edit["newText"].as_str().unwrap().encode_utf16().collect();
        line.splice(at("start", "character")..at("end", "character"), new);
    }
    lines.iter().map(|l| String::from_utf16(l).unwrap()).collect::<Vec<_>>().join("\n")
}

#[test]
fn a_thing_is_renamed_wherever_it_is_named() {
    for (fixture, new, expected) in RENAMED {
        let (mut editor, mark) = Editor::start(fixture);
        let mark = mark.unwrap();
        let prepared = editor.at("textDocument/prepareRename", &mark);
        assert!(prepared["placeholder"].is_string(), "{fixture}");
        let answer = editor.at_with("textDocument/rename", &mark, json!({ "newName": new }));
        assert_eq!(edited(&editor, &answer, "main.dl"), *expected);
    }
}

/// Files with a mark, the new name, part of the reason why not.
const REFUSED: &[(&str, &str, &str)] = &[
    ("function f(x: Option<u8>): u8 = x.$0unwrap_or(1)\n", "other", "`unwrap_or` is part of the library"),
    ("input relation $0P(x: u8)\n", "port", "starts with a capital letter"),
    ("input relation P($0x: u8)\n", "X", "starts with a small letter"),
    ("input relation $0P(x: u8)\n", "A B", "`A B` is no name"),
    ("input relation P($0x: u8)\n", "relation", "a word of the language"),
    ("input relation P($0x: u8)\n", "", "is no name"),
    ("input relation $0P(x: u8)\nrelation Q(x: u8)\n", "Q", "the program is wrong"),
    ("input relation P($0x: u8, y: u8)\n", "y", "the program is wrong"),
    ("function f($0x: u8): u8 { var y = 1; x + y }\n", "y", "would mean something else"),
    ("function f(x: u8): u8 { var y = $0x; { var z = y; x + z } }\n", "z", "would mean something else"),
    (
        "input relation P(x: u8, y: u8)\nrelation Q(x: u8)\nQ($0x) :- P(x, z), z > 1.\n",
        "z",
        "the program is wrong",
    ),
    (
        "input relation P(x: u8)\nrelation Q(x: u8)\nQ($0x) :- P(x), P(z), z > 1.\n",
        "z",
        "would mean something else",
    ),
    ("import graph\nfunction f(): u8 = 1 // $0\n", "x", "nothing here that has a name"),
    ("import $0graph\n", "x", "`graph` is a module"),
];

#[test]
fn a_name_that_would_not_do_is_refused() {
    for (fixture, new, reason) in REFUSED {
        let (mut editor, mark) = Editor::start(fixture);
        let params = editor.place(&mark.unwrap(), json!({ "newName": new }));
        let (code, message) = editor.refused("textDocument/rename", params);
        assert_eq!(code, -32803, "{fixture}");
        assert!(message.contains(reason), "{fixture} to {new}\n{message}");
    }
}

/// The rules of the repository as a fixture.
fn rules() -> Vec<(String, String)> {
    let directory = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../rules");
    let mut found = Vec::new();
    let mut waiting = vec![directory.clone()];
    while let Some(within) = waiting.pop() {
        for entry in std::fs::read_dir(within).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                waiting.push(path);
            } else if path.extension().is_some_and(|extension| extension == "dl") {
                let name = path.strip_prefix(&directory).unwrap().to_str().unwrap().to_owned();
                found.push((name, std::fs::read_to_string(&path).unwrap()));
            }
        }
    }
    found
}

#[test]
fn a_relation_of_the_network_program_is_renamed_in_all_files() {
    let rules = rules();
    let mut editor = Editor::with_options(&rules, json!({}));
    editor.open("openflow.dl");
    let text = editor.text("openflow.dl");
    let declared = "output relation Flow(";
    let line = text.lines().position(|l| l.starts_with(declared)).unwrap();
    let mark = support::Mark { file: "openflow.dl".to_owned(), line: line as u32, character: 17 };
    let answer = editor.at_with("textDocument/rename", &mark, json!({ "newName": "Stream1" }));
    let changed = answer["changes"].as_object().unwrap().len();
    assert!(changed > 1, "the relation is used in other files: {answer}");
    for (file, _) in &rules {
        std::fs::write(editor.path(file), edited(&editor, &answer, file)).unwrap();
    }
    let main = editor.path("weir.dl");
    match weir_engine::compile::compile(&main, &[]) {
        Ok((program, _)) => {
            let names: Vec<String> = program.relations.iter().map(|r| r.name.to_string()).collect();
            assert!(names.iter().any(|n| n == "openflow::Stream1"), "{names:?}");
            assert!(!names.iter().any(|n| n == "openflow::Flow"), "{names:?}");
        }
        Err((_, diagnostics)) => panic!("{diagnostics:?}"),
    }
}

#[test]
fn files_of_a_fixture_are_read_as_written() {
    let (files, mark) = files("a\n//- b.dl\nc $0d\n");
    assert_eq!(files, [("main.dl".to_owned(), "a\n".to_owned()), ("b.dl".to_owned(), "c d\n".to_owned())]);
    assert_eq!(mark.unwrap().character, 2);
}
