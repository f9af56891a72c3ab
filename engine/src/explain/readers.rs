//! Who reads an index.

use crate::ir::{Expr, ExprKind, LocalId, Pattern, PatternKind, Program, RuleId, Type};
use crate::plan::transform::{Input, Step, Transform};
use crate::plan::{ArrangementId, Op, Plan, Projection, RulePlan};

/// Rules that read an index, in order.
pub(super) fn rules(plan: &Plan, id: ArrangementId) -> Vec<RuleId> {
    let numbered = plan.rules.iter().enumerate();
    numbered
        .filter(|(_, rule)| rule.arrangements().any(|read| read == id))
        .map(|(number, _)| RuleId(number as u32))
        .collect()
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
            let key = transform.outputs.first();
            key.map_or_else(Vec::new, |key| key.iter().map(|expr| part(program, transform, expr)).collect())
        }
    }
}

/// What a column of a key that is computed is called: the path to it in the record, or the expression.
fn part(program: &Program, transform: &Transform, expr: &Expr) -> String {
    if let ExprKind::Local(local) = &expr.kind {
        let records = transform.inputs.iter().filter_map(|input| match input {
            Input::Record { pattern, .. } => Some(pattern),
            Input::Locals(_) => None,
        });
        let matched = transform.steps.iter().filter_map(|step| match step {
            Step::Match(pattern, _) => Some(pattern),
            Step::Filter(_) | Step::FlatMap(..) | Step::Inspect { .. } => None,
        });
        if let Some(path) = records.chain(matched).find_map(|pattern| path_to(program, pattern, *local)) {
            let numbered = path[1.min(path.len())..].starts_with(|c: char| c.is_ascii_digit());
            return if numbered { path } else { path.trim_start_matches('.').to_owned() };
        }
    }
    match program.sources.text(expr.span) {
        text if matches!(text, "" | "_") || text.contains('\n') => {
            program.frame(&transform.locals).expr(expr)
        }
        text => text.to_owned(),
    }
}

/// `.0.name`: where in a pattern a variable is bound.
fn path_to(program: &Program, pattern: &Pattern, local: LocalId) -> Option<String> {
    let types = &program.types;
    match &pattern.kind {
        PatternKind::Bind(bound) => (*bound == local).then(String::new),
        PatternKind::At(bound, _) if *bound == local => Some(String::new()),
        PatternKind::At(_, inner) => path_to(program, inner, local),
        PatternKind::Tuple(elements) => elements.iter().enumerate().find_map(|(position, element)| {
            path_to(program, element, local).map(|path| format!(".{position}{path}"))
        }),
        PatternKind::Variant(variant, fields) => fields.iter().enumerate().find_map(|(position, field)| {
            let path = path_to(program, field, local)?;
            let name = match types.ty(types.strip(pattern.ty)) {
                Type::Union(union) => {
                    let variant = types.union(*union).variants.get(*variant as usize);
                    variant.and_then(|v| v.fields.get(position)).map(|field| field.name.to_string())
                }
                _ => None,
            };
            Some(format!(".{}{path}", name.unwrap_or_else(|| position.to_string())))
        }),
        PatternKind::Wildcard | PatternKind::Equal(_) => None,
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
