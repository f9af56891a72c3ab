//! A case on the engine, transaction by transaction beside the evaluation from scratch.

use std::collections::BTreeMap;
use std::fmt::Debug;
use std::sync::Arc;

use weir_engine::CommitError;
use weir_engine::compile::compile_text;
use weir_engine::engine::Delta;
use weir_engine::ir::{Program as Compiled, RelationId};
use weir_engine::value::Value;

use super::case::Case;
use super::cluster::Cluster;
use super::oracle::{Contents, Mistake, State, Stop};
use super::program::{Holds, Program, Relation, Role};
use super::ty::Ty;
use super::val::Val;

/// How many transactions are remembered: no rule looks further back.
const PAST: usize = 3;

/// What went wrong.
#[derive(Clone, Debug)]
pub(crate) struct Difference {
    pub(crate) kind: Kind,
    pub(crate) message: String,
}

/// While a case is made smaller, it has to go wrong in the same way.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Kind {
    /// The program is not accepted.
    Refused,
    /// A transaction fails that should not, or the other way round.
    Outcome,
    Delta,
    Dump,
    Index,
    /// The engine panics or cannot be asked.
    Broken,
}

fn difference<T>(kind: Kind, message: impl Into<String>) -> Result<T, Difference> {
    Err(Difference { kind, message: message.into() })
}

/// A program that is accepted.
pub(crate) fn compile(program: &Program) -> Result<Arc<Compiled>, Difference> {
    match compile_text("case.dl", &program.text(), &[]) {
        Ok((compiled, _)) => Ok(Arc::new(compiled)),
        Err((_, found)) => {
            let messages: Vec<String> =
                found.iter().map(|d| format!("{} at {:?}: {}", d.code, d.primary.span, d.message)).collect();
            difference(Kind::Refused, messages.join("\n"))
        }
    }
}

/// How far a case went.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Seen {
    /// Transactions that were done.
    pub(crate) done: usize,
    /// Transactions that were refused or failed, as they should.
    pub(crate) failed: usize,
    /// Rows of output relations that changed.
    pub(crate) changes: usize,
}

impl Seen {
    pub(crate) fn and(self, more: Seen) -> Seen {
        Seen {
            done: self.done + more.done,
            failed: self.failed + more.failed,
            changes: self.changes + more.changes,
        }
    }
}

impl Case {
    /// Runs it on the engine; `mistake` is what the evaluation from scratch does wrong.
    pub(crate) fn run(&self, compiled: &Arc<Compiled>, mistake: Mistake) -> Result<Seen, Difference> {
        let mut run = match Run::start(self, compiled, mistake)? {
            Some(run) => run,
            None => return Ok(Seen::default()),
        };
        for number in 0..self.script.len() {
            if !run.step(number)? {
                break;
            }
        }
        Ok(run.seen)
    }
}

struct Run<'a> {
    case: &'a Case,
    mistake: Mistake,
    engine: Cluster,
    /// By relation.
    ids: Vec<RelationId>,
    inputs: Vec<Contents>,
    /// What relations held, the last transaction first.
    past: Vec<State>,
    seen: Seen,
}

impl<'a> Run<'a> {
    /// Starts the engine and compares what the facts give; `None` if they fail, as they should.
    fn start(case: &'a Case, compiled: &Arc<Compiled>, mistake: Mistake) -> Result<Option<Self>, Difference> {
        let program = &case.program;
        let inputs = vec![Contents::new(); program.relations.len()];
        let result = program.evaluate(&inputs, &[], mistake);
        if let Err(Stop::TooLarge) = result {
            return Ok(None);
        }
        let may_fail = result.as_ref().map_or(true, |result| result.may_fail);
        let now = result.map(|result| result.state);
        let started = Cluster::of(compiled.clone(), (case.processes, case.workers));
        let (engine, now) = match (started, now) {
            (Ok(engine), Ok(now)) => (engine, now),
            (Err(found), _) if may_fail && found.iter().all(|d| d.code == "E0310") => return Ok(None),
            (Ok(_), Err(_)) => return difference(Kind::Outcome, "the facts should fail"),
            (Err(found), now) => {
                let messages: Vec<&String> = found.iter().map(|d| &d.message).collect();
                let kind = if now.is_ok() { Kind::Outcome } else { Kind::Refused };
                return difference(kind, format!("{messages:?}"));
            }
        };
        let ids = program.relations.iter().map(|r| compiled.relation(&r.name).unwrap()).collect();
        let seen = Seen::default();
        let mut run = Run { case, mistake, engine, ids, inputs, past: Vec::new(), seen };
        let initial = run.engine.initial().deltas;
        run.compare("the facts", &initial, now)?;
        Ok(Some(run))
    }

    /// Runs a transaction; whether another one may follow.
    fn step(&mut self, number: usize) -> Result<bool, Difference> {
        let (program, step) = (&self.case.program, &self.case.script[number]);
        let name = format!("transaction {}", number + 1);
        let updates = step.changes.iter().map(|c| c.update(program, self.ids[c.relation])).collect();
        let after = step.apply(program, &self.inputs);
        if step.rolled_back {
            let checked = self.engine.check(updates);
            if checked.is_err() != after.is_err() {
                return difference(Kind::Outcome, format!("{name}: checked {checked:?}, expected {after:?}"));
            }
            return self.check_contents(&name).map(|()| true);
        }
        let (now, may_fail) = match &after {
            Ok(after) => match program.evaluate(after, &self.past, self.mistake) {
                Ok(result) => (Ok(result.state), result.may_fail),
                Err(Stop::TooLarge) => return Ok(false),
                Err(Stop::Fails) => (Err(Some(Stop::Fails)), false),
            },
            Err(_) => (Err(None), false),
        };
        match (self.engine.commit(updates), now) {
            (Ok(commit), Ok(now)) => {
                self.seen.done += 1;
                self.inputs = after.unwrap_or_default();
                self.compare(&name, &commit.deltas, now)?;
            }
            (Err(CommitError::Rule { .. }), now) if may_fail || now == Err(Some(Stop::Fails)) => {
                self.seen.failed += 1;
                self.check_contents(&name)?;
            }
            (
                Err(
                    CommitError::KeyExists { .. }
                    | CommitError::KeyAbsent { .. }
                    | CommitError::RecordDiffers { .. },
                ),
                Err(None),
            ) => {
                self.seen.failed += 1;
                self.check_contents(&name)?;
            }
            (result, now) => {
                let result = result.map(|commit| rendered(&commit.deltas)).map_err(|error| error.to_string());
                return difference(Kind::Outcome, format!("{name}: {result:?}\nexpected {now:?}"));
            }
        }
        Ok(true)
    }

    fn compare(&mut self, name: &str, deltas: &[Delta], now: State) -> Result<(), Difference> {
        let nothing = vec![Contents::new(); now.len()];
        let expected = changes(&self.case.program, self.past.first().unwrap_or(&nothing), &now);
        let mut found = Vec::new();
        for delta in deltas {
            let relation = self.relation(&delta.name);
            let changes = self.rows(relation, &delta.changes.to_vec(), Kind::Delta, name)?;
            self.seen.changes += changes.len();
            found.push((delta.name.to_string(), changes));
        }
        if expected != found {
            let message =
                format!("{name}: expected the change {}\nbut found {}", shown(&expected), shown(&found));
            return difference(Kind::Delta, message);
        }
        self.past.insert(0, now);
        self.past.truncate(PAST);
        self.check_contents(name)
    }

    /// Whether every relation holds what it should, and indexes say the same.
    fn check_contents(&self, name: &str) -> Result<(), Difference> {
        let now = &self.past[0];
        for (at, relation) in self.case.program.relations.iter().enumerate() {
            let held = match self.engine.dump(self.ids[at]) {
                Ok(held) => self.rows(at, &held, Kind::Dump, name)?,
                Err(error) => {
                    return difference(Kind::Broken, format!("{name}: dump {}: {error}", relation.name));
                }
            };
            let expected = relation.dumped(&now[at]);
            if held != expected {
                let message = format!(
                    "{name}: {} holds {}\nexpected {}",
                    relation.name,
                    rows_text(&held),
                    rows_text(&expected)
                );
                return difference(Kind::Dump, message);
            }
        }
        for index in &self.case.program.indexes {
            let ty = &self.case.program.relations[index.relation].columns[index.column];
            let all = self.engine.dump_index(&index.name).map_err(|error| error.to_string());
            let held = self.case.program.relations[index.relation].dumped(&now[index.relation]);
            self.same_records(name, index.relation, all, &held)?;
            for key in ty.domain() {
                let found = self.engine.query_index(&index.name, vec![key.to_value(ty)]);
                let mut expected = held.clone();
                expected.retain(|(row, _)| row[index.column] == key);
                self.same_records(name, index.relation, found.map_err(|error| error.to_string()), &expected)?;
            }
        }
        Ok(())
    }

    fn same_records(
        &self,
        name: &str,
        relation: usize,
        found: Result<Vec<(Value, i64)>, String>,
        expected: &Rows,
    ) -> Result<(), Difference> {
        let found = match found {
            Ok(found) => self.rows(relation, &found, Kind::Index, name)?,
            Err(error) => return difference(Kind::Broken, format!("{name}: index: {error}")),
        };
        match found == *expected {
            true => Ok(()),
            false => {
                let (found, expected) = (rows_text(&found), rows_text(expected));
                difference(Kind::Index, format!("{name}: an index holds {found}\nexpected {expected}"))
            }
        }
    }

    fn relation(&self, name: &str) -> usize {
        self.case.program.relations.iter().position(|relation| relation.name == name).unwrap()
    }

    /// Rows of the engine, which have to be in natural order, each once.
    fn rows(
        &self,
        relation: usize,
        records: &[(Value, i64)],
        kind: Kind,
        name: &str,
    ) -> Result<Rows, Difference> {
        let columns = &self.case.program.relations[relation].columns;
        let rows: Rows = records.iter().map(|(record, weight)| (row(record, columns), *weight)).collect();
        if !rows.is_sorted_by(|one, other| one.0 < other.0) {
            return difference(kind, format!("{name}: not in order: {}", rows_text(&rows)));
        }
        Ok(rows)
    }
}

/// Rows in natural order with their weights.
pub(crate) type Rows = Vec<(Vec<Val>, i64)>;

pub(crate) fn pairs(contents: &Contents) -> Rows {
    contents.iter().map(|(row, weight)| (row.clone(), *weight)).collect()
}

impl Relation {
    /// What a dump shows of its contents: sets have no weights, streams hold nothing.
    fn dumped(&self, contents: &Contents) -> Rows {
        let mut rows = pairs(contents);
        match self.holds {
            Holds::Set => rows.iter_mut().for_each(|(_, weight)| *weight = 1),
            Holds::Counts => {}
            Holds::Stream => rows.clear(),
        }
        rows
    }
}

/// What an exact delta of the output relations is, by name.
pub(crate) fn changes(program: &Program, before: &State, now: &State) -> Vec<(String, Rows)> {
    let mut all = BTreeMap::new();
    for (index, relation) in program.relations.iter().enumerate().filter(|(_, r)| r.role == Role::Output) {
        let mut change = now[index].clone();
        if relation.holds != Holds::Stream {
            for (row, weight) in &before[index] {
                *change.entry(row.clone()).or_default() -= weight;
            }
        }
        change.retain(|_, weight| *weight != 0);
        if !change.is_empty() {
            all.insert(relation.name.clone(), pairs(&change));
        }
    }
    all.into_iter().collect()
}

/// The columns of a record.
pub(crate) fn row(record: &Value, columns: &[Ty]) -> Vec<Val> {
    match record {
        Value::Struct { fields, .. } => {
            assert_eq!(fields.len(), columns.len(), "{record}");
            fields.iter().zip(columns).map(|((_, value), ty)| Val::from_value(value, ty)).collect()
        }
        other => panic!("{other}"),
    }
}

fn rendered(deltas: &[Delta]) -> Vec<String> {
    let lines = deltas.iter().flat_map(|delta| delta.changes.iter());
    lines.map(|(record, weight)| format!("{record}: {weight:+}")).collect()
}

fn shown(changes: &[(String, Rows)]) -> String {
    let lines: Vec<String> =
        changes.iter().map(|(name, rows)| format!("{name}: {}", rows_text(rows))).collect();
    format!("[{}]", lines.join("; "))
}

fn rows_text(rows: &impl Debug) -> String {
    format!("{rows:?}")
}
