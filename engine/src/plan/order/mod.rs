//! The order in which a rule meets what it reads.
//!
//! The author's order stands unless there is a reason to leave it: what only drops rows comes as soon as it can, an atom
//! that shares no variable with what came before waits for one that does, and where sizes are known the smaller
//! intermediate results win. What can fail, is noticed, or forms groups is not overtaken in either direction: it sees
//! the rows that it would see in the author's order.

mod item;
mod rebind;
mod schedule;

use super::body::{Block, Body, Opener};
use super::data::{Collection, CollectionSource};
use super::effects::Effects;
use super::sizes::Sizes;
use super::walk::Locals;
use super::weights::Weights;
use crate::ir::{Program, Rule};
use item::{Item, What, items, soft_locals};
use schedule::Run;

/// What the order depends on.
pub(super) struct Circumstances<'a> {
    pub(super) program: &'a Program,
    pub(super) effects: &'a Effects<'a>,
    pub(super) weights: &'a Weights,
    pub(super) collections: &'a [Collection],
    pub(super) sizes: &'a Sizes,
}

/// Puts the clauses of a rule in the order in which they are run.
pub(super) fn order(circumstances: &Circumstances<'_>, rule: &Rule, body: &mut Body) {
    if body.blocks.len() < 2 || reads_changes(circumstances.collections, body) {
        return;
    }
    let soft = soft_locals(body);
    let (mut bound, mut ordered) = (Locals::new(), Vec::new());
    let mut waiting: Vec<Item> = Vec::new();
    let mut moved = false;
    for item in items(circumstances.effects, body, &soft) {
        if item.stays {
            moved |= settle(circumstances, rule, body, &mut waiting, &mut bound, &mut ordered);
            if let What::Open(Opener::Group { group, key, .. }) = &item.what {
                bound = key.iter().copied().chain([*group]).collect();
            }
            bound.extend(&item.offers);
            ordered.push(item);
        } else {
            waiting.push(item);
        }
    }
    moved |= settle(circumstances, rule, body, &mut waiting, &mut bound, &mut ordered);
    if moved {
        rebuild(body, ordered);
        rebind::rebind(body);
    }
    body.needed_later();
}

/// Orders what stands between two items that stay; whether that changes anything.
fn settle(
    circumstances: &Circumstances<'_>,
    rule: &Rule,
    body: &Body,
    waiting: &mut Vec<Item>,
    bound: &mut Locals,
    ordered: &mut Vec<Item>,
) -> bool {
    let items = std::mem::take(waiting);
    let run = Run { circumstances, rule, body, starts: ordered.is_empty() };
    let placed = run.schedule(items, bound);
    let moved = placed.windows(2).any(|pair| pair[0].written > pair[1].written);
    ordered.extend(placed);
    moved
}

/// Rows that live for one transaction are met in the order in which they are written.
fn reads_changes(collections: &[Collection], body: &Body) -> bool {
    body.blocks.iter().any(|block| match &block.opener {
        Opener::Atom(shape) | Opener::Not(shape) | Opener::Has(shape) => {
            let collection = &collections[shape.collection.0 as usize];
            collection.ephemeral || matches!(collection.source, CollectionSource::Changes(_))
        }
        Opener::Once | Opener::Group { .. } => false,
    })
}

fn rebuild(body: &mut Body, ordered: Vec<Item>) {
    body.blocks.clear();
    for item in ordered {
        match item.what {
            What::Open(opener) => {
                let mut block = Block::new(opener, item.clause);
                block.before = item.before;
                body.blocks.push(block);
            }
            What::Step(step) => {
                if let Some(block) = body.blocks.last_mut() {
                    block.steps.push(step);
                }
            }
        }
    }
}
