//! Hover, definitions and references over the protocol.
#![allow(clippy::unwrap_used)]

mod support;

use serde_json::{Value, json};
use support::Editor;

/// Files with a mark; parts of what is told about the thing there.
const HOVER: &[(&str, &[&str])] = &[
    (
        "// What is plugged in.\ninput relation Port(name: string, tag: bit<12>)\nrelation Q(n: string)\nQ(n) :- $0Port(n, _).",
        &["input relation Port(name: string, tag: bit<12>)", "What is plugged in."],
    ),
    (
        "input relation Port(name: string, tag: bit<12>)\nrelation Q(n: bit<12>)\nQ(t) :- Port(_, t), var x = $0t + 1.",
        &["t: bit<12>"],
    ),
    (
        "import lib\nfunction g(): string = $0f(1)\n//- lib.dl\n// Says it.\nfunction f(x: u8): string = \"x\"",
        &["function f(x: u8): string\n", "Says it.", "module `lib`"],
    ),
    ("function g(x: Option<u8>): u8 = x.$0unwrap_or(1)", &["function unwrap_or(x: Option<'A>, def: 'A): 'A"]),
    ("typedef T = A{x: u8} | B\nfunction g(x: T): bool = x == $0B", &["```ddlog\nB\n```", "of type `T`"]),
    (
        "typedef T = A{\n  // How much.\n  x: u8,\n  y: u8 }\nfunction g(t: T): u8 = t.$0x",
        &["x: u8", "How much.", "of constructor `A`"],
    ),
    ("function g(): bit<16> = 1 $0+ 2", &["bit<16>"]),
    // The last thing that was right is still known.
    ("input relation P(x: u8)\nrelation Q(x: u8)\nQ($0x) :- P(x), x == .", &["x: bit<8>"]),
    ("input relation P(\u{1f600}: u8)\n", &[]),
];

#[test]
fn hover_tells_what_a_thing_is() {
    for (fixture, parts) in HOVER {
        let (mut editor, mark) = Editor::start(fixture);
        let Some(mark) = mark else { continue };
        let hover = editor.at("textDocument/hover", &mark);
        let text = hover["contents"]["value"].as_str().unwrap_or_default();
        for part in *parts {
            assert!(text.contains(part), "{fixture}\ngives\n{text}");
        }
    }
}

/// Files with a mark; where the thing there is declared.
const DEFINITION: &[(&str, &[&str])] = &[
    ("input relation P(x: u8)\nrelation Q(x: u8)\nQ(x) :- $0P(x).", &["main.dl 1:16 P"]),
    (
        "import lib\nrelation Q(x: u8)\nQ(x) :- $0P(x).\n//- lib.dl\ninput relation P(x: u8)",
        &["lib.dl 1:16 P"],
    ),
    // From the imported file's view the program is the one that imports it.
    (
        "import lib\n//- lib.dl\nimport base\nrelation Q(x: u8)\nQ(x) :- $0P(x).\n//- base.dl\ninput relation P(x: u8)",
        &["base.dl 1:16 P"],
    ),
    // Columns count UTF-16 code units.
    (
        "function f(x: string): string = x\nfunction g(): string = \"\u{1f600}\u{1f600}\" ++ $0f(\"\")",
        &["main.dl 1:10 f"],
    ),
    (
        "/* \u{1f600} */ function f(x: string): string = x\nfunction g(): string = $0f(\"\")",
        &["main.dl 1:19 f"],
    ),
    ("function g(x: Option<u8>): u8 = x.$0unwrap_or(1)", &[".library/ddlog_std.dl 90:10 unwrap_or"]),
    ("function g(): u8 = $0nothing(1)", &[]),
];

#[test]
fn definition_leads_to_the_declaration() {
    for (fixture, expected) in DEFINITION {
        let (mut editor, mark) = Editor::start(fixture);
        let found = editor.at("textDocument/definition", &mark.unwrap());
        let found: Vec<String> = all(&found).iter().map(|l| editor.shown(l)).collect();
        let without_line = |s: &str| match s.strip_prefix(".library") {
            Some(rest) => rest.split(' ').filter(|p| !p.contains(':')).collect::<Vec<_>>().join(" "),
            None => s.to_owned(),
        };
        let found: Vec<String> = found.iter().map(|s| without_line(s)).collect();
        let expected: Vec<String> = expected.iter().map(|s| without_line(s)).collect();
        assert_eq!(found, expected, "{fixture}");
    }
}

#[test]
fn a_library_module_can_be_looked_around_in() {
    let (mut editor, mark) = Editor::start("function g(x: Option<u8>): u8 = x.$0unwrap_or(1)");
    let found = editor.at("textDocument/definition", &mark.unwrap());
    let at = &found[0]["range"]["start"];
    let params = json!({ "textDocument": { "uri": found[0]["uri"] }, "position": at });
    let hover = editor.request("textDocument/hover", params);
    assert!(hover["contents"]["value"].as_str().unwrap().contains("function unwrap_or"), "{hover}");
    editor.open(".library/ddlog_std.dl");
    assert_eq!(editor.diagnostics(".library/ddlog_std.dl"), [] as [&str; 0]);
}

#[test]
fn references_are_found_in_all_files() {
    let fixture = "import lib\nrelation Q(x: u8)\nQ(x) :- P(x), not lib::P(1).\n//- lib.dl\ninput relation $0P(x: u8)\n// P is not used here.\n";
    let (mut editor, mark) = Editor::start(fixture);
    let mark = mark.unwrap();
    let mut shown = |include: bool| {
        let context = json!({ "context": { "includeDeclaration": include } });
        let found = editor.at_with("textDocument/references", &mark, context);
        let mut found: Vec<String> = all(&found).iter().map(|l| editor.shown(l)).collect();
        found.sort();
        found
    };
    assert_eq!(shown(true), ["lib.dl 1:16 P", "main.dl 3:24 P", "main.dl 3:9 P"]);
    assert_eq!(shown(false), ["main.dl 3:24 P", "main.dl 3:9 P"]);
    let highlights = editor.at("textDocument/documentHighlight", &mark);
    assert_eq!(all(&highlights).len(), 1, "{highlights}");
}

fn all(value: &Value) -> Vec<Value> {
    value.as_array().cloned().unwrap_or_default()
}
