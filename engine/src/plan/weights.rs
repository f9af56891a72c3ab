//! Where it shows how often a row is derived.

use super::walk::{Locals, mentioned_in_pattern, visit};
use crate::ir::{
    Arg, Clause, ClauseKind, Expr, ExprKind, FunctionBody, FunctionId, LocalId, Pattern, PatternKind,
    Program, RelationId, RelationRole, RelationSemantics, Rule,
};

/// What is known of the weights of relations' rows.
pub(super) struct Weights {
    /// By relation: somebody sees how often a row is there.
    shown: Vec<bool>,
    /// By relation: there may be rows less than zero times.
    signed: Vec<bool>,
}

impl Weights {
    /// Follows weights through all rules. `recursive` relations are sets.
    pub(super) fn new(program: &Program, recursive: &[RelationId]) -> Self {
        let is_cut = |id: RelationId| {
            let relation = &program.relations[id.0 as usize];
            relation.semantics == RelationSemantics::Relation
                && (relation.role == RelationRole::Output || recursive.contains(&id))
        };
        let declared = |relation: &crate::ir::Relation| relation.semantics != RelationSemantics::Relation;
        let mut weights = Weights {
            shown: program.relations.iter().map(declared).collect(),
            signed: vec![false; program.relations.len()],
        };
        loop {
            let mut grown = false;
            for rule in &program.rules {
                let head = rule.head.relation;
                for (at, clause) in rule.body.iter().enumerate() {
                    let ClauseKind::Atom { relation, differential, .. } = &clause.kind else { continue };
                    let read = relation.0 as usize;
                    if !weights.shown[read]
                        && !is_cut(*relation)
                        && (*differential || weights.shown_behind(program, rule, at))
                    {
                        (weights.shown[read], grown) = (true, true);
                    }
                    if !weights.signed[head.0 as usize]
                        && (*differential || weights.signed[read])
                        && !is_cut(head)
                        && !rule.body[at..].iter().any(is_grouping)
                    {
                        (weights.signed[head.0 as usize], grown) = (true, true);
                    }
                }
            }
            if !grown {
                return weights;
            }
        }
    }

    /// Whether it shows how often the rows are there that a clause of a rule gives.
    pub(super) fn shown_behind(&self, program: &Program, rule: &Rule, clause: usize) -> bool {
        for clause in &rule.body[clause..] {
            match &clause.kind {
                ClauseKind::Inspect { .. } => return true,
                ClauseKind::GroupBy { group, .. } => return counts(program, rule, *group),
                _ => {}
            }
        }
        self.shown[rule.head.relation.0 as usize]
    }

    /// Whether a relation may have rows less than zero times.
    pub(super) fn signed(&self, relation: RelationId) -> bool {
        self.signed[relation.0 as usize]
    }
}

fn is_grouping(clause: &Clause) -> bool {
    matches!(clause.kind, ClauseKind::GroupBy { .. })
}

/// Whether a rule looks at the weights in a group.
fn counts(program: &Program, rule: &Rule, group: LocalId) -> bool {
    let seen = |expr: &Expr| sees_weights(program, expr, group, DEPTH);
    let compared = |pattern: &Pattern| {
        let mut mentioned = Locals::new();
        mentioned_in_pattern(pattern, &mut mentioned);
        mentioned.contains(&group)
    };
    let in_body = rule.body.iter().any(|clause| match &clause.kind {
        ClauseKind::Atom { pattern, .. } | ClauseKind::Not { pattern, .. } => compared(pattern),
        ClauseKind::Filter(expr) => seen(expr),
        ClauseKind::Let(pattern, expr) => compared(pattern) || seen(expr),
        ClauseKind::FlatMap(pattern, expr) => {
            compared(pattern) || !(is_it(expr, group) && drops_weight(pattern)) && seen(expr)
        }
        ClauseKind::GroupBy { value, key, .. } => seen(value) || key.contains(&group),
        ClauseKind::Inspect { body, .. } => seen(body),
    });
    in_body || seen(&rule.head.record)
}

/// How far calls are looked into.
const DEPTH: u32 = 8;

/// Whether an expression looks at the weights in a group, or hands the group on to who knows whom.
fn sees_weights(program: &Program, expr: &Expr, group: LocalId, depth: u32) -> bool {
    let mut harmless = 0;
    let mut harmful = false;
    visit(expr, &mut |expr| match &expr.kind {
        ExprKind::Call(function, args) => {
            for (at, arg) in args.iter().enumerate() {
                if let Arg::Value(value) = arg
                    && is_it(value, group)
                {
                    harmless += 1;
                    harmful |= passes_weights(program, *function, at, depth);
                }
            }
        }
        ExprKind::For(pattern, of, _) if is_it(of, group) && drops_weight(pattern) => harmless += 1,
        _ => {}
    });
    let mut all = 0;
    visit(expr, &mut |expr| match &expr.kind {
        ExprKind::Local(local) if *local == group => all += 1,
        ExprKind::Closure(lambda) => {
            harmful |= lambda.captures.iter().any(|(outer, _)| *outer == group);
        }
        ExprKind::Assign(place, _) => harmful |= place.local == group,
        ExprKind::Call(_, args) | ExprKind::CallValue(_, args) => {
            harmful |= args.iter().any(|arg| matches!(arg, Arg::Mut(place) if place.local == group));
        }
        _ => {}
    });
    harmful || all > harmless
}

/// Whether a function looks at the weights in a group that it is given.
fn passes_weights(program: &Program, function: FunctionId, param: usize, depth: u32) -> bool {
    let function = &program.functions[function.0 as usize];
    match (&function.body, depth.checked_sub(1)) {
        (FunctionBody::Code { body, .. }, Some(depth)) => {
            sees_weights(program, body, LocalId(param as u32), depth)
        }
        (FunctionBody::Code { .. }, None) => true,
        // Of the library, by name: they see each value once.
        (FunctionBody::Extern, _) => {
            !matches!(
                function.name.split_once("::"),
                Some(("ddlog_std" | "hashset" | "tinyset", name)) if name.starts_with("group_")
            ) && &*function.name != "group::sum_of"
        }
    }
}

fn is_it(expr: &Expr, local: LocalId) -> bool {
    matches!(expr.kind, ExprKind::Local(found) if found == local)
}

/// Whether of value and weight only the value is taken.
fn drops_weight(pattern: &Pattern) -> bool {
    match &pattern.kind {
        PatternKind::Wildcard => true,
        PatternKind::Tuple(parts) => {
            matches!(parts.as_slice(), [_, Pattern { kind: PatternKind::Wildcard, .. }])
        }
        _ => false,
    }
}
