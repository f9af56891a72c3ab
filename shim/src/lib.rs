//! Sessions to hypervisors and to the Northbound database: the daemon around the engine.

pub mod chassis;
pub mod keys;
pub mod state;
