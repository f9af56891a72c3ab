//! What is missing for a record, as plain data.

use std::sync::Arc;

use serde::Serialize;

use super::derivation::Binding;

/// Why there is no such record: what each rule that could give it is stopped by.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Absence {
    /// Full name of the relation.
    pub relation: Arc<str>,
    /// What was asked for.
    pub record: String,
    /// Whether it could be given as input.
    pub is_input: bool,
    /// The rules for the relation, the one that got furthest first.
    pub rules: Vec<RuleAbsence>,
}

/// What a rule is stopped by.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct RuleAbsence {
    /// Number of the rule.
    pub rule: u32,
    /// Its place: `file:line`.
    pub place: String,
    /// Clauses of the body that hold together with the bindings below.
    pub satisfied: usize,
    /// Clauses of the body.
    pub clauses: usize,
    /// What is in the way.
    pub obstacle: Obstacle,
    /// Place of the clause that fails, if it is one of the body.
    pub at: Option<String>,
    /// The values of the rule's variables in the attempt that got furthest.
    pub bindings: Vec<Binding>,
}

/// What is in the way of a rule.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "snake_case", tag = "kind")]
pub enum Obstacle {
    /// The head never gives such a record.
    Head,
    /// The body holds, but gives another record.
    Other {
        /// That record.
        record: String,
    },
    /// A literal finds nothing.
    NoRecord {
        /// The relation with what is known of the fields: `S{.x = 1}`.
        pattern: String,
    },
    /// A literal finds records, but they do not match.
    Mismatch {
        /// As written.
        clause: String,
        /// The first such record.
        record: String,
    },
    /// A negated literal finds something.
    Present {
        /// What it finds.
        record: String,
    },
    /// A condition does not hold.
    Filter {
        /// As written.
        condition: String,
    },
    /// An assignment, a pattern or an iteration gives no value that fits.
    Value {
        /// As written.
        clause: String,
        /// The values it gives instead, if any.
        gives: Vec<String>,
    },
    /// A function fails.
    Failure {
        /// As written.
        clause: String,
        /// What happened.
        message: String,
    },
    /// It is not known.
    Unknown {
        /// What stands in the way.
        why: String,
    },
}

impl Absence {
    /// As JSON, the same from run to run.
    ///
    /// # Errors
    /// None with the data that an engine gives.
    pub fn to_json(&self) -> serde_json::Result<String> {
        serde_json::to_string(self)
    }
}
