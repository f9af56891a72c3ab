//! What can go wrong with a command.

use std::io;
use std::path::PathBuf;

use thiserror::Error;
use weir_engine::engine::{CommitError, QueryError};
use weir_engine::value::RecordError;

/// A command that could not be carried out. Nothing has changed, except that a refused commit ends its transaction.
#[derive(Debug, Error)]
pub enum ShellError {
    /// `commit`, `rollback` or an update outside a transaction.
    #[error("no transaction in progress")]
    NoTransaction,
    /// `start` within a transaction.
    #[error("transaction already in progress")]
    InTransaction,
    /// No input relation of that name.
    #[error("Unknown input relation {0}")]
    UnknownInput(String),
    /// The relation is there, but only rules change it.
    #[error("{0} is not an input relation")]
    NotInput(String),
    /// No output relation of that name.
    #[error("Unknown output relation {0}")]
    UnknownOutput(String),
    /// No relation of that name at all.
    #[error("Unknown relation {0}")]
    UnknownRelation(String),
    /// No index of that name.
    #[error("Unknown index {0}")]
    UnknownIndex(String),
    /// Streams hold nothing that could be cleared.
    #[error("{0} is a stream: it holds nothing that could be cleared")]
    ClearStream(String),
    /// `insert_or_update`, `delete_key` or `modify` of a relation without a primary key.
    #[error("relation {0} has no primary key")]
    NoKey(String),
    /// The record does not fit the relation.
    #[error("{place}: {error}")]
    Record {
        /// The relation or index.
        place: String,
        /// What does not fit.
        error: RecordError,
    },
    /// A wrong number of arguments of an index.
    #[error("index {index} has {expected} fields, not {found}")]
    Arguments {
        /// The index.
        index: String,
        /// Its number of fields.
        expected: usize,
        /// What was given.
        found: usize,
    },
    /// A record takes its text from a file that cannot be read.
    #[error("cannot read {path}: {source}")]
    File {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The transaction was refused.
    #[error("{0}; the transaction is rolled back")]
    Commit(#[from] CommitError),
    /// The question was not answered.
    #[error(transparent)]
    Query(#[from] QueryError),
    /// The output is closed.
    #[error(transparent)]
    Io(#[from] io::Error),
}
