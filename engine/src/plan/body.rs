//! A rule's clauses as blocks: what brings rows in, and what is done to each row until the next block.

use super::record::{head_columns, local};
use std::collections::HashMap;

use super::arrangements::Catalog;
use super::shape::Shape;
use super::transform::Step;
use super::walk::{Locals, mentioned, mentioned_in_pattern, mentioned_in_step, rewrite, rewrite_clause};
use crate::ir::{ClauseKind, Expr, ExprKind, Local, LocalId, Pattern, PatternKind, Program, Rule, TypeId};
use crate::source::Span;

/// A rule's clauses as blocks: what brings rows in, and what is done to each row until the next block.
pub(super) struct Body {
    pub(super) locals: Vec<Local>,
    pub(super) blocks: Vec<Block>,
    /// The head's columns.
    pub(super) head: Vec<Expr>,
}

pub(super) struct Block {
    /// Done before the opener's patterns are matched; only in the first block.
    pub(super) before: Vec<Step>,
    pub(super) opener: Opener,
    /// The clause of the rule that opens it.
    pub(super) clause: Option<usize>,
    pub(super) steps: Vec<Step>,
    /// Variables that steps of this block, later blocks or the head mention.
    pub(super) needed: Locals,
}

#[derive(Clone)]
pub(super) enum Opener {
    /// One empty row.
    Once,
    Atom(Shape),
    Not(Shape),
    /// An atom of which nobody wants to know but whether there is such a row: all it mentions is bound before.
    Has(Shape),
    Group {
        group: LocalId,
        value: Box<Expr>,
        key: Vec<LocalId>,
        key_type: TypeId,
    },
}

/// `x in R(..)`: the block of the atom, so that `x.f` becomes a column of it.
type Wholes = HashMap<LocalId, usize>;

impl Body {
    /// The body of a rule in written order.
    pub(super) fn new(program: &Program, catalog: &mut Catalog, rule: &Rule) -> Self {
        let mut body = Body { locals: rule.locals.clone(), blocks: Vec::new(), head: Vec::new() };
        let mut wholes = Wholes::new();
        for (number, clause) in rule.body.iter().enumerate() {
            let mut kind = clause.kind.clone();
            rewrite_clause(&mut kind, &mut |expr| body.use_column(expr, &wholes));
            body.push(program, catalog, kind, (number, clause.span));
            let at = body.blocks.len() - 1;
            if let Opener::Atom(shape) = &body.blocks[at].opener {
                wholes.extend(shape.wholes.iter().map(|whole| (*whole, at)));
            }
        }
        if body.blocks.is_empty() {
            body.blocks.push(Block::new(Opener::Once, None));
        }
        let mut record = rule.head.record.clone();
        rewrite(&mut record, &mut |expr| body.use_column(expr, &wholes));
        body.head = head_columns(program, rule.head.relation, record);
        body.settle_wholes();
        body.needed_later();
        body
    }

    fn push(
        &mut self,
        program: &Program,
        catalog: &mut Catalog,
        kind: ClauseKind,
        (number, span): (usize, Span),
    ) {
        let opener = match kind {
            ClauseKind::Atom { relation, pattern, delay, differential } => {
                let collection = catalog.collection(relation, delay, differential);
                Opener::Atom(Shape::new(program, relation, collection, &pattern, span))
            }
            ClauseKind::Not { relation, pattern, delay, differential } => {
                let collection = catalog.collection(relation, delay, differential);
                Opener::Not(Shape::new(program, relation, collection, &pattern, span))
            }
            ClauseKind::GroupBy { group, value, key, key_type } => {
                Opener::Group { group, value: Box::new(value), key, key_type }
            }
            ClauseKind::Filter(expr) => return self.step(Step::Filter(expr)),
            ClauseKind::Let(pattern, expr) => return self.step(Step::Match(pattern, expr)),
            ClauseKind::FlatMap(pattern, expr) => return self.step(Step::FlatMap(pattern, expr)),
            ClauseKind::Inspect { body, weight, timestamp } => {
                return self.step(Step::Inspect { body, weight, timestamp });
            }
        };
        let mut block = Block::new(opener, Some(number));
        if matches!(block.opener, Opener::Atom(_)) {
            // `var x = .., R(x)` reads `R` first, too: there is nothing else to start from.
            if let [Block { opener: Opener::Once, .. }] = self.blocks.as_slice()
                && let Some(once) = self.blocks.pop()
            {
                block.before = once.steps;
            }
        } else if self.blocks.is_empty() {
            self.blocks.push(Block::new(Opener::Once, None));
        }
        self.blocks.push(block);
    }

    fn step(&mut self, step: Step) {
        if self.blocks.is_empty() {
            self.blocks.push(Block::new(Opener::Once, None));
        }
        if let Some(block) = self.blocks.last_mut() {
            block.steps.push(step);
        }
    }

    /// Makes `x.f` the column `f` of the atom that bound `x`.
    fn use_column(&mut self, expr: &mut Expr, wholes: &Wholes) {
        let ExprKind::Field(of, path) = &expr.kind else { return };
        let (ExprKind::Local(whole), [(0, column)]) = (&of.kind, path.as_slice()) else { return };
        let Some(block) = wholes.get(whole) else { return };
        let alias = self.alias(*block, *column as usize, expr.ty);
        expr.kind = ExprKind::Local(alias);
    }

    /// The variable that holds a column of an atom.
    fn alias(&mut self, block: usize, column: usize, ty: TypeId) -> LocalId {
        let fresh = LocalId(self.locals.len() as u32);
        let Opener::Atom(shape) = &mut self.blocks[block].opener else { return fresh };
        if let Some(known) = shape.column_local(column) {
            return known;
        }
        shape.aliases[column] = Some(fresh);
        let whole = shape.wholes.first().and_then(|whole| self.locals.get(whole.0 as usize));
        let name = whole.map_or("$", |whole| &whole.name);
        let name = match shape.names.get(column) {
            Some(field) => format!("{name}.{field}"),
            None => format!("{name}.{column}"),
        };
        self.locals.push(Local { name: name.into(), ty });
        fresh
    }

    /// Whole records that are still used as such are put together from their columns.
    fn settle_wholes(&mut self) {
        let used = self.mentioned_anywhere();
        for at in 0..self.blocks.len() {
            let Opener::Atom(shape) = &self.blocks[at].opener else { continue };
            let (record, span) = (shape.record, shape.span);
            let wholes: Vec<LocalId> = shape.wholes.iter().copied().filter(|w| used.contains(w)).collect();
            let types: Vec<TypeId> = shape.columns.iter().map(|pattern| pattern.ty).collect();
            if wholes.is_empty() {
                continue;
            }
            let columns: Vec<Expr> = types
                .iter()
                .enumerate()
                .map(|(column, ty)| local(self.alias(at, column, *ty), *ty))
                .collect();
            for whole in wholes.into_iter().rev() {
                let value = Expr { kind: ExprKind::Construct(0, columns.clone()), ty: record, span };
                let pattern = Pattern { kind: PatternKind::Bind(whole), ty: record, span };
                self.blocks[at].steps.insert(0, Step::Match(pattern, value));
            }
        }
    }

    fn mentioned_anywhere(&self) -> Locals {
        let mut all = Locals::new();
        for block in &self.blocks {
            block.opener.mentioned(&mut all);
            let steps = block.before.iter().chain(&block.steps);
            steps.for_each(|step| mentioned_in_step(step, &mut all));
        }
        self.head.iter().for_each(|expr| mentioned(expr, &mut all));
        all
    }

    /// Finds out which variables each block has to hand on.
    pub(super) fn needed_later(&mut self) {
        let mut needed = Locals::new();
        self.head.iter().for_each(|expr| mentioned(expr, &mut needed));
        for block in self.blocks.iter_mut().rev() {
            block.steps.iter().for_each(|step| mentioned_in_step(step, &mut needed));
            block.needed = needed.clone();
            block.opener.mentioned(&mut needed);
        }
    }
}

impl Block {
    /// A block without steps.
    pub(super) fn new(opener: Opener, clause: Option<usize>) -> Self {
        Block { before: Vec::new(), opener, clause, steps: Vec::new(), needed: Locals::new() }
    }
}

impl Opener {
    /// Adds every variable that the clause mentions.
    pub(super) fn mentioned(&self, into: &mut Locals) {
        match self {
            Opener::Once => {}
            Opener::Atom(shape) | Opener::Not(shape) | Opener::Has(shape) => {
                shape.columns.iter().for_each(|pattern| mentioned_in_pattern(pattern, into));
            }
            Opener::Group { value, key, .. } => {
                mentioned(value, into);
                into.extend(key);
            }
        }
    }
}
