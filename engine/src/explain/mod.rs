//! What becomes of a rule: its types, what it is joined with by which index, and what runs before it.

mod readers;
mod rows;
mod rule;
mod select;
mod summary;

pub use select::{SelectError, own_rules, select};

use crate::ir::{Program, RuleId};
use crate::plan::{ArrangementId, Plan};

/// Pages about rules, for those who write them. Ends with a line break unless there are no rules.
pub fn explain(program: &Program, plan: &Plan, rules: &[RuleId]) -> String {
    let pages = rules.iter().map(|id| rule::page(program, plan, *id));
    pages.collect::<Vec<_>>().join("\n")
}

/// What an index is of and by, and who reads it.
pub(crate) fn described_index(program: &Program, plan: &Plan, id: ArrangementId) -> (String, String) {
    let mut by = readers::others(program, plan, id);
    let rules = readers::rules(plan, id);
    if !rules.is_empty() {
        by.insert(0, readers::listed(&rules));
    }
    (readers::name(program, plan, id), by.join(", "))
}

/// What all rules of a program have in common: the order they run in, and the indexes they share. Ends with a line
/// break.
pub fn overview(program: &Program, plan: &Plan) -> String {
    summary::text(program, plan)
}
