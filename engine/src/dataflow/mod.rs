//! The plan at work: indexes over time, and the operators between them.

mod aggregate;
mod antijoin;
mod arrange;
mod attempts;
// Not yet used everywhere.
#[allow(dead_code)]
pub(crate) mod changes;
pub(crate) mod code;
mod columns;
pub(crate) mod contents;
mod distinct;
mod fixpoint;
pub(crate) mod host;
pub(crate) mod index;
mod join;
pub(crate) mod lookup;
pub(crate) mod memory;
mod offsets;
mod pairs;
// Not yet used everywhere.
#[allow(dead_code)]
pub(crate) mod peers;
mod propagate;
mod pulse;
pub(crate) mod query;
mod reader;
pub(crate) mod reclaim;
mod reduce;
pub(crate) mod revise;
mod rows;
mod rule;
mod semijoin;
