//! Walks over expressions and patterns.

use std::collections::BTreeSet;

use super::transform::Step;
use crate::ir::{Arg, ClauseKind, Expr, ExprKind, FunctionId, LocalId, Pattern, PatternKind};

/// A set of variables.
pub(crate) type Locals = BTreeSet<LocalId>;

/// Adds every variable of this frame that an expression mentions, be it read, bound or captured.
pub(crate) fn mentioned(expr: &Expr, into: &mut Locals) {
    match &expr.kind {
        ExprKind::Local(local) => {
            into.insert(*local);
        }
        ExprKind::Closure(lambda) => into.extend(lambda.captures.iter().map(|(outer, _)| *outer)),
        ExprKind::Assign(place, _) => {
            into.insert(place.local);
        }
        ExprKind::Call(_, args) | ExprKind::CallValue(_, args) => {
            for arg in args {
                if let Arg::Mut(place) = arg {
                    into.insert(place.local);
                }
            }
        }
        _ => {}
    }
    for pattern in patterns(expr) {
        mentioned_in_pattern(pattern, into);
    }
    for child in children(expr) {
        mentioned(child, into);
    }
}

/// Adds every variable that a pattern binds or compares with.
pub(crate) fn mentioned_in_pattern(pattern: &Pattern, into: &mut Locals) {
    match &pattern.kind {
        PatternKind::Wildcard => {}
        PatternKind::Bind(local) => {
            into.insert(*local);
        }
        PatternKind::At(local, inner) => {
            into.insert(*local);
            mentioned_in_pattern(inner, into);
        }
        PatternKind::Equal(expr) => mentioned(expr, into),
        PatternKind::Tuple(parts) | PatternKind::Variant(_, parts) => {
            parts.iter().for_each(|part| mentioned_in_pattern(part, into));
        }
    }
}

/// Adds every variable that a step mentions.
pub(super) fn mentioned_in_step(step: &Step, into: &mut Locals) {
    match step {
        Step::Filter(expr) => mentioned(expr, into),
        Step::Match(pattern, expr) | Step::FlatMap(pattern, expr) => {
            mentioned_in_pattern(pattern, into);
            mentioned(expr, into);
        }
        Step::Inspect { body, weight, timestamp } => {
            mentioned(body, into);
            into.extend(weight.iter().chain(timestamp));
        }
    }
}

/// Adds every variable that a pattern binds.
pub(crate) fn bound_by(pattern: &Pattern, into: &mut Locals) {
    match &pattern.kind {
        PatternKind::Wildcard | PatternKind::Equal(_) => {}
        PatternKind::Bind(local) => {
            into.insert(*local);
        }
        PatternKind::At(local, inner) => {
            into.insert(*local);
            bound_by(inner, into);
        }
        PatternKind::Tuple(parts) | PatternKind::Variant(_, parts) => {
            parts.iter().for_each(|part| bound_by(part, into));
        }
    }
}

/// Changes every expression of a tree, children before parents, outside of closures' own frames.
pub(crate) fn rewrite(expr: &mut Expr, change: &mut dyn FnMut(&mut Expr)) {
    for child in children_mut(expr) {
        rewrite(child, change);
    }
    for pattern in patterns_mut(expr) {
        rewrite_pattern(pattern, change);
    }
    change(expr);
}

/// Changes every expression of a clause.
pub(crate) fn rewrite_clause(kind: &mut ClauseKind, change: &mut dyn FnMut(&mut Expr)) {
    match kind {
        ClauseKind::Atom { pattern, .. } | ClauseKind::Not { pattern, .. } => {
            rewrite_pattern(pattern, change)
        }
        ClauseKind::Filter(expr) => rewrite(expr, change),
        ClauseKind::Let(pattern, expr) | ClauseKind::FlatMap(pattern, expr) => {
            rewrite_pattern(pattern, change);
            rewrite(expr, change);
        }
        ClauseKind::GroupBy { value, .. } => rewrite(value, change),
        ClauseKind::Inspect { body, .. } => rewrite(body, change),
    }
}

/// Changes every expression of a pattern.
pub(crate) fn rewrite_pattern(pattern: &mut Pattern, change: &mut dyn FnMut(&mut Expr)) {
    match &mut pattern.kind {
        PatternKind::Wildcard | PatternKind::Bind(_) => {}
        PatternKind::At(_, inner) => rewrite_pattern(inner, change),
        PatternKind::Equal(expr) => rewrite(expr, change),
        PatternKind::Tuple(parts) | PatternKind::Variant(_, parts) => {
            parts.iter_mut().for_each(|part| rewrite_pattern(part, change));
        }
    }
}

fn patterns(expr: &Expr) -> Vec<&Pattern> {
    match &expr.kind {
        ExprKind::Match(_, arms) => arms.iter().map(|arm| &arm.pattern).collect(),
        ExprKind::Let(pattern, _) | ExprKind::For(pattern, ..) => vec![pattern],
        _ => Vec::new(),
    }
}

fn patterns_mut(expr: &mut Expr) -> Vec<&mut Pattern> {
    match &mut expr.kind {
        ExprKind::Match(_, arms) => arms.iter_mut().map(|arm| &mut arm.pattern).collect(),
        ExprKind::Let(pattern, _) | ExprKind::For(pattern, ..) => vec![pattern],
        _ => Vec::new(),
    }
}

fn values(args: &[Arg]) -> impl Iterator<Item = &Expr> {
    args.iter().filter_map(|arg| match arg {
        Arg::Value(expr) => Some(expr),
        Arg::Mut(_) => None,
    })
}

fn values_mut(args: &mut [Arg]) -> impl Iterator<Item = &mut Expr> {
    args.iter_mut().filter_map(|arg| match arg {
        Arg::Value(expr) => Some(expr),
        Arg::Mut(_) => None,
    })
}

/// The expressions right in an expression, but not those of a closure or a pattern.
pub(super) fn children(expr: &Expr) -> Vec<&Expr> {
    use ExprKind as E;
    match &expr.kind {
        E::Bool(_)
        | E::Int(_)
        | E::Float(_)
        | E::String(_)
        | E::Local(_)
        | E::FunctionValue(_)
        | E::Closure(_)
        | E::Break
        | E::Continue => Vec::new(),
        E::Call(_, args) => values(args).collect(),
        E::CallValue(callee, args) => std::iter::once(&**callee).chain(values(args)).collect(),
        E::Construct(_, parts)
        | E::Tuple(parts)
        | E::VecLiteral(parts)
        | E::Concat(parts)
        | E::Block(parts) => parts.iter().collect(),
        E::MapLiteral(pairs) => pairs.iter().flat_map(|(key, value)| [key, value]).collect(),
        E::Field(of, _)
        | E::TupleField(of, _)
        | E::Slice(of, ..)
        | E::Cast(of)
        | E::Unary(_, of)
        | E::Let(_, of)
        | E::Assign(_, of)
        | E::Return(of) => vec![of],
        E::Binary(_, left, right) | E::For(_, left, right) => vec![left, right],
        E::If(condition, then, otherwise) => {
            [condition, then].into_iter().chain(otherwise).map(|boxed| &**boxed).collect()
        }
        E::Match(of, arms) => std::iter::once(&**of).chain(arms.iter().map(|arm| &arm.body)).collect(),
    }
}

fn children_mut(expr: &mut Expr) -> Vec<&mut Expr> {
    use ExprKind as E;
    match &mut expr.kind {
        E::Bool(_)
        | E::Int(_)
        | E::Float(_)
        | E::String(_)
        | E::Local(_)
        | E::FunctionValue(_)
        | E::Closure(_)
        | E::Break
        | E::Continue => Vec::new(),
        E::Call(_, args) => values_mut(args).collect(),
        E::CallValue(callee, args) => std::iter::once(&mut **callee).chain(values_mut(args)).collect(),
        E::Construct(_, parts)
        | E::Tuple(parts)
        | E::VecLiteral(parts)
        | E::Concat(parts)
        | E::Block(parts) => parts.iter_mut().collect(),
        E::MapLiteral(pairs) => pairs.iter_mut().flat_map(|(key, value)| [key, value]).collect(),
        E::Field(of, _)
        | E::TupleField(of, _)
        | E::Slice(of, ..)
        | E::Cast(of)
        | E::Unary(_, of)
        | E::Let(_, of)
        | E::Assign(_, of)
        | E::Return(of) => vec![of],
        E::Binary(_, left, right) | E::For(_, left, right) => vec![left, right],
        E::If(condition, then, otherwise) => {
            [condition, then].into_iter().chain(otherwise).map(|boxed| &mut **boxed).collect()
        }
        E::Match(of, arms) => {
            std::iter::once(&mut **of).chain(arms.iter_mut().map(|arm| &mut arm.body)).collect()
        }
    }
}

/// Renames the variables of a frame, wherever they stand.
pub(super) fn for_each_local(expr: &mut Expr, change: &mut dyn FnMut(&mut LocalId)) {
    match &mut expr.kind {
        ExprKind::Local(local) => change(local),
        ExprKind::Closure(lambda) => lambda.captures.iter_mut().for_each(|(outer, _)| change(outer)),
        ExprKind::Assign(place, _) => change(&mut place.local),
        ExprKind::Call(_, args) | ExprKind::CallValue(_, args) => {
            for arg in args {
                if let Arg::Mut(place) = arg {
                    change(&mut place.local);
                }
            }
        }
        _ => {}
    }
    for pattern in patterns_mut(expr) {
        for_each_local_in_pattern(pattern, change);
    }
    for child in children_mut(expr) {
        for_each_local(child, change);
    }
}

fn for_each_local_in_pattern(pattern: &mut Pattern, change: &mut dyn FnMut(&mut LocalId)) {
    match &mut pattern.kind {
        PatternKind::Wildcard => {}
        PatternKind::Bind(local) => change(local),
        PatternKind::At(local, inner) => {
            change(local);
            for_each_local_in_pattern(inner, change);
        }
        PatternKind::Equal(expr) => for_each_local(expr, change),
        PatternKind::Tuple(parts) | PatternKind::Variant(_, parts) => {
            parts.iter_mut().for_each(|part| for_each_local_in_pattern(part, change));
        }
    }
}

/// Adds the variables that an expression needs: those it mentions and does not bind itself.
pub(super) fn free(expr: &Expr, into: &mut Locals) {
    let mut all = Locals::new();
    mentioned(expr, &mut all);
    let mut own = Locals::new();
    bound_inside(expr, &mut own);
    into.extend(all.difference(&own));
}

/// Adds the variables that blocks, loops and arms of an expression bind.
fn bound_inside(expr: &Expr, into: &mut Locals) {
    patterns(expr).into_iter().for_each(|pattern| bound_by(pattern, into));
    children(expr).into_iter().for_each(|child| bound_inside(child, into));
}

/// Functions that an expression calls or names, also in closures, with repetitions.
pub(super) fn functions_called(expr: &Expr) -> Vec<FunctionId> {
    let mut found = Vec::new();
    visit(expr, &mut |expr| match &expr.kind {
        ExprKind::Call(function, _) | ExprKind::FunctionValue(function) => found.push(*function),
        ExprKind::Closure(lambda) => found.extend(functions_called(&lambda.body)),
        _ => {}
    });
    found
}

/// Shows every expression of a tree, also in patterns, outside of closures.
pub(super) fn visit<'e>(expr: &'e Expr, show: &mut dyn FnMut(&'e Expr)) {
    show(expr);
    patterns(expr).into_iter().for_each(|pattern| visit_pattern(pattern, show));
    children(expr).into_iter().for_each(|child| visit(child, show));
}

/// Shows every expression that a pattern compares with.
pub(super) fn visit_pattern<'e>(pattern: &'e Pattern, show: &mut dyn FnMut(&'e Expr)) {
    match &pattern.kind {
        PatternKind::Wildcard | PatternKind::Bind(_) => {}
        PatternKind::At(_, inner) => visit_pattern(inner, show),
        PatternKind::Equal(expr) => visit(expr, show),
        PatternKind::Tuple(parts) | PatternKind::Variant(_, parts) => {
            parts.iter().for_each(|part| visit_pattern(part, show));
        }
    }
}
