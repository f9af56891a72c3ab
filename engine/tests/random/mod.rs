//! Random programs under random transactions, and the simplest evaluation of them there is.
#![allow(clippy::unwrap_used, dead_code)] // each test uses a part

pub(crate) mod aggregate;
pub(crate) mod case;
pub(crate) mod clause;
#[path = "../common/cluster.rs"]
pub(crate) mod cluster;
pub(crate) mod drive;
pub(crate) mod expr;
pub(crate) mod generate;
pub(crate) mod oracle;
pub(crate) mod program;
pub(crate) mod rng;
pub(crate) mod script;
pub(crate) mod shrink;
pub(crate) mod strata;
pub(crate) mod ty;
pub(crate) mod val;
