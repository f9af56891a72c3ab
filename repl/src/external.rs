//! Parts of records that are in files.

use std::path::PathBuf;

use weir_engine::command::{Record, TextSource};

use crate::error::ShellError;

/// The record with the contents of files in the place of `%"file"` and `@json%"file"`.
pub(crate) fn resolve(record: Record) -> Result<Record, ShellError> {
    Ok(match record {
        Record::File(path) => Record::String(read(path)?),
        Record::Serialized { format, text: TextSource::File(path) } => {
            Record::Serialized { format, text: TextSource::Inline(read(path)?) }
        }
        Record::Tuple(parts) => Record::Tuple(all(parts)?),
        Record::Array(items) => Record::Array(all(items)?),
        Record::Positional(constructor, fields) => Record::Positional(constructor, all(fields)?),
        Record::Named(constructor, fields) => {
            let fields = fields.into_iter().map(|(name, value)| Ok((name, resolve(value)?)));
            Record::Named(constructor, fields.collect::<Result<_, ShellError>>()?)
        }
        plain @ (Record::Bool(_)
        | Record::Int(_)
        | Record::Double(_)
        | Record::String(_)
        | Record::Serialized { text: TextSource::Inline(_), .. }) => plain,
    })
}

fn all(records: Vec<Record>) -> Result<Vec<Record>, ShellError> {
    records.into_iter().map(resolve).collect()
}

fn read(path: String) -> Result<String, ShellError> {
    std::fs::read_to_string(&path).map_err(|source| ShellError::File { path: PathBuf::from(path), source })
}
