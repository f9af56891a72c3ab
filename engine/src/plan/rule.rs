//! One rule's plan: the chain of joins in written order, everything between two of them fused into one transform.

use super::record::{local, nowhere};
use std::sync::Arc;

use super::aggregate::aggregates;
use super::arrangements::Catalog;
use super::body::{Block, Body, Opener};
use super::data::{Left, Op, Projection, RulePlan, Source, Stage};
use super::shape::{Lookup, Rest, Shape};
use super::transform::{Input, Reduction, Step, Transform};
use super::walk::{Locals, bound_by, mentioned_in_pattern};
use crate::diagnostics::Diagnostic;
use crate::ir::{Expr, ExprKind, Local, LocalId, Pattern, PatternKind, Rule};
use crate::source::Span;

/// Plans one rule from its body. `host` tells whether its arrangements are read outside of recursive components.
pub(super) fn plan_rule(
    catalog: &mut Catalog,
    rule: &Rule,
    body: Body,
    host: bool,
) -> Result<RulePlan, Box<Diagnostic>> {
    Chain { catalog, rule, body, host, bound: Locals::new(), ephemeral: false }.plan()
}

/// The chain as it is built, block by block.
struct Chain<'c, 'p> {
    catalog: &'c mut Catalog<'p>,
    rule: &'c Rule,
    body: Body,
    host: bool,
    /// Variables that have a value so far.
    bound: Locals,
    ephemeral: bool,
}

/// How the rows so far meet the next block.
struct Boundary {
    key: Vec<Expr>,
    value: Vec<Expr>,
    /// The variables in the value; `None` where an expression stands.
    value_locals: Vec<Option<LocalId>>,
    lookup: Option<Lookup>,
}

impl Chain<'_, '_> {
    fn plan(mut self) -> Result<RulePlan, Box<Diagnostic>> {
        let blocks = std::mem::take(&mut self.body.blocks);
        let (source, inputs, mut steps) = self.start(&blocks[0]);
        let shareable = steps.is_empty() && blocks[0].steps.is_empty();
        self.bind_steps(&blocks[0].before);
        steps.extend(blocks[0].steps.iter().cloned());
        self.bind_steps(&blocks[0].steps);

        let mut boundary = self.boundary(&blocks, 1);
        let first = self.transform(inputs, steps, boundary.as_ref());
        let mut stages = Vec::new();
        for at in 1..blocks.len() {
            let Some(mut met) = boundary.take() else { break };
            let mut left = if self.ephemeral { Left::Ephemeral } else { Left::Private };
            if at == 1
                && shareable
                && !self.ephemeral
                && let Opener::Atom(shape) = &blocks[0].opener
                && let Some((projection, value_locals)) = shared_left(shape, &met)
                && !matches!(blocks[1].opener, Opener::Group { .. })
            {
                left = Left::Shared(self.catalog.arrangement(shape.collection, projection, self.host));
                met.value_locals = value_locals;
            }
            let op = self.stage(&blocks, at, met, &mut boundary)?;
            stages.push(Stage { left, op, clause: blocks[at].clause });
        }
        let head = self.rule.head.relation;
        Ok(RulePlan { head, source, clause: blocks[0].clause, first, stages, ephemeral: self.ephemeral })
    }

    /// The first block: where rows come from, and what is to be matched in them.
    fn start(&mut self, block: &Block) -> (Source, Vec<Input>, Vec<Step>) {
        let Opener::Atom(shape) = &block.opener else {
            return (Source::Once, vec![Input::Locals(Vec::new())], Vec::new());
        };
        self.ephemeral = self.catalog.collections[shape.collection.0 as usize].ephemeral;
        let (mut columns, mut steps) = (Vec::new(), block.before.clone());
        for (index, pattern) in shape.columns.iter().enumerate() {
            columns.push(self.column_input(shape, index, pattern, &mut steps));
        }
        self.bind_shape(shape);
        (Source::Collection(shape.collection), vec![Input::Locals(columns)], steps)
    }

    /// The stage of a block after the first, and how its rows meet the next one.
    fn stage(
        &mut self,
        blocks: &[Block],
        at: usize,
        met: Boundary,
        next: &mut Option<Boundary>,
    ) -> Result<Op, Box<Diagnostic>> {
        let block = &blocks[at];
        match &block.opener {
            Opener::Once => Err(not_planned(self.rule.span)),
            Opener::Group { group, key, key_type, .. } => {
                self.bound = key.iter().copied().chain([*group]).collect();
                self.bind_steps(&block.steps);
                *next = self.boundary(blocks, at + 1);
                let output = match next.as_ref() {
                    Some(boundary) => boundary.key.iter().chain(&boundary.value).cloned().collect(),
                    None => self.body.head.clone(),
                };
                let key_columns = next.as_ref().map(|boundary| boundary.key.len());
                let mut reduction = Reduction {
                    locals: self.body.locals.clone(),
                    key: key.clone(),
                    key_type: *key_type,
                    group: *group,
                    steps: block.steps.clone(),
                    output,
                    aggregates: None,
                };
                if self.host && !self.ephemeral {
                    reduction.aggregates =
                        aggregates(self.catalog.program, &reduction, key_columns).map(Arc::new);
                }
                Ok(Op::Reduce { reduction: Arc::new(reduction), key_columns })
            }
            Opener::Atom(shape) => {
                let mut lookup = met.lookup.ok_or_else(|| not_planned(shape.span))?;
                let mut steps = Vec::new();
                let mut key_locals: Vec<Option<LocalId>> = met.key.iter().map(as_local).collect();
                for (position, column) in lookup.key_columns.iter().enumerate() {
                    let Some(alias) = column.and_then(|column| shape.aliases[column]) else { continue };
                    match key_locals[position] {
                        None => key_locals[position] = Some(alias),
                        Some(known) => {
                            let ty = self.body.locals[known.0 as usize].ty;
                            let pattern = Pattern { kind: PatternKind::Bind(alias), ty, span: nowhere() };
                            steps.push(Step::Match(pattern, local(known, ty)));
                        }
                    }
                }
                let needs_columns = (0..shape.columns.len()).any(|column| {
                    shape.aliases[column].is_some() && lookup.value_columns.contains(&column)
                        || match &lookup.rest[column].kind {
                            PatternKind::Wildcard => false,
                            PatternKind::Bind(local) => block.needed.contains(local),
                            _ => true,
                        }
                });
                let right = if needs_columns {
                    lookup.arrangement(self.catalog, shape.collection, self.host)
                } else {
                    lookup.counting_arrangement(self.catalog, shape.collection, self.host)
                };
                let mut columns = Vec::new();
                for column in &lookup.value_columns {
                    let pattern = &lookup.rest[*column];
                    columns.push(self.column_input(shape, *column, pattern, &mut steps));
                }
                self.ephemeral |= self.catalog.collections[shape.collection.0 as usize].ephemeral;
                self.bind_shape(shape);
                steps.extend(block.steps.iter().cloned());
                self.bind_steps(&block.steps);
                *next = self.boundary(blocks, at + 1);
                let inputs =
                    vec![Input::Locals(key_locals), Input::Locals(met.value_locals), Input::Locals(columns)];
                Ok(Op::Join { right, then: self.transform(inputs, steps, next.as_ref()) })
            }
            Opener::Not(shape) | Opener::Has(shape) => {
                let mut lookup = met.lookup.ok_or_else(|| not_planned(shape.span))?;
                if self.catalog.collections[shape.collection.0 as usize].ephemeral {
                    let error = Diagnostic::error("E0302", shape.span, "a stream cannot be negated");
                    return Err(Box::new(error.label("its contents live for one transaction")));
                }
                let right = lookup.counting_arrangement(self.catalog, shape.collection, self.host);
                self.bind_steps(&block.steps);
                *next = self.boundary(blocks, at + 1);
                let key_locals = met.key.iter().map(as_local).collect();
                let inputs = vec![Input::Locals(key_locals), Input::Locals(met.value_locals)];
                let then = self.transform(inputs, block.steps.clone(), next.as_ref());
                Ok(match &block.opener {
                    Opener::Has(_) => Op::Semijoin { right, then },
                    _ => Op::Antijoin { right, then },
                })
            }
        }
    }

    /// Where a column of an atom goes; a pattern that is more than a variable is matched in a step.
    fn column_input(
        &mut self,
        shape: &Shape,
        column: usize,
        pattern: &Pattern,
        steps: &mut Vec<Step>,
    ) -> Option<LocalId> {
        match &pattern.kind {
            PatternKind::Wildcard => shape.aliases[column],
            PatternKind::Bind(local) => Some(*local),
            _ => {
                let input = shape.aliases[column].unwrap_or_else(|| {
                    self.body.locals.push(Local { name: "$part".into(), ty: pattern.ty });
                    LocalId(self.body.locals.len() as u32 - 1)
                });
                steps.push(Step::Match(pattern.clone(), local(input, pattern.ty)));
                Some(input)
            }
        }
    }

    fn bind_shape(&mut self, shape: &Shape) {
        shape.columns.iter().for_each(|pattern| bound_by(pattern, &mut self.bound));
        self.bound.extend(shape.aliases.iter().flatten());
        self.bound.extend(&shape.wholes);
    }

    fn bind_steps(&mut self, steps: &[Step]) {
        for step in steps {
            if let Step::Match(pattern, _) | Step::FlatMap(pattern, _) = step {
                bound_by(pattern, &mut self.bound);
            }
        }
    }

    /// How the rows so far meet a block; `None` if there is no such block.
    fn boundary(&self, blocks: &[Block], at: usize) -> Option<Boundary> {
        let block = blocks.get(at)?;
        let (key, lookup) = match &block.opener {
            Opener::Once => return None,
            Opener::Group { value, key, .. } => {
                let key = key.iter().map(|id| local(*id, self.body.locals[id.0 as usize].ty)).collect();
                let value = vec![(**value).clone()];
                return Some(Boundary { key, value, value_locals: vec![None], lookup: None });
            }
            Opener::Atom(shape) | Opener::Not(shape) | Opener::Has(shape) => {
                let rest = match block.opener {
                    Opener::Not(_) | Opener::Has(_) => Rest::IsDropped,
                    _ => Rest::IsMatchedLater,
                };
                let types = self.catalog.column_types(shape.relation);
                let lookup = shape.lookup(&types, &self.bound, rest);
                (lookup.key.clone(), lookup)
            }
        };
        let mut wanted = block.needed.clone();
        lookup.rest.iter().for_each(|pattern| mentioned_in_pattern(pattern, &mut wanted));
        key.iter().filter_map(as_local).for_each(|local| {
            wanted.remove(&local);
        });
        let live: Vec<LocalId> = wanted.intersection(&self.bound).copied().collect();
        let value = live.iter().map(|id| local(*id, self.body.locals[id.0 as usize].ty)).collect();
        Some(Boundary {
            key,
            value,
            value_locals: live.into_iter().map(Some).collect(),
            lookup: Some(lookup),
        })
    }

    fn transform(&self, inputs: Vec<Input>, steps: Vec<Step>, next: Option<&Boundary>) -> Arc<Transform> {
        let outputs = match next {
            Some(boundary) => vec![boundary.key.clone(), boundary.value.clone()],
            None => vec![self.body.head.clone()],
        };
        Arc::new(Transform { locals: self.body.locals.clone(), inputs, steps, outputs })
    }
}

/// If the key is made of plain columns: the arrangement by them, and where the other columns go.
fn shared_left(shape: &Shape, met: &Boundary) -> Option<(Projection, Vec<Option<LocalId>>)> {
    let column_of =
        |wanted: LocalId| (0..shape.columns.len()).find(|column| shape.column_local(*column) == Some(wanted));
    let key: Vec<usize> =
        met.key.iter().map(|expr| as_local(expr).and_then(column_of)).collect::<Option<_>>()?;
    let value: Vec<usize> = (0..shape.columns.len()).filter(|column| !key.contains(column)).collect();
    let locals = value.iter().map(|column| shape.column_local(*column)).collect();
    Some((Projection::Columns { key, value }, locals))
}

/// For a chain that no rule can have: only the first block is without a clause, and atoms come with a lookup.
fn not_planned(span: Span) -> Box<Diagnostic> {
    Box::new(Diagnostic::error("E0399", span, "the planner could not make sense of this clause"))
}

fn as_local(expr: &Expr) -> Option<LocalId> {
    match expr.kind {
        ExprKind::Local(local) => Some(local),
        _ => None,
    }
}
