//! Why a record is there, and why another one is not: derivations found on demand in what the running program holds.
//!
//! Nothing is recorded while transactions run. A rule's body is searched from the record that it is to give: what the
//! head says of the variables is known from the start, and each literal narrows them down through the indexes that
//! rules read anyway.

mod absence;
mod answer;
mod code;
mod derivation;
mod failing;
mod flatten;
mod goal;
mod instance;
mod print;
mod prove;
mod question;
mod recursion;
mod rule;
mod search;
mod store;
mod wanted;
mod written;

pub use absence::{Absence, Obstacle, RuleAbsence};
pub(crate) use answer::{Running, Trouble, why, why_not};
pub use derivation::{Binding, Derivation, Premise, Reason, Sample, Step};
pub use question::{Question, WhyError};
