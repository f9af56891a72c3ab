//! Questions: rules whose head is all their variables.

use std::sync::Arc;

use super::{Frame, Lowerer};
use crate::ir::{
    ClauseKind, Expr, ExprKind, Head, Local, LocalId, Pattern, PatternKind, Relation, RelationId,
    RelationRole, RelationSemantics, Rule, Type,
};
use crate::types::defs::RuleDef;

/// The name of the relation that holds the answer; cannot be written by an author.
const ANSWER: &str = "?";

impl Lowerer<'_, '_> {
    /// The rule of a question; its relation is added to `relations`.
    pub(super) fn question(&mut self, rule: &RuleDef, relations: &mut Vec<Relation>) -> Rule {
        let mut frame = Frame::new(&rule.body, Vec::new());
        let body: Vec<_> = rule.clauses.iter().map(|clause| self.clause(&mut frame, clause)).collect();
        let counts = body.iter().any(|clause| match &clause.kind {
            ClauseKind::Atom { relation, .. } => {
                relations[relation.0 as usize].semantics == RelationSemantics::Multiset
            }
            _ => false,
        });
        let variables = visible(body.iter().map(|clause| &clause.kind), &frame.locals);
        let values: Vec<Expr> = variables
            .into_iter()
            .map(|id| {
                let ty = frame.locals[id.0 as usize].ty;
                Expr { kind: ExprKind::Local(id), ty, span: rule.span }
            })
            .collect();
        let record = match <[Expr; 1]>::try_from(values) {
            Ok([only]) => only,
            Err(values) => {
                let ty = self.types.intern(Type::Tuple(values.iter().map(|value| value.ty).collect()));
                Expr { kind: ExprKind::Tuple(values), ty, span: rule.span }
            }
        };
        let relation = RelationId(relations.len() as u32);
        relations.push(Relation {
            name: Arc::from(ANSWER),
            role: RelationRole::Output,
            semantics: if counts { RelationSemantics::Multiset } else { RelationSemantics::Relation },
            record: record.ty,
            primary_key: None,
            span: rule.span,
        });
        let head = Head { relation, record, span: rule.span };
        Rule { head, body, locals: frame.locals, span: rule.span }
    }
}

/// The author's variables that live at the end of a body, in the order in which they first appear.
fn visible<'c>(clauses: impl Iterator<Item = &'c ClauseKind>, locals: &[Local]) -> Vec<LocalId> {
    let mut variables = Vec::new();
    for clause in clauses {
        match clause {
            ClauseKind::Atom { pattern, .. }
            | ClauseKind::Let(pattern, _)
            | ClauseKind::FlatMap(pattern, _) => bound_by(pattern, &mut variables),
            ClauseKind::GroupBy { group, key, .. } => {
                variables.retain(|variable| key.contains(variable));
                variables.push(*group);
            }
            ClauseKind::Not { .. } | ClauseKind::Filter(_) | ClauseKind::Inspect { .. } => {}
        }
    }
    variables.retain(|variable| !locals[variable.0 as usize].name.starts_with('$'));
    variables
}

fn bound_by(pattern: &Pattern, into: &mut Vec<LocalId>) {
    match &pattern.kind {
        PatternKind::Wildcard | PatternKind::Equal(_) => {}
        PatternKind::Bind(local) => into.push(*local),
        PatternKind::At(local, inner) => {
            into.push(*local);
            bound_by(inner, into);
        }
        PatternKind::Tuple(parts) | PatternKind::Variant(_, parts) => {
            parts.iter().for_each(|part| bound_by(part, into));
        }
    }
}
