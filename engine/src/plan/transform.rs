//! Straight runs of work between two arrangements: the contract between planner, evaluator and dataflow.
//!
//! A row is a run of words. A relation whose record type is a struct (see `TypeTable::struct_fields`) has one word per
//! field; any other relation has one word, the record itself.

use std::sync::Arc;

use super::aggregate::Aggregates;
use crate::ir::{Expr, Local, LocalId, Pattern, Type, TypeId, TypeTable};

/// What is done to one row, or to the parts of one join match.
#[derive(Clone, Debug)]
pub struct Transform {
    /// The rule's frame.
    pub locals: Vec<Local>,
    /// What the incoming parts are, in order.
    pub inputs: Vec<Input>,
    /// Done in order; each may drop or multiply the row.
    pub steps: Vec<Step>,
    /// The rows that come out (a key and a value, or just one row): per row, its columns.
    pub outputs: Vec<Vec<Expr>>,
}

/// An incoming part.
#[derive(Clone, Debug)]
pub enum Input {
    /// Column `i` is put into local `i` of the list; `None` is not looked at.
    Locals(Vec<Option<LocalId>>),
    /// A relation's row, matched against a pattern on the whole record.
    Record {
        /// The pattern.
        pattern: Pattern,
        /// The relation's record type.
        record: TypeId,
    },
}

/// One step.
#[derive(Clone, Debug)]
pub enum Step {
    /// Goes on if true.
    Filter(Expr),
    /// Goes on if the value matches.
    Match(Pattern, Expr),
    /// Goes on once per element that matches.
    FlatMap(Pattern, Expr),
    /// For its side effect, goes on.
    Inspect {
        /// Unit expression.
        body: Expr,
        /// Receives the row's weight.
        weight: Option<LocalId>,
        /// Receives the epoch.
        timestamp: Option<LocalId>,
    },
}

impl Step {
    /// Whether somebody looks on.
    pub(crate) fn inspects(&self) -> bool {
        matches!(self, Step::Inspect { .. })
    }
}

/// What is done to one group: all values of one key.
#[derive(Clone, Debug)]
pub struct Reduction {
    /// The rule's frame.
    pub locals: Vec<Local>,
    /// The key row's columns.
    pub key: Vec<LocalId>,
    /// Type of the key as a value.
    pub key_type: TypeId,
    /// Receives the group: its values in natural order, each with its weight.
    pub group: LocalId,
    /// Then these.
    pub steps: Vec<Step>,
    /// The columns of the row that comes out.
    pub output: Vec<Expr>,
    /// How to come to the same without all values of the group, if there is a way.
    pub aggregates: Option<Arc<Aggregates>>,
}

impl Reduction {
    /// Whether the key as a value is a tuple of the key's columns, and not its only column. The type alone does not
    /// tell: a key of one variable can be a tuple itself.
    pub(crate) fn key_is_tuple(&self, types: &TypeTable) -> bool {
        let [only] = self.key.as_slice() else { return true };
        let only = self.locals.get(only.0 as usize).map(|local| types.strip(local.ty));
        let key = types.strip(self.key_type);
        matches!(types.ty(key), Type::Tuple(_)) && only.is_some_and(|only| only != key)
    }
}
