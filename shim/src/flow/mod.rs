//! Flows, groups and meters as the rules write them (`rules/openflow.dl`), read into OpenFlow.

mod actions;
mod error;
mod fields;
mod groups;
mod parts;
mod reader;
mod tracking;

pub use error::FlowError;
pub use reader::FlowReader;
