//! The engine: transactions in, exact changes of the output relations out.

mod commit;
mod error;
mod handle;
mod inputs;
mod session;
mod stats;

pub use commit::{Commit, Delta, Update};
pub use error::{CommitError, QueryError};
pub use handle::{Config, Engine};
pub use stats::{RelationStats, RuleStats, Stats};
