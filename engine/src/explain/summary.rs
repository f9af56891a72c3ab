//! What all rules of a program have in common.

use std::fmt::Write;

use super::{readers, rule};
use crate::ir::{Program, RelationId};
use crate::plan::{ArrangementId, Plan};
use crate::syntax::ast::RelationRole;

/// The order of relations, and the indexes.
pub(super) fn text(program: &Program, plan: &Plan) -> String {
    let mut text = String::new();
    // Writing to a string does not fail.
    let _ = writeln!(
        text,
        "{} relations, {} rules, {} indexes",
        program.relations.len(),
        program.rules.len(),
        plan.arrangements.len()
    );
    let unbound = readers::cartesian(plan);
    if !unbound.is_empty() {
        let _ = writeln!(text, "\nMIND: joins of every row with every row in {}", readers::listed(&unbound));
    }
    let _ = writeln!(text, "\nstrata, in the order in which they are computed");
    for (number, component) in plan.components.iter().enumerate() {
        let given = |id: &RelationId| {
            let relation = &program.relations[id.0 as usize];
            let of_library = program.sources.file(relation.span.file).name.starts_with('<');
            relation.role == RelationRole::Input || of_library
        };
        if component.relations.iter().all(given) {
            continue;
        }
        let names: Vec<String> = component.relations.iter().map(|id| relation(program, *id)).collect();
        let recursive = if component.is_recursive() { ", recursive" } else { "" };
        let _ = writeln!(text, "  {:>3}. {}{recursive}", number + 1, names.join(", "));
    }
    let _ = writeln!(text, "\nindexes");
    for number in 0..plan.arrangements.len() {
        let id = ArrangementId(number as u32);
        let mut by = readers::others(program, plan, id);
        let rules = readers::rules(plan, id);
        if !rules.is_empty() {
            by.insert(0, readers::listed(&rules));
        }
        let _ = writeln!(text, "  {}: {}", readers::name(program, plan, id), by.join(", "));
    }
    text
}

fn relation(program: &Program, id: RelationId) -> String {
    let n_rules = program.rules.iter().filter(|rule| rule.head.relation == id).count();
    let described = rule::described(program, id);
    match n_rules {
        0 => described,
        1 => format!("{described} (1 rule)"),
        n => format!("{described} ({n} rules)"),
    }
}
