//! The attempt at a rule that got furthest.

use super::code::Env;
use crate::ir::{LocalId, RelationId};
use crate::value::{Row, Word};

/// Where an attempt ended.
#[derive(Clone, Debug)]
pub(super) struct Failing {
    /// Clauses that hold.
    pub(super) satisfied: usize,
    /// The clause that does not; none if it is the head.
    pub(super) clause: Option<usize>,
    pub(super) how: How,
    /// The variables at that time.
    pub(super) env: Env,
}

#[derive(Clone, Debug)]
pub(super) enum How {
    /// No row with these columns.
    NoRow(RelationId, Vec<Option<Word>>),
    /// This row, and maybe others, but their parts do not match.
    Mismatch(RelationId, Row),
    /// This row is there.
    Present(RelationId, Row),
    /// A condition is false.
    Filter,
    /// No value, or only these of a variable.
    Value(Vec<(LocalId, Word)>),
    /// Code failed.
    Trap(String),
    /// The head gives another row.
    Other(Row),
}
