//! The command language: transactions and queries as text.

mod error;
mod locate;
mod parser;
mod record;
mod scan;

pub use error::{CommandError, CommandErrorKind};
pub use parser::CommandParser;
pub use record::{Record, TextSource};

use num_bigint::BigInt;

use crate::why::Question;

/// One command.
#[derive(Clone, Debug, PartialEq)]
pub enum Command {
    /// `start;`
    Start,
    /// `commit;`
    Commit {
        /// `commit dump_changes;`: print what the transaction changed.
        dump_changes: bool,
    },
    /// `rollback;`
    Rollback,
    /// `dump;` all output relations, `dump R;` one.
    Dump(Option<String>),
    /// `clear R;`: delete all records of an input relation.
    Clear(String),
    /// `echo text;`: the text without leading blanks.
    Echo(String),
    /// `timestamp;`
    Timestamp,
    /// `profile;` and `profile cpu on;`
    Profile(Option<ProfileSwitch>),
    /// `profile json;` and its kin.
    Report(Report),
    /// `memory;`
    Memory,
    /// `exit;`
    Exit,
    /// `insert ..` and its kin.
    Update {
        /// The change.
        update: Update,
        /// Ended by `;` rather than `,`: the updates gathered so far are applied now.
        last: bool,
    },
    /// `query_index I(a, ..);`: one argument stands for itself, several are a tuple.
    QueryIndex {
        /// The index.
        index: String,
        /// The value looked for.
        key: Record,
    },
    /// `dump_index I;`
    DumpIndex(String),
    /// `log_level n;`
    LogLevel(i32),
    /// `mssleep n;`
    MsSleep(u64),
    /// `why R(..);`: how a record came about.
    Why(Question),
    /// `why not R(..);`: what is missing for a record.
    WhyNot(Question),
    /// `# text` up to the end of the line.
    Comment(String),
}

/// A change of one input relation.
#[derive(Clone, Debug, PartialEq)]
pub enum Update {
    /// `insert R(..)`, `insert R[..]`
    Insert {
        /// The relation.
        relation: String,
        /// What is inserted.
        record: Record,
    },
    /// `insert_or_update R(..)`: replaces the record with the same primary key.
    InsertOrUpdate {
        /// The relation.
        relation: String,
        /// What is inserted.
        record: Record,
    },
    /// `delete R(..)`: by value.
    Delete {
        /// The relation.
        relation: String,
        /// What is deleted.
        record: Record,
    },
    /// `delete_key R key`: by primary key.
    DeleteKey {
        /// The relation.
        relation: String,
        /// The key of what is deleted.
        key: Record,
    },
    /// `modify R key <- Rec{..}`: fields that are not named stay.
    Modify {
        /// The relation.
        relation: String,
        /// The key of what is changed.
        key: Record,
        /// The fields to change.
        changes: Record,
    },
}

/// What `profile` turns on or off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ProfileSwitch {
    /// The kind of profile.
    pub profile: Profile,
    /// `on`
    pub on: bool,
}

/// How a profile is told, or what it counts from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Report {
    /// `profile json;`
    Json,
    /// `profile html "FILE";`: a page is written to that file.
    Html(String),
    /// `profile slow;`: the transactions that took long.
    Slow,
    /// `profile mark;`: from now on what has been counted so far is left out.
    Mark,
    /// `profile all;`: from now on everything counts again, and is told.
    All,
}

/// Kinds of profiles.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Profile {
    /// Time spent per operator.
    Cpu,
    /// Changes per operator.
    Change,
    /// Events of the dataflow engine.
    Timely,
}

impl Update {
    /// The relation that changes.
    pub fn relation(&self) -> &str {
        match self {
            Update::Insert { relation, .. }
            | Update::InsertOrUpdate { relation, .. }
            | Update::Delete { relation, .. }
            | Update::DeleteKey { relation, .. }
            | Update::Modify { relation, .. } => relation,
        }
    }
}

/// What stands for several arguments of an index.
fn tuple_of(mut arguments: Vec<Record>) -> Record {
    match arguments.len() {
        1 => arguments.remove(0),
        _ => Record::Tuple(arguments),
    }
}

/// A number of milliseconds or a level that fits.
fn fits<T: TryFrom<BigInt>>(value: BigInt) -> Option<T> {
    T::try_from(value).ok()
}
