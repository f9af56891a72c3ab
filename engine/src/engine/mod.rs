//! The engine: transactions in, exact changes of the output relations out.

mod commit;
mod crew;
mod error;
mod handle;
mod identity;
mod inputs;
mod memory;
mod orders;
mod processes;
mod profile;
mod records;
mod revise;
mod session;
mod stats;
mod why;

pub use commit::{Commit, Delta, Update};
pub use crew::StartError;
pub use error::{CommitError, QueryError, Refused, ReviseError};
pub use handle::{Config, Engine, follow};
pub use identity::identity;
pub use memory::{Holding, Holds, Pool};
pub use processes::{OtherProcess, Processes};
pub use records::Records;
pub use revise::Answer;
pub use stats::{RelationStats, RuleStats, Stats};
