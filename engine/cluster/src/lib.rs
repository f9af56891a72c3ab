//! How several processes that run one program find each other: who they are, where, and whether they fit together. What
//! they do together is the engine's.

mod error;
mod hello;
mod join;
mod meet;
mod options;

pub use error::{ClusterError, LOST};
pub use join::{JoinError, join};
pub use meet::{Cluster, PATIENCE};
pub use options::ClusterOptions;
