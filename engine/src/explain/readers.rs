//! Who reads an index.

use crate::ir::{Expr, Program, RuleId};
use crate::plan::{ArrangementId, Left, Op, Plan, Projection, RulePlan};

/// Rules that read an index, in order.
pub(super) fn rules(plan: &Plan, id: ArrangementId) -> Vec<RuleId> {
    let numbered = plan.rules.iter().enumerate();
    numbered.filter(|(_, rule)| reads(rule, id)).map(|(number, _)| RuleId(number as u32)).collect()
}

/// What else keeps an index: `the primary key of Port`, `Link itself`, `index port_by_name`.
pub(super) fn others(program: &Program, plan: &Plan, id: ArrangementId) -> Vec<String> {
    let mut found = Vec::new();
    for (number, contents) in plan.inputs.iter().enumerate() {
        if let Some(contents) = contents
            && contents.arrangement == id
        {
            let name = &program.relations[number].name;
            let key = contents.primary_key.is_some();
            found.push(if key { format!("the primary key of {name}") } else { format!("{name} itself") });
        }
    }
    let asked = plan.indexes.iter().zip(&program.indexes).filter(|(index, _)| index.arrangement == id);
    found.extend(asked.map(|(_, index)| format!("index {}", index.name)));
    found
}

/// `Port by (name, tag)`: what is looked up and by what.
pub(super) fn name(program: &Program, plan: &Plan, id: ArrangementId) -> String {
    let arrangement = plan.arrangement(id);
    let key = key_names(program, plan, id);
    let collection = &plan.collection(arrangement.collection).name;
    if key.is_empty() { collection.to_string() } else { format!("{collection} by ({})", key.join(", ")) }
}

/// What an index is by: fields, or expressions on them.
pub(super) fn key_names(program: &Program, plan: &Plan, id: ArrangementId) -> Vec<String> {
    let arrangement = plan.arrangement(id);
    match &arrangement.projection {
        Projection::Columns { key, .. } => {
            key.iter().map(|column| plan.column_name(program, arrangement.collection, *column)).collect()
        }
        Projection::Code(transform) => {
            let frame = program.frame(&transform.locals);
            let shown = |expr: &Expr| match program.sources.text(expr.span) {
                text if text.is_empty() || text.contains('\n') => frame.expr(expr),
                text => text.to_owned(),
            };
            transform.outputs.first().map_or_else(Vec::new, |key| key.iter().map(shown).collect())
        }
    }
}

/// `rule 3` or `rules 3, 4 and 5 more`.
pub(super) fn listed(rules: &[RuleId]) -> String {
    const SHOWN: usize = 8;
    let numbers: Vec<String> = rules.iter().take(SHOWN).map(|rule| rule.0.to_string()).collect();
    let plural = if rules.len() == 1 { "rule" } else { "rules" };
    let more = rules.len().saturating_sub(SHOWN);
    let more = if more == 0 { String::new() } else { format!(" and {more} more") };
    format!("{plural} {}{more}", numbers.join(", "))
}

/// Rules with a join that has nothing to look up by.
pub(super) fn cartesian(plan: &Plan) -> Vec<RuleId> {
    let numbered = plan.rules.iter().enumerate();
    let unbound = |rule: &RulePlan| {
        rule.stages.iter().any(
            |stage| matches!(&stage.op, Op::Join { right, .. } if plan.arrangement(*right).key_columns == 0),
        )
    };
    numbered.filter(|(_, rule)| unbound(rule)).map(|(number, _)| RuleId(number as u32)).collect()
}

fn reads(rule: &RulePlan, id: ArrangementId) -> bool {
    rule.stages.iter().any(|stage| {
        let right = match &stage.op {
            Op::Join { right, .. } | Op::Antijoin { right, .. } => Some(*right),
            Op::Reduce { .. } => None,
        };
        stage.left == Left::Shared(id) || right == Some(id)
    })
}
