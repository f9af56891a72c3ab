//! What each fuzz target does with its input. The tests run the same on the corpus and on mutations of it.
#![allow(dead_code, unreachable_pub)]

use std::collections::BTreeMap;
use std::time::Instant;

use ovsdb::connection::{Connection, Output};
use ovsdb::monitor::{MonitorPlan, MonitorSpec, Replica, TableUpdates, UpdateStyle};
use ovsdb::relations::relations;
use ovsdb::schema::DatabaseSchema;
use ovsdb::wire::{FrameLimits, Framer, Incoming, JsonText, Rpc, RpcConfig};
use serde_json::Value;

/// A stream from a peer: however it is chopped up, the same comes out of it, up to the same error.
pub fn frame(data: &[u8]) {
    let limits = FrameLimits { length: 4096, depth: 16 };
    let (objects, error) = frames(limits, [data]);
    let (chopped, chopped_error) = frames(limits, data.chunks(7));
    assert_eq!((&objects, &error), (&chopped, &chopped_error));
    for object in objects {
        let text = object.to_string();
        let (again, error) = frames(FrameLimits::default(), [text.as_bytes()]);
        assert_eq!((again, error), (vec![object], None));
    }
    let now = Instant::now();
    let mut rpc = Rpc::new(RpcConfig::default(), now);
    rpc.request("transact", Value::Null);
    rpc.receive(data, now);
    while let Ok(Some(Incoming::Notification { .. } | Incoming::Reply { .. })) = rpc.next_incoming() {}
}

/// A list of `<table-updates2>`: the first are all rows, the others what happens to them. After each, the change sets so
/// far amount to what the replica has, and one that is refused has changed nothing.
pub fn updates(data: &[u8]) {
    let Ok(Value::Array(messages)) = serde_json::from_slice(data) else { return };
    let schema: DatabaseSchema = LAB.parse().expect("a schema");
    let mut replica = Replica::new();
    replica.start(MonitorPlan::new(&MonitorSpec::all("Lab"), &schema).expect("a plan"));
    let mut believed = BTreeMap::new();
    for (n, message) in messages.into_iter().enumerate() {
        let mut from_text = replica.clone();
        let text = JsonText::try_from(&message).expect("text");
        let read = if n == 0 {
            from_text.reset_text(UpdateStyle::Differences, &text)
        } else {
            from_text.apply_text(UpdateStyle::Differences, &text)
        };
        let Ok(updates) = TableUpdates::read(UpdateStyle::Differences, message) else { return };
        let before = replica.n_rows();
        let applied = if n == 0 { replica.reset(&updates) } else { replica.apply(&updates) };
        assert_eq!(read, applied);
        match applied {
            Err(_) => assert_eq!(replica.n_rows(), before),
            Ok(changes) => {
                for change in &changes {
                    let key = (change.table.clone(), change.uuid);
                    let old = match &change.new {
                        Some(row) => believed.insert(key, row.clone()),
                        None => believed.remove(&key),
                    };
                    assert_eq!(old, change.old);
                    assert_ne!(change.old, change.new);
                }
            }
        }
        let contents: BTreeMap<_, _> =
            replica.all_rows().map(|(table, uuid, row)| ((table.clone(), uuid), row.clone())).collect();
        assert_eq!(contents, believed);
    }
}

/// A server's side of a connection that monitors a database: however it is chopped up, the same is told, the changes amount to
/// what the replica has, and after an error nothing more is read.
pub fn session(data: &[u8]) {
    let whole = told([data]);
    let chopped = told(data.chunks(7));
    assert_eq!(whole, chopped);
}

/// What is told, up to the error if there is one.
fn told<'data>(pieces: impl IntoIterator<Item = &'data [u8]>) -> (Vec<Output>, Option<String>) {
    let now = Instant::now();
    let mut connection = Connection::new(RpcConfig::default(), now);
    connection.watch(MonitorSpec::all("Lab"), Replica::new());
    let (mut outputs, mut believed, mut error) = (Vec::new(), BTreeMap::new(), None);
    'pieces: for piece in pieces {
        connection.receive(piece, now);
        loop {
            match connection.next_output() {
                Ok(Some(output)) => outputs.push(output),
                Ok(None) => break,
                Err(found) => {
                    error = Some(found.to_string());
                    break 'pieces;
                }
            }
        }
    }
    for output in &outputs {
        if let Output::Snapshot(changes) | Output::Changes(changes) = output {
            for change in changes {
                let key = (change.table.clone(), change.uuid);
                let old = match &change.new {
                    Some(row) => believed.insert(key, row.clone()),
                    None => believed.remove(&key),
                };
                assert_eq!(old, change.old);
            }
        }
    }
    let replica = connection.take_replica().expect("the replica is given back");
    let contents: BTreeMap<_, _> =
        replica.all_rows().map(|(table, uuid, row)| ((table.clone(), uuid), row.clone())).collect();
    assert_eq!(contents, believed);
    (outputs, error)
}

/// A schema: what can be read can be written and read again, and declared.
pub fn schema(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let Ok(schema) = text.parse::<DatabaseSchema>() else { return };
    assert_eq!(DatabaseSchema::from_json(&schema.to_json()).as_ref(), Ok(&schema));
    assert!(relations(&schema).contains(&schema.name));
}

fn frames<'data>(
    limits: FrameLimits,
    pieces: impl IntoIterator<Item = &'data [u8]>,
) -> (Vec<Value>, Option<String>) {
    let mut framer = Framer::new(limits);
    let mut objects = Vec::new();
    for piece in pieces {
        framer.push(piece);
        loop {
            match framer.next_object() {
                Ok(Some(object)) => objects.push(object),
                Ok(None) => break,
                Err(error) => return (objects, Some(error.to_string())),
            }
        }
    }
    (objects, None)
}

/// A table with a column of every kind.
const LAB: &str = r#"{"name": "Lab", "tables": {"T": {"columns": {
    "b": {"type": "boolean"},
    "i": {"type": "integer"},
    "r": {"type": "real"},
    "s": {"type": "string"},
    "u": {"type": "uuid"},
    "o": {"type": {"key": "string", "min": 0}},
    "is": {"type": {"key": "integer", "min": 0, "max": "unlimited"}},
    "us": {"type": {"key": {"type": "uuid", "refTable": "T"}, "min": 1, "max": 4}},
    "m1": {"type": {"key": "string", "value": "string", "min": 0, "max": 1}},
    "m": {"type": {"key": "string", "value": "integer", "min": 0, "max": "unlimited"}}}}}}"#;
