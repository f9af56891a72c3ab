//! An atom taken apart: a pattern per column, and which of them can be looked up by key.

use super::record::{local, nowhere};
use std::sync::Arc;

use super::arrangements::Catalog;
use super::data::{ArrangementId, CollectionId, Projection};
use super::transform::{Input, Step, Transform};
use super::walk::{Locals, mentioned};
use crate::ir::{Expr, ExprKind, Local, LocalId, Pattern, PatternKind, Program, RelationId, TypeId};
use crate::source::Span;

/// An atom or a negated atom.
#[derive(Clone)]
pub(super) struct Shape {
    pub(super) relation: RelationId,
    pub(super) collection: CollectionId,
    /// Record type, without `Ref` and `Intern`.
    pub(super) record: TypeId,
    /// The pattern of each column.
    pub(super) columns: Vec<Pattern>,
    /// Names of a struct's columns.
    pub(super) names: Vec<Arc<str>>,
    /// Column values that are asked for by name: `x.f` for `x in R(..)`.
    pub(super) aliases: Vec<Option<LocalId>>,
    /// Variables bound to the whole record of a struct.
    pub(super) wholes: Vec<LocalId>,
    pub(super) span: Span,
}

/// How an atom is met by rows that bind some variables.
pub(super) struct Lookup {
    /// What the rows look for, key column by key column.
    pub(super) key: Vec<Expr>,
    /// For each key column, the column it stands for, if it is a whole one.
    pub(super) key_columns: Vec<Option<usize>>,
    /// What is still to be matched, per column.
    pub(super) rest: Vec<Pattern>,
    /// How the collection has to be arranged if its columns are needed; the value is `value_columns`.
    projection: Projection,
    /// The columns in the value, in order.
    pub(super) value_columns: Vec<usize>,
}

impl Shape {
    /// Takes an atom's pattern apart.
    pub(super) fn new(
        program: &Program,
        relation: RelationId,
        collection: CollectionId,
        pattern: &Pattern,
        span: Span,
    ) -> Self {
        let record = program.types.strip(program.relations[relation.0 as usize].record);
        let mut shape = Shape::nothing(relation, collection, record, span);
        let Some(fields) = program.types.struct_fields(record) else {
            shape.columns.push(pattern.clone());
            shape.aliases.push(None);
            return shape;
        };
        let mut pattern = pattern;
        while let PatternKind::At(whole, inner) = &pattern.kind {
            shape.wholes.push(*whole);
            pattern = inner;
        }
        shape.names = fields.iter().map(|field| field.name.clone()).collect();
        shape.aliases = vec![None; fields.len()];
        shape.columns = match &pattern.kind {
            PatternKind::Variant(_, columns) => columns.clone(),
            PatternKind::Equal(expr) => fields
                .iter()
                .enumerate()
                .map(|(index, field)| {
                    let path = vec![(0, index as u32)];
                    let value =
                        Expr { kind: ExprKind::Field(expr.clone(), path), ty: field.ty, span: pattern.span };
                    Pattern { kind: PatternKind::Equal(Box::new(value)), ty: field.ty, span: pattern.span }
                })
                .collect(),
            PatternKind::Bind(whole) => {
                shape.wholes.push(*whole);
                wildcards(fields.iter().map(|field| field.ty))
            }
            _ => wildcards(fields.iter().map(|field| field.ty)),
        };
        shape
    }

    /// A shape without columns.
    pub(super) fn nothing(
        relation: RelationId,
        collection: CollectionId,
        record: TypeId,
        span: Span,
    ) -> Self {
        Shape {
            relation,
            collection,
            record,
            columns: Vec::new(),
            names: Vec::new(),
            aliases: Vec::new(),
            wholes: Vec::new(),
            span,
        }
    }

    /// The variable a column's value goes to, if there is one.
    pub(super) fn column_local(&self, column: usize) -> Option<LocalId> {
        match (&self.columns[column].kind, self.aliases[column]) {
            (PatternKind::Bind(local), _) => Some(*local),
            (_, alias) => alias,
        }
    }

    /// Splits the patterns into what can be looked up, given the variables bound so far, and the rest.
    pub(super) fn lookup(&self, types: &[TypeId], bound: &Locals, rest: Rest) -> Lookup {
        // In a negated atom everything is bound before.
        let bound = (rest == Rest::IsMatchedLater).then_some(bound);
        let mut split = Split { bound, key: Vec::new(), bindings: Vec::new(), first: self.columns.len() };
        let (mut key_columns, mut rests, mut steps) = (Vec::new(), Vec::new(), Vec::new());
        let (mut key_outputs, mut plain_key) = (Vec::new(), Vec::new());
        for (index, pattern) in self.columns.iter().enumerate() {
            let column = LocalId(index as u32);
            if let PatternKind::Equal(expr) = &pattern.kind
                && is_known(expr, bound)
            {
                split.key.push((**expr).clone());
                key_columns.push(Some(index));
                key_outputs.push(local(column, types[index]));
                plain_key.push(index);
                rests.push(wildcard(pattern.ty));
                continue;
            }
            let (before, found) = (split.key.len(), split.bindings.len());
            let (inner, outer) = split.nested(pattern);
            key_columns.extend((before..split.key.len()).map(|_| None));
            for (binding, ty) in &split.bindings[found..] {
                key_outputs.push(local(*binding, *ty));
            }
            let refutable = rest == Rest::IsDropped && !always_matches(&inner);
            if split.key.len() > before || refutable {
                steps.push(Step::Match(inner, local(column, types[index])));
            }
            rests.push(outer);
        }
        let value_columns: Vec<usize> =
            (0..self.columns.len()).filter(|column| !plain_key.contains(column)).collect();
        let projection = if steps.is_empty() {
            Projection::Columns { key: plain_key, value: value_columns.clone() }
        } else {
            let binding_types = split.bindings.iter().map(|(_, ty)| *ty);
            let locals = types.iter().copied().chain(binding_types).map(|ty| Local { name: "_".into(), ty });
            Projection::Code(Arc::new(Transform {
                locals: locals.collect(),
                inputs: vec![Input::Locals((0..types.len()).map(|i| Some(LocalId(i as u32))).collect())],
                steps,
                outputs: vec![
                    key_outputs,
                    value_columns
                        .iter()
                        .map(|column| local(LocalId(*column as u32), types[*column]))
                        .collect(),
                ],
            }))
        };
        Lookup { key: split.key, key_columns, rest: rests, projection, value_columns }
    }
}

/// Whether the part of an atom that is not looked up is matched later.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Rest {
    IsMatchedLater,
    IsDropped,
}

impl Lookup {
    /// The arrangement for it, with the columns that are not looked up as value.
    pub(super) fn arrangement(&self, catalog: &mut Catalog, of: CollectionId, host: bool) -> ArrangementId {
        catalog.arrangement(of, self.projection.clone(), host)
    }

    /// The arrangement that only tells how many rows a key has.
    pub(super) fn counting_arrangement(
        &mut self,
        catalog: &mut Catalog,
        of: CollectionId,
        host: bool,
    ) -> ArrangementId {
        match &mut self.projection {
            Projection::Columns { value, .. } => value.clear(),
            Projection::Code(code) => {
                if let Some(value) = Arc::make_mut(code).outputs.get_mut(1) {
                    value.clear();
                }
            }
        }
        self.value_columns.clear();
        self.arrangement(catalog, of, host)
    }
}

/// Takes what is known out of nested patterns.
struct Split<'b> {
    bound: Option<&'b Locals>,
    key: Vec<Expr>,
    bindings: Vec<(LocalId, TypeId)>,
    first: usize,
}

impl Split<'_> {
    /// The pattern that finds the key inside a column, and the pattern that is left.
    fn nested(&mut self, pattern: &Pattern) -> (Pattern, Pattern) {
        let (inner, outer) = match &pattern.kind {
            PatternKind::Equal(expr) if is_known(expr, self.bound) => {
                let binding = LocalId((self.first + self.bindings.len()) as u32);
                self.key.push((**expr).clone());
                self.bindings.push((binding, pattern.ty));
                (PatternKind::Bind(binding), PatternKind::Wildcard)
            }
            PatternKind::Wildcard | PatternKind::Bind(_) | PatternKind::Equal(_) => {
                (PatternKind::Wildcard, pattern.kind.clone())
            }
            PatternKind::At(local, of) => {
                let (inner, outer) = self.nested(of);
                (inner.kind, PatternKind::At(*local, Box::new(outer)))
            }
            PatternKind::Tuple(parts) => {
                let (inner, outer) = parts.iter().map(|part| self.nested(part)).unzip();
                (PatternKind::Tuple(inner), PatternKind::Tuple(outer))
            }
            PatternKind::Variant(number, parts) => {
                let (inner, outer) = parts.iter().map(|part| self.nested(part)).unzip();
                (PatternKind::Variant(*number, inner), PatternKind::Variant(*number, outer))
            }
        };
        (
            Pattern { kind: inner, ty: pattern.ty, span: nowhere() },
            Pattern { kind: outer, ty: pattern.ty, span: pattern.span },
        )
    }
}

/// Whether an expression can be computed from these variables alone. One with variables of its own
/// (`match` arms, blocks) counts as unknown: it is then compared later.
fn is_known(expr: &Expr, bound: Option<&Locals>) -> bool {
    let Some(bound) = bound else { return true };
    let mut needed = Locals::new();
    mentioned(expr, &mut needed);
    needed.is_subset(bound)
}

/// Whether a pattern without bindings can be left out.
fn always_matches(pattern: &Pattern) -> bool {
    match &pattern.kind {
        PatternKind::Wildcard | PatternKind::Bind(_) => true,
        PatternKind::At(_, inner) => always_matches(inner),
        PatternKind::Tuple(parts) => parts.iter().all(always_matches),
        PatternKind::Equal(_) | PatternKind::Variant(..) => false,
    }
}

fn wildcards(types: impl Iterator<Item = TypeId>) -> Vec<Pattern> {
    types.map(wildcard).collect()
}

fn wildcard(ty: TypeId) -> Pattern {
    Pattern { kind: PatternKind::Wildcard, ty, span: nowhere() }
}
