//! The lines of the feed, both ways.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::Value as Json;
use thiserror::Error;

use super::intent::Rejected;
use super::table::OpLine;
use crate::driver::CommitRecord;

/// Version of the protocol, told in the welcome.
pub(super) const PROTOCOL: u32 = 1;

/// A line of a client.
#[derive(Debug, Clone)]
pub(super) enum Line {
    Transaction(TransactionLine),
    Hello(HelloLine),
    Begin(BeginLine),
    End(EndLine),
    Subscribe(SubscribeLine),
    Ping(PingLine),
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct TransactionLine {
    pub(super) ops: Vec<OpLine>,
    pub(super) seq: Option<u64>,
    #[serde(default)]
    pub(super) wait: Wait,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct HelloLine {
    pub(super) hello: Hello,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Hello {
    pub(super) client: String,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct BeginLine {
    pub(super) begin: Snapshot,
    pub(super) relations: Option<Vec<String>>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct EndLine {
    #[serde(rename = "end")]
    pub(super) _end: Snapshot,
    pub(super) seq: Option<u64>,
    #[serde(default)]
    pub(super) wait: Wait,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SubscribeLine {
    pub(super) subscribe: Vec<String>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct PingLine {
    pub(super) ping: Json,
}

/// What begins and ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Snapshot {
    Snapshot,
}

/// What a client wants to hear of besides the commit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Wait {
    /// Nothing.
    #[default]
    Committed,
    /// That the switches concerned have confirmed.
    Installed,
}

/// A line of Weir. Those that answer a transaction are told by their members, not by a name around them.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Answer {
    /// To a hello.
    Welcome {
        /// The client's name.
        client: String,
        /// Its last transaction that is kept.
        last: u64,
        /// Version of the protocol.
        protocol: u32,
    },
    /// To a subscription.
    Subscribed(Vec<Arc<str>>),
    /// To a ping.
    Pong(Json),
    /// Something the client should know; nothing is wrong with its lines.
    Notice(String),
    /// The line cannot be understood; the connection is closed after this.
    Error(String),
    /// A transaction is durable, and on its way to the switches.
    #[serde(untagged)]
    Committed {
        /// As the client gave it.
        #[serde(skip_serializing_if = "Option::is_none")]
        seq: Option<u64>,
        /// What it did, together with those committed in the same epoch.
        committed: Committed,
    },
    /// It was committed before; nothing was done again.
    #[serde(untagged)]
    Duplicate {
        /// As the client gave it.
        seq: u64,
        /// The client's last one that is kept.
        duplicate: Last,
    },
    /// The switches it concerns have it.
    #[serde(untagged)]
    Installed {
        /// As the client gave it.
        #[serde(skip_serializing_if = "Option::is_none")]
        seq: Option<u64>,
        /// Where and when.
        installed: InstalledOn,
    },
    /// It was refused: nothing has changed.
    #[serde(untagged)]
    Rejected {
        /// As the client gave it.
        #[serde(skip_serializing_if = "Option::is_none")]
        seq: Option<u64>,
        /// Which operation, and why.
        rejected: Rejected,
    },
    /// What a commit changed in a relation that was subscribed to.
    #[serde(untagged)]
    Changes {
        /// The commit.
        epoch: u64,
        /// The relation.
        relation: Arc<str>,
        /// Rows, and by how much their number changed.
        rows: Vec<(Json, i64)>,
    },
}

/// A client's place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Last {
    /// Its last transaction that is kept.
    pub last: u64,
}

/// What an epoch did.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Committed {
    /// Its number.
    pub epoch: u64,
    /// By output relation: rows that came and rows that went.
    pub changes: BTreeMap<Arc<str>, (usize, usize)>,
}

/// Where an epoch is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct InstalledOn {
    /// Its number.
    pub epoch: u64,
    /// Hypervisors whose flows it changed.
    pub chassis: usize,
    /// Milliseconds from the commit to the last of their confirmations.
    pub ms: u64,
}

/// A line that cannot be understood.
#[derive(Debug, Error)]
pub enum LineError {
    /// It is longer than allowed.
    #[error("line {line}: longer than {limit} bytes")]
    TooLong {
        /// Its number, from 1.
        line: u64,
        /// What is allowed.
        limit: usize,
    },
    /// It is not JSON.
    #[error("line {line}: {source}")]
    Json {
        /// Its number, from 1.
        line: u64,
        /// What is wrong.
        source: serde_json::Error,
    },
    /// It is JSON, but no line of this protocol.
    #[error("line {line}: {problem}")]
    Unknown {
        /// Its number, from 1.
        line: u64,
        /// What is wrong.
        problem: String,
    },
}

impl Committed {
    /// Of a finished transaction.
    pub fn of(record: &CommitRecord) -> Committed {
        let mut changes: BTreeMap<Arc<str>, (usize, usize)> = BTreeMap::new();
        for delta in &record.deltas {
            let came = delta.changes.weights().filter(|weight| *weight > 0).count();
            let counts = changes.entry(Arc::clone(&delta.name)).or_default();
            counts.0 += came;
            counts.1 += delta.changes.len() - came;
        }
        Committed { epoch: record.epoch, changes }
    }
}

/// Reads a line.
///
/// # Errors
/// What is wrong with it.
pub(super) fn read_line(number: u64, text: &str) -> Result<Line, LineError> {
    let json: Json = serde_json::from_str(text).map_err(|source| LineError::Json { line: number, source })?;
    let unknown = |problem: String| LineError::Unknown { line: number, problem };
    let has = |member: &str| json.get(member).is_some();
    // Which line it is meant to be is told by one member, so that what is wrong with the others can be told as well.
    let read = if has("ops") {
        serde_json::from_value(json).map(Line::Transaction)
    } else if has("hello") {
        serde_json::from_value(json).map(Line::Hello)
    } else if has("begin") {
        serde_json::from_value(json).map(Line::Begin)
    } else if has("end") {
        serde_json::from_value(json).map(Line::End)
    } else if has("subscribe") {
        serde_json::from_value(json).map(Line::Subscribe)
    } else if has("ping") {
        serde_json::from_value(json).map(Line::Ping)
    } else {
        return Err(unknown("expected an object with ops, hello, begin, end, subscribe or ping".into()));
    };
    read.map_err(|error| unknown(error.to_string()))
}
