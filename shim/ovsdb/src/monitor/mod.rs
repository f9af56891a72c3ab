//! Monitoring: which rows and columns are wanted, what the server says of them, and the copy that is kept.

mod change;
mod plan;
mod read;
mod replica;
mod spec;
mod update;

pub use change::{Change, ChangeSet};
pub use plan::{MonitorPlan, PlanError};
pub use replica::{Replica, ReplicaError};
pub use spec::{MonitorSpec, TableSpec};
pub use update::{RowUpdate, TableUpdates, UpdateStyle};
