//! How a record came about, as plain data.

use std::sync::Arc;

use serde::Serialize;

use crate::value::Value;

/// A tree of steps from input records to a record. A record that is used several times is derived once: steps refer to
/// each other by number, so that long chains need no deep nesting.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Derivation {
    /// The record asked about is the first; every other one is a premise of an earlier or later one, never of itself.
    pub steps: Vec<Step>,
}

/// One record and where it comes from.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Step {
    /// Full name of the relation.
    pub relation: Arc<str>,
    /// The record, as dumps print it.
    pub record: String,
    /// The record.
    #[serde(skip)]
    pub value: Value,
    /// Where it comes from.
    pub by: Reason,
}

/// Where a record comes from.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "snake_case", tag = "kind")]
pub enum Reason {
    /// It was given as input.
    Input,
    /// A rule without a body.
    Fact {
        /// Number of the rule.
        rule: u32,
        /// Its place: `file:line`.
        place: String,
    },
    /// A rule whose body holds.
    Rule {
        /// Number of the rule.
        rule: u32,
        /// Its place: `file:line`.
        place: String,
        /// The values of the rule's variables, in the order in which they are bound.
        bindings: Vec<Binding>,
        /// What its literals found, in the order of the body. Assignments and filters are implied by the bindings.
        premises: Vec<Premise>,
    },
    /// It is there, but not known why, or not followed further.
    Unknown {
        /// What stands in the way.
        why: String,
    },
}

/// A variable of a rule and its value.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Binding {
    /// As written.
    pub name: Arc<str>,
    /// As dumps print it, cut off if it is long.
    pub value: String,
}

/// What a literal of a rule's body rests on.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "snake_case", tag = "kind")]
pub enum Premise {
    /// A record.
    Record {
        /// The number of the step that derives it.
        step: usize,
    },
    /// No record is like this.
    Absent {
        /// The relation with what is known of the fields: `S{.x = 1}`.
        pattern: String,
    },
    /// A record that was there some transactions ago; how it came about is not kept.
    Earlier {
        /// The relation.
        relation: Arc<str>,
        /// The record.
        record: String,
        /// How many transactions ago.
        transactions: u32,
    },
    /// A record that the newest transaction brought to a stream; how it came about is not kept.
    Latest {
        /// The relation.
        relation: Arc<str>,
        /// The record.
        record: String,
    },
    /// A group: what `group_by` brought together.
    Group {
        /// The values of the key's variables.
        key: Vec<Binding>,
        /// Ways in which the clauses before the grouping hold.
        members: u64,
        /// Some of them.
        shown: Vec<Sample>,
    },
}

/// One member of a group.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Sample {
    /// The value that is grouped.
    pub value: String,
    /// What the clauses before the grouping rest on.
    pub premises: Vec<Premise>,
}

impl Derivation {
    /// As JSON, the same from run to run.
    ///
    /// # Errors
    /// None with the data that an engine gives.
    pub fn to_json(&self) -> serde_json::Result<String> {
        serde_json::to_string(self)
    }
}
