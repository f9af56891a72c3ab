//! The engine: transactions in, exact changes of the output relations out.

mod commit;
mod crew;
mod error;
mod handle;
mod inputs;
mod memory;
mod profile;
mod records;
mod revise;
mod session;
mod stats;
mod why;

pub use commit::{Commit, Delta, Update};
pub use error::{CommitError, QueryError, Refused, ReviseError};
pub use handle::{Config, Engine};
pub use memory::{Holding, Holds, Pool};
pub use records::Records;
pub use revise::Answer;
pub use stats::{RelationStats, RuleStats, Stats};
