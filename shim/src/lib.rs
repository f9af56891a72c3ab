//! Sessions to hypervisors and to the Northbound database: the daemon around the engine.

pub mod chassis;
pub mod config;
pub mod control;
pub mod daemon;
pub mod driver;
pub mod feed;
pub mod flow;
pub mod keys;
pub mod northbound;
pub mod observe;
pub mod services;
pub mod state;
pub mod transport;
