//! What is in every scope, and which hypervisor holds which: kept once, however many hypervisors there are.
//!
//! What one of them should have is looked up through a [`View`]. Sessions read while the driver is not writing; a commit
//! is written as a whole, so that nobody sees half of one.

mod contents;
mod holdings;
mod scopes;
mod shelf;
mod table;
mod view;

pub use scopes::ScopeChange;
pub(super) use scopes::{Conflict, Library};
pub(super) use shelf::{SharedShelf, Shelf};
pub(super) use view::View;
