//! The one thread that owns the order of transactions.
//!
//! ```text
//!  Northbound session ──┐                                      ┌─► Hypervisors::apply   (flows, by scope)
//!  hypervisor sessions ─┼─► Input queue ─► Driver ─► Engine ─► ┼─► Notice               (status to the Northbound)
//!                       ┘                  ▲                   ├─► CommitRecord         (control socket, log)
//!                                          └── key allocator ◄─┘
//! ```
//!
//! It never waits for a switch or a database: what it gives out lands in queues and tables.

mod chassis_facts;
mod effects;
mod group;
mod relations;
mod thread;

pub use effects::CommitRecord;
pub use relations::{MissingRelation, Relations, is_own};
pub use thread::{Driver, DriverConfig, DriverError, Input};
