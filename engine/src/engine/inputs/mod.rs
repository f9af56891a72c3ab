//! Updates of input relations, turned into exact changes of their contents.

mod batch;
mod draft;
mod modified;
mod shares;

use std::cell::Cell;
use std::rc::Rc;
use std::sync::Arc;

use rustc_hash::FxHashMap;

use super::commit::Update;
use super::error::CommitError;
use crate::command::Record;
use crate::dataflow::code::Code;
use crate::dataflow::host::{Delta, Failure, Host, at_first};
use crate::dataflow::index::{Epoch, Weight};
use crate::eval::{Machine, Trap};
use crate::ir::{Program, Relation, RelationId, RelationRole, RelationSemantics, TypeId};
use crate::plan::{Plan, Projection};
use crate::value::{
    EncodeError, Interner, Row, Value, Word, decode_record, encode, encode_record, modify_by_record,
};
pub(super) use batch::Batch;
use draft::{Clash, Draft, Kind};

/// The input relations' keys.
pub(super) struct Inputs {
    program: Arc<Program>,
    /// By relation.
    keys: Vec<Option<Code>>,
    /// By relation: the columns by which its contents are found, if that is not by a primary key.
    found_by: Vec<Option<Vec<usize>>>,
    /// By relation: whether the first worker has all of its contents.
    at_first: Vec<bool>,
    /// By relation: the types of a record's columns.
    columns: Vec<Vec<TypeId>>,
    /// Why the newest transaction was refused, if only this worker can know.
    refused_here: Cell<Option<RefusedAt>>,
}

/// Why an update failed: by itself, or in the code of a primary key.
pub(super) enum Refusal {
    Error(CommitError),
    Trap(RelationId, Trap),
    /// What is there must be asked for first: the record of this key.
    Unknown(Word),
}

/// What updates change, as far as it falls to this worker, and whether all of its updates could be done.
pub(super) type Share = (Vec<(RelationId, Delta)>, Result<(), Failure>);

/// The number of the update that failed, from 0, and why it did.
pub(super) type RefusedAt = (usize, Box<Refusal>);

/// An update in words.
struct Op {
    kind: Kind,
    /// The primary key, if the relation has one.
    key: Word,
    row: Row,
}

impl Inputs {
    pub(super) fn new(program: &Arc<Program>, machine: &Rc<Machine>, plan: &Plan) -> Self {
        let key = |contents: &Option<crate::plan::Contents>| {
            let transform = contents.as_ref()?.primary_key.as_ref()?;
            Some(Code::new(machine, transform))
        };
        let found_by = |contents: &Option<crate::plan::Contents>| {
            let contents = contents.as_ref().filter(|contents| contents.primary_key.is_none())?;
            match &plan.arrangement(contents.arrangement).projection {
                Projection::Columns { key, .. } => Some(key.clone()),
                Projection::Code(_) => None,
            }
        };
        let at_first = at_first(plan);
        let whole = |contents: &Option<crate::plan::Contents>| {
            contents.as_ref().is_some_and(|contents| at_first[contents.arrangement.0 as usize])
        };
        Inputs {
            program: program.clone(),
            at_first: plan.inputs.iter().map(whole).collect(),
            keys: plan.inputs.iter().map(key).collect(),
            found_by: plan.inputs.iter().map(found_by).collect(),
            columns: plan.collections.iter().map(|collection| collection.columns.clone()).collect(),
            refused_here: Cell::new(None),
        }
    }

    /// The changes that updates make, one after the other, to the contents in `host`; or the number of the first that
    /// fails, from 0, and why.
    pub(super) fn changes(
        &self,
        host: &mut Host,
        interner: &Interner,
        epoch: Epoch,
        updates: &[Update],
    ) -> Result<Vec<(RelationId, Delta)>, RefusedAt> {
        let mut drafts: FxHashMap<RelationId, Draft> = FxHashMap::default();
        for (number, update) in updates.iter().enumerate() {
            let change = self.change(interner, epoch, update).map_err(|refusal| (number, refusal.into()))?;
            let draft =
                drafts.entry(change.id).or_insert_with(|| Draft::new(change.relation, host, change.id));
            change.apply(draft, update, host).map_err(|refusal| (number, refusal.into()))?;
        }
        Ok(deltas(drafts))
    }

    /// What is needed to do an update, if it is one of an input relation.
    fn change<'a>(
        &'a self,
        interner: &'a Interner,
        epoch: Epoch,
        update: &Update,
    ) -> Result<Change<'a>, Refusal> {
        let id = update.relation();
        let relation = self.program.relations.get(id.0 as usize);
        let relation = relation
            .filter(|relation| relation.role == RelationRole::Input)
            .ok_or_else(|| Refusal::Error(CommitError::NotInput(self.name(id))))?;
        if relation.semantics == RelationSemantics::Stream && !matches!(update, Update::Insert { .. }) {
            return Err(Refusal::Error(CommitError::Stream(relation.name.clone())));
        }
        Ok(Change { inputs: self, interner, epoch, id, relation })
    }

    fn name(&self, id: RelationId) -> Arc<str> {
        match self.program.relations.get(id.0 as usize) {
            Some(relation) => relation.name.clone(),
            None => format!("#{}", id.0).into(),
        }
    }
}

fn deltas(drafts: FxHashMap<RelationId, Draft>) -> Vec<(RelationId, Delta)> {
    let mut changes: Vec<(RelationId, Delta)> =
        drafts.into_iter().map(|(id, draft)| (id, draft.delta())).collect();
    changes.sort_unstable_by_key(|(id, _)| *id);
    changes
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
    /// Does an update to the part of its relation that is in `host`.
    fn apply(&self, draft: &mut Draft, update: &Update, host: &mut Host) -> Result<(), Refusal> {
        match update {
            Update::Clear { .. } => draft.clear(self.contents(host)?),
            Update::Modify { key, changes, .. } => self.modify(draft, update, key, changes)?,
            _ => {
                let op = self.op(update)?;
                draft.apply(op.kind, op.key, op.row).map_err(|clash| self.clash(clash, update))?;
            }
        }
        Ok(())
    }

    /// An update in words, other than to modify. One to clear has no row.
    fn op(&self, update: &Update) -> Result<Op, Refusal> {
        let keyed = self.relation.primary_key.is_some();
        let (kind, record) = match update {
            Update::Insert { record, .. } => (Kind::Insert, record),
            Update::Delete { record, .. } => (Kind::Delete, record),
            Update::InsertOrUpdate { record, .. } if keyed => (Kind::Upsert, record),
            Update::DeleteKey { key, .. } if keyed => {
                return Ok(Op { kind: Kind::DeleteKey, key: self.key(key)?, row: Row::default() });
            }
            Update::Clear { .. } => return Ok(Op { kind: Kind::Clear, key: 0, row: Row::default() }),
            _ => return Err(self.no_primary_key()),
        };
        let row = self.row(record)?;
        let key = if keyed { self.key_of(&row)? } else { 0 };
        Ok(Op { kind, key, row })
    }

    fn modify(
        &self,
        draft: &mut Draft,
        update: &Update,
        key: &Value,
        changes: &Record,
    ) -> Result<(), Refusal> {
        let clash = |key: Word| {
            move |clash: Clash| match clash {
                Clash::Unknown => Refusal::Unknown(key),
                clash => self.clash(clash, update),
            }
        };
        let word = self.key(key)?;
        let now = draft.now(word).map_err(clash(word))?.ok_or_else(|| self.no_primary_key())?;
        let Some(before) = now.clone() else { return Err(self.clash(Clash::KeyAbsent, update)) };
        let after = self.changed(&before, changes)?;
        let moved = self.key_of(&after)?;
        if moved != word {
            let target = draft.now(moved).map_err(clash(moved))?;
            if target.is_some_and(|target| target.is_some()) {
                let record = self.record(&after);
                return Err(Refusal::Error(CommitError::KeyExists { relation: self.name(), record }));
            }
            draft.now(word).map_err(clash(word))?.map(Option::take);
        }
        if let Some(target) = draft.now(moved).map_err(clash(moved))? {
            *target = Some(after);
        }
        Ok(())
    }

    /// Why an update cannot be done to what is there.
    fn clash(&self, clash: Clash, update: &Update) -> Refusal {
        let relation = self.name();
        let record = || match update {
            Update::DeleteKey { key, .. } | Update::Modify { key, .. } => key.clone(),
            Update::Insert { record, .. }
            | Update::InsertOrUpdate { record, .. }
            | Update::Delete { record, .. } => match self.row(record) {
                Ok(row) => self.record(&row),
                Err(_) => record.clone(),
            },
            Update::Clear { .. } => Value::Tuple(Vec::new()),
        };
        Refusal::Error(match clash {
            Clash::KeyExists => CommitError::KeyExists { relation, record: record() },
            Clash::RecordDiffers => CommitError::RecordDiffers { relation, record: record() },
            Clash::KeyAbsent => CommitError::KeyAbsent { relation, key: record() },
            Clash::Unknown => {
                let key = match update {
                    Update::DeleteKey { key, .. } | Update::Modify { key, .. } => self.key(key),
                    _ => self.op(update).map(|op| op.key),
                };
                return key.map_or_else(|refusal| refusal, Refusal::Unknown);
            }
        })
    }

    /// The records in `host`, with their primary keys if they have one.
    fn contents(&self, host: &mut Host) -> Result<Vec<(Word, Row, Weight)>, Refusal> {
        let contents = host.contents(self.id, self.epoch);
        let contents = contents.map_err(|failure| Refusal::Trap(self.id, failure.trap))?;
        contents.iter().map(|(row, weight)| Ok((self.key_of(row)?, row.into(), weight))).collect()
    }

    fn row(&self, record: &Value) -> Result<Row, Refusal> {
        encode_record(self.interner, &self.inputs.program.types, self.relation.record, record)
            .map_err(|error| self.type_error(error))
    }

    fn record(&self, row: &[Word]) -> Value {
        decode_record(self.interner, &self.inputs.program.types, self.relation.record, row)
    }

    /// The primary key of a row; 0 if there is none.
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
            Refusal::Error(CommitError::Record { relation: self.name(), error: error.into() })
        })?;
        self.row(&after)
    }

    fn type_error(&self, error: EncodeError) -> Refusal {
        Refusal::Error(CommitError::Type { relation: self.name(), error })
    }

    fn no_primary_key(&self) -> Refusal {
        Refusal::Error(CommitError::NoPrimaryKey(self.name()))
    }

    fn name(&self) -> Arc<str> {
        self.relation.name.clone()
    }
}
