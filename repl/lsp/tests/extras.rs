//! Formatting, folding, selecting, colouring, types beside variables, ways out of mistakes.
#![allow(clippy::unwrap_used)]

mod support;

use serde_json::{Value, json};
use support::Editor;

fn document(editor: &Editor) -> Value {
    json!({ "textDocument": { "uri": editor.uri("main.dl") } })
}

fn asked(editor: &mut Editor, method: &str, more: Value) -> Value {
    let mut params = document(editor);
    params.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    editor.request(method, params)
}

fn whole() -> Value {
    json!({ "start": { "line": 0, "character": 0 }, "end": { "line": 1000, "character": 0 } })
}

#[test]
fn formatting_does_what_weir_fmt_does() {
    let text = "input   relation P( x : u8 )\noutput relation Q(x: u8)\nQ( x ):-P(x).\n";
    let (mut editor, _) = Editor::start(text);
    let options = json!({ "options": { "tabSize": 4, "insertSpaces": true } });
    let edits = asked(&mut editor, "textDocument/formatting", options.clone());
    let edits = edits.as_array().unwrap().clone();
    editor.changes("main.dl", 2, json!([{ "range": edits[0]["range"], "text": edits[0]["newText"] }]));
    let expected = weir_engine::format::format("main.dl", text).unwrap();
    assert_ne!(expected, text);
    // Nothing is left to be done.
    let again = asked(&mut editor, "textDocument/formatting", options.clone());
    assert_eq!(again, json!([]));
    let hover =
        asked(&mut editor, "textDocument/hover", json!({ "position": { "line": 0, "character": 15 } }));
    assert!(hover["contents"]["value"].as_str().unwrap().contains("input relation P(x: u8)"), "{hover}");
    // What cannot be read is left as it is.
    editor.change("main.dl", 3, "input relation (");
    assert_eq!(asked(&mut editor, "textDocument/formatting", options), Value::Null);
}

#[test]
fn items_comments_and_imports_fold() {
    let text = "import graph\nimport json\n// One\n// two.\ninput relation P(\n    x: u8)\n\noutput relation Q(x: u8)\nQ(x) :-\n    P(x).\n// End.\n// Now.";
    let (mut editor, _) = Editor::start(text);
    let folds = asked(&mut editor, "textDocument/foldingRange", json!({}));
    let mut folds: Vec<String> = folds
        .as_array()
        .unwrap()
        .iter()
        .map(|f| format!("{}-{} {}", f["startLine"], f["endLine"], f["kind"].as_str().unwrap_or("item")))
        .collect();
    folds.sort();
    assert_eq!(folds, ["0-1 imports", "10-11 comment", "2-3 comment", "4-5 item", "8-9 item"]);
}

#[test]
fn selections_grow_from_name_to_file() {
    let text = "function f(x: u8): u8 = (x + 1) * 2\nfunction g(): u8 = 1\n";
    let (mut editor, _) = Editor::start(text);
    let found = asked(
        &mut editor,
        "textDocument/selectionRange",
        json!({ "positions": [{ "line": 0, "character": 25 }] }),
    );
    let mut covered = Vec::new();
    let mut next = &found[0];
    while next.is_object() {
        let (start, end) = (&next["range"]["start"], &next["range"]["end"]);
        covered
            .push(format!("{}:{}-{}:{}", start["line"], start["character"], end["line"], end["character"]));
        next = &next["parent"];
    }
    assert_eq!(covered.first().unwrap(), "0:25-0:26");
    assert!(covered.contains(&"0:24-0:31".to_owned()), "{covered:?}");
    assert_eq!(covered[covered.len() - 2..], ["0:0-0:35", "0:0-2:0"]);
}

#[test]
fn names_are_told_apart_for_colouring() {
    let text = "/* \u{1f600} */ input relation P(x: u8)\nfunction f(p: P): bool = p.x.to_string().len() > 1";
    let (mut editor, _) = Editor::start(text);
    let capabilities =
        ["namespace", "class", "type", "enumMember", "property", "function", "variable", "typeParameter"];
    let found = asked(&mut editor, "textDocument/semanticTokens/full", json!({}));
    let data: Vec<u64> = found["data"].as_array().unwrap().iter().map(|n| n.as_u64().unwrap()).collect();
    let lines: Vec<Vec<u16>> = text.lines().map(|l| l.encode_utf16().collect()).collect();
    let (mut line, mut column) = (0, 0);
    let mut told = Vec::new();
    for token in data.chunks(5) {
        column = if token[0] == 0 { column + token[1] } else { token[1] };
        line += token[0];
        let text = &lines[line as usize][column as usize..(column + token[2]) as usize];
        told.push(format!(
            "{} {} {}",
            String::from_utf16(text).unwrap(),
            capabilities[token[3] as usize],
            token[4]
        ));
    }
    let expected = [
        "P class 1",
        "x property 1",
        "u8 type 2",
        "f function 1",
        "p variable 1",
        "P class 0",
        "p variable 0",
        "x property 0",
        "to_string function 2",
        "len function 2",
    ];
    assert_eq!(told, expected);
}

#[test]
fn types_are_shown_beside_variables_that_lack_them() {
    let text = "input relation P(x: u8)\noutput relation Q(x: Option<u8>)\nQ(y) :- P(x), var y = Some{x}.\n\
        function f(x: u8): u8 { var a = x; var b: u8 = a; a + b }\n";
    let (mut editor, _) = Editor::start(text);
    let hints = asked(&mut editor, "textDocument/inlayHint", json!({ "range": whole() }));
    let shown: Vec<String> = hints
        .as_array()
        .unwrap()
        .iter()
        .map(|h| {
            let at = &h["position"];
            format!("{}:{}{}", at["line"], at["character"], h["label"].as_str().unwrap())
        })
        .collect();
    assert_eq!(shown, ["2:19: Option<bit<8>>", "3:29: bit<8>"]);
}

/// A wrong program, the title of the way out, the program after it was taken.
const ACTIONS: &[(&str, &str, &str)] = &[
    (
        "input relation Port(x: u8)\noutput relation Q(x: u8)\nQ(x) :- Ports(x).\n",
        "Change to `Port`",
        "input relation Port(x: u8)\noutput relation Q(x: u8)\nQ(x) :- Port(x).\n",
    ),
    (
        "typedef T = T{depth: u8}\nfunction f(t: T): u8 = t.dept\n",
        "Change to `depth`",
        "typedef T = T{depth: u8}\nfunction f(t: T): u8 = t.depth\n",
    ),
    (
        "output relation Q(x: u8)\ninput relation P(x: u8)\nQ(x) :- P(x), y = x + 1, y > 1.\n",
        "Change to `var y`",
        "output relation Q(x: u8)\ninput relation P(x: u8)\nQ(x) :- P(x), var y = x + 1, y > 1.\n",
    ),
    (
        "output relation Q(x: u8)\ninput relation P(x: u8, y: u8)\nQ(x) :- P(x, y).\n",
        "Change to `_y`",
        "output relation Q(x: u8)\ninput relation P(x: u8, y: u8)\nQ(x) :- P(x, _y).\n",
    ),
    (
        "output relation Q(x: u8)\ninput relation P(x: u8)\nQ(x) :- P(x), x > 1 && x < 5.\n",
        "Change to `and`",
        "output relation Q(x: u8)\ninput relation P(x: u8)\nQ(x) :- P(x), x > 1 and x < 5.\n",
    ),
    (
        "output relation Q(x: Vec<u8>)\ninput relation P(x: Vec<u8>)\nQ(x.map(|y| y + 1)) :- P(x).\n",
        "Import `vec`",
        "import vec\n\noutput relation Q(x: Vec<u8>)\ninput relation P(x: Vec<u8>)\nQ(x.map(|y| y + 1)) :- P(x).\n",
    ),
];

#[test]
fn a_way_out_is_offered_where_a_hint_proposes_one() {
    for (text, title, expected) in ACTIONS {
        let (mut editor, _) = Editor::start(text);
        let context = json!({ "range": whole(), "context": { "diagnostics": [] } });
        let actions = asked(&mut editor, "textDocument/codeAction", context);
        let action = actions.as_array().unwrap().iter().find(|a| a["title"] == *title);
        let action = action.unwrap_or_else(|| panic!("{text}\n{actions}"));
        let edit = &action["edit"]["changes"][editor.uri("main.dl")][0];
        let at = |end: &str| {
            let place = &edit["range"][end];
            let lines = text.split_inclusive('\n').take(place["line"].as_u64().unwrap() as usize);
            lines.map(str::len).sum::<usize>() + place["character"].as_u64().unwrap() as usize
        };
        let mut changed = (*text).to_owned();
        changed.replace_range(at("start")..at("end"), edit["newText"].as_str().unwrap());
        assert_eq!(changed, *expected);
        editor.changes("main.dl", 2, json!([{ "range": edit["range"], "text": edit["newText"] }]));
        assert_eq!(editor.diagnostics("main.dl"), [] as [&str; 0], "{expected}");
    }
}
