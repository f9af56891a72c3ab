//! ERROR messages.

mod names;
mod report;

pub use report::{Fault, FaultKind};
