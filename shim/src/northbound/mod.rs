//! The Northbound database: its changes into the engine, status back.

mod session;
mod status;
mod tables;

pub use session::{Northbound, NorthboundInput, Notice};
pub use status::{Global, Installed, Status, Write};
pub use tables::{DATABASE, NorthboundTables, RowError};
