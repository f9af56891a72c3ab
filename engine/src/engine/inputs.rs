//! Updates of input relations, turned into exact changes of their contents.

use std::collections::hash_map::Entry;
use std::rc::Rc;
use std::sync::Arc;

use rustc_hash::FxHashMap;

use super::commit::Update;
use super::error::CommitError;
use crate::command::Record;
use crate::dataflow::code::Code;
use crate::dataflow::contents::Finder;
use crate::dataflow::host::{Delta, Host};
use crate::dataflow::index::{Epoch, Weight};
use crate::eval::{Machine, Trap};
use crate::ir::{Program, Relation, RelationId, RelationRole, RelationSemantics, TypeId};
use crate::plan::Plan;
use crate::value::{
    EncodeError, Interner, Row, Value, Word, decode_record, encode, encode_record, modify_by_record,
};

/// The input relations' keys.
pub(super) struct Inputs {
    program: Arc<Program>,
    /// By relation.
    keys: Vec<Option<Code>>,
}

/// Why an update failed: by itself, or in the code of a primary key.
pub(super) enum Refusal {
    Error(CommitError),
    Trap(RelationId, Trap),
}

/// The number of the update that failed, from 0, and why it did.
pub(super) type RefusedAt = (usize, Box<Refusal>);

/// What a transaction does to one relation so far.
enum Draft {
    /// Each record as often as an update is about it: 1 if it comes, -1 if it goes. The last word counts.
    Set(Delta, Option<Finder>),
    /// By primary key: the record before, and now.
    Keyed(Keyed),
    /// By record: how often it was there before, and is now.
    Counts(FxHashMap<Row, (Weight, Weight)>, Option<Finder>),
}

/// Records by primary key.
struct Keyed {
    rows: FxHashMap<Word, (Option<Row>, Option<Row>)>,
    finder: Option<Finder>,
}

impl Keyed {
    /// The record of a key as it is now.
    fn now(&mut self, key: Word) -> &mut Option<Row> {
        let finder = &mut self.finder;
        let (_, now) = self.rows.entry(key).or_insert_with(|| {
            let before = finder.as_mut().and_then(|finder| finder.row_of(key));
            (before.clone(), before)
        });
        now
    }
}

impl Inputs {
    pub(super) fn new(program: &Arc<Program>, machine: &Rc<Machine>, plan: &Plan) -> Self {
        let key = |contents: &Option<crate::plan::Contents>| {
            let transform = contents.as_ref()?.primary_key.as_ref()?;
            Some(Code::new(machine, transform))
        };
        Inputs { program: program.clone(), keys: plan.inputs.iter().map(key).collect() }
    }

    /// The changes that updates make, one after the other, to the contents in `host`; or the number of the first that
    /// fails, from 0, and why.
    pub(super) fn changes(
        &self,
        host: &mut Host,
        interner: &Interner,
        epoch: Epoch,
        updates: Vec<Update>,
    ) -> Result<Vec<(RelationId, Delta)>, RefusedAt> {
        let mut drafts: FxHashMap<RelationId, Draft> = FxHashMap::default();
        for (number, update) in updates.into_iter().enumerate() {
            let id = update.relation();
            let relation = self.program.relations.get(id.0 as usize);
            let relation = relation
                .filter(|relation| relation.role == RelationRole::Input)
                .ok_or_else(|| (number, Refusal::Error(CommitError::NotInput(self.name(id))).into()))?;
            let draft = drafts.entry(id).or_insert_with(|| Draft::new(relation, host, id));
            let mut change = Change { inputs: self, interner, epoch, id, relation };
            change.apply(draft, update, host).map_err(|refusal| (number, refusal.into()))?;
        }
        let mut changes: Vec<(RelationId, Delta)> =
            drafts.into_iter().map(|(id, draft)| (id, draft.delta())).collect();
        changes.sort_unstable_by_key(|(id, _)| *id);
        Ok(changes)
    }

    fn name(&self, id: RelationId) -> Arc<str> {
        match self.program.relations.get(id.0 as usize) {
            Some(relation) => relation.name.clone(),
            None => format!("#{}", id.0).into(),
        }
    }
}

impl Draft {
    fn new(relation: &Relation, host: &mut Host, id: RelationId) -> Self {
        match relation.semantics {
            _ if relation.primary_key.is_some() => {
                Draft::Keyed(Keyed { rows: FxHashMap::default(), finder: host.find(id) })
            }
            RelationSemantics::Relation => Draft::Set(Delta::new(), host.find(id)),
            RelationSemantics::Multiset | RelationSemantics::Stream => {
                Draft::Counts(FxHashMap::default(), host.find(id))
            }
        }
    }

    fn delta(self) -> Delta {
        let mut delta = Delta::new();
        match self {
            Draft::Set(updates, mut finder) => {
                let updates = updates.last_of_each();
                delta.reserve(updates.len(), updates.width());
                for (row, last) in updates.iter() {
                    let (before, now) = (finder.as_mut().is_some_and(|finder| finder.has(row)), last > 0);
                    if before != now {
                        delta.push(row, Weight::from(now) - Weight::from(before));
                    }
                }
                return delta;
            }
            Draft::Counts(rows, _) => {
                rows.iter().for_each(|(row, (before, now))| delta.push(row, now - before));
            }
            Draft::Keyed(keyed) => {
                for (before, now) in keyed.rows.values().filter(|(before, now)| before != now) {
                    before.iter().for_each(|row| delta.push(row, -1));
                    now.iter().for_each(|row| delta.push(row, 1));
                }
            }
        }
        delta.consolidate();
        delta
    }
}

/// One update at work.
struct Change<'a> {
    inputs: &'a Inputs,
    interner: &'a Interner,
    epoch: Epoch,
    id: RelationId,
    relation: &'a Relation,
}

impl Change<'_> {
    fn apply(&mut self, draft: &mut Draft, update: Update, host: &mut Host) -> Result<(), Refusal> {
        if self.relation.semantics == RelationSemantics::Stream && !matches!(update, Update::Insert { .. }) {
            return Err(Refusal::Error(CommitError::Stream(self.relation.name.clone())));
        }
        match draft {
            Draft::Set(updates, _) => self.set(updates, update, host),
            Draft::Keyed(keyed) => self.keyed(keyed, update, host),
            Draft::Counts(rows, finder) => self.counts(rows, finder, update, host),
        }
    }

    fn set(&mut self, updates: &mut Delta, update: Update, host: &mut Host) -> Result<(), Refusal> {
        match update {
            Update::Insert { record, .. } => updates.push(&self.row(&record)?, 1),
            Update::Delete { record, .. } => updates.push(&self.row(&record)?, -1),
            Update::Clear { .. } => {
                // What was to come until here does not, and what is there goes.
                updates.clear();
                self.contents(host)?.iter().for_each(|(row, _)| updates.push(row, -1));
            }
            _ => return Err(self.no_primary_key()),
        }
        Ok(())
    }

    fn keyed(&mut self, keyed: &mut Keyed, update: Update, host: &mut Host) -> Result<(), Refusal> {
        let relation = || self.relation.name.clone();
        match update {
            Update::Insert { record, .. } => {
                let row = self.row(&record)?;
                let now = keyed.now(self.key_of(&row)?);
                if now.is_some() {
                    return Err(Refusal::Error(CommitError::KeyExists {
                        relation: relation(),
                        record: self.record(&row),
                    }));
                }
                *now = Some(row);
            }
            Update::InsertOrUpdate { record, .. } => {
                let row = self.row(&record)?;
                let key = self.key_of(&row)?;
                *keyed.now(key) = Some(row);
            }
            Update::Delete { record, .. } => {
                let row = self.row(&record)?;
                let now = keyed.now(self.key_of(&row)?);
                match now {
                    Some(found) if *found == row => *now = None,
                    Some(_) => {
                        let error =
                            CommitError::RecordDiffers { relation: relation(), record: self.record(&row) };
                        return Err(Refusal::Error(error));
                    }
                    None => {
                        let error = CommitError::KeyAbsent { relation: relation(), key: self.record(&row) };
                        return Err(Refusal::Error(error));
                    }
                }
            }
            Update::DeleteKey { key, .. } => {
                if keyed.now(self.key(&key)?).take().is_none() {
                    return Err(Refusal::Error(CommitError::KeyAbsent { relation: relation(), key }));
                }
            }
            Update::Modify { key, changes, .. } => {
                let word = self.key(&key)?;
                let Some(before) = keyed.now(word).clone() else {
                    return Err(Refusal::Error(CommitError::KeyAbsent { relation: relation(), key }));
                };
                let after = self.changed(&before, &changes)?;
                let moved = self.key_of(&after)?;
                if moved != word {
                    if keyed.now(moved).is_some() {
                        let error =
                            CommitError::KeyExists { relation: relation(), record: self.record(&after) };
                        return Err(Refusal::Error(error));
                    }
                    *keyed.now(word) = None;
                }
                *keyed.now(moved) = Some(after);
            }
            Update::Clear { .. } => {
                for (row, _) in self.contents(host)?.iter() {
                    keyed.now(self.key_of(row)?);
                }
                keyed.rows.values_mut().for_each(|state| state.1 = None);
            }
        }
        Ok(())
    }

    fn counts(
        &mut self,
        rows: &mut FxHashMap<Row, (Weight, Weight)>,
        finder: &mut Option<Finder>,
        update: Update,
        host: &mut Host,
    ) -> Result<(), Refusal> {
        let (record, change) = match update {
            Update::Insert { record, .. } => (record, 1),
            Update::Delete { record, .. } => (record, -1),
            Update::Clear { .. } => {
                rows.values_mut().for_each(|(_, now)| *now = 0);
                for (row, before) in self.contents(host)?.iter() {
                    rows.entry(row.into()).or_insert((before, 0));
                }
                return Ok(());
            }
            _ => return Err(self.no_primary_key()),
        };
        let row = self.row(&record)?;
        let mut count = |row: &Row| finder.as_mut().map_or(0, |finder| finder.count(row));
        let (_, now) = match rows.entry(row) {
            Entry::Occupied(entry) => entry.into_mut(),
            Entry::Vacant(entry) => {
                let before = count(entry.key());
                entry.insert((before, before))
            }
        };
        // There is nothing to take away of what is not there.
        *now = (*now + change).max(0);
        Ok(())
    }

    fn contents(&self, host: &mut Host) -> Result<Delta, Refusal> {
        host.contents(self.id, self.epoch).map_err(|failure| Refusal::Trap(self.id, failure.trap))
    }

    fn row(&self, record: &Value) -> Result<Row, Refusal> {
        encode_record(self.interner, &self.inputs.program.types, self.relation.record, record)
            .map_err(|error| self.type_error(error))
    }

    fn record(&self, row: &Row) -> Value {
        decode_record(self.interner, &self.inputs.program.types, self.relation.record, row)
    }

    fn key_of(&self, row: &[Word]) -> Result<Word, Refusal> {
        let mut word = 0;
        if let Some(code) = &self.inputs.keys[self.id.0 as usize] {
            code.run(self.epoch, &[row], 1, &mut |key, _, _| word = key.first().copied().unwrap_or(0))
                .map_err(|trap| Refusal::Trap(self.id, trap))?;
        }
        Ok(word)
    }

    fn key(&self, key: &Value) -> Result<Word, Refusal> {
        let ty: Option<TypeId> = self.relation.primary_key.as_ref().map(|primary| primary.key.ty);
        let Some(ty) = ty else { return Err(self.no_primary_key()) };
        encode(self.interner, &self.inputs.program.types, ty, key).map_err(|error| self.type_error(error))
    }

    /// The row with some parts changed.
    fn changed(&self, row: &Row, changes: &Record) -> Result<Row, Refusal> {
        let types = &self.inputs.program.types;
        let before = self.record(row);
        let after = modify_by_record(types, self.relation.record, &before, changes).map_err(|error| {
            Refusal::Error(CommitError::Record { relation: self.relation.name.clone(), error: error.into() })
        })?;
        self.row(&after)
    }

    fn type_error(&self, error: EncodeError) -> Refusal {
        Refusal::Error(CommitError::Type { relation: self.relation.name.clone(), error })
    }

    fn no_primary_key(&self) -> Refusal {
        Refusal::Error(CommitError::NoPrimaryKey(self.relation.name.clone()))
    }
}
