//! Another program in the place of the running one, for good or for a moment.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Instant;

use timely::worker::Worker;

use super::commit::{Commit, Delta};
use super::error::{CommitError, QueryError, ReviseError};
use super::session::{Current, Records, Running, Session, Trial, asked};
use crate::dataflow::host;
use crate::dataflow::index::Weight;
use crate::draft::{Column, Query};
use crate::ir::{Fingerprint, Fingerprints, Program, RelationId, RelationRole, RelationSemantics};
use crate::value::{Row, Value};

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
        let rows = records.into_iter().map(|(record, weight)| (row(record), weight)).collect();
        Answer { columns: query.columns.clone(), rows }
    }
}

impl Session {
    pub(super) fn revise(
        &mut self,
        worker: &mut Worker,
        next: Current,
        trial: Trial,
    ) -> Result<Commit, ReviseError> {
        let start = Instant::now();
        let mut running = self.started(worker, next)?;
        let deltas = self.difference(&mut running).map_err(ReviseError::Run)?;
        let epoch = self.epoch;
        if trial == Trial::Forget {
            running.host.close(worker);
            return Ok(Commit { epoch, deltas, duration: start.elapsed() });
        }
        let replaced = std::mem::replace(&mut self.running, running);
        self.watched = self.watched.iter().filter_map(|id| self.renumbered(&replaced.current, *id)).collect();
        replaced.host.close(worker);
        self.epoch += 1;
        self.transactions += 1;
        let mut shared = self.shared.write().unwrap_or_else(std::sync::PoisonError::into_inner);
        *shared = self.running.current.clone();
        Ok(Commit { epoch, deltas, duration: start.elapsed() })
    }

    /// The contents that one more relation would have.
    pub(super) fn ask(
        &mut self,
        worker: &mut Worker,
        next: Current,
        answer: RelationId,
    ) -> Result<Records, QueryError> {
        let mut running = self.started(worker, next).map_err(|error| match error {
            ReviseError::Run(error) => asked(error),
            error => QueryError::Program(error.into()),
        })?;
        let rows = running.host.contents(answer, self.epoch);
        let program = running.current.program.clone();
        running.host.close(worker);
        let rows = rows.map_err(|failure| asked(self.failed(&program, failure)))?;
        Ok(self.records_of(&program, answer, rows))
    }

    /// The program at work on the input relations' present contents.
    fn started(&mut self, worker: &mut Worker, next: Current) -> Result<Running, ReviseError> {
        let inputs = self.kept_inputs(&next)?;
        let mut running = Running::new(worker, next, &self.interner, &self.control, self.externs.clone())
            .map_err(ReviseError::Program)?;
        match running.host.start(worker, inputs) {
            Ok(changes) => {
                self.keep_held(&running.current, &changes);
                Ok(running)
            }
            Err(failure) => {
                let program = running.current.program.clone();
                running.host.close(worker);
                Err(ReviseError::Run(self.failed(&program, failure)))
            }
        }
    }

    /// The contents of the input relations that stay.
    fn kept_inputs(&mut self, next: &Current) -> Result<Vec<(RelationId, host::Delta)>, ReviseError> {
        let (before, after) = (self.running.current.program.clone(), next.program.clone());
        let (old, new) = (Fingerprints::new(&before), Fingerprints::new(&after));
        let mut kept = Vec::new();
        for (index, relation) in after.relations.iter().enumerate() {
            let Some(id) = before.relation(&relation.name) else { continue };
            let known = &before.relations[id.0 as usize];
            if relation.role != RelationRole::Input || known.role != RelationRole::Input {
                continue;
            }
            let rows = self
                .running
                .host
                .contents(id, self.epoch)
                .map_err(|failure| ReviseError::Run(self.failed(&before, failure)))?;
            if declaration(&old, &before, id) == declaration(&new, &after, RelationId(index as u32)) {
                kept.push((RelationId(index as u32), rows));
            } else if !rows.is_empty() {
                let relation = relation.name.clone();
                return Err(ReviseError::InputChanged { relation, records: rows.len() });
            }
        }
        Ok(kept)
    }

    /// What is in the output relations of the other program and not in those of the running one, and the other way round.
    fn difference(&mut self, running: &mut Running) -> Result<Vec<Delta>, CommitError> {
        let (before, after) = (self.running.current.program.clone(), running.current.program.clone());
        let (old, new) = (Fingerprints::new(&before), Fingerprints::new(&after));
        let mut deltas: BTreeMap<Arc<str>, Delta> = BTreeMap::new();
        for (index, relation) in after.relations.iter().enumerate() {
            let id = RelationId(index as u32);
            if !is_told(relation.role, relation.semantics) {
                continue;
            }
            let rows = running.host.contents(id, self.epoch);
            let mut rows = rows.map_err(|failure| self.failed(&after, failure))?;
            let known = before.relation(&relation.name);
            let same = known.filter(|known| {
                old.ty(before.relations[known.0 as usize].record) == new.ty(relation.record)
                    && is_told(before.relations[known.0 as usize].role, relation.semantics)
            });
            if let Some(known) = same {
                let gone = self.contents(known)?;
                rows.extend(gone.into_iter().map(|(row, weight)| (row, -weight)));
                differential_dataflow::consolidation::consolidate(&mut rows);
            }
            let changes = self.records_of(&after, id, rows);
            deltas
                .insert(relation.name.clone(), Delta { relation: id, name: relation.name.clone(), changes });
        }
        for (index, relation) in before.relations.iter().enumerate() {
            let id = RelationId(index as u32);
            let kept = after.relation(&relation.name).filter(|other| {
                let other = &after.relations[other.0 as usize];
                old.ty(relation.record) == new.ty(other.record) && is_told(other.role, other.semantics)
            });
            if !is_told(relation.role, relation.semantics) || kept.is_some() {
                continue;
            }
            let rows = self.contents(id)?.into_iter().map(|(row, weight)| (row, -weight)).collect();
            let mut changes = self.records_of(&before, id, rows);
            let delta = deltas.entry(relation.name.clone());
            let delta = delta.or_insert_with(|| Delta {
                relation: id,
                name: relation.name.clone(),
                changes: Vec::new(),
            });
            changes.append(&mut delta.changes);
            delta.changes = changes;
        }
        Ok(deltas.into_values().filter(|delta| !delta.changes.is_empty()).collect())
    }

    fn contents(&mut self, relation: RelationId) -> Result<Vec<(Row, Weight)>, CommitError> {
        let program = self.running.current.program.clone();
        let rows = self.running.host.contents(relation, self.epoch);
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

/// What an input relation's contents depend on.
fn declaration(prints: &Fingerprints<'_>, program: &Program, id: RelationId) -> Fingerprint {
    let relation = &program.relations[id.0 as usize];
    let mut meaning = prints.meaning();
    meaning.ty(relation.record);
    meaning.tag(relation.semantics as u8);
    if let Some(key) = &relation.primary_key {
        meaning.locals(&key.locals);
        meaning.expr(&key.key);
    }
    meaning.finish()
}

/// Whether commits tell the changes of such relations.
fn is_told(role: RelationRole, semantics: RelationSemantics) -> bool {
    role == RelationRole::Output && semantics != RelationSemantics::Stream
}
