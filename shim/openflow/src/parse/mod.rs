//! Reading what [`Display`](std::fmt::Display) and ovs-ofctl write.

mod actions;
mod connection;
mod error;
mod flow;
mod group;
mod hash;
mod learn;
mod legacy;
mod matching;
mod meter;
mod monitor;
mod scan;
mod value;

pub use error::{ParseError, ParseErrorKind};
