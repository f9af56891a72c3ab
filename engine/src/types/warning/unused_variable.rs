//! Variables that nothing reads.

use std::collections::{BTreeMap, HashSet};

use super::{Checked, Warning};
use crate::source::Span;
use crate::types::defs::HClauseKind;
use crate::types::hir::{Body, HExpr, HExprKind, HPattern, HPatternKind, LocalId};

/// Variables of a function or of the rules of one item, by place: one statement can become several rules.
#[derive(Default)]
struct Variables {
    bound: BTreeMap<(u32, u32), (String, Span)>,
    /// Those that stand alone after `var`, or are parameters.
    declared: HashSet<Span>,
    read: HashSet<Span>,
}

pub(super) fn find(program: &Checked<'_, '_>, out: &mut Vec<Warning>) {
    for id in program.functions() {
        let function = program.defs.function(id);
        let Some(checked) = &function.body else { continue };
        let mut variables = Variables::default();
        for parameter in 0..function.params.len() as u32 {
            variables.declare(&checked.body, LocalId(parameter));
        }
        variables.expression(&checked.body, &checked.value);
        variables.report(out);
    }
    let mut items: BTreeMap<(u32, u32), Variables> = BTreeMap::new();
    for rule in program.own_rules() {
        let variables = items.entry((rule.span.file.0, rule.span.start)).or_default();
        for clause in &rule.clauses {
            match &clause.kind {
                HClauseKind::Atom { pattern, .. } => {
                    // `x in R(..)` names the row, for a reader if for no one else.
                    let inside = match &pattern.kind {
                        HPatternKind::At(_, inner) => inner,
                        _ => pattern,
                    };
                    variables.pattern(&rule.body, inside, rule.span);
                }
                HClauseKind::Let(pattern, _) | HClauseKind::FlatMap(pattern, _) => {
                    variables.pattern(&rule.body, pattern, rule.span);
                }
                HClauseKind::GroupBy { group, key, .. } => {
                    key.iter().for_each(|local| variables.read(&rule.body, *local));
                    variables.declare(&rule.body, *group);
                }
                HClauseKind::Not { .. } | HClauseKind::Filter(_) | HClauseKind::Inspect { .. } => {}
            }
        }
        rule.expressions(&mut |value| variables.expression(&rule.body, value));
    }
    items.into_values().for_each(|variables| variables.report(out));
}

impl Variables {
    fn bind(&mut self, body: &Body, local: LocalId) {
        let variable = &body.locals[local.0 as usize];
        if !variable.name.starts_with(['_', '$']) {
            let (name, span) = (variable.name.to_string(), variable.span);
            self.bound.insert((span.file.0, span.start), (name, span));
        }
    }

    /// A variable that is all of a pattern.
    fn declare(&mut self, body: &Body, local: LocalId) {
        self.declared.insert(body.locals[local.0 as usize].span);
        self.bind(body, local);
    }

    fn read(&mut self, body: &Body, local: LocalId) {
        self.read.insert(body.locals[local.0 as usize].span);
    }

    /// What a pattern binds, unless it was made by expanding `item`.
    fn pattern(&mut self, body: &Body, pattern: &HPattern, item: Span) {
        if let HPatternKind::Bind(local) = pattern.kind {
            self.declared.insert(body.locals[local.0 as usize].span);
        }
        pattern.bound(&mut |local| {
            if body.locals[local.0 as usize].span != item {
                self.bind(body, local);
            }
        });
    }

    fn expression(&mut self, body: &Body, value: &HExpr) {
        value.walk(&mut |expr| match &expr.kind {
            HExprKind::Local(local) => self.read(body, *local),
            HExprKind::Closure { params, .. } => params.iter().for_each(|local| self.declare(body, *local)),
            HExprKind::Let(HPattern { kind: HPatternKind::Bind(local), .. }, _) => self.declare(body, *local),
            HExprKind::Let(pattern, _) | HExprKind::For(pattern, _, _) => {
                pattern.bound(&mut |local| self.bind(body, local));
            }
            HExprKind::Match(_, arms) => {
                for (pattern, _) in arms {
                    pattern.bound(&mut |local| self.bind(body, local));
                }
            }
            _ => {}
        });
    }

    fn report(self, out: &mut Vec<Warning>) {
        let unread = self.bound.into_values().filter(|(_, span)| !self.read.contains(span));
        out.extend(unread.map(|(name, span)| {
            let declared = self.declared.contains(&span);
            Warning::UnusedVariable { name, span, declared }
        }));
    }
}
