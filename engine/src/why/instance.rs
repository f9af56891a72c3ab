//! One way in which a rule gives a record.

use crate::ir::{LocalId, RelationId, RuleId};
use crate::value::{Row, Word};

use super::code::Env;

/// What a clause found.
#[derive(Clone, Debug)]
pub(super) struct Evidence {
    /// The number of the clause in the rule.
    pub(super) clause: usize,
    pub(super) found: Found,
}

#[derive(Clone, Debug)]
pub(super) enum Found {
    /// A row that a relation holds now.
    Row(RelationId, Row),
    /// One that it held so many transactions ago.
    Earlier(RelationId, Row, u32),
    /// One that the newest transaction brought.
    Latest(RelationId, Row),
    /// No row has these columns.
    None(RelationId, Vec<Option<Word>>),
    Group(Box<GroupFound>),
}

#[derive(Clone, Debug)]
pub(super) struct GroupFound {
    pub(super) key: Vec<(LocalId, Word)>,
    pub(super) members: u64,
    pub(super) value_type: crate::ir::TypeId,
    /// Some values with what they rest on.
    pub(super) samples: Vec<(Word, Vec<Evidence>)>,
}

/// A rule with values of its variables that make its body hold.
#[derive(Clone, Debug)]
pub(super) struct Instance {
    pub(super) rule: RuleId,
    pub(super) env: Env,
    pub(super) evidence: Vec<Evidence>,
}

impl Evidence {
    /// The rows that have to be derived in turn.
    pub(super) fn rows(evidence: &[Evidence]) -> Vec<(RelationId, Row)> {
        let mut rows = Vec::new();
        for evidence in evidence {
            match &evidence.found {
                Found::Row(relation, row) => rows.push((*relation, row.clone())),
                Found::Group(group) => {
                    rows.extend(group.samples.iter().flat_map(|(_, evidence)| Evidence::rows(evidence)));
                }
                Found::Earlier(..) | Found::Latest(..) | Found::None(..) => {}
            }
        }
        rows
    }
}
