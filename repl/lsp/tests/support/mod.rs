//! An editor for tests: files in a directory of their own, a server over a connection in memory.
#![allow(dead_code, clippy::unwrap_used)]

use std::path::{Path, PathBuf};
use std::thread::JoinHandle;

use lsp_server::{Connection, Message, Notification, Request, RequestId, Response};
use serde_json::{Value, json};

/// An editor with a server.
pub(crate) struct Editor {
    connection: Connection,
    server: Option<JoinHandle<()>>,
    directory: tempfile::TempDir,
    next: i32,
    /// What the server has published, newest last.
    pub(crate) published: Vec<Value>,
}

/// A place in a file.
#[derive(Clone, Debug)]
pub(crate) struct Mark {
    pub(crate) file: String,
    pub(crate) line: u32,
    pub(crate) character: u32,
}

/// Files, written one after the other: `//- name` starts one; text before the first is `main.dl`. `$0` is the mark.
pub(crate) fn files(fixture: &str) -> (Vec<(String, String)>, Option<Mark>) {
    let mut files: Vec<(String, String)> = Vec::new();
    let mut mark = None;
    for line in fixture.split_inclusive('\n') {
        if let Some(name) = line.strip_prefix("//- ") {
            files.push((name.trim().to_owned(), String::new()));
            continue;
        }
        if files.is_empty() {
            files.push(("main.dl".to_owned(), String::new()));
        }
        let (name, text) = files.last_mut().unwrap();
        let mut line = line.to_owned();
        if let Some(at) = line.find("$0") {
            let character = line[..at].encode_utf16().count() as u32;
            let number = text.matches('\n').count() as u32;
            mark = Some(Mark { file: name.clone(), line: number, character });
            line.replace_range(at..at + 2, "");
        }
        text.push_str(&line);
    }
    (files, mark)
}

impl Editor {
    /// Starts a server on these files, and opens the one with the mark, or the first.
    pub(crate) fn start(fixture: &str) -> (Editor, Option<Mark>) {
        let (files, mark) = files(fixture);
        let mut editor = Editor::with_options(&files, json!({}));
        let first = mark.as_ref().map_or(files[0].0.clone(), |m| m.file.clone());
        editor.open(&first);
        (editor, mark)
    }

    /// Starts a server on these files and opens none.
    pub(crate) fn with_options(files: &[(String, String)], options: Value) -> Editor {
        let directory = tempfile::tempdir().unwrap();
        for (name, text) in files {
            let path = directory.path().join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }
        let (here, there) = Connection::memory();
        let server = std::thread::spawn(move || weir_lsp::serve(&there).unwrap());
        let mut editor =
            Editor { connection: here, server: Some(server), directory, next: 0, published: Vec::new() };
        let mut options = options;
        options["library"] = json!(editor.path(".library"));
        let answer = editor.request(
            "initialize",
            json!({
                "processId": null,
                "rootUri": uri(editor.directory.path()),
                "initializationOptions": options,
                "capabilities": {
                    "textDocument": {
                        "publishDiagnostics": { "relatedInformation": true },
                        "completion": { "completionItem": { "snippetSupport": true } },
                        "documentSymbol": { "hierarchicalDocumentSymbolSupport": true }
                    }
                }
            }),
        );
        assert_eq!(answer["serverInfo"]["name"], "weir");
        editor.notify("initialized", json!({}));
        editor
    }

    pub(crate) fn path(&self, file: &str) -> PathBuf {
        self.directory.path().join(file)
    }

    pub(crate) fn uri(&self, file: &str) -> String {
        uri(&self.path(file))
    }

    /// The name of a file by URI.
    pub(crate) fn name(&self, uri: &Value) -> String {
        let root = format!("{}/", self.uri("").trim_end_matches('/'));
        uri.as_str().unwrap().trim_start_matches(&root).to_owned()
    }

    pub(crate) fn text(&self, file: &str) -> String {
        std::fs::read_to_string(self.path(file)).unwrap()
    }

    pub(crate) fn open(&mut self, file: &str) {
        let text = self.text(file);
        self.open_with(file, &text);
    }

    pub(crate) fn open_with(&mut self, file: &str, text: &str) {
        let document = json!({ "uri": self.uri(file), "languageId": "ddlog", "version": 1, "text": text });
        self.notify("textDocument/didOpen", json!({ "textDocument": document }));
    }

    /// Sets the whole text of an open file.
    pub(crate) fn change(&mut self, file: &str, version: i32, text: &str) {
        self.changes(file, version, json!([{ "text": text }]));
    }

    pub(crate) fn changes(&mut self, file: &str, version: i32, changes: Value) {
        let document = json!({ "uri": self.uri(file), "version": version });
        let params = json!({ "textDocument": document, "contentChanges": changes });
        self.notify("textDocument/didChange", params);
    }

    pub(crate) fn notify(&mut self, method: &str, params: Value) {
        let notification = Notification { method: method.to_owned(), params };
        self.connection.sender.send(notification.into()).unwrap();
    }

    /// Asks, and gives the answer; what is published meanwhile is kept.
    pub(crate) fn request(&mut self, method: &str, params: Value) -> Value {
        let response = self.response(method, params);
        match response.response_kind() {
            Ok(value) => value,
            Err(error) => panic!("{method}: {error}"),
        }
    }

    /// Asks, and gives the error.
    pub(crate) fn refused(&mut self, method: &str, params: Value) -> (i64, String) {
        let response = serde_json::to_value(self.response(method, params)).unwrap();
        let error = &response["error"];
        (error["code"].as_i64().unwrap(), error["message"].as_str().unwrap().to_owned())
    }

    pub(crate) fn response(&mut self, method: &str, params: Value) -> Response {
        self.next += 1;
        let id = RequestId::from(self.next);
        let request = Request { id: id.clone(), method: method.to_owned(), params };
        self.connection.sender.send(request.into()).unwrap();
        loop {
            match self.connection.receiver.recv().unwrap() {
                Message::Response(response) => {
                    assert_eq!(response.id, id);
                    return response;
                }
                Message::Notification(n) if n.method == "textDocument/publishDiagnostics" => {
                    self.published.push(n.params);
                }
                other => panic!("{other:?}"),
            }
        }
    }

    /// Asks about a place.
    pub(crate) fn at(&mut self, method: &str, mark: &Mark) -> Value {
        self.at_with(method, mark, json!({}))
    }

    /// Asks about a place, with more parameters.
    pub(crate) fn at_with(&mut self, method: &str, mark: &Mark, more: Value) -> Value {
        let params = self.place(mark, more);
        self.request(method, params)
    }

    pub(crate) fn place(&self, mark: &Mark, more: Value) -> Value {
        let mut params = json!({
            "textDocument": { "uri": self.uri(&mark.file) },
            "position": { "line": mark.line, "character": mark.character },
        });
        if let Value::Object(more) = more {
            params.as_object_mut().unwrap().extend(more);
        }
        params
    }

    /// What is wrong with a file, as last published: `line:column code message`, lines and columns from 1. Any answer
    /// comes after what was published before it.
    pub(crate) fn diagnostics(&mut self, file: &str) -> Vec<String> {
        let mark = Mark { file: file.to_owned(), line: 0, character: 0 };
        self.at("textDocument/hover", &mark);
        let uri = self.uri(file);
        let last = self.published.iter().rev().find(|p| p["uri"] == uri.as_str());
        let diagnostics = last.and_then(|p| p["diagnostics"].as_array()).cloned().unwrap_or_default();
        let shown = diagnostics.iter().map(|d| {
            let start = &d["range"]["start"];
            let (line, column) = (start["line"].as_u64().unwrap(), start["character"].as_u64().unwrap());
            let message = d["message"].as_str().unwrap().lines().next().unwrap();
            format!("{}:{} {} {message}", line + 1, column + 1, d["code"].as_str().unwrap())
        });
        shown.collect()
    }

    /// `file line:column text` of a location.
    pub(crate) fn shown(&self, location: &Value) -> String {
        let name = self.name(&location["uri"]);
        let range = &location["range"];
        let text = self.text(&name);
        let line = range["start"]["line"].as_u64().unwrap();
        let (from, to) = (&range["start"]["character"], &range["end"]["character"]);
        let (from, to) = (from.as_u64().unwrap() as usize, to.as_u64().unwrap() as usize);
        let units: Vec<u16> = text.lines().nth(line as usize).unwrap_or("").encode_utf16().collect();
        let covered = String::from_utf16(units.get(from..to).unwrap_or(&[])).unwrap();
        format!("{name} {}:{} {covered}", line + 1, from + 1)
    }
}

trait ResponseKind {
    fn response_kind(self) -> Result<Value, String>;
}

impl ResponseKind for Response {
    fn response_kind(self) -> Result<Value, String> {
        let value = serde_json::to_value(self).unwrap();
        match value.get("error") {
            Some(error) if !error.is_null() => Err(error.to_string()),
            _ => Ok(value["result"].clone()),
        }
    }
}

impl Drop for Editor {
    fn drop(&mut self) {
        let Some(server) = self.server.take() else { return };
        if std::thread::panicking() {
            return;
        }
        self.request("shutdown", Value::Null);
        self.notify("exit", Value::Null);
        server.join().unwrap();
    }
}

pub(crate) fn uri(path: &Path) -> String {
    format!("file://{}", path.display())
}
