//! The handle that callers hold.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;

use crossbeam_channel::{Sender, bounded, unbounded};

use super::commit::{Commit, Update};
use super::error::{CommitError, QueryError};
use super::session::{Held, Request, Session};
use super::stats::Stats;
use crate::diagnostics::Diagnostic;
use crate::eval::Externs;
use crate::ir::{Program, RelationId};
use crate::plan::Plan;
use crate::value::Value;

/// How an engine runs.
#[derive(Clone, Debug)]
pub struct Config {
    /// Worker threads. One is used so far.
    pub workers: usize,
    /// Extern functions of the program that the library does not have.
    pub externs: Externs,
}

impl Default for Config {
    fn default() -> Self {
        Config { workers: 1, externs: Externs::default() }
    }
}

/// A running program. Its state lives in a thread of its own; any number of threads may hold and ask it.
///
/// Dropping it stops the thread and waits for it.
pub struct Engine {
    program: Arc<Program>,
    plan: Arc<Plan>,
    initial: Commit,
    requests: Sender<Request>,
    held: Held,
    thread: Option<JoinHandle<()>>,
}

impl Engine {
    /// Plans and starts a program and runs its facts.
    ///
    /// # Errors
    /// What is wrong with the program: relations that depend on their own negation, facts that fail.
    pub fn new(program: Program, config: Config) -> Result<Engine, Vec<Diagnostic>> {
        let plan = Arc::new(Plan::new(&program)?);
        let program = Arc::new(program);
        let (requests, received) = unbounded();
        let (started, start) = bounded(1);
        let (inner_program, inner_plan) = (program.clone(), plan.clone());
        let held: Held = program.relations.iter().map(|_| AtomicBool::new(false)).collect();
        let inner_held = held.clone();
        let thread = std::thread::Builder::new().name("weir-engine".into()).spawn(move || {
            timely::execute_directly(move |worker| {
                match Session::new(worker, &inner_program, &inner_plan, &inner_held, config.externs) {
                    Ok((session, initial)) => {
                        let _ = started.send(Ok(initial));
                        session.serve(worker, &received);
                    }
                    Err(diagnostics) => {
                        let _ = started.send(Err(diagnostics));
                    }
                }
            });
        });
        let thread = thread.map_err(|error| vec![cannot_start(&program, &error.to_string())])?;
        match start.recv() {
            Ok(Ok(initial)) => Ok(Engine { program, plan, initial, requests, held, thread: Some(thread) }),
            Ok(Err(diagnostics)) => Err(diagnostics),
            Err(_) => Err(vec![cannot_start(&program, "its thread died")]),
        }
    }

    /// What the facts put into the output relations.
    pub fn initial(&self) -> Commit {
        self.initial.clone()
    }

    /// Runs one transaction: all of the updates, in order, or none.
    ///
    /// # Errors
    /// The first update that is refused, or the rule that failed. Nothing has changed then.
    pub fn commit(&self, updates: Vec<Update>) -> Result<Commit, CommitError> {
        self.ask(|reply| Request::Commit(updates, reply)).unwrap_or(Err(CommitError::Stopped))
    }

    /// The records of any relation, with how often each is there, in natural order. Streams hold nothing.
    ///
    /// # Errors
    /// A rule failed: contents that nobody reads are not kept but put together when asked for.
    pub fn dump(&self, relation: RelationId) -> Result<Vec<(Value, i64)>, QueryError> {
        self.ask(|reply| Request::Dump(relation, reply)).unwrap_or(Err(QueryError::Stopped))
    }

    /// Whether a relation has had a record at some time, even if it has none now.
    pub fn has_held(&self, relation: RelationId) -> bool {
        self.held.get(relation.0 as usize).is_some_and(|held| held.load(Ordering::Relaxed))
    }

    /// The records that an index has for values of its fields, in natural order.
    ///
    /// # Errors
    /// There is no such index, or the values are not of its fields' types.
    pub fn query_index(&self, index: &str, values: Vec<Value>) -> Result<Vec<(Value, i64)>, QueryError> {
        let index = self.index(index)?;
        self.ask(|reply| Request::QueryIndex(index, values, reply)).unwrap_or(Err(QueryError::Stopped))
    }

    /// All records in an index, in natural order.
    ///
    /// # Errors
    /// There is no such index.
    pub fn dump_index(&self, index: &str) -> Result<Vec<(Value, i64)>, QueryError> {
        let index = self.index(index)?;
        self.ask(|reply| Request::DumpIndex(index, reply)).unwrap_or(Err(QueryError::Stopped))
    }

    /// From now on commits also tell what they change in these relations, although they are no outputs; in the place
    /// of those named before.
    pub fn watch(&self, relations: impl IntoIterator<Item = RelationId>) {
        let relations = relations.into_iter().collect();
        // An engine that has stopped tells nothing anyway.
        let _ = self.ask(|reply| Request::Watch(relations, reply));
    }

    /// The program it runs.
    pub fn program(&self) -> &Program {
        &self.program
    }

    /// How it runs the program.
    pub fn plan(&self) -> &Plan {
        &self.plan
    }

    /// What rules and relations cost and hold so far; nothing if the engine has stopped.
    pub fn stats(&self) -> Stats {
        self.ask(Request::Stats).unwrap_or_default()
    }

    fn index(&self, name: &str) -> Result<usize, QueryError> {
        let found = self.program.indexes.iter().position(|index| &*index.name == name);
        found.ok_or_else(|| QueryError::UnknownIndex(name.to_string()))
    }

    /// The answer; `None` if the engine has stopped.
    fn ask<T>(&self, request: impl FnOnce(Sender<T>) -> Request) -> Option<T> {
        let (reply, answer) = bounded(1);
        self.requests.send(request(reply)).ok()?;
        answer.recv().ok()
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        let _ = self.requests.send(Request::Stop);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn cannot_start(program: &Program, why: &str) -> Diagnostic {
    let span = program.rules.first().map(|rule| rule.span);
    let span = span.unwrap_or(crate::source::Span { file: crate::source::FileId(0), start: 0, end: 0 });
    Diagnostic::error("E0311", span, format!("the engine cannot start: {why}"))
}
