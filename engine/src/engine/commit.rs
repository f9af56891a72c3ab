//! What goes into a transaction and what comes out.

use std::sync::Arc;
use std::time::Duration;

use super::records::Records;
use crate::command::Record;
use crate::ir::RelationId;
use crate::value::Value;

/// A change of an input relation.
#[derive(Clone, Debug, PartialEq)]
pub enum Update {
    /// Adds a record. An error if the relation has a primary key and a record with this one's key.
    Insert {
        /// An input relation.
        relation: RelationId,
        /// The record.
        record: Value,
    },
    /// Adds a record in the place of the one with the same primary key, if there is one.
    InsertOrUpdate {
        /// An input relation with a primary key.
        relation: RelationId,
        /// The record.
        record: Value,
    },
    /// Removes a record. An error if the relation has a primary key and the record is not there.
    Delete {
        /// An input relation.
        relation: RelationId,
        /// The record.
        record: Value,
    },
    /// Removes the record with that primary key. An error if there is none.
    DeleteKey {
        /// An input relation with a primary key.
        relation: RelationId,
        /// The key.
        key: Value,
    },
    /// Changes parts of the record with that primary key. An error if there is none.
    Modify {
        /// An input relation with a primary key.
        relation: RelationId,
        /// The key.
        key: Value,
        /// What is to change: see [`crate::value::modify_by_record`].
        changes: Record,
    },
    /// Removes every record.
    Clear {
        /// An input relation, not a stream.
        relation: RelationId,
    },
}

impl Update {
    /// The relation it changes.
    pub fn relation(&self) -> RelationId {
        match self {
            Update::Insert { relation, .. }
            | Update::InsertOrUpdate { relation, .. }
            | Update::Delete { relation, .. }
            | Update::DeleteKey { relation, .. }
            | Update::Modify { relation, .. }
            | Update::Clear { relation } => *relation,
        }
    }
}

/// A transaction that is done.
#[derive(Clone, Debug, PartialEq)]
pub struct Commit {
    /// Its number: greater than those of all transactions before.
    pub epoch: u64,
    /// What it changed in the output relations, those with changes only, by name.
    pub deltas: Vec<Delta>,
    /// How long it took in the engine, without waiting for its turn.
    pub duration: Duration,
}

/// What a transaction changed in one relation.
#[derive(Clone, Debug, PartialEq)]
pub struct Delta {
    /// The relation.
    pub relation: RelationId,
    /// Its full name.
    pub name: Arc<str>,
    /// Each record that changed and how its count changed, never by zero, in the natural order of records.
    pub changes: Records,
}
