//! The stored intent as lines of the feed, and back: for backups, and to move from one machine to another.

use std::io::{self, BufRead, Write};
use std::path::Path;
use std::sync::Arc;

use serde_json::{Value as Json, json};
use thiserror::Error;

use super::intent::{Intent, Rejected};
use super::overlay::Overlay;
use super::protocol::{Line, LineError, read_line};
use super::store::{IntentStore, StoreError};
use super::table::{Op, Tables};

/// The archive could not be written or read.
#[derive(Debug, Error)]
pub enum ArchiveError {
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The file.
    #[error(transparent)]
    Io(#[from] io::Error),
    /// A line of it is not of the protocol.
    #[error(transparent)]
    Line(#[from] LineError),
    /// A line's operation does not fit the rules, or the rows before it.
    #[error("line {line}{}: {}", rejected.op.map(|op| format!(", operation {op}")).unwrap_or_default(), rejected.reason)]
    Rejected {
        /// Its number, from 1.
        line: u64,
        /// What is wrong.
        rejected: Rejected,
    },
}

/// Writes all rows as one snapshot. Gives how many.
///
/// # Errors
/// See [`ArchiveError`].
pub fn dump(directory: &Path, mut out: impl Write) -> Result<usize, ArchiveError> {
    let rows = IntentStore::open(directory)?.rows()?;
    writeln!(out, "{}", json!({"begin": "snapshot"}))?;
    for (relation, _, row) in &rows {
        let row: Json = serde_json::from_str(row).map_err(io::Error::other)?;
        writeln!(out, "{}", json!({"ops": [{"insert": relation, "row": row}]}))?;
    }
    writeln!(out, "{}", json!({"end": "snapshot"}))?;
    Ok(rows.len())
}

/// Puts the lines of an archive into the store of a daemon that is not running: all or none. Gives how many rows changed.
///
/// # Errors
/// See [`ArchiveError`].
pub fn load(directory: &Path, tables: &Arc<Tables>, lines: impl BufRead) -> Result<usize, ArchiveError> {
    let mut intent = Intent::open(directory, Arc::clone(tables))?;
    intent.restore()?;
    let mut group = Overlay::default();
    let mut snapshot: Option<(Vec<Arc<str>>, Vec<Op>)> = None;
    for (number, text) in (1_u64..).zip(lines.lines()) {
        let text = text?;
        if text.trim().is_empty() {
            continue;
        }
        let rejected = |rejected| ArchiveError::Rejected { line: number, rejected };
        let (ops, replaced) = match read_line(number, &text)? {
            Line::Begin(line) => {
                let all = || tables.names().into_iter().map(Arc::from).collect();
                let named = |names: Vec<String>| names.into_iter().map(Arc::from).collect();
                snapshot = Some((line.relations.map_or_else(all, named), Vec::new()));
                continue;
            }
            Line::End(_) => match snapshot.take() {
                Some((relations, rows)) => (rows, Some(relations)),
                None => continue,
            },
            Line::Transaction(line) => {
                let ops = tables.read_all(&line.ops).map_err(rejected)?;
                match &mut snapshot {
                    Some((_, rows)) => {
                        rows.extend(ops);
                        continue;
                    }
                    None => (ops, None),
                }
            }
            // Nobody is there to be answered.
            Line::Hello(_) | Line::Subscribe(_) | Line::Ping(_) => continue,
        };
        group.merge(intent.plan_rows(&group, &ops, replaced.as_deref()).map_err(rejected)?.overlay);
    }
    let changed = group.rows().count();
    intent.keep(group)?;
    Ok(changed)
}

/// Makes the store's file as small as it can be. Gives its size before and after, in bytes.
///
/// # Errors
/// See [`ArchiveError`].
pub fn compact(directory: &Path) -> Result<(u64, u64), ArchiveError> {
    let size = || std::fs::metadata(directory.join("intent.redb")).map(|file| file.len());
    let before = size()?;
    let mut store = IntentStore::open(directory)?;
    // Each pass frees what the one before has moved.
    while store.compact()? {}
    drop(store);
    Ok((before, size()?))
}
