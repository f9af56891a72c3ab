//! Why processes do not come together.

use std::io;
use std::path::PathBuf;
use std::time::Duration;

use thiserror::Error;

/// Exit code of a process that ends because another one is gone, or did not come.
pub const LOST: u8 = 3;

/// Why processes do not come together.
#[derive(Debug, Error)]
pub enum ClusterError {
    /// There are only processes 0 to N-1.
    #[error("-p {index}: there are {count} processes, the last of them is {}", .count - 1)]
    Index {
        /// The index that was given.
        index: usize,
        /// How many processes there are.
        count: usize,
    },
    /// The file with addresses cannot be read.
    #[error("cannot read {path}: {source}")]
    HostFile {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// Too few addresses.
    #[error("{path} has {found} addresses, but there are {wanted} processes")]
    TooFew {
        /// The file.
        path: PathBuf,
        /// Addresses in it.
        found: usize,
        /// Processes.
        wanted: usize,
    },
    /// The address of this process cannot be listened on.
    #[error("process {index} cannot listen on {address}: {source}")]
    Listen {
        /// This process.
        index: usize,
        /// Its address.
        address: String,
        /// Why.
        source: io::Error,
    },
    /// Another process did not come in time.
    #[error("process {index} at {address} has not come within {} s{}", patience.as_secs_f32(), because(last))]
    Absent {
        /// The other process.
        index: usize,
        /// Its address.
        address: String,
        /// How long it was waited for.
        patience: Duration,
        /// What the last attempt to reach it gave, if this process is to call.
        last: Option<io::Error>,
    },
    /// Another process does not fit to this one.
    #[error("process {index} at {address} {problem}")]
    Unlike {
        /// The other process.
        index: usize,
        /// Its address.
        address: String,
        /// What about it.
        problem: String,
    },
}

impl ClusterError {
    /// What the process exits with.
    pub fn exit_code(&self) -> u8 {
        match self {
            ClusterError::Index { .. } | ClusterError::HostFile { .. } | ClusterError::TooFew { .. } => 1,
            ClusterError::Listen { .. } | ClusterError::Absent { .. } | ClusterError::Unlike { .. } => LOST,
        }
    }
}

fn because(last: &Option<io::Error>) -> String {
    last.as_ref().map_or_else(String::new, |error| format!(": {error}"))
}
