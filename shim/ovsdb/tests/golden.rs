//! Dialogues with a real ovsdb-server (3.1), recorded: `tests/golden/*.dialogue`, with what we say and what we tell.
//!
//! `!` is what we are asked to do, `<` what the server says, `>` what we say, `=` what we tell. `UPDATE=1` writes the last
//! two anew.
#![allow(clippy::unwrap_used)]

use std::fmt::Write;
use std::path::Path;
use std::time::Instant;

use ovsdb::connection::{Connection, Output};
use ovsdb::monitor::{Change, MonitorSpec, Replica};
use ovsdb::value::Row;
use ovsdb::wire::{FrameLimits, Framer, RpcConfig};
use serde_json::Value;

struct Dialogue {
    connection: Connection,
    heard: Framer,
    text: String,
    now: Instant,
}

impl Dialogue {
    /// Plays the given lines, and writes them down with the answers.
    fn play(lines: &str) -> String {
        let now = Instant::now();
        let mut dialogue = Dialogue {
            connection: Connection::new(RpcConfig::default(), now),
            heard: Framer::new(FrameLimits::default()),
            text: String::new(),
            now,
        };
        for line in lines.lines().filter(|line| line.starts_with(['!', '<'])) {
            writeln!(dialogue.text, "{line}").unwrap();
            let (mark, rest) = line.split_at(2);
            if mark == "! " {
                dialogue.told_to(rest)
            } else {
                dialogue.hears(rest)
            }
            dialogue.says();
        }
        dialogue.text
    }

    fn told_to(&mut self, what: &str) {
        let words: Vec<&str> = what.splitn(3, ' ').collect();
        match words.as_slice() {
            ["watch"] => drop(self.connection.watch(MonitorSpec::all("Lab"), Replica::new())),
            ["lock", name] => drop(self.connection.request_lock("lock", name)),
            ["steal", name] => drop(self.connection.request_lock("steal", name)),
            ["request", method, params] => {
                self.connection.request(method, serde_json::from_str(params).unwrap());
            }
            other => panic!("{other:?}"),
        }
    }

    fn hears(&mut self, message: &str) {
        self.connection.receive(message.as_bytes(), self.now);
        loop {
            match self.connection.next_output() {
                Ok(None) => break,
                Ok(Some(output)) => self.tells(&output),
                Err(error) => {
                    writeln!(self.text, "= ended: {error}").unwrap();
                    break;
                }
            }
        }
    }

    fn tells(&mut self, output: &Output) {
        let text = &mut self.text;
        match output {
            Output::Reply { result: Ok(result), .. } => writeln!(text, "= reply {result}").unwrap(),
            Output::Reply { result: Err(error), .. } => {
                writeln!(text, "= refused {:?}: {error}", error.kind()).unwrap();
            }
            Output::Schema(schema) => {
                writeln!(text, "= schema {}", schema.version.as_deref().unwrap()).unwrap()
            }
            Output::Snapshot(changes) => {
                writeln!(text, "= snapshot").unwrap();
                changes.into_iter().for_each(|change| write_change(text, change));
            }
            Output::Changes(changes) => {
                writeln!(text, "= changes").unwrap();
                changes.into_iter().for_each(|change| write_change(text, change));
            }
            Output::LockHeld(name) => writeln!(text, "= lock {name} is ours").unwrap(),
            Output::LockLost(name) => writeln!(text, "= lock {name} is lost").unwrap(),
        }
    }

    fn says(&mut self) {
        self.heard.push(&self.connection.take_output());
        while let Some(message) = self.heard.next_object().unwrap() {
            writeln!(self.text, "> {message}").unwrap();
        }
    }
}

/// The whole row if it came or went, otherwise the columns that changed.
fn write_change(text: &mut String, change: &Change) {
    let Change { table, uuid, .. } = change;
    let columns = |row: &Row| -> Vec<(String, Value)> {
        row.to_json().as_object().unwrap().iter().map(|(name, value)| (name.clone(), value.clone())).collect()
    };
    match (&change.old, &change.new) {
        (None, None) => panic!("a change of nothing"),
        (None, Some(row)) => writeln!(text, "=   + {table} {uuid} {}", row.to_json()).unwrap(),
        (Some(row), None) => writeln!(text, "=   - {table} {uuid} {}", row.to_json()).unwrap(),
        (Some(old), Some(new)) => {
            writeln!(text, "=   * {table} {uuid}").unwrap();
            for ((name, old), (_, new)) in
                columns(old).iter().zip(&columns(new)).filter(|(old, new)| old != new)
            {
                writeln!(text, "=       {name}: {old} -> {new}").unwrap();
            }
        }
    }
}

#[test]
fn recorded_dialogues_are_understood_as_they_were() {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden");
    let mut n_dialogues = 0;
    for entry in std::fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        let expected = std::fs::read_to_string(&path).unwrap();
        let played = Dialogue::play(&expected);
        if std::env::var_os("UPDATE").is_some() {
            std::fs::write(&path, &played).unwrap();
        } else {
            for (played, expected) in played.lines().zip(expected.lines()) {
                assert_eq!(played, expected, "{}", path.display());
            }
            assert_eq!(played.lines().count(), expected.lines().count(), "{}", path.display());
        }
        n_dialogues += 1;
    }
    assert!(n_dialogues >= 7, "{n_dialogues}");
}
