//! Another program in the place of the running one, for good or for a moment.

use std::cell::OnceCell;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Instant;

use super::commit::{Commit, Delta};
use super::error::{CommitError, QueryError, ReviseError};
use super::records::Records;
use super::session::{Current, Running, Session, Trial, asked};
use crate::dataflow::host::{self, Failure};
use crate::dataflow::peers::{Channel, Parcel, Route};
use crate::dataflow::revise::{EPOCHS, Successor};
use crate::draft::{Column, Query};
use crate::eval::Machine;
use crate::ir::{Fingerprints, Program, RelationId, RelationRole, RelationSemantics, RuleId};
use crate::plan::{Signatures, Succession};
use crate::value::Value;

/// What a question was answered.
#[derive(Clone, Debug, PartialEq)]
pub struct Answer {
    /// The question's variables, in the order in which they first appear.
    pub columns: Vec<Column>,
    /// Their values, each row once and in natural order, with how often it is there: more than once only if the question
    /// reads a multiset.
    pub rows: Vec<(Vec<Value>, i64)>,
}

impl Answer {
    pub(super) fn new(query: &Query, records: Records) -> Self {
        let row = |record: Value| match record {
            Value::Tuple(values) if query.columns.len() != 1 => values,
            value => vec![value],
        };
        let rows = records.iter().map(|(record, weight)| (row(record), weight)).collect();
        Answer { columns: query.columns.clone(), rows }
    }
}

/// Why an attempt did not lead to a program at work.
enum Attempt {
    /// The way that keeps what there is cannot be gone; the other way may.
    NotThisWay,
    Refused(ReviseError),
}

impl Session {
    pub(super) fn revise(&mut self, next: Current, trial: Trial) -> Result<Commit, ReviseError> {
        match self.succeed(next.clone(), trial) {
            Ok(commit) => Ok(commit),
            Err(Attempt::Refused(error)) => Err(error),
            Err(Attempt::NotThisWay) => self.restart(next, trial),
        }
    }

    /// Another program takes over what the running one has computed, as far as it has the same parts.
    fn succeed(&mut self, next: Current, trial: Trial) -> Result<Commit, Attempt> {
        let start = Instant::now();
        let (before, after) = (self.running.current.program.clone(), next.program.clone());
        let own_numbers = |program: &Program| program.types.has_any() || program.keeps_functions();
        // With several workers rows may have to be elsewhere for another program.
        if own_numbers(&before) || own_numbers(&after) || !self.peers.is_alone() {
            return Err(Attempt::NotThisWay);
        }
        let signatures = Signatures::new(&after, &next.plan);
        let succession = Succession::new(self.running.signatures(), &signatures);
        self.check_inputs(&before, &after, &succession).map_err(Attempt::Refused)?;
        let machine = Machine::controlled(
            after.clone(),
            self.interner.clone(),
            self.control.clone(),
            self.externs.clone(),
        );
        let machine = machine.map_err(|found| Attempt::Refused(ReviseError::Program(found)))?;
        let outputs = Outputs::new(&before, &after, &succession);
        let gone = self.gone(&outputs).map_err(|error| Attempt::Refused(ReviseError::Run(error)))?;
        let epoch = self.epoch;
        self.epoch += EPOCHS;
        let Running { host, .. } = &mut self.running;
        let mut successor =
            Successor::new(&mut self.peers, &machine, &next.plan, host, succession, &outputs.shown, epoch)
                .map_err(|failure| Attempt::Refused(ReviseError::Run(self.failed(&before, failure))))?;
        successor.exchange(&mut self.running.host);
        if let Err(failure) = successor.catch_up(&mut self.peers, epoch) {
            successor.exchange(&mut self.running.host);
            // A rule may fail on what was there before and is not there any more.
            return match self.failed(&after, failure) {
                CommitError::Cancelled => Err(Attempt::Refused(ReviseError::Run(CommitError::Cancelled))),
                _ => Err(Attempt::NotThisWay),
            };
        }
        let changes = match successor.host.run_pending(&mut self.peers, epoch + 1) {
            Ok(changes) => changes,
            Err(failure) => {
                successor.host.undo(epoch + 2);
                successor.exchange(&mut self.running.host);
                return Err(Attempt::Refused(ReviseError::Run(self.failed(&after, failure))));
            }
        };
        let deltas = self.deltas(&outputs, &after, &changes, &successor, gone);
        if trial == Trial::Forget {
            successor.host.undo(epoch + 2);
            successor.exchange(&mut self.running.host);
            return Ok(Commit { epoch, deltas, duration: start.elapsed() });
        }
        successor.host.end(true);
        self.keep_held(&next, &changes);
        let running = Running::around(successor.host, &machine, OnceCell::from(signatures), next);
        self.replace(running);
        Ok(Commit { epoch: epoch + 1, deltas, duration: start.elapsed() })
    }

    /// Another program starts from the input relations' contents, and takes the running one's place.
    fn restart(&mut self, next: Current, trial: Trial) -> Result<Commit, ReviseError> {
        let start = Instant::now();
        let mut running = self.started(next)?;
        let deltas = match self.difference(&mut running) {
            Ok(deltas) => deltas,
            Err(error) => {
                return Err(ReviseError::Run(error));
            }
        };
        let epoch = self.epoch;
        match trial {
            Trial::Forget => {}
            Trial::Keep => {
                self.epoch += 1;
                self.replace(running);
            }
        }
        Ok(Commit { epoch, deltas, duration: start.elapsed() })
    }

    fn replace(&mut self, running: Running) {
        let replaced = std::mem::replace(&mut self.running, running);
        self.peers.speak(self.running.dialect.as_ref(), &self.interner);
        self.watched = self.watched.iter().filter_map(|id| self.renumbered(&replaced.current, *id)).collect();
        self.transactions += 1;
        let mut shared = self.shared.write().unwrap_or_else(std::sync::PoisonError::into_inner);
        *shared = self.running.current.clone();
    }

    /// The contents that one more relation would have.
    pub(super) fn ask(&mut self, next: Current, answer: RelationId) -> Result<Records, QueryError> {
        let program = next.program.clone();
        if let Some(rows) = self.ask_running(&next, answer)? {
            return Ok(self.records_of(&program, answer, rows));
        }
        let mut running = self.started(next).map_err(|error| match error {
            ReviseError::Run(error) => asked(error),
            error => QueryError::Program(error.into()),
        })?;
        let rows = running.host.contents(answer, self.epoch);
        self.peers.speak(running.dialect.as_ref(), &self.interner);
        let rows = self.gathered_anyhow(&program, answer, rows);
        self.peers.speak(self.running.dialect.as_ref(), &self.interner);
        let rows = rows.map_err(|failure| asked(self.failed(&program, failure)))?;
        Ok(self.records_of(&program, answer, rows))
    }

    /// The answer if the program differs from the running one only by the question; `None` if by more.
    fn ask_running(&mut self, next: &Current, answer: RelationId) -> Result<Option<host::Delta>, QueryError> {
        let before = self.running.current.program.clone();
        let own_numbers = |program: &Program| program.types.has_any() || program.keeps_functions();
        if own_numbers(&before) || own_numbers(&next.program) || !self.peers.is_alone() {
            return Ok(None);
        }
        let signatures = Signatures::new(&next.program, &next.plan);
        let succession = Succession::new(self.running.signatures(), &signatures);
        let only_asks = succession.removed_rules.is_empty()
            && next.program.rules.len() == before.rules.len() + 1
            && next.program.relations.len() == before.relations.len() + 1
            && succession.collections[..next.program.relations.len() - 1].iter().all(Option::is_some);
        if !only_asks {
            return Ok(None);
        }
        let machine = Machine::controlled(
            next.program.clone(),
            self.interner.clone(),
            self.control.clone(),
            self.externs.clone(),
        )
        .map_err(|found| QueryError::Program(ReviseError::Program(found).into()))?;
        let epoch = self.epoch;
        self.epoch += EPOCHS;
        let host = &mut self.running.host;
        let mut successor =
            Successor::new(&mut self.peers, &machine, &next.plan, host, succession, &[], epoch)
                .map_err(|failure| asked(self.failed(&before, failure)))?;
        successor.exchange(&mut self.running.host);
        let caught_up = successor.catch_up(&mut self.peers, epoch);
        successor.exchange(&mut self.running.host);
        let rows = successor.host.take_pending(answer);
        caught_up.map_err(|failure| asked(self.failed(&next.program, failure)))?;
        let set = next.program.relations[answer.0 as usize].semantics == RelationSemantics::Relation;
        let mut there = host::Delta::new();
        for (row, weight) in rows.iter().filter(|(_, weight)| *weight > 0) {
            there.push(row, if set { 1 } else { weight });
        }
        Ok(Some(there))
    }

    /// Input relations that hold records stay what they are.
    fn check_inputs(
        &mut self,
        before: &Program,
        after: &Program,
        succession: &Succession,
    ) -> Result<(), ReviseError> {
        for (index, relation) in after.relations.iter().enumerate() {
            let new = RelationId(index as u32);
            let Some(old) = before.relation(&relation.name) else { continue };
            let both = relation.role == RelationRole::Input
                && before.relations[old.0 as usize].role == RelationRole::Input;
            if !both || succession.relation(new).is_some() {
                continue;
            }
            let records = self.contents(old)?.len();
            if records > 0 {
                return Err(ReviseError::InputChanged { relation: relation.name.clone(), records });
            }
        }
        Ok(())
    }

    /// What the output relations hold whose change is not that of a relation that stays.
    fn gone(&mut self, outputs: &Outputs) -> Result<Vec<(RelationId, host::Delta)>, CommitError> {
        outputs.gone.iter().map(|relation| Ok((*relation, self.contents(*relation)?))).collect()
    }

    /// What outputs change, by name.
    fn deltas(
        &self,
        outputs: &Outputs,
        after: &Arc<Program>,
        changes: &[(RelationId, host::Delta)],
        successor: &Successor,
        gone: Vec<(RelationId, host::Delta)>,
    ) -> Vec<Delta> {
        let before = &self.running.current.program;
        let mut deltas: BTreeMap<Arc<str>, Delta> = BTreeMap::new();
        let mut rows_of: BTreeMap<RelationId, host::Delta> = BTreeMap::new();
        for (relation, rows) in changes {
            if is_told(after, *relation) || self.is_watched(after, *relation) {
                rows_of.insert(*relation, rows.clone());
            }
        }
        for relation in &outputs.shown {
            rows_of.entry(*relation).or_default().append(successor.before(*relation));
        }
        for (old, rows) in gone {
            let name = &before.relations[old.0 as usize].name;
            match outputs.replaced.get(&old) {
                Some(new) => rows_of.entry(*new).or_default().append_opposite(&rows),
                None => {
                    let changes = self.records_of(before, old, rows.opposite());
                    deltas.insert(name.clone(), Delta { relation: old, name: name.clone(), changes });
                }
            }
        }
        for (relation, mut rows) in rows_of {
            rows.consolidate();
            let name = after.relations[relation.0 as usize].name.clone();
            let changes = self.records_of(after, relation, rows);
            let delta = Delta { relation, name: name.clone(), changes: Records::default() };
            let delta = deltas.entry(name).or_insert(delta);
            delta.relation = relation;
            delta.changes.extend(changes);
        }
        deltas.into_values().filter(|delta| !delta.changes.is_empty()).collect()
    }

    fn is_watched(&self, after: &Program, relation: RelationId) -> bool {
        let name = &after.relations[relation.0 as usize].name;
        let old = self.running.current.program.relation(name);
        old.is_some_and(|old| self.watched.contains(&old))
    }

    /// The program at work on the input relations' present contents.
    fn started(&mut self, next: Current) -> Result<Running, ReviseError> {
        let inputs = self.kept_inputs(&next)?;
        let mut running =
            Running::new(&self.peers, next, &self.interner, &self.control, self.externs.clone())
                .map_err(ReviseError::Program)?;
        self.peers.speak(running.dialect.as_ref(), &self.interner);
        let started = running.host.start(&mut self.peers, inputs);
        self.peers.speak(self.running.dialect.as_ref(), &self.interner);
        match started {
            Ok(changes) => {
                self.keep_held(&running.current, &changes);
                Ok(running)
            }
            Err(failure) => {
                let program = running.current.program.clone();
                Err(ReviseError::Run(self.failed(&program, failure)))
            }
        }
    }

    /// The contents of the input relations that stay, without what facts of the program put there.
    pub(super) fn kept_inputs(
        &mut self,
        next: &Current,
    ) -> Result<Vec<(RelationId, host::Delta)>, ReviseError> {
        let (before, after) = (self.running.current.program.clone(), next.program.clone());
        let signatures = Signatures::new(&after, &next.plan);
        let mut kept = Vec::new();
        for (index, relation) in after.relations.iter().enumerate() {
            let Some(old) = before.relation(&relation.name) else { continue };
            let known = &before.relations[old.0 as usize];
            if relation.role != RelationRole::Input || known.role != RelationRole::Input {
                continue;
            }
            let mut rows = self.running.host.contents(old, self.epoch);
            let mut facts = host::Delta::new();
            for (rule, _) in before.rules.iter().enumerate().filter(|(_, rule)| rule.head.relation == old) {
                let results = self.running.host.results(RuleId(rule as u32), self.epoch, &mut facts);
                rows = rows.and_then(|rows| results.map(|()| rows));
            }
            let (records, met) = self.met(old, rows, facts);
            let rows = met.map_err(|failure| ReviseError::Run(self.failed(&before, failure)))?;
            let same =
                self.running.signatures().declarations[old.0 as usize] == signatures.declarations[index];
            // Such values name types by numbers that are the other program's.
            let renumbered = after.types.has_any() && !Arc::ptr_eq(&before, &after);
            if (!same || renumbered) && records > 0 {
                return Err(ReviseError::InputChanged { relation: relation.name.clone(), records });
            }
            kept.push((RelationId(index as u32), rows));
        }
        Ok(kept)
    }

    /// Rows of a relation without others; how many there were before, at all workers.
    fn met(
        &mut self,
        relation: RelationId,
        rows: Result<host::Delta, Failure>,
        without: host::Delta,
    ) -> (usize, Result<host::Delta, Failure>) {
        let (rows, done) = match rows {
            Ok(rows) => (rows, Ok(())),
            Err(failure) => (host::Delta::new(), Err(failure)),
        };
        let mut count = host::Delta::new();
        (0..rows.len()).for_each(|_| count.push(&[], 1));
        count.consolidate();
        let mut rows = rows;
        rows.append_opposite(&without);
        let (channel, counted) = (Channel::Derived(relation), Channel::Numbers(0));
        let parcels = vec![
            Parcel { channel, route: Route::Key(usize::MAX), rows },
            Parcel { channel: counted, route: Route::All, rows: count },
        ];
        match self.peers.exchange(parcels, done) {
            Ok(mut arrived) => {
                let mut rows = arrived.take(channel);
                rows.consolidate();
                (arrived.take(counted).iter().map(|(_, count)| count as usize).sum(), Ok(rows))
            }
            Err(failure) => (0, Err(failure)),
        }
    }

    /// What is in the output relations of the other program and not in those of the running one, and the other way round.
    fn difference(&mut self, running: &mut Running) -> Result<Vec<Delta>, CommitError> {
        let (before, after) = (self.running.current.program.clone(), running.current.program.clone());
        let mut deltas: BTreeMap<Arc<str>, Delta> = BTreeMap::new();
        for index in 0..before.relations.len() as u32 {
            let id = RelationId(index);
            if is_told(&before, id) {
                let gone = self.contents(id)?.opposite();
                let (name, changes) =
                    (before.relations[index as usize].name.clone(), self.records_of(&before, id, gone));
                deltas.insert(name.clone(), Delta { relation: id, name, changes });
            }
        }
        for index in 0..after.relations.len() as u32 {
            let id = RelationId(index);
            if !is_told(&after, id) {
                continue;
            }
            let rows = running.host.contents(id, self.epoch);
            self.peers.speak(running.dialect.as_ref(), &self.interner);
            let rows = self.gathered_anyhow(&after, id, rows);
            self.peers.speak(self.running.dialect.as_ref(), &self.interner);
            let mut rows = rows.map_err(|failure| self.failed(&after, failure))?;
            let name = after.relations[index as usize].name.clone();
            let delta = deltas.entry(name.clone()).or_insert(Delta {
                relation: id,
                name,
                changes: Records::default(),
            });
            let known = before.relation(&delta.name).filter(|known| {
                let old = self.running.signatures().records[known.0 as usize];
                is_told(&before, *known) && old == running.signatures().records[index as usize]
            });
            if let Some(known) = known {
                let gone = self.contents(known)?;
                rows.append_opposite(&gone);
                rows.consolidate();
                delta.changes = Records::default();
            }
            delta.relation = id;
            delta.changes.extend(self.records_of(&after, id, rows));
        }
        Ok(deltas.into_values().filter(|delta| !delta.changes.is_empty()).collect())
    }

    fn contents(&mut self, relation: RelationId) -> Result<host::Delta, CommitError> {
        let program = self.running.current.program.clone();
        let rows = self.running.host.contents(relation, self.epoch);
        let rows = self.gathered_anyhow(&program, relation, rows);
        rows.map_err(|failure| self.failed(&program, failure))
    }

    /// Relations that have had records once still have had them.
    fn keep_held(&self, next: &Current, changes: &[(RelationId, host::Delta)]) {
        for (relation, _) in changes {
            next.held[relation.0 as usize].store(true, Ordering::Relaxed);
        }
        let current = &self.running.current;
        for (relation, held) in current.program.relations.iter().zip(current.held.iter()) {
            if let (true, Some(id)) = (held.load(Ordering::Relaxed), next.program.relation(&relation.name)) {
                next.held[id.0 as usize].store(true, Ordering::Relaxed);
            }
        }
    }

    /// The number that a relation of another program has in the running one.
    fn renumbered(&self, other: &Current, id: RelationId) -> Option<RelationId> {
        let relation = other.program.relations.get(id.0 as usize)?;
        self.running.current.program.relation(&relation.name)
    }
}

/// How the output relations of two programs belong together.
struct Outputs {
    /// Relations of the program before whose records are given up, or compared as a whole.
    gone: Vec<RelationId>,
    /// Those of the new program that were there and were no outputs: all they hold is new outside.
    shown: Vec<RelationId>,
    /// For those of the program before, one of the same name and type.
    replaced: BTreeMap<RelationId, RelationId>,
}

impl Outputs {
    fn new(before: &Program, after: &Program, succession: &Succession) -> Self {
        let mut outputs = Outputs { gone: Vec::new(), shown: Vec::new(), replaced: BTreeMap::new() };
        let mut kept = Vec::new();
        let (old_types, new_types) = (Fingerprints::new(before), Fingerprints::new(after));
        for index in (0..after.relations.len() as u32).map(RelationId).filter(|id| is_told(after, *id)) {
            let relation = &after.relations[index.0 as usize];
            match succession.relation(index) {
                Some(old) if is_told(before, old) => kept.push(old),
                Some(_) => outputs.shown.push(index),
                None => {}
            }
            if let Some(old) = before.relation(&relation.name) {
                let known = &before.relations[old.0 as usize];
                if old_types.ty(known.record) == new_types.ty(relation.record) {
                    outputs.replaced.insert(old, index);
                }
            }
        }
        let told = (0..before.relations.len() as u32).map(RelationId).filter(|id| is_told(before, *id));
        outputs.gone = told.filter(|old| !kept.contains(old)).collect();
        outputs
    }
}

/// Whether commits tell the changes of a relation.
fn is_told(program: &Program, relation: RelationId) -> bool {
    let relation = &program.relations[relation.0 as usize];
    relation.role == RelationRole::Output && relation.semantics != RelationSemantics::Stream
}
