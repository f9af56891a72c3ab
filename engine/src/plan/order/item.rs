//! The clauses of a rule, each with the variables that it needs and gives.

use super::super::body::{Body, Opener};
use super::super::effects::Effects;
use super::super::shape::Shape;
use super::super::transform::Step;
use super::super::walk::{Locals, bound_by, free, visit_pattern};
use crate::ir::{Expr, ExprKind, Local, LocalId, Pattern, PatternKind};

/// A clause, or what is left of one.
#[derive(Clone)]
pub(super) struct Item {
    pub(super) what: What,
    /// Its place in the author's order.
    pub(super) written: usize,
    pub(super) clause: Option<usize>,
    /// What is done before the first atom's patterns are matched.
    pub(super) before: Vec<Step>,
    /// Nothing overtakes it, and it overtakes nothing.
    pub(super) stays: bool,
    /// Variables that have to have values before.
    pub(super) needs: Locals,
    /// Variables that have values afterwards.
    pub(super) offers: Locals,
}

#[derive(Clone)]
pub(super) enum What {
    Open(Opener),
    Step(Step),
}

impl Item {
    /// The relation it reads, if it is an atom.
    pub(super) fn atom(&self) -> Option<&Shape> {
        match &self.what {
            What::Open(Opener::Atom(shape)) => Some(shape),
            What::Open(_) | What::Step(_) => None,
        }
    }
}

/// Variables that any atom that mentions them may bind: those that stand by themselves wherever atoms mention them first.
pub(super) fn soft_locals(body: &Body) -> Locals {
    let (mut soft, mut hard) = (Locals::new(), Locals::new());
    for block in &body.blocks {
        match &block.opener {
            Opener::Atom(shape) => {
                for (column, pattern) in shape.columns.iter().enumerate() {
                    plain(pattern, &body.locals, &mut soft, &mut hard);
                    if let Some(alias) = shape.aliases[column] {
                        let same = body.locals[alias.0 as usize].ty == pattern.ty;
                        let alone = matches!(pattern.kind, PatternKind::Wildcard);
                        if same && alone {
                            soft.insert(alias)
                        } else {
                            hard.insert(alias)
                        };
                    }
                }
                hard.extend(&shape.wholes);
            }
            Opener::Group { group, key, .. } => hard.extend(key.iter().chain([group])),
            Opener::Once | Opener::Not(_) | Opener::Has(_) => {}
        }
        for step in block.before.iter().chain(&block.steps) {
            if let Step::Match(pattern, _) | Step::FlatMap(pattern, _) = step {
                bound_by(pattern, &mut hard);
            }
        }
    }
    soft.difference(&hard).copied().collect()
}

/// Sorts the variables that a pattern binds: by themselves and with the type of what they match, or otherwise.
fn plain(pattern: &Pattern, locals: &[Local], soft: &mut Locals, hard: &mut Locals) {
    match &pattern.kind {
        PatternKind::Wildcard | PatternKind::Equal(_) => {}
        PatternKind::Bind(local) => {
            let same = locals[local.0 as usize].ty == pattern.ty;
            if same {
                soft.insert(*local)
            } else {
                hard.insert(*local)
            };
        }
        PatternKind::At(local, inner) => {
            hard.insert(*local);
            plain(inner, locals, soft, hard);
        }
        PatternKind::Tuple(parts) | PatternKind::Variant(_, parts) => {
            parts.iter().for_each(|part| plain(part, locals, soft, hard));
        }
    }
}

/// A variable that stands by itself in a pattern and could as well be bound there.
pub(super) fn compared_local(pattern: &Pattern, locals: &[Local]) -> Option<LocalId> {
    match &pattern.kind {
        PatternKind::Equal(expr) => match expr.kind {
            ExprKind::Local(local) if locals[local.0 as usize].ty == pattern.ty => Some(local),
            _ => None,
        },
        _ => None,
    }
}

/// All clauses in the author's order.
pub(super) fn items(effects: &Effects<'_>, body: &Body, soft: &Locals) -> Vec<Item> {
    let mut found = Vec::new();
    for (number, block) in body.blocks.iter().enumerate() {
        let mut item = opening(effects, body, soft, &block.opener);
        (item.clause, item.written) = (block.clause, found.len());
        item.before.clone_from(&block.before);
        if !block.before.is_empty() || number == 0 && !matches!(block.opener, Opener::Atom(_)) {
            item.stays = true;
            for step in &block.before {
                if let Step::Match(pattern, _) | Step::FlatMap(pattern, _) = step {
                    bound_by(pattern, &mut item.offers);
                }
            }
        }
        found.push(item);
        for step in &block.steps {
            let mut item = stepping(effects, step);
            item.written = found.len();
            found.push(item);
        }
    }
    found
}

fn opening(effects: &Effects<'_>, body: &Body, soft: &Locals, opener: &Opener) -> Item {
    let mut item = item(What::Open(opener.clone()));
    match opener {
        Opener::Atom(shape) => {
            let (mut own, mut mentioned) = (Locals::new(), Locals::new());
            shape.columns.iter().for_each(|pattern| bound_by(pattern, &mut own));
            own.extend(shape.aliases.iter().flatten().chain(&shape.wholes));
            for pattern in &shape.columns {
                needed_by(pattern, body, soft, &mut mentioned, &mut item.offers);
            }
            item.needs = mentioned.difference(&own).copied().collect();
            item.offers.extend(&own);
            item.stays = !shape.columns.iter().all(|pattern| is_free(effects, pattern));
        }
        Opener::Not(shape) | Opener::Has(shape) => {
            for pattern in &shape.columns {
                visit_pattern(pattern, &mut |expr| free(expr, &mut item.needs));
            }
            item.stays = !shape.columns.iter().all(|pattern| is_free(effects, pattern));
        }
        Opener::Once | Opener::Group { .. } => item.stays = true,
    }
    item
}

/// What an atom's pattern compares with: variables that it could as well bind, and those that it needs.
fn needed_by(pattern: &Pattern, body: &Body, soft: &Locals, needs: &mut Locals, offers: &mut Locals) {
    match &pattern.kind {
        PatternKind::Wildcard | PatternKind::Bind(_) => {}
        PatternKind::At(_, inner) => needed_by(inner, body, soft, needs, offers),
        PatternKind::Equal(expr) => match compared_local(pattern, &body.locals) {
            Some(local) if soft.contains(&local) => {
                offers.insert(local);
            }
            _ => free(expr, needs),
        },
        PatternKind::Tuple(parts) | PatternKind::Variant(_, parts) => {
            parts.iter().for_each(|part| needed_by(part, body, soft, needs, offers));
        }
    }
}

fn stepping(effects: &Effects<'_>, step: &Step) -> Item {
    let mut item = item(What::Step(step.clone()));
    match step {
        Step::Filter(expr) => {
            free(expr, &mut item.needs);
            item.stays = !effects.is_free(expr);
        }
        Step::Match(pattern, expr) | Step::FlatMap(pattern, expr) => {
            free(expr, &mut item.needs);
            let mut own = Locals::new();
            bound_by(pattern, &mut own);
            let mut compared = Locals::new();
            visit_pattern(pattern, &mut |expr| free(expr, &mut compared));
            item.needs.extend(compared.difference(&own));
            item.stays = !(effects.is_free(expr) && is_free(effects, pattern));
            item.offers = own;
        }
        Step::Inspect { .. } => item.stays = true,
    }
    item
}

fn item(what: What) -> Item {
    Item {
        what,
        written: 0,
        clause: None,
        before: Vec::new(),
        stays: false,
        needs: Locals::new(),
        offers: Locals::new(),
    }
}

/// Whether what a pattern compares with can be evaluated for any row.
fn is_free(effects: &Effects<'_>, pattern: &Pattern) -> bool {
    let mut free = true;
    visit_pattern(pattern, &mut |expr: &Expr| free &= effects.is_free(expr));
    free
}
