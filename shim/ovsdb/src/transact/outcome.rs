use std::fmt;

use serde_json::Value;
use thiserror::Error;

use super::Operation;
use crate::error::{DecodeError, decode_error, missing_member};
use crate::value::{Datum, Uuid, Values};

/// What one operation of a committed transaction gave.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OpResult {
    /// `insert`: the new row's UUID.
    Inserted(Uuid),
    /// `select`: the rows. `_uuid` and `_version` are among their columns. Values are read without the schema: a set of
    /// one atom arrives as a scalar, and a real without a fraction as an integer.
    Rows(Vec<Values>),
    /// `update`, `mutate`, `delete`: how many rows satisfied the conditions.
    Count(u64),
    /// `wait`, `commit`, `abort`, `comment`, `assert`.
    Done,
}

impl OpResult {
    /// The new row's UUID, if the operation was an `insert`.
    pub fn inserted(&self) -> Option<Uuid> {
        if let OpResult::Inserted(uuid) = self { Some(*uuid) } else { None }
    }

    /// The rows, if the operation was a `select`.
    pub fn rows(&self) -> Option<&[Values]> {
        if let OpResult::Rows(rows) = self { Some(rows) } else { None }
    }

    /// The number of rows, if the operation was an `update`, `mutate` or `delete`.
    pub fn count(&self) -> Option<u64> {
        if let OpResult::Count(count) = self { Some(*count) } else { None }
    }
}

/// An `<error>` from the database (RFC 7047 section 3.1).
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub struct DbError {
    /// The short, fixed name of what went wrong.
    pub error: String,
    /// What in particular, for people.
    pub details: Option<String>,
    /// The JSON that was not understood, if the server says.
    pub syntax: Option<String>,
}

/// The errors a client may want to tell apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ErrorKind {
    /// A value, an index or a count that the schema does not allow.
    ConstraintViolation,
    /// A reference to a row that does not exist, or a deleted row still referred to.
    ReferentialIntegrity,
    /// A `wait` whose comparison did not come true in time.
    TimedOut,
    /// An `abort`.
    Aborted,
    /// An `assert` without the lock.
    NotOwner,
    /// No such database on this server.
    UnknownDatabase,
    /// A method that this server does not have.
    UnknownMethod,
    /// Refused by role.
    Permission,
    /// The server follows another, and does not write by itself.
    NotAllowed,
    /// Any other.
    Other,
}

impl DbError {
    /// Reads an `<error>`, which ovsdb-server sometimes shortens to a bare string.
    pub fn from_json(json: &Value) -> Result<Self, DecodeError> {
        if let Value::String(error) = json {
            return Ok(DbError { error: error.clone(), details: None, syntax: None });
        }
        let members = json.as_object().ok_or_else(|| decode_error("an error", json))?;
        let text = |name: &str| members.get(name).and_then(Value::as_str).map(str::to_owned);
        let error = text("error").ok_or_else(|| missing_member("the name of an error", "error"))?;
        Ok(DbError { error, details: text("details"), syntax: text("syntax") })
    }

    /// Which of the known errors this is.
    pub fn kind(&self) -> ErrorKind {
        match self.error.as_str() {
            "constraint violation" => ErrorKind::ConstraintViolation,
            "referential integrity violation" => ErrorKind::ReferentialIntegrity,
            "timed out" => ErrorKind::TimedOut,
            "aborted" => ErrorKind::Aborted,
            "not owner" => ErrorKind::NotOwner,
            "unknown database" => ErrorKind::UnknownDatabase,
            "unknown method" => ErrorKind::UnknownMethod,
            "permission error" => ErrorKind::Permission,
            "not allowed" => ErrorKind::NotAllowed,
            _ => ErrorKind::Other,
        }
    }
}

impl fmt::Display for DbError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.error)?;
        if let Some(details) = &self.details {
            write!(f, ": {details}")?;
        }
        if let Some(syntax) = &self.syntax {
            write!(f, " (in `{syntax}`)")?;
        }
        Ok(())
    }
}

/// A transaction that changed nothing.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum TransactError {
    /// An operation failed, and with it all others.
    #[error("operation {index} ({operation}): {error}")]
    Operation {
        /// Which one, counted from 0.
        index: usize,
        /// Its name.
        operation: &'static str,
        /// Why.
        error: DbError,
    },
    /// Every operation was fine by itself, but the whole is not: references, indexes, row counts.
    #[error("commit: {0}")]
    Commit(DbError),
    /// The server refused the request as such.
    #[error("transact: {0}")]
    Refused(DbError),
    /// A reply that is no reply to these operations. Whether they were committed is not known.
    #[error("reply to transact: {0}")]
    Reply(#[from] DecodeError),
    /// The connection ended before the reply came. Whether the transaction was committed is not known.
    #[error("connection lost before the reply to transact")]
    ConnectionLost,
}

/// Reads the reply to `transact` of these operations: one result each if all of them succeeded and were committed.
pub fn read_outcome(operations: &[Operation], reply: &Value) -> Result<Vec<OpResult>, TransactError> {
    let results = reply.as_array().ok_or_else(|| decode_error("a list of results", reply))?;
    let failed = |result: &Value| {
        let has_error = result.as_object().is_some_and(|members| members.contains_key("error"));
        has_error.then(|| DbError::from_json(result)).transpose()
    };
    let mut read = Vec::with_capacity(operations.len());
    for (index, operation) in operations.iter().enumerate() {
        let at = |error: DecodeError| error.inside(&index.to_string());
        let result = results.get(index).ok_or_else(|| at(decode_error("a result per operation", reply)))?;
        if let Some(error) = failed(result).map_err(at)? {
            return Err(TransactError::Operation { index, operation: operation.name(), error });
        }
        read.push(read_result(operation, result).map_err(at)?);
    }
    match &results[operations.len()..] {
        [] => Ok(read),
        [extra] => match failed(extra)? {
            Some(error) => Err(TransactError::Commit(error)),
            None => Err(decode_error("an error of the commit", extra).into()),
        },
        _ => Err(decode_error("a result per operation", reply).into()),
    }
}

fn read_result(operation: &Operation, result: &Value) -> Result<OpResult, DecodeError> {
    let members = result.as_object().ok_or_else(|| decode_error("a result", result))?;
    let member = |name: &str| members.get(name).ok_or_else(|| missing_member("a result", name));
    match operation {
        Operation::Insert(_) => {
            let uuid = Datum::from_untyped_json(member("uuid")?).map_err(|error| error.inside("uuid"))?;
            let uuid = uuid.as_uuid().ok_or_else(|| decode_error("a uuid", result).inside("uuid"))?;
            Ok(OpResult::Inserted(uuid))
        }
        Operation::Select { .. } => {
            let rows = member("rows")?;
            let rows = rows.as_array().ok_or_else(|| decode_error("a list of rows", rows).inside("rows"))?;
            let rows = rows.iter().map(read_row).collect::<Result<_, _>>();
            rows.map(OpResult::Rows).map_err(|error| error.inside("rows"))
        }
        Operation::Update { .. } | Operation::Mutate { .. } | Operation::Delete { .. } => {
            let count = member("count")?;
            let number = count.as_u64().ok_or_else(|| decode_error("a count", count).inside("count"))?;
            Ok(OpResult::Count(number))
        }
        Operation::Wait(_)
        | Operation::Commit { .. }
        | Operation::Abort
        | Operation::Comment(_)
        | Operation::Assert { .. } => Ok(OpResult::Done),
    }
}

fn read_row(json: &Value) -> Result<Values, DecodeError> {
    let members = json.as_object().ok_or_else(|| decode_error("a row", json))?;
    members
        .iter()
        .map(|(column, value)| {
            let datum = Datum::from_untyped_json(value).map_err(|error| error.inside(column))?;
            Ok((column.clone(), datum))
        })
        .collect()
}
