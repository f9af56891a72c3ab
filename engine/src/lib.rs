//! The rule language and its incremental runtime.
//!
//! `text -> syntax -> types -> ir -> plan -> dataflow`: each stage is a function from one plain data type to the next.
//! This crate opens no sockets and knows no network words.

pub mod command;
pub mod compile;
mod control;
mod dataflow;
pub mod diagnostics;
pub mod draft;
pub mod engine;
pub mod eval;
pub mod explain;
pub mod format;
pub mod ir;
pub mod plan;
pub mod profile;
pub mod source;
pub mod stdlib;
pub mod syntax;
pub mod types;
pub mod value;
pub mod why;

pub use control::{Canceller, Progress};
pub use draft::{Draft, Query};
pub use engine::{Answer, Commit, CommitError, Config, Delta, Engine, QueryError, ReviseError, Update};
