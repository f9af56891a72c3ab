//! From rules to an explicit plan: what is arranged by what, joined in which order, in which stratum.

mod aggregate;
mod arrangements;
mod body;
mod components;
mod data;
mod effects;
mod existential;
mod explain;
mod indexes;
mod inputs;
mod once;
mod order;
mod program;
pub(crate) mod record;
mod rule;
mod shape;
mod signature;
mod sizes;
mod succession;
pub mod transform;
pub(crate) mod walk;
mod weights;

pub use aggregate::{Aggregate, AggregateKind, Aggregates, Feature};
pub use data::{
    Arrangement, ArrangementId, Collection, CollectionId, CollectionSource, Component, Contents, IndexPlan,
    Left, Multiplicity, Op, Plan, Projection, Repeated, Repetition, RulePlan, Source, Stage,
};
pub use explain::Explain;
pub(crate) use signature::Signatures;
pub use sizes::Sizes;
pub(crate) use succession::Succession;
