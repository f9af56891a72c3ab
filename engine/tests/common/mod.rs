//! What tests of running programs share: text in, text out.
#![allow(clippy::unwrap_used, dead_code)]

use std::fmt::Write;
use std::sync::Arc;

use weir_engine::command::{self, Command, CommandParser, Record};
use weir_engine::compile::compile_text;
use weir_engine::diagnostics::Diagnostic;
use weir_engine::ir::{RelationId, RelationRole};
use weir_engine::value::Value;
use weir_engine::{Commit, Config, Engine, Update};

/// Starts a program, or tells what is wrong with it.
pub(crate) fn start(text: &str) -> Result<Engine, Vec<Diagnostic>> {
    let (program, _) = compile_text("test.dl", text, &[]).map_err(|(_, diagnostics)| diagnostics)?;
    Engine::new(program, Config::default())
}

/// An engine with the updates of the open transaction.
pub(crate) struct Shell {
    pub(crate) engine: Engine,
    updates: Vec<Update>,
    /// What was printed.
    pub(crate) output: String,
}

impl Shell {
    /// Starts a program and prints its facts.
    pub(crate) fn new(text: &str) -> Self {
        let engine = match start(text) {
            Ok(engine) => engine,
            Err(diagnostics) => {
                let lines: Vec<String> = diagnostics
                    .iter()
                    .map(|d| format!("{} at {:?}: {}", d.code, d.primary.span, d.message))
                    .collect();
                panic!("{}", lines.join("\n"));
            }
        };
        let mut shell = Shell { engine, updates: Vec::new(), output: String::new() };
        shell.print(&shell.engine.initial());
        shell
    }

    /// Runs commands; errors are printed, and end the transaction.
    pub(crate) fn run(&mut self, commands: &str) {
        let mut parser = CommandParser::new();
        parser.feed(commands);
        while let Some(command) = parser.next_command().unwrap() {
            self.command(command);
        }
    }

    fn command(&mut self, command: Command) {
        match command {
            Command::Start | Command::Rollback => self.updates.clear(),
            Command::Commit { dump_changes } => match self.engine.commit(std::mem::take(&mut self.updates)) {
                Ok(commit) if dump_changes => self.print(&commit),
                Ok(_) => {}
                Err(error) => writeln!(self.output, "error: {error}").unwrap(),
            },
            Command::Clear(relation) => {
                self.updates.push(Update::Clear { relation: self.relation(&relation) })
            }
            Command::Update { update, .. } => self.updates.push(self.update(update)),
            Command::Dump(Some(name)) => {
                let records = self.engine.dump(self.relation(&name));
                self.records(records);
            }
            Command::Dump(None) => {
                for (index, relation) in self.engine.program().relations.clone().iter().enumerate() {
                    if relation.role == RelationRole::Output {
                        writeln!(self.output, "{}:", relation.name).unwrap();
                        let records = self.engine.dump(RelationId(index as u32));
                        self.records(records);
                    }
                }
            }
            Command::QueryIndex { index, key } => {
                let values = match key {
                    Record::Tuple(keys) => keys.into_iter().map(value).collect(),
                    key => vec![value(key)],
                };
                let records = self.engine.query_index(&index, values);
                self.records(records);
            }
            Command::DumpIndex(index) => {
                let records = self.engine.dump_index(&index);
                self.records(records);
            }
            Command::Echo(text) => writeln!(self.output, "{text}").unwrap(),
            Command::Comment(_) => {}
            other => panic!("not for tests: {other:?}"),
        }
    }

    fn records(&mut self, records: Result<Vec<(Value, i64)>, weir_engine::QueryError>) {
        match records {
            Ok(records) => {
                for (record, weight) in records {
                    match weight {
                        1 => writeln!(self.output, "{record}").unwrap(),
                        _ => writeln!(self.output, "{record} {weight:+}").unwrap(),
                    }
                }
            }
            Err(error) => writeln!(self.output, "error: {error}").unwrap(),
        }
    }

    fn print(&mut self, commit: &Commit) {
        for delta in &commit.deltas {
            writeln!(self.output, "{}:", delta.name).unwrap();
            for (record, weight) in &delta.changes {
                writeln!(self.output, "{record}: {weight:+}").unwrap();
            }
        }
    }

    fn relation(&self, name: &str) -> RelationId {
        self.engine.program().relation(name).unwrap_or_else(|| panic!("no relation {name}"))
    }

    fn update(&self, update: command::Update) -> Update {
        let relation = self.relation(update.relation());
        match update {
            command::Update::Insert { record, .. } => Update::Insert { relation, record: value(record) },
            command::Update::InsertOrUpdate { record, .. } => {
                Update::InsertOrUpdate { relation, record: value(record) }
            }
            command::Update::Delete { record, .. } => Update::Delete { relation, record: value(record) },
            command::Update::DeleteKey { key, .. } => Update::DeleteKey { relation, key: value(key) },
            command::Update::Modify { key, changes, .. } => {
                Update::Modify { relation, key: value(key), changes }
            }
        }
    }
}

/// A record as a value.
pub(crate) fn value(record: Record) -> Value {
    let fields = |ctor: String, fields: Vec<(String, Record)>| Value::Struct {
        ctor: ctor.into(),
        fields: fields.into_iter().map(|(name, record)| (Arc::from(name), value(record))).collect(),
    };
    match record {
        Record::Bool(value) => Value::Bool(value),
        Record::Int(value) => Value::integer(value),
        Record::Double(value) => Value::Double(value),
        Record::String(text) => Value::Str(text.into()),
        Record::Tuple(parts) => Value::Tuple(parts.into_iter().map(value).collect()),
        Record::Array(parts) => Value::Vec(parts.into_iter().map(value).collect()),
        Record::Positional(ctor, parts) => {
            fields(ctor, parts.into_iter().map(|part| (String::new(), part)).collect())
        }
        Record::Named(ctor, parts) => fields(ctor, parts),
        other => panic!("not for tests: {other:?}"),
    }
}
