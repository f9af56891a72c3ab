//! The rule language and its incremental runtime.
//!
//! `text -> syntax -> types -> ir -> plan -> dataflow`: each stage is a function from one plain data type to the next.
//! This crate opens no sockets and knows no network words.

pub mod command;
pub mod compile;
pub mod diagnostics;
pub mod eval;
pub mod ir;
pub mod plan;
pub mod source;
pub mod stdlib;
pub mod syntax;
pub mod types;
pub mod value;
