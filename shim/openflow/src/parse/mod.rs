//! Reading what [`Display`](std::fmt::Display) and ovs-ofctl write.

mod actions;
mod connection;
mod error;
mod flow;
mod learn;
mod matching;
mod scan;
mod value;

pub use error::{ParseError, ParseErrorKind};
