//! What an engine keeps, for whom, and in how many bytes.

use std::sync::Arc;

use crate::dataflow::memory::{Held, Purpose};
use crate::ir::{Program, RelationId, RuleId};
use crate::plan::{ArrangementId, Plan, Projection};

/// Rows that are kept from one transaction to the next.
#[derive(Clone, Debug)]
pub struct Holding {
    /// Whose rows they are; for a rule, the relation it is for.
    pub relation: Arc<str>,
    /// What they are kept for.
    pub purpose: Holds,
    /// How many updates of rows there are, merged ones once.
    pub updates: usize,
    /// Bytes they take, with the room kept free for more. Large values are counted once, with the interner.
    pub bytes: usize,
}

/// What rows are kept for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Holds {
    /// To look records up by these fields; none if the key is computed.
    Arrangement(Vec<Arc<str>>),
    /// In how many ways each record is derived.
    Derivations,
    /// The same, over the rounds of a recursion.
    Rounds,
    /// Records by some key, over the rounds of a recursion.
    RoundsByKey,
    /// What a rule has joined so far, and its groups.
    Rule(RuleId),
    /// The changes of the last transactions, for a relation that is looked back at.
    Past,
}

/// Values of one kind that the interner holds.
#[derive(Clone, Debug)]
pub struct Pool {
    /// Which values.
    pub kind: &'static str,
    /// How many.
    pub values: usize,
    /// About how many bytes they take.
    pub bytes: usize,
}

impl std::fmt::Display for Holds {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Holds::Arrangement(fields) if fields.is_empty() => write!(f, "by a computed key"),
            Holds::Arrangement(fields) => write!(f, "by {}", fields.join(", ")),
            Holds::Derivations => write!(f, "ways to derive"),
            Holds::Rounds => write!(f, "rounds"),
            Holds::RoundsByKey => write!(f, "rounds, by a key"),
            Holds::Rule(rule) => write!(f, "rule {}", rule.0),
            Holds::Past => write!(f, "past changes"),
        }
    }
}

/// Names what a host keeps.
pub(super) fn holding(program: &Program, plan: &Plan, purpose: Purpose, held: Held) -> Holding {
    let rule_head = |rule: RuleId| program.rules[rule.0 as usize].head.relation;
    let (relation, purpose) = match purpose {
        Purpose::Arrangement(id) => (relation_of(plan, id), Holds::Arrangement(fields(program, plan, id))),
        Purpose::Derivations(relation) => (relation, Holds::Derivations),
        Purpose::Rounds(relation) => (relation, Holds::Rounds),
        Purpose::RoundsByKey(relation) => (relation, Holds::RoundsByKey),
        Purpose::Rule(rule) => (rule_head(rule), Holds::Rule(rule)),
        Purpose::Past(relation) => (relation, Holds::Past),
    };
    let relation = program.relations[relation.0 as usize].name.clone();
    Holding { relation, purpose, updates: held.updates, bytes: held.bytes }
}

fn relation_of(plan: &Plan, arrangement: ArrangementId) -> RelationId {
    plan.collection(plan.arrangement(arrangement).collection).source.relation()
}

/// The fields that an arrangement is keyed by.
fn fields(program: &Program, plan: &Plan, arrangement: ArrangementId) -> Vec<Arc<str>> {
    let Projection::Columns { key, .. } = &plan.arrangement(arrangement).projection else {
        return Vec::new();
    };
    let record = program.relations[relation_of(plan, arrangement).0 as usize].record;
    let fields = program.types.struct_fields(record).unwrap_or_default();
    let name =
        |column: &usize| fields.get(*column).map_or_else(|| "its value".into(), |field| field.name.clone());
    key.iter().map(name).collect()
}
