#![doc = include_str!("../README.md")]

pub mod client;
pub mod connection;
mod error;
pub mod monitor;
pub mod relations;
pub mod schema;
pub mod transact;
pub mod value;
pub mod wire;

pub use error::DecodeError;
