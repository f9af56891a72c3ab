//! Which relations depend on each other, in which order they can be computed, and whether that makes sense.

use super::data::Component;
use crate::diagnostics::Diagnostic;
use crate::ir::{ClauseKind, Program, RelationId, Rule, RuleId};
use crate::source::Span;

/// One rule reading one relation for another.
struct Dependency {
    from: RelationId,
    to: RelationId,
    rule: RuleId,
    span: Span,
    kind: DependencyKind,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum DependencyKind {
    /// More rows in, more rows out.
    Monotone,
    Negated,
    Differential,
}

/// The components of a program, each after all it depends on; or why there is no such order.
pub(super) fn components(program: &Program) -> Result<Vec<Component>, Vec<Diagnostic>> {
    let dependencies: Vec<Dependency> = program
        .rules
        .iter()
        .enumerate()
        .flat_map(|(index, rule)| dependencies_of(RuleId(index as u32), rule))
        .collect();
    let count = program.relations.len();
    let mut reads: Vec<Vec<usize>> = vec![Vec::new(); count];
    for dependency in &dependencies {
        reads[dependency.to.0 as usize].push(dependency.from.0 as usize);
    }
    let groups = strongly_connected(&reads);
    let mut group_of = vec![0; count];
    for (number, group) in groups.iter().enumerate() {
        for relation in group {
            group_of[*relation] = number;
        }
    }
    let inside = |d: &Dependency| group_of[d.from.0 as usize] == group_of[d.to.0 as usize];

    let errors: Vec<Diagnostic> = dependencies
        .iter()
        .filter(|d| inside(d) && d.kind != DependencyKind::Monotone)
        .map(|bad| {
            let within: Vec<&Dependency> = dependencies
                .iter()
                .filter(|d| inside(d) && group_of[d.to.0 as usize] == group_of[bad.to.0 as usize])
                .collect();
            not_stratified(program, bad, &within)
        })
        .collect();
    if !errors.is_empty() {
        return Err(errors);
    }

    let mut components: Vec<Component> = groups
        .into_iter()
        .map(|mut group| {
            group.sort_unstable();
            let relations = group.into_iter().map(|index| RelationId(index as u32)).collect();
            Component { relations, rules: Vec::new(), recursive_rules: Vec::new() }
        })
        .collect();
    let mut recursive = vec![false; program.rules.len()];
    for dependency in dependencies.iter().filter(|d| inside(d)) {
        recursive[dependency.rule.0 as usize] = true;
    }
    for (index, rule) in program.rules.iter().enumerate() {
        let component = &mut components[group_of[rule.head.relation.0 as usize]];
        let list = if recursive[index] { &mut component.recursive_rules } else { &mut component.rules };
        list.push(RuleId(index as u32));
    }
    Ok(components)
}

/// The relations that depend on themselves, now or on what they were: their contents cannot be put together from those of
/// others.
pub(super) fn self_dependent(program: &Program) -> Vec<RelationId> {
    let mut reads: Vec<Vec<usize>> = vec![Vec::new(); program.relations.len()];
    for rule in &program.rules {
        for clause in &rule.body {
            if let ClauseKind::Atom { relation, .. } | ClauseKind::Not { relation, .. } = &clause.kind {
                reads[rule.head.relation.0 as usize].push(relation.0 as usize);
            }
        }
    }
    let groups = strongly_connected(&reads).into_iter();
    let circular =
        groups.filter(|group| group.len() > 1 || group.iter().any(|one| reads[*one].contains(one)));
    circular.flatten().map(|relation| RelationId(relation as u32)).collect()
}

/// What a rule reads in the same transaction. Delayed contents are known before it starts.
fn dependencies_of(id: RuleId, rule: &Rule) -> Vec<Dependency> {
    // Grouping what depends on the result is for the author to answer for: it settles on data without cycles.
    let mut found: Vec<Dependency> = Vec::new();
    for clause in &rule.body {
        let (from, kind) = match &clause.kind {
            ClauseKind::Atom { relation, delay: 0, differential, .. } => {
                let kind =
                    if *differential { DependencyKind::Differential } else { DependencyKind::Monotone };
                (*relation, kind)
            }
            ClauseKind::Not { relation, delay: 0, .. } => (*relation, DependencyKind::Negated),
            _ => continue,
        };
        found.push(Dependency { from, to: rule.head.relation, rule: id, span: clause.span, kind });
    }
    found
}

/// Strongly connected components, each after those it reads (Tarjan's algorithm, with its own stack).
fn strongly_connected(reads: &[Vec<usize>]) -> Vec<Vec<usize>> {
    const UNSEEN: usize = usize::MAX;
    let count = reads.len();
    let (mut number, mut low, mut open) = (vec![UNSEEN; count], vec![0; count], vec![false; count]);
    let (mut next, mut path, mut found) = (0, Vec::new(), Vec::new());
    for root in 0..count {
        if number[root] != UNSEEN {
            continue;
        }
        let mut calls = vec![(root, 0)];
        while let Some((node, edge)) = calls.pop() {
            if edge == 0 {
                (number[node], low[node], open[node]) = (next, next, true);
                next += 1;
                path.push(node);
            }
            if let Some(&child) = reads[node].get(edge) {
                calls.push((node, edge + 1));
                if number[child] == UNSEEN {
                    calls.push((child, 0));
                } else if open[child] {
                    low[node] = low[node].min(number[child]);
                }
                continue;
            }
            if low[node] == number[node] {
                let mut group = Vec::new();
                while let Some(member) = path.pop() {
                    open[member] = false;
                    group.push(member);
                    if member == node {
                        break;
                    }
                }
                found.push(group);
            }
            if let Some(&(parent, _)) = calls.last() {
                low[parent] = low[parent].min(low[node]);
            }
        }
    }
    found
}

/// Shows how the relation that is negated depends on what is computed from it.
fn not_stratified(program: &Program, bad: &Dependency, within: &[&Dependency]) -> Diagnostic {
    let name = |relation: RelationId| &program.relations[relation.0 as usize].name;
    let what = match bad.kind {
        DependencyKind::Negated => "negated",
        DependencyKind::Differential | DependencyKind::Monotone => "differentiated",
    };
    let cycle = shortest_path(bad.to, bad.from, within);
    let mut shown = format!("{} <- {}", name(bad.to), name(bad.from));
    for step in cycle.iter().rev() {
        shown.push_str(&format!(" <- {}", name(step.from)));
    }
    let mut diagnostic = Diagnostic::error(
        "E0301",
        bad.span,
        format!("`{}` is {what} in a rule for `{}`, on which it depends", name(bad.from), name(bad.to)),
    )
    .label(format!("{what} here; the cycle is {shown}"))
    .hint("Break the cycle: compute what is negated in a relation that does not depend on the result.");
    for step in cycle {
        let rule = &program.rules[step.rule.0 as usize];
        diagnostic =
            diagnostic.also(rule.span, format!("`{}` depends on `{}` here", name(step.to), name(step.from)));
    }
    diagnostic
}

/// Dependencies that lead from one relation to another, breadth first; none if they are the same.
fn shortest_path<'d>(from: RelationId, to: RelationId, within: &[&'d Dependency]) -> Vec<&'d Dependency> {
    let mut reached: Vec<(RelationId, Option<(usize, &Dependency)>)> = vec![(from, None)];
    let mut at = 0;
    while at < reached.len() {
        let here = reached[at].0;
        if here == to {
            break;
        }
        for dependency in within.iter().filter(|d| d.from == here) {
            if !reached.iter().any(|(relation, _)| *relation == dependency.to) {
                reached.push((dependency.to, Some((at, dependency))));
            }
        }
        at += 1;
    }
    let mut path = Vec::new();
    while let Some((_, Some((before, dependency)))) = reached.get(at) {
        path.push(*dependency);
        at = *before;
    }
    path.reverse();
    path
}
