//! What cannot stand in recursion: streams and changes. Negation and grouping are the planner's to judge.

use std::collections::HashSet;

use super::defs::{Defs, HClauseKind, RelationDefId, RuleDef};
use super::error::Error;
use crate::syntax::ast::RelationSemantics;

/// Streams and `R'` in rules for relations that they depend on.
pub(super) fn check_recursion(defs: &Defs<'_>, rules: &[RuleDef], errors: &mut Vec<Error>) {
    // Only programs that have any are worth the search.
    let mut suspects = Vec::new();
    for rule in rules {
        for clause in &rule.clauses {
            let HClauseKind::Atom { relation, delay: 0, differential, .. } = &clause.kind else { continue };
            let stream = defs.relation(*relation).ast.semantics == RelationSemantics::Stream;
            if stream || *differential {
                suspects.push((
                    rule,
                    *relation,
                    clause.span,
                    if stream { "stream" } else { "the change of" },
                ));
            }
        }
    }
    if suspects.is_empty() {
        return;
    }
    let edges = dependencies(defs, rules);
    for (rule, relation, span, what) in suspects {
        for head in &rule.heads {
            if reaches(&edges, head.relation, relation) {
                errors.push(Error::Recursive {
                    what,
                    name: defs.relation(relation).name.to_string(),
                    head: defs.relation(head.relation).name.to_string(),
                    span,
                });
            }
        }
    }
}

/// For each relation, those that are computed from it in the same transaction.
fn dependencies(defs: &Defs<'_>, rules: &[RuleDef]) -> Vec<Vec<RelationDefId>> {
    let mut edges = vec![Vec::new(); defs.relations.len()];
    for rule in rules {
        for clause in &rule.clauses {
            let from = match &clause.kind {
                HClauseKind::Atom { relation, delay: 0, .. }
                | HClauseKind::Not { relation, delay: 0, .. } => relation,
                HClauseKind::Atom { .. }
                | HClauseKind::Not { .. }
                | HClauseKind::Filter(_)
                | HClauseKind::Let(..)
                | HClauseKind::FlatMap(..)
                | HClauseKind::GroupBy { .. }
                | HClauseKind::Inspect { .. } => continue,
            };
            edges[from.0 as usize].extend(rule.heads.iter().map(|h| h.relation));
        }
    }
    edges
}

fn reaches(edges: &[Vec<RelationDefId>], from: RelationDefId, to: RelationDefId) -> bool {
    let mut seen = HashSet::from([from]);
    let mut waiting = vec![from];
    while let Some(relation) = waiting.pop() {
        if relation == to {
            return true;
        }
        waiting.extend(edges[relation.0 as usize].iter().filter(|next| seen.insert(**next)));
    }
    false
}
