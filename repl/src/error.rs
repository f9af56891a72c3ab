//! What can go wrong with a command.

use std::io;
use std::path::{Path, PathBuf};

use thiserror::Error;
use weir_engine::ReviseError;
use weir_engine::command::{CommandError, CommandParser};
use weir_engine::compile::Refused;
use weir_engine::diagnostics::{Diagnostic, render};
use weir_engine::engine::{CommitError, QueryError};
use weir_engine::ir::Program;
use weir_engine::source::SourceMap;
use weir_engine::value::RecordError;
use weir_engine::why::WhyError;

use crate::dot::DotError;
use crate::shell::Place;

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
        error: Box<RecordError>,
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
    Commit(CommitError),
    /// An update that would be refused when its transaction is committed.
    #[error("{0}; it is not in the transaction")]
    Update(CommitError),
    /// The question was not answered.
    #[error(transparent)]
    Query(QueryError),
    /// The question about a record makes no sense.
    #[error(transparent)]
    Why(WhyError),
    /// The program would be wrong.
    #[error("{}", render(.0, .1, false).trim_end())]
    Refused(SourceMap, Vec<Diagnostic>),
    /// The program cannot take the place of the running one.
    #[error(transparent)]
    Revise(ReviseError),
    /// Rules change between transactions.
    #[error("rules cannot be changed within a transaction: `commit;` or `rollback;` it first")]
    RulesInTransaction,
    /// There are no files to be read anew.
    #[error("the program has no file: it was typed")]
    NoFile,
    /// Ctrl-C.
    #[error("cancelled")]
    Cancelled,
    /// A file that was not written here would be lost.
    #[error("{0} is there already")]
    Exists(PathBuf),
    /// Nothing of that name, and what may have been meant.
    #[error("{0}")]
    Unknown(String),
    /// A command about the shell is wrong.
    #[error(transparent)]
    Dot(#[from] DotError),
    /// The text of a command is wrong.
    #[error("{}", .0.kind)]
    Parse(CommandError),
    /// A transaction was refused for one of its updates.
    #[error("{error}")]
    OfUpdate {
        /// Line and column, from 1, at which the update begins.
        at: Place,
        /// What is wrong.
        error: Box<ShellError>,
    },
    /// A command of a file failed.
    #[error("{path}{}: {error}", at.map_or(String::new(), |(line, column)| format!(":{line}:{column}")))]
    In {
        /// The file.
        path: PathBuf,
        /// Line and column, from 1, at which the command begins or is wrong; none if it is about all of them.
        at: Option<(usize, usize)>,
        /// What is wrong.
        error: Box<ShellError>,
    },
    /// A file cannot be written.
    #[error("cannot write {path}: {source}")]
    Write {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A record with something in it that commands cannot say: not a number.
    #[error("{relation}: commands have no notation for {record}")]
    NoNotation {
        /// The relation.
        relation: String,
        /// The record.
        record: String,
    },
    /// The output is closed.
    #[error(transparent)]
    Io(#[from] io::Error),
}

impl ShellError {
    /// With the place in the file that the command was read from. A closed output is no fault of a file, nor is Ctrl-C.
    pub(crate) fn at(self, path: &Path, at: Option<Place>) -> ShellError {
        match self {
            ShellError::Io(_) | ShellError::Cancelled => self,
            ShellError::OfUpdate { at, error } => {
                ShellError::In { path: path.to_owned(), at: Some(at), error }
            }
            other => ShellError::In { path: path.to_owned(), at, error: Box::new(other) },
        }
    }

    /// With the place of the update that is to blame, if it is known.
    pub(crate) fn of_update(self, at: Option<Place>) -> ShellError {
        match (self, at) {
            (error @ ShellError::Commit(_), Some(at)) => ShellError::OfUpdate { at, error: Box::new(error) },
            (other, _) => other,
        }
    }

    /// Line and column of what is wrong in the command that was read last: the part of a record, what the command is
    /// about, or the command.
    pub(crate) fn place(&self, parser: &CommandParser) -> Place {
        match self {
            ShellError::Parse(error) => (error.line, error.column),
            ShellError::OfUpdate { at, .. } => *at,
            ShellError::Record { error, .. } => parser.part_at(&error.way),
            ShellError::UnknownInput(_)
            | ShellError::NotInput(_)
            | ShellError::UnknownOutput(_)
            | ShellError::UnknownRelation(_)
            | ShellError::UnknownIndex(_)
            | ShellError::ClearStream(_)
            | ShellError::NoKey(_)
            | ShellError::Arguments { .. }
            | ShellError::File { .. } => parser.operand_at(),
            _ => parser.begun_at(),
        }
    }
}

impl ShellError {
    /// A failure in code of the running program, with the places in its text, the calls and the values it happened for.
    pub(crate) fn in_the_rules(&self, program: &Program) -> Option<Diagnostic> {
        match self {
            ShellError::Commit(error) | ShellError::Update(error) => error.diagnostic(program),
            ShellError::OfUpdate { error, .. } => error.in_the_rules(program),
            _ => None,
        }
    }
}

impl From<CommitError> for ShellError {
    fn from(error: CommitError) -> ShellError {
        match error {
            CommitError::Cancelled => ShellError::Cancelled,
            other => ShellError::Commit(other),
        }
    }
}

impl From<QueryError> for ShellError {
    fn from(error: QueryError) -> ShellError {
        match error {
            QueryError::Cancelled => ShellError::Cancelled,
            other => ShellError::Query(other),
        }
    }
}

impl From<WhyError> for ShellError {
    fn from(error: WhyError) -> ShellError {
        match error {
            WhyError::Query(error) => error.into(),
            WhyError::UnknownRelation(name) => ShellError::UnknownRelation(name),
            other => ShellError::Why(other),
        }
    }
}

impl From<ReviseError> for ShellError {
    fn from(error: ReviseError) -> ShellError {
        match error {
            ReviseError::Run(CommitError::Cancelled) => ShellError::Cancelled,
            other => ShellError::Revise(other),
        }
    }
}

impl From<Refused> for ShellError {
    fn from((sources, diagnostics): Refused) -> ShellError {
        ShellError::Refused(sources, diagnostics)
    }
}
