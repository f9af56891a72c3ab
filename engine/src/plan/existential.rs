//! Atoms of which a rule only wants to know whether there is a matching row.

use super::body::{Body, Opener};
use super::data::{Collection, CollectionSource};
use super::record::nowhere;
use super::shape::Shape;
use super::walk::{Locals, bound_by, free, visit_pattern};
use super::weights::Weights;
use crate::ir::{Pattern, PatternKind, Program, Rule};

/// Makes of every atom whose variables nobody uses a look whether there is such a row, unless it shows how many there are.
pub(super) fn only_look(
    program: &Program,
    rule: &Rule,
    collections: &[Collection],
    weights: &Weights,
    body: &mut Body,
) {
    for block in body.blocks.iter_mut().skip(1) {
        let Opener::Atom(shape) = &mut block.opener else { continue };
        let Some(clause) = block.clause else { continue };
        let collection = &collections[shape.collection.0 as usize];
        let counted = collection.ephemeral
            || matches!(collection.source, CollectionSource::Changes(_))
            || weights.signed(shape.relation)
            || weights.shown_behind(program, rule, clause);
        if counted || !is_only_looked_at(shape, &block.needed) {
            continue;
        }
        let Opener::Atom(mut shape) = std::mem::replace(&mut block.opener, Opener::Once) else { continue };
        shape.columns.iter_mut().for_each(forget);
        shape.aliases.iter_mut().for_each(|alias| *alias = None);
        shape.wholes.clear();
        block.opener = Opener::Has(shape);
    }
}

/// Whether no variable that an atom binds is used, not even by the atom itself.
fn is_only_looked_at(shape: &Shape, needed: &Locals) -> bool {
    let mut bound: Locals = shape.aliases.iter().flatten().chain(&shape.wholes).copied().collect();
    shape.columns.iter().for_each(|pattern| bound_by(pattern, &mut bound));
    let mut used = needed.clone();
    for pattern in &shape.columns {
        visit_pattern(pattern, &mut |expr| free(expr, &mut used));
    }
    bound.is_disjoint(&used)
}

/// Leaves of a pattern what can fail.
fn forget(pattern: &mut Pattern) {
    match &mut pattern.kind {
        PatternKind::Bind(_) => pattern.kind = PatternKind::Wildcard,
        PatternKind::At(_, inner) => {
            let wildcard = Pattern { kind: PatternKind::Wildcard, ty: pattern.ty, span: nowhere() };
            *pattern = std::mem::replace(inner, wildcard);
            forget(pattern);
        }
        PatternKind::Tuple(parts) | PatternKind::Variant(_, parts) => parts.iter_mut().for_each(forget),
        PatternKind::Wildcard | PatternKind::Equal(_) => {}
    }
}
