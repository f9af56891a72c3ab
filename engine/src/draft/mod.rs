//! Programs being edited: the files they were loaded from, and what was typed since.

mod program;
mod query;
mod remove;
mod rules;
mod save;

pub use program::{Added, Draft};
pub use query::{Column, Query};
pub use remove::Target;
pub use rules::DraftRule;
