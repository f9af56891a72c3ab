//! Why a transaction or a question failed.

use std::sync::Arc;

use crate::diagnostics::Diagnostic;
use crate::eval::Trap;
use crate::ir::{Program, RuleId};
use crate::value::{EncodeError, RecordError, Value};

/// Why a transaction failed. Nothing has changed.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum CommitError {
    /// Only input relations can be changed.
    #[error("`{0}` is not an input relation")]
    NotInput(Arc<str>),
    /// A record, key or field is not of its type.
    #[error("{relation}: {error}")]
    Type {
        /// The relation.
        relation: Arc<str>,
        /// What does not fit.
        error: EncodeError,
    },
    /// What is to be changed of a record does not fit its type.
    #[error("{relation}: {error}")]
    Record {
        /// The relation.
        relation: Arc<str>,
        /// What does not fit.
        error: Box<RecordError>,
    },
    /// Keys are only known for relations that declare one.
    #[error("`{0}` has no primary key")]
    NoPrimaryKey(Arc<str>),
    /// There is a record with the key of the one to insert.
    #[error("{relation}: a record with the key of {record} exists")]
    KeyExists {
        /// The relation.
        relation: Arc<str>,
        /// What was to be inserted.
        record: Value,
    },
    /// There is no record with that key.
    #[error("{relation}: no record has the key {key}")]
    KeyAbsent {
        /// The relation.
        relation: Arc<str>,
        /// The key, or the record that was to be deleted.
        key: Value,
    },
    /// The record with the key of the one to delete differs from it.
    #[error("{relation}: the record with the key of {record} is another one")]
    RecordDiffers {
        /// The relation.
        relation: Arc<str>,
        /// What was to be deleted.
        record: Value,
    },
    /// Rows of a stream are gone after their transaction: there is nothing to delete.
    #[error("`{0}` is a stream: its contents cannot be deleted")]
    Stream(Arc<str>),
    /// Code of a rule failed.
    #[error("{place}: {} (in a rule for `{relation}`)", trap.message)]
    Rule {
        /// The rule, if the code belongs to one.
        rule: Option<RuleId>,
        /// The relation it derives.
        relation: Arc<str>,
        /// What happened, where, in which calls, and for which values.
        trap: Box<Trap>,
        /// The place of the expression, as `file:line:column`.
        place: String,
    },
    /// Somebody asked the engine to stop what it was doing.
    #[error("cancelled")]
    Cancelled,
    /// Another process, or a thread of this one, is gone, and with it a part of all rows: the engine ends.
    #[error("{0}: the transaction is not committed")]
    Lost(Arc<str>),
    /// The engine is being shut down.
    #[error("the engine has stopped")]
    Stopped,
}

/// A transaction that was refused, and the update to blame for it.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error("{error}")]
pub struct Refused {
    /// The number of the update, from 0; none if a rule failed, which is a matter of all of them together.
    pub update: Option<usize>,
    /// Why.
    pub error: CommitError,
}

impl From<CommitError> for Refused {
    fn from(error: CommitError) -> Refused {
        Refused { update: None, error }
    }
}

impl CommitError {
    /// A failure in code of the program, with the places in its text; nothing for other errors.
    pub fn diagnostic(&self, program: &Program) -> Option<Diagnostic> {
        let CommitError::Rule { rule, trap, .. } = self else { return None };
        let head = rule.and_then(|rule| program.rules.get(rule.0 as usize)).map(|rule| rule.head.span);
        Some(trap.diagnostic("E0450", head))
    }
}

/// Why a program was not put in the place of the running one. Nothing has changed.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum ReviseError {
    /// It cannot be run: see the diagnostics.
    #[error("the program cannot be run: {}", messages(.0))]
    Program(Vec<Diagnostic>),
    /// An input relation that holds records is another one in the new program: its records' type, its primary key or
    /// whether it is a set, multiset or stream. Clear it first.
    #[error("`{relation}` is declared differently and holds {records} records")]
    InputChanged {
        /// The relation.
        relation: Arc<str>,
        /// Records it holds.
        records: usize,
    },
    /// Several processes run the program, which cannot be changed then.
    #[error("a program that several processes run cannot be changed")]
    Processes,
    /// A rule failed on the present contents, somebody cancelled, or the engine has stopped.
    #[error(transparent)]
    Run(#[from] CommitError),
}

fn messages(diagnostics: &[Diagnostic]) -> String {
    let messages: Vec<&str> = diagnostics.iter().map(|diagnostic| &*diagnostic.message).collect();
    messages.join("; ")
}

/// Why a question about contents was not answered.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum QueryError {
    /// No such index.
    #[error("unknown index `{0}`")]
    UnknownIndex(String),
    /// An argument is not of its type, or there are too few or too many.
    #[error("{0}")]
    Type(EncodeError),
    /// A wrong number of arguments.
    #[error("index `{index}` has {expected} fields, not {found}")]
    Arguments {
        /// The index.
        index: Arc<str>,
        /// Its number of fields.
        expected: usize,
        /// What was given.
        found: usize,
    },
    /// The program that the question was checked against cannot take the place of the running one.
    #[error(transparent)]
    Program(Box<ReviseError>),
    /// Code of a rule failed.
    #[error(transparent)]
    Rule(CommitError),
    /// Somebody asked the engine to stop what it was doing.
    #[error("cancelled")]
    Cancelled,
    /// Another process, or a thread of this one, is gone, and with it a part of all rows: the engine ends.
    #[error("{0}: the question is not answered")]
    Lost(Arc<str>),
    /// The engine is being shut down.
    #[error("the engine has stopped")]
    Stopped,
}
