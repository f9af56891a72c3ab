//! Groups of which only aggregates are kept: a change of a value costs what it changes, however large its group is.
//!
//! What a rule asks of its groups is found by the planner ([`crate::plan::Aggregates`]). Each thing asked for has its
//! own way of being kept, one file each; [`store`] puts them together, [`aggregation`] runs them.

mod aggregation;
mod changes;
mod collected;
mod context;
mod extreme;
mod mapped;
mod ordered;
mod pairs;
mod run;
mod store;
mod sum;
mod table;
mod union;

pub(super) use aggregation::Aggregation;
