//! Texts that change, programs that are wrong, editors that misbehave.
#![allow(clippy::unwrap_used)]

mod support;

use serde_json::{Value, json};
use support::{Editor, files};

const NONE: [&str; 0] = [];

#[test]
fn what_is_wrong_is_published_and_taken_back() {
    let (mut editor, _) =
        Editor::start("input relation P(x: u8)\noutput relation Q(x: string)\nQ(x) :- P(x).\n");
    let found = editor.diagnostics("main.dl");
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(found[0].starts_with("3:3 E02"), "{found:?}");
    let version = editor.published.last().unwrap()["version"].clone();
    assert_eq!(version, 1);
    let insert = json!({ "line": 1, "character": 21 });
    let end = json!({ "line": 1, "character": 27 });
    editor.changes("main.dl", 2, json!([{ "range": { "start": insert, "end": end }, "text": "u8" }]));
    assert_eq!(editor.diagnostics("main.dl"), NONE);
    assert_eq!(editor.published.last().unwrap()["version"], 2);
}

#[test]
fn a_mistake_in_an_imported_file_is_told_there() {
    let fixture =
        "import lib\noutput relation Q(x: u8)\nQ(x) :- P(x).\n//- lib.dl\ninput relation P(x: Missing)\n";
    let (mut editor, _) = Editor::start(fixture);
    let found = editor.diagnostics("main.dl");
    assert!(!found.iter().any(|f| f.contains("Missing")), "{found:?}");
    let found = editor.diagnostics("lib.dl");
    assert!(found[0].starts_with("1:21") && found[0].contains("Missing"), "{found:?}");
    // The editor's text is what counts, not the file.
    editor.open_with("lib.dl", "input relation P(x: u8)\n");
    assert_eq!(editor.diagnostics("lib.dl"), NONE);
    assert_eq!(editor.diagnostics("main.dl"), NONE);
    editor.notify("textDocument/didClose", json!({ "textDocument": { "uri": editor.uri("lib.dl") } }));
    assert!(editor.diagnostics("lib.dl")[0].contains("Missing"));
}

#[test]
fn a_declaration_that_moves_breaks_and_mends_other_files() {
    let fixture =
        "import lib\noutput relation Q(x: u8)\nQ(x) :- P(x).\n//- lib.dl\ninput relation $0P(x: u8)\n";
    let (mut editor, _) = Editor::start(fixture);
    assert_eq!(editor.diagnostics("main.dl"), NONE);
    editor.change("lib.dl", 2, "input relation Other(x: u8)\n");
    let found = editor.diagnostics("main.dl");
    assert!(found[0].starts_with("3:9") && found[0].contains("`P`"), "{found:?}");
    editor.change("lib.dl", 3, "input relation P(x: u8)\n");
    assert_eq!(editor.diagnostics("main.dl"), NONE);
}

#[test]
fn secondary_places_are_related_information() {
    let fixture = "input relation P(x: u8)\ninput relation P(y: u8)\n";
    let (mut editor, _) = Editor::start(fixture);
    assert_eq!(editor.diagnostics("main.dl").len(), 1);
    let diagnostic = &editor.published.last().unwrap()["diagnostics"][0];
    let related = &diagnostic["relatedInformation"][0]["location"];
    assert_eq!(editor.shown(related), "main.dl 1:16 P");
    assert_eq!(diagnostic["source"], "weir");
    assert_eq!(diagnostic["severity"], 1);
}

#[test]
fn every_prefix_of_a_program_is_survived() {
    let text = "import lib\ninput relation P(x: u8, y: string) primary key (r) r.x\noutput relation Q(x: u8)\n\
        function f(x: u8): u8 { var y = x; match (y) { 1 -> 2, _ -> y } }\nQ(f(x)) :- P(x, \"a${y}\"), not Q(1).\n";
    let (mut editor, _) = Editor::start(text);
    for (version, (end, _)) in text.char_indices().enumerate() {
        editor.change("main.dl", version as i32 + 2, &text[..end]);
        let line = text[..end].matches('\n').count();
        let place = json!({ "textDocument": { "uri": editor.uri("main.dl") }, "position": { "line": line, "character": 99 } });
        editor.request("textDocument/hover", place);
    }
    editor.change("main.dl", 1000, &text.replace("import lib\n", ""));
    let found = editor.diagnostics("main.dl");
    assert!(found.iter().all(|f| f.contains("`y`")), "{found:?}");
}

#[test]
fn malformed_requests_are_refused_and_survived() {
    let (mut editor, mark) = Editor::start("input relation $0P(x: u8)\n");
    let (code, _) = editor.refused("textDocument/hover", json!({ "position": 1 }));
    assert_eq!(code, -32602);
    let (code, _) = editor.refused("weir/nothing", Value::Null);
    assert_eq!(code, -32601);
    editor.notify("textDocument/didChange", json!([1, 2]));
    editor.notify("textDocument/didOpen", json!({}));
    editor.notify(
        "textDocument/didChange",
        json!({
            "textDocument": { "uri": "file:///not/open.dl", "version": 1 }, "contentChanges": [{ "text": "" }]
        }),
    );
    let outside = json!({
        "textDocument": { "uri": editor.uri("main.dl") }, "position": { "line": 4_000_000_000_u32, "character": 4_000_000_000_u32 }
    });
    assert_eq!(editor.request("textDocument/hover", outside), Value::Null);
    let elsewhere =
        json!({ "textDocument": { "uri": "untitled:x" }, "position": { "line": 0, "character": 0 } });
    assert_eq!(editor.request("textDocument/hover", elsewhere), Value::Null);
    assert!(editor.at("textDocument/hover", &mark.unwrap()).is_object());
}

#[test]
fn a_range_the_wrong_way_round_or_outside_changes_what_it_can() {
    let (mut editor, _) = Editor::start("input relation P(x: u8)\n");
    let range = |a: u32, b: u32, c: u32, d: u32| json!({ "start": { "line": a, "character": b }, "end": { "line": c, "character": d } });
    let uri = editor.uri("main.dl");
    editor.changes(
        "main.dl",
        2,
        json!([
            { "range": range(9, 9, 9, 12), "text": "output relation Q(x: u8)\n" },
            { "range": range(0, 16, 0, 15), "text": "Port" },
            { "range": range(1, 99, 1, 99), "text": " // \u{1f600}" },
        ]),
    );
    let params = json!({ "textDocument": { "uri": uri }, "position": { "line": 0, "character": 16 } });
    let hover = editor.request("textDocument/hover", params);
    assert!(hover["contents"]["value"].as_str().unwrap().contains("input relation Port(x: u8)"), "{hover}");
    assert_eq!(editor.diagnostics("main.dl"), NONE);
}

#[test]
fn a_text_without_a_file_is_a_program() {
    let mut editor = Editor::with_options(&[], json!({}));
    let document = json!({ "uri": "untitled:Untitled-1", "languageId": "ddlog", "version": 1, "text": "input relation P(x: Nope)" });
    editor.notify("textDocument/didOpen", json!({ "textDocument": document }));
    let place = json!({ "textDocument": { "uri": "untitled:Untitled-1" }, "position": { "line": 0, "character": 15 } });
    assert!(editor.request("textDocument/hover", place).is_object());
    assert!(editor.published.last().unwrap()["diagnostics"][0]["message"].as_str().unwrap().contains("Nope"));
}

#[test]
fn the_main_file_and_where_imports_are_can_be_configured() {
    let (files, _) = files(
        "//- deep/down/here/main.dl\nimport part\nimport far\n//- else/far.dl\ninput relation F(x: u8)\n\
         //- deep/down/here/part.dl\nimport far\noutput relation Q(x: u8)\nQ(x) :- F(x).\n",
    );
    let options = json!({ "main": "deep/down/here/main.dl", "search": ["else"] });
    let mut editor = Editor::with_options(&files, options);
    editor.open("deep/down/here/part.dl");
    assert_eq!(editor.diagnostics("deep/down/here/part.dl"), NONE);
    let mut editor = Editor::with_options(&files, json!({}));
    editor.open("deep/down/here/part.dl");
    assert!(editor.diagnostics("deep/down/here/main.dl")[0].contains("`far`"));
}

#[test]
fn bytes_are_counted_if_the_editor_offers_it() {
    use lsp_server::{Connection, Message, Request};
    let (here, there) = Connection::memory();
    let server = std::thread::spawn(move || weir_lsp::serve(&there).unwrap());
    let ask = |id: i32, method: &str, params: Value| {
        let request = Request { id: id.into(), method: method.to_owned(), params };
        here.sender.send(request.into()).unwrap();
        loop {
            if let Message::Response(response) = here.receiver.recv().unwrap() {
                return serde_json::to_value(response).unwrap()["result"].clone();
            }
        }
    };
    let note = |method: &str, params: Value| {
        let notification = lsp_server::Notification { method: method.to_owned(), params };
        here.sender.send(notification.into()).unwrap();
    };
    let capabilities = json!({ "general": { "positionEncodings": ["utf-8", "utf-16"] } });
    let result = ask(1, "initialize", json!({ "capabilities": capabilities }));
    assert_eq!(result["capabilities"]["positionEncoding"], "utf-8");
    note("initialized", json!({}));
    let text = "/* \u{1f600} */ input relation P(x: u8)";
    let document = json!({ "uri": "untitled:x", "languageId": "ddlog", "version": 1, "text": text });
    note("textDocument/didOpen", json!({ "textDocument": document }));
    let at = text.find("P(").unwrap();
    let place =
        json!({ "textDocument": { "uri": "untitled:x" }, "position": { "line": 0, "character": at } });
    let hover = ask(2, "textDocument/hover", place);
    assert_eq!(hover["range"]["start"]["character"], at);
    ask(3, "shutdown", Value::Null);
    note("exit", Value::Null);
    server.join().unwrap();
}

/// What an editor says after the first answer, and whether the server calls that a right end.
const ENDS: &[(&[&str], bool)] = &[
    (&["shutdown", "exit"], true),
    // Not every editor says that it is initialized; some ask on after the end.
    (&["initialized", "shutdown", "workspace/symbol", "exit"], true),
    (&["exit"], false),
    // The editor is gone.
    (&["initialized"], true),
];

#[test]
fn the_server_ends_as_it_is_told() {
    use lsp_server::{Connection, Message, Notification, Request};
    for (said, right) in ENDS {
        let (here, there) = Connection::memory();
        let server = std::thread::spawn(move || weir_lsp::serve(&there));
        for (id, method) in std::iter::once(&"initialize").chain(*said).enumerate() {
            let (method, params) = ((*method).to_owned(), json!({ "capabilities": {} }));
            let message: Message = match method.as_str() {
                "exit" | "initialized" => Notification { method, params }.into(),
                _ => Request { id: (id as i32).into(), method, params }.into(),
            };
            here.sender.send(message).unwrap();
        }
        let Connection { sender, receiver } = here;
        drop(sender);
        assert_eq!(server.join().unwrap().is_ok(), *right, "{said:?}");
        let refused = receiver.iter().filter(|m| serde_json::to_value(m).unwrap()["error"]["code"] == -32600);
        assert_eq!(refused.count(), usize::from(said.contains(&"workspace/symbol")), "{said:?}");
    }
}
