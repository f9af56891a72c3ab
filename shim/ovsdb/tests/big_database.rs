//! A database of a hundred million bytes: how much memory it takes to read it.
//!
//! By itself in this file, since it looks at the memory of the whole process.
#![allow(clippy::unwrap_used)]

use std::fmt::Write as _;

use ovsdb::client::{Client, Event};
use ovsdb::monitor::{MonitorSpec, Replica};
use ovsdb::wire::{Framer, RpcConfig};
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream};

/// Bytes of the message with all rows.
const WANTED: usize = 100_000_000;

/// Plays a server that has rows until the message is as long as wanted, without ever holding them. Returns its length.
async fn serve(mut stream: DuplexStream) -> usize {
    let schema = json!({"name": "Lab", "version": "1.0.0", "tables": {"Host": {"columns": {
        "name": {"type": "string"},
        "ips": {"type": {"key": "string", "min": 0, "max": "unlimited"}},
        "options": {"type": {"key": "string", "value": "string", "min": 0, "max": "unlimited"}}}}}});
    let mut heard = Framer::new(ovsdb::wire::FrameLimits::default());
    let mut buffer = [0; 4096];
    loop {
        let n_bytes = stream.read(&mut buffer).await.unwrap();
        heard.push(&buffer[..n_bytes]);
        while let Some(request) = heard.next_object().unwrap() {
            let id = &request["id"];
            match request["method"].as_str().unwrap() {
                "get_schema" => {
                    let reply = json!({"id": id, "result": schema, "error": null}).to_string();
                    stream.write_all(reply.as_bytes()).await.unwrap();
                }
                "monitor_cond_since" => return send_rows(&mut stream, &id.to_string()).await,
                other => panic!("{other}"),
            }
        }
    }
}

async fn send_rows(stream: &mut DuplexStream, id: &str) -> usize {
    let mut sent = 0;
    let mut text = format!(
        r#"{{"error":null,"id":{id},"result":[false,"00000000-0000-0000-0000-000000000001",{{"Host":{{"#
    );
    for n in 0.. {
        let comma = if n == 0 { "" } else { "," };
        write!(
            text,
            r#"{comma}"00000000-0000-0000-0000-{n:012x}":{{"initial":{{"name":"host-{n}","ips":["set",["fd00::{n:x}","10.{}.{}.{}"]],"options":["map",[["neutron:port_name","port {n} of a name that nobody has chosen"],["requested-chassis","hypervisor-{}"]]]}}}}"#,
            n >> 16 & 255,
            n >> 8 & 255,
            n & 255,
            n / 50,
        )
        .unwrap();
        if text.len() >= 1 << 16 {
            sent += text.len();
            stream.write_all(text.as_bytes()).await.unwrap();
            text.clear();
            if sent >= WANTED {
                break;
            }
        }
    }
    text.push_str("}}]}");
    stream.write_all(text.as_bytes()).await.unwrap();
    sent + text.len()
}

/// A line of /proc/self/status, in bytes.
fn memory(key: &str) -> usize {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix(key)).unwrap();
    let kilobytes: usize = line.trim_matches([':', ' ', '\t', 'k', 'B']).parse().unwrap();
    kilobytes << 10
}

#[tokio::test]
async fn its_text_and_its_rows_are_held_once() {
    let (ours, theirs) = tokio::io::duplex(1 << 16);
    let server = tokio::spawn(serve(theirs));
    let before = memory("VmRSS");
    let client = Client::over(ours, RpcConfig::default());
    let mut session = client.watch(MonitorSpec::all("Lab"), Replica::new());
    let rows = loop {
        if let Event::Snapshot(changes) = session.next().await.unwrap() {
            break changes;
        }
    };
    let (after, peak) = (memory("VmRSS") - before, memory("VmHWM") - before);
    let length = server.await.unwrap();
    println!("{} rows, {length} bytes of text: {after} bytes of rows, {peak} at most", rows.changes.len());
    // The rows and the text they are read from, and no third thing as large: no tree of JSON, no second copy of the text.
    assert!(peak < after + length + length / 4, "{peak} bytes for {after} of rows and {length} of text");
}
