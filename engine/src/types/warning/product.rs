//! Atoms that share no variable with what stands before them.

use std::collections::{HashMap, HashSet};

use super::{Checked, Warning};
use crate::source::Span;
use crate::syntax::ast::RelationRole;
use crate::types::defs::{HClause, HClauseKind, RelationDefId, RuleDef};
use crate::types::hir::{HPattern, LocalId};

pub(super) fn find(program: &Checked<'_, '_>, out: &mut Vec<Warning>) {
    let few = few_rows(program);
    let mut found: Vec<Warning> = Vec::new();
    for rule in program.own_rules() {
        products(program, rule, &few, &mut found);
    }
    // One statement can become several rules.
    for warning in found {
        if !out.contains(&warning) {
            out.push(warning);
        }
    }
}

/// Relations of which a product is not large: what the program's text or one group says, and settings.
fn few_rows(program: &Checked<'_, '_>) -> HashSet<RelationDefId> {
    let all = (0..program.defs.relations.len() as u32).map(RelationDefId);
    let mut few = settings(program);
    let computed = |id: &RelationDefId| program.defs.relation(*id).ast.role != RelationRole::Input;
    let mut open: HashSet<RelationDefId> = all.filter(|id| computed(id) && !few.contains(id)).collect();
    few.extend(open.iter().copied());
    // Those with a rule that reads something large are large, and so on.
    loop {
        let large: Vec<RelationDefId> = program
            .rules
            .iter()
            .filter(|rule| !gives_few(rule, &few))
            .flat_map(|rule| rule.heads.iter().map(|head| head.relation))
            .filter(|relation| open.remove(relation))
            .collect();
        if large.is_empty() {
            return few;
        }
        few.retain(|relation| !large.contains(relation));
    }
}

fn gives_few(rule: &RuleDef, few: &HashSet<RelationDefId>) -> bool {
    rule.clauses.iter().fold(true, |so_far, clause| match &clause.kind {
        HClauseKind::Atom { relation, pattern, .. } => {
            so_far && (few.contains(relation) || binds(pattern).is_empty())
        }
        HClauseKind::FlatMap(..) => false,
        HClauseKind::GroupBy { key, .. } => so_far || key.is_empty(),
        HClauseKind::Not { .. }
        | HClauseKind::Filter(_)
        | HClauseKind::Let(..)
        | HClauseKind::Inspect { .. } => so_far,
    })
}

/// Relations that several rules read and none joins by a variable: a row of settings, or a few.
fn settings(program: &Checked<'_, '_>) -> HashSet<RelationDefId> {
    let mut reads: HashMap<RelationDefId, usize> = HashMap::new();
    let mut joined: HashSet<RelationDefId> = HashSet::new();
    for rule in program.rules {
        // The atoms that variables come from.
        let mut origins: HashMap<LocalId, HashSet<usize>> = HashMap::new();
        let mut relations: Vec<RelationDefId> = Vec::new();
        for clause in &rule.clauses {
            let (pattern, own) = match &clause.kind {
                HClauseKind::Atom { relation, pattern, .. } | HClauseKind::Not { relation, pattern, .. } => {
                    *reads.entry(*relation).or_default() += 1;
                    relations.push(*relation);
                    (pattern, Some(relations.len() - 1))
                }
                HClauseKind::Let(pattern, _) | HClauseKind::FlatMap(pattern, _) => (pattern, None),
                HClauseKind::Filter(_) | HClauseKind::GroupBy { .. } | HClauseKind::Inspect { .. } => {
                    continue;
                }
            };
            let mut from: HashSet<usize> = HashSet::new();
            let mut note = |local: LocalId| from.extend(origins.get(&local).into_iter().flatten().copied());
            pattern.compared(&mut |value| value.mentioned(&mut note));
            if let HClauseKind::Let(_, value) | HClauseKind::FlatMap(_, value) = &clause.kind {
                value.mentioned(&mut note);
            }
            if let Some(own) = own {
                if !from.is_empty() {
                    joined.extend(from.iter().map(|atom| relations[*atom]));
                    joined.insert(relations[own]);
                }
                from = HashSet::from([own]);
            }
            pattern.bound(&mut |local| {
                origins.insert(local, from.clone());
            });
        }
    }
    reads
        .into_iter()
        .filter(|(relation, n)| *n > 1 && !joined.contains(relation))
        .map(|(relation, _)| relation)
        .collect()
}

fn products(program: &Checked<'_, '_>, rule: &RuleDef, few: &HashSet<RelationDefId>, out: &mut Vec<Warning>) {
    let mut bound: HashSet<LocalId> = HashSet::new();
    // The last atom that gave more than a few rows.
    let mut before: Option<Span> = None;
    for (i, clause) in rule.clauses.iter().enumerate() {
        match &clause.kind {
            HClauseKind::Atom { relation, pattern, .. } => {
                let binds = binds(pattern);
                let large = !binds.is_empty() && !few.contains(relation);
                if let (Some(before), true, false) = (before, large, shares(pattern, &bound))
                    // The planner waits for the atom that connects the two.
                    && !is_connected_by(&rule.clauses[i + 1..], &bound, &binds)
                {
                    out.push(Warning::Product {
                        relation: program.defs.relation(*relation).ast.name.name.to_string(),
                        span: clause.span,
                        before,
                    });
                    return;
                }
                if large {
                    before = Some(clause.span);
                }
                bound.extend(binds);
            }
            HClauseKind::Let(pattern, _) | HClauseKind::FlatMap(pattern, _) => bound.extend(binds(pattern)),
            HClauseKind::GroupBy { group, key, .. } => {
                bound = key.iter().copied().chain([*group]).collect();
                if key.is_empty() {
                    before = None;
                }
            }
            HClauseKind::Not { .. } | HClauseKind::Filter(_) | HClauseKind::Inspect { .. } => {}
        }
    }
}

fn binds(pattern: &HPattern) -> HashSet<LocalId> {
    let mut all = HashSet::new();
    pattern.bound(&mut |local| {
        all.insert(local);
    });
    all
}

fn shares(pattern: &HPattern, with: &HashSet<LocalId>) -> bool {
    let mut shared = false;
    pattern.compared(&mut |value| value.mentioned(&mut |local| shared |= with.contains(&local)));
    shared
}

/// Whether an atom behind mentions variables of both sides.
fn is_connected_by(behind: &[HClause], left: &HashSet<LocalId>, right: &HashSet<LocalId>) -> bool {
    let before_groups = behind.iter().take_while(|clause| {
        !matches!(clause.kind, HClauseKind::GroupBy { .. } | HClauseKind::Inspect { .. })
    });
    before_groups.into_iter().any(|clause| match &clause.kind {
        HClauseKind::Atom { pattern, .. } => shares(pattern, left) && shares(pattern, right),
        _ => false,
    })
}
