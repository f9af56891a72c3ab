//! What is wrong with a record.

use thiserror::Error;
use weir_engine::value::Value;

/// A record that is nothing a switch could hold.
#[derive(Debug, Error)]
pub enum FlowError {
    /// The record lacks a field or has another type: the rule file and this program do not fit together.
    #[error("expected {expected}, found {found}; rules/openflow.dl and this program do not fit together")]
    Shape {
        /// What should be there.
        expected: &'static str,
        /// What is.
        found: String,
    },
    /// No field has the slot's name.
    #[error("no OpenFlow field is called `{name}` (from slot `{slot}`); see ovs-fields(7)")]
    Slot {
        /// As the rules say it.
        slot: String,
        /// As OpenFlow would.
        name: String,
    },
    /// The match cannot be: a prerequisite is missing, or bits stand outside the mask.
    #[error("impossible match: {0}")]
    Match(#[from] openflow::MatchError),
    /// An action cannot be.
    #[error("impossible action: {0}")]
    Action(#[from] openflow::BuildError),
}

impl FlowError {
    pub(super) fn shape(expected: &'static str, found: &Value) -> FlowError {
        FlowError::Shape { expected, found: found.to_string() }
    }
}
