//! Which variables of a rule follow from the row that it gives.

use super::super::body::{Block, Body, Opener};
use super::super::effects::Effects;
use super::super::shape::Shape;
use super::super::transform::Step;
use super::super::walk::{Locals, bound_by, free};
use super::injective::told_by;
use crate::ir::{BinaryOp, Expr, ExprKind, LocalId, Pattern, PatternKind, Program};

/// What is known of relations when a rule is looked at.
pub(super) struct Facts<'a> {
    pub(super) program: &'a Program,
    pub(super) effects: &'a Effects<'a>,
    /// By collection: columns that tell the other ones.
    pub(super) keys: &'a [Option<Vec<usize>>],
}

/// The variables of a rule that have one value at most for each row of the head.
pub(super) struct Known<'a> {
    facts: &'a Facts<'a>,
    /// From the last grouping on: what comes before it has no say in how often a row is derived.
    blocks: &'a [Block],
    locals: Locals,
}

impl<'a> Known<'a> {
    /// What follows from the values of these expressions, columns of the head.
    pub(super) fn from(facts: &'a Facts<'a>, body: &'a Body, told: impl Iterator<Item = &'a Expr>) -> Self {
        let mut known = Known { facts, blocks: since_grouping(body), locals: Locals::new() };
        for expr in told {
            told_by(facts.program, expr, &mut known.locals);
        }
        known.grow();
        known
    }

    /// From the last grouping on.
    pub(super) fn blocks(&self) -> &'a [Block] {
        self.blocks
    }

    /// Whether an expression has one value.
    pub(super) fn value(&self, expr: &Expr) -> bool {
        let mut needed = Locals::new();
        free(expr, &mut needed);
        needed.is_subset(&self.locals) && !self.facts.effects.noticed(expr)
    }

    /// Whether all values that match are the same one.
    pub(super) fn pattern(&self, pattern: &Pattern) -> bool {
        match &pattern.kind {
            PatternKind::Wildcard => false,
            PatternKind::Bind(local) => self.locals.contains(local),
            PatternKind::At(local, inner) => self.locals.contains(local) || self.pattern(inner),
            PatternKind::Equal(expr) => self.value(expr),
            PatternKind::Tuple(parts) | PatternKind::Variant(_, parts) => {
                parts.iter().all(|part| self.pattern(part))
            }
        }
    }

    /// The columns of an atom that can have several values; none if it is one row.
    pub(super) fn open_columns(&self, shape: &Shape) -> Vec<usize> {
        let open = |column: &usize| !self.column(shape, *column);
        let told_by_key = match &self.facts.keys[shape.collection.0 as usize] {
            Some(key) => !key.iter().any(open),
            None => false,
        };
        if told_by_key { Vec::new() } else { (0..shape.columns.len()).filter(open).collect() }
    }

    /// Whether a variable has one value.
    pub(super) fn local(&self, local: LocalId) -> bool {
        self.locals.contains(&local)
    }

    fn column(&self, shape: &Shape, column: usize) -> bool {
        let alias = shape.aliases[column].is_some_and(|alias| self.locals.contains(&alias));
        alias || self.pattern(&shape.columns[column])
    }

    fn grow(&mut self) {
        loop {
            let before = self.locals.len();
            for block in self.blocks {
                self.block(block);
            }
            if self.locals.len() == before {
                return;
            }
        }
    }

    fn block(&mut self, block: &'a Block) {
        match &block.opener {
            Opener::Atom(shape) => {
                let whole = self.open_columns(shape).is_empty();
                for column in 0..shape.columns.len() {
                    if whole || self.column(shape, column) {
                        self.locals.extend(shape.aliases[column]);
                        self.matched(&shape.columns[column]);
                    }
                }
                if whole {
                    self.locals.extend(&shape.wholes);
                }
            }
            Opener::Group { group, key, .. } => {
                if key.iter().all(|local| self.locals.contains(local)) {
                    self.locals.insert(*group);
                }
            }
            Opener::Once | Opener::Not(_) | Opener::Has(_) => {}
        }
        block.before.iter().chain(&block.steps).for_each(|step| self.step(step));
    }

    fn step(&mut self, step: &Step) {
        match step {
            Step::Match(pattern, expr) => {
                if self.value(expr) {
                    self.matched(pattern);
                }
                if self.pattern(pattern) {
                    told_by(self.facts.program, expr, &mut self.locals);
                }
            }
            Step::Filter(condition) => self.condition(condition),
            Step::FlatMap(..) | Step::Inspect { .. } => {}
        }
    }

    fn condition(&mut self, condition: &Expr) {
        let ExprKind::Binary(operator, left, right) = &condition.kind else { return };
        match operator {
            BinaryOp::And => {
                self.condition(left);
                self.condition(right);
            }
            BinaryOp::Eq => {
                if self.value(left) {
                    told_by(self.facts.program, right, &mut self.locals);
                }
                if self.value(right) {
                    told_by(self.facts.program, left, &mut self.locals);
                }
            }
            _ => {}
        }
    }

    /// The value that a pattern matches is known: what it binds and compares with is, too.
    fn matched(&mut self, pattern: &Pattern) {
        bound_by(pattern, &mut self.locals);
        self.compared(pattern);
    }

    fn compared(&mut self, pattern: &Pattern) {
        match &pattern.kind {
            PatternKind::Wildcard | PatternKind::Bind(_) => {}
            PatternKind::At(_, inner) => self.compared(inner),
            PatternKind::Equal(expr) => told_by(self.facts.program, expr, &mut self.locals),
            PatternKind::Tuple(parts) | PatternKind::Variant(_, parts) => {
                parts.iter().for_each(|part| self.compared(part));
            }
        }
    }
}

/// The blocks from the last grouping on, or all.
fn since_grouping(body: &Body) -> &[Block] {
    let last = body.blocks.iter().rposition(|block| matches!(block.opener, Opener::Group { .. }));
    &body.blocks[last.unwrap_or(0)..]
}
