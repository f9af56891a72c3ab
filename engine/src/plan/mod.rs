//! From rules to an explicit plan: what is arranged by what, joined in which order, in which stratum.

mod arrangements;
mod components;
mod data;
mod program;
mod rule;
mod shape;
pub mod transform;
mod walk;

pub(crate) use arrangements::column_types;
pub use data::{
    Arrangement, ArrangementId, Collection, CollectionId, CollectionSource, Component, Left, Op, Plan,
    Projection, RulePlan, Source, Stage,
};
