//! After the order has changed: whoever comes first binds a variable, the others compare.

use super::super::body::{Body, Opener};
use super::super::record::local;
use super::super::transform::Step;
use super::super::walk::{Locals, bound_by};
use super::item::compared_local;
use crate::ir::{Local, Pattern, PatternKind};

/// Turns bindings of variables that have a value into comparisons, and comparisons with those that have none into bindings.
pub(super) fn rebind(body: &mut Body) {
    let Body { locals, blocks, .. } = body;
    let mut bound = Locals::new();
    for block in blocks {
        bind_steps(&block.before, &mut bound);
        match &mut block.opener {
            Opener::Atom(shape) => {
                for column in 0..shape.columns.len() {
                    let pattern = &mut shape.columns[column];
                    turn(pattern, locals, &mut bound);
                    if let Some(alias) = shape.aliases[column] {
                        let ty = pattern.ty;
                        if bound.insert(alias) {
                            continue;
                        }
                        if matches!(pattern.kind, PatternKind::Wildcard) {
                            pattern.kind = PatternKind::Equal(Box::new(local(alias, ty)));
                            shape.aliases[column] = None;
                        }
                    }
                }
                bound.extend(&shape.wholes);
            }
            Opener::Group { group, key, .. } => bound = key.iter().copied().chain([*group]).collect(),
            Opener::Once | Opener::Not(_) | Opener::Has(_) => {}
        }
        bind_steps(&block.steps, &mut bound);
    }
}

fn bind_steps(steps: &[Step], bound: &mut Locals) {
    for step in steps {
        if let Step::Match(pattern, _) | Step::FlatMap(pattern, _) = step {
            bound_by(pattern, bound);
        }
    }
}

fn turn(pattern: &mut Pattern, locals: &[Local], bound: &mut Locals) {
    if let Some(compared) = compared_local(pattern, locals) {
        if bound.insert(compared) {
            pattern.kind = PatternKind::Bind(compared);
        }
        return;
    }
    match &mut pattern.kind {
        PatternKind::Bind(of) => {
            if !bound.insert(*of) {
                pattern.kind = PatternKind::Equal(Box::new(local(*of, pattern.ty)));
            }
        }
        PatternKind::At(of, inner) => {
            bound.insert(*of);
            turn(inner, locals, bound);
        }
        PatternKind::Tuple(parts) | PatternKind::Variant(_, parts) => {
            parts.iter_mut().for_each(|part| turn(part, locals, bound));
        }
        PatternKind::Wildcard | PatternKind::Equal(_) => {}
    }
}
