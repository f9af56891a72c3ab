use std::io;
use std::path::PathBuf;

use thiserror::Error;

use crate::TlsError;

/// A certificate that was not made.
#[derive(Debug, Error)]
pub enum PkiError {
    /// A file or directory cannot be made.
    #[error("{path}: {source}", path = .path.display())]
    Write {
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// What is there already is not written over.
    #[error("{path}: is there already", path = .path.display())]
    Exists {
        /// Which.
        path: PathBuf,
    },
    /// The authority cannot be read.
    #[error("{0}; was it made by `weir pki init`?")]
    Authority(#[from] TlsError),
    /// The authority's files are not those of an authority made here.
    #[error("{path}: {problem}", path = .path.display())]
    NotOurs {
        /// Which.
        path: PathBuf,
        /// What is wrong.
        problem: String,
    },
    /// A name that cannot be a certificate's.
    #[error("`{name}`: {problem}")]
    Name {
        /// The name.
        name: String,
        /// What is wrong.
        problem: &'static str,
    },
    /// So many days from now there is no date.
    #[error("{0} days: beyond what a certificate can say")]
    Days(u32),
    /// The key or the certificate cannot be made.
    #[error("{0}")]
    Make(#[from] rcgen::Error),
}
