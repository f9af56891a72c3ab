//! What is asked: a record, or what is known of it.

use std::fmt;
use std::sync::Arc;

use crate::command::{Command, CommandError, CommandErrorKind, CommandParser, Record};
use crate::engine::QueryError;
use crate::value::RecordError;

/// A record of a relation, in the notation of the `insert` command. `_` stands for anything, and so does every field
/// that is not named.
#[derive(Clone, Debug, PartialEq)]
pub struct Question {
    /// The relation's name, or the last part of it.
    pub relation: String,
    /// What is known of the record.
    pub record: Record,
}

impl Question {
    /// Reads `R(1, _)`, `R(.a = 1)`, `R{.a = 1}`, `R[record]` or just `R`.
    ///
    /// # Errors
    /// What is wrong with the text, where lines and columns count from its begin.
    pub fn parse(text: &str) -> Result<Question, CommandError> {
        const WORD: &str = "why ";
        let mut parser = CommandParser::new();
        parser.feed(WORD);
        parser.feed(text.trim_end().trim_end_matches(';'));
        parser.feed(";");
        match parser.finish() {
            Ok(Some(Command::Why(question))) if parser.is_idle() => Ok(question),
            Ok(_) => {
                let kind = CommandErrorKind::Expected { expected: "one whole record", found: ';' };
                Err(CommandError { line: 1, column: text.chars().count() + 1, kind })
            }
            Err(mut error) => {
                if error.line == 1 {
                    error.column = error.column.saturating_sub(WORD.len()).max(1);
                }
                Err(error)
            }
        }
    }
}

impl fmt::Display for Question {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.record {
            Record::Positional(name, fields) if *name == self.relation => {
                let fields: Vec<String> = fields.iter().map(Record::to_string).collect();
                write!(f, "{}({})", self.relation, fields.join(", "))
            }
            Record::Named(name, _) if *name == self.relation => write!(f, "{}", self.record),
            Record::Positional(name, fields) if name == "_" && fields.is_empty() => {
                f.write_str(&self.relation)
            }
            record => write!(f, "{}[{record}]", self.relation),
        }
    }
}

/// Why there is no explanation.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum WhyError {
    /// No such relation.
    #[error("unknown relation {0}")]
    UnknownRelation(String),
    /// The record is not one of the relation.
    #[error("{relation}: {error}")]
    Record {
        /// The relation.
        relation: Arc<str>,
        /// What does not fit.
        error: Box<RecordError>,
    },
    /// Streams hold nothing: their records are gone after their transaction.
    #[error("`{0}` is a stream: it holds nothing once its transaction is over")]
    Stream(Arc<str>),
    /// Asked why a record is there that is not.
    #[error("there is no {0}; `why not` tells what is missing")]
    Absent(String),
    /// Asked why a record is not there that is.
    #[error("there is {0}; `why` tells how it came about")]
    Present(String),
    /// Every worker knows a part only of what there was, and what there was cannot be gathered.
    #[error(
        "rules that look back at earlier transactions are not explained by several workers; run them with one"
    )]
    Several,
    /// Contents could not be read: a rule failed, somebody cancelled, or the engine has stopped.
    #[error(transparent)]
    Query(#[from] QueryError),
}
