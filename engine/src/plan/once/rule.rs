//! Whether one rule gives each row once.

use super::super::body::{Block, Body, Opener};
use super::super::data::{Collection, Repeated};
use super::super::transform::Step;
use super::known::{Facts, Known};
use crate::ir::{Expr, PatternKind, Program, Type};

/// Why a rule may give a row more than once, if it may.
pub(super) fn derives_once(
    facts: &Facts<'_>,
    collections: &[Collection],
    body: &Body,
) -> Result<(), Repeated> {
    for block in &body.blocks {
        if let Opener::Atom(shape) = &block.opener
            && collections[shape.collection.0 as usize].ephemeral
        {
            // What comes of it stays when it is gone, and comes again.
            return Err(Repeated::Reads(shape.collection));
        }
    }
    if is_seen(facts, body) {
        return Err(Repeated::Seen);
    }
    let known = Known::from(facts, body, body.head.iter());
    for block in known.blocks() {
        match &block.opener {
            Opener::Atom(shape) => {
                if !collections[shape.collection.0 as usize].multiplicity.is_once() {
                    return Err(Repeated::Reads(shape.collection));
                }
                let open = known.open_columns(shape);
                if !open.is_empty() {
                    return Err(Repeated::Forgotten(shape.collection, open));
                }
            }
            Opener::Group { key, .. } => {
                if !key.iter().all(|local| known.local(*local)) {
                    return Err(Repeated::Elements);
                }
            }
            Opener::Once | Opener::Not(_) | Opener::Has(_) => {}
        }
        for step in block.before.iter().chain(&block.steps) {
            if let Step::FlatMap(pattern, of) = step
                && !(known.value(of) && tells_element(facts.program, &known, pattern, of))
            {
                return Err(Repeated::Elements);
            }
        }
    }
    Ok(())
}

/// Whether the element that a row comes from is known, and is there once.
fn tells_element(program: &Program, known: &Known<'_>, pattern: &crate::ir::Pattern, of: &Expr) -> bool {
    let types = &program.types;
    match types.ty(types.strip(of.ty)) {
        Type::Set(_) => known.pattern(pattern),
        Type::Map(..) | Type::Group(..) => {
            let by_key = match &pattern.kind {
                PatternKind::Tuple(parts) => parts.first().is_some_and(|key| known.pattern(key)),
                _ => false,
            };
            by_key || known.pattern(pattern)
        }
        // At most one.
        Type::Union(_) => true,
        _ => false,
    }
}

/// Whether somebody sees each time the rule runs.
fn is_seen(facts: &Facts<'_>, body: &Body) -> bool {
    let in_step = |step: &Step| match step {
        Step::Filter(expr) | Step::Match(_, expr) | Step::FlatMap(_, expr) => facts.effects.noticed(expr),
        Step::Inspect { .. } => true,
    };
    let in_block = |block: &Block| block.before.iter().chain(&block.steps).any(in_step);
    body.blocks.iter().any(in_block) || body.head.iter().any(|expr| facts.effects.noticed(expr))
}
