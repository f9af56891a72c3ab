//! Outlines of files, and names looked for in all of them.
#![allow(clippy::unwrap_used)]

mod support;

use serde_json::{Value, json};
use support::Editor;

const FILES: &str = "import lib
#[original = \"p\"]
input relation Port(name: string,
                    tag: bit<12>)
typedef Colour = Red{depth: u8} | Green
function paint(c: Colour): string = \"x\"
index ByName(n: string) on Port(n, _)
Wall(n) :- Port(n, _).
//- lib.dl
output relation Wall(port_name: string)
";

#[test]
fn the_outline_of_a_file_is_a_tree() {
    let (mut editor, _) = Editor::start(FILES);
    let found = editor
        .request("textDocument/documentSymbol", json!({ "textDocument": { "uri": editor.uri("main.dl") } }));
    let mut lines = Vec::new();
    outline(&found, 0, &mut lines);
    let expected = "2-4 Port input relation
  3-3 name string
  4-4 tag bit<12>
5-5 Colour
  5-5 Red
    5-5 depth bit<8>
  5-5 Green
6-6 paint (Colour): string
7-7 ByName
8-8 Wall :-";
    assert_eq!(lines.join("\n"), expected);
}

fn outline(symbols: &Value, depth: usize, lines: &mut Vec<String>) {
    for symbol in symbols.as_array().into_iter().flatten() {
        let line = |end: &str| symbol["range"][end]["line"].as_u64().unwrap() + 1;
        let detail = symbol["detail"].as_str().unwrap_or_default();
        let text = format!("{}-{} {} {detail}", line("start"), line("end"), symbol["name"].as_str().unwrap());
        lines.push(format!("{}{}", "  ".repeat(depth), text.trim_end()));
        outline(&symbol["children"], depth + 1, lines);
    }
}

#[test]
fn names_are_found_by_their_letters_in_all_files() {
    let (mut editor, _) = Editor::start(FILES);
    editor.open("lib.dl");
    for (query, expected) in [
        ("wall", &["lib.dl Wall"][..]),
        ("pt", &["main.dl Port", "main.dl paint", "main.dl depth", "lib.dl port_name"]),
        ("pname", &["lib.dl port_name"]),
        ("Green", &["main.dl Green"]),
        ("unwrap", &[]),
    ] {
        let found = editor.request("workspace/symbol", json!({ "query": query }));
        let shown =
            |s: &Value| format!("{} {}", editor.name(&s["location"]["uri"]), s["name"].as_str().unwrap());
        let found: Vec<String> = found.as_array().unwrap().iter().map(shown).collect();
        assert_eq!(found, expected, "{query}");
    }
}
