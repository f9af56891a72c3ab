//! `weir lsp` as an editor runs it: a process, and messages over its input and output.
#![allow(clippy::unwrap_used)]

use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Child, ChildStdout, Command, Stdio};

use serde_json::{Value, json};

struct Server {
    process: Child,
    output: BufReader<ChildStdout>,
}

impl Server {
    fn start() -> Server {
        let mut process = Command::new(env!("CARGO_BIN_EXE_weir"))
            .args(["lsp", "--stdio"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let output = BufReader::new(process.stdout.take().unwrap());
        Server { process, output }
    }

    fn send(&mut self, message: &Value) {
        let mut message = message.clone();
        message["jsonrpc"] = json!("2.0");
        let text = message.to_string();
        let input = self.process.stdin.as_mut().unwrap();
        write!(input, "Content-Length: {}\r\n\r\n{text}", text.len()).unwrap();
        input.flush().unwrap();
    }

    fn receive(&mut self) -> Value {
        let mut length = 0;
        loop {
            let mut line = String::new();
            assert!(self.output.read_line(&mut line).unwrap() > 0, "the server is gone");
            match line.trim_end().strip_prefix("Content-Length: ") {
                Some(number) => length = number.parse().unwrap(),
                None if line.trim_end().is_empty() => break,
                None => {}
            }
        }
        let mut text = vec![0; length];
        self.output.read_exact(&mut text).unwrap();
        serde_json::from_slice(&text).unwrap()
    }
}

#[test]
fn the_network_program_is_looked_at_and_the_server_ends_when_told() {
    let main = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("rules/weir.dl");
    let uri = format!("file://{}", main.display());
    let text = std::fs::read_to_string(&main).unwrap();
    let mut server = Server::start();
    server.send(&json!({ "id": 1, "method": "initialize", "params": { "capabilities": {} } }));
    let answer = server.receive();
    assert_eq!(answer["result"]["capabilities"]["positionEncoding"], "utf-16");
    server.send(&json!({ "method": "initialized", "params": {} }));
    let document = json!({ "uri": uri, "languageId": "ddlog", "version": 7, "text": text });
    server.send(&json!({ "method": "textDocument/didOpen", "params": { "textDocument": document } }));
    // It comes without being asked for.
    let published = server.receive();
    assert_eq!(published["method"], "textDocument/publishDiagnostics");
    assert_eq!(published["params"], json!({ "uri": uri, "diagnostics": [], "version": 7 }));
    let change = json!({ "textDocument": { "uri": uri, "version": 8 }, "contentChanges": [{ "text": "import nothing\n" }] });
    server.send(&json!({ "method": "textDocument/didChange", "params": change }));
    let published = server.receive();
    assert_eq!(published["params"]["version"], 8);
    assert!(
        published["params"]["diagnostics"][0]["message"].as_str().unwrap().contains("nothing"),
        "{published}"
    );
    server.send(&json!({ "id": 2, "method": "shutdown" }));
    assert_eq!(server.receive()["id"], 2);
    server.send(&json!({ "method": "exit" }));
    assert!(server.process.wait().unwrap().success());
}
