//! Declared indexes: arrangements that are asked from outside.

use super::record::local;
use std::sync::Arc;

use super::arrangements::Catalog;
use super::data::{CollectionId, IndexPlan};
use super::shape::{Rest, Shape};
use super::transform::{Input, Transform};
use super::walk::Locals;
use crate::ir::{Expr, Index, LocalId, Pattern, PatternKind, Program};

/// Plans every index of a program.
pub(super) fn indexes(program: &Program, catalog: &mut Catalog) -> Vec<IndexPlan> {
    program.indexes.iter().map(|index| plan(program, catalog, index)).collect()
}

fn plan(program: &Program, catalog: &mut Catalog, index: &Index) -> IndexPlan {
    let collection = CollectionId(index.relation.0);
    let pattern = asked(&index.pattern, index.fields);
    let shape = Shape::new(program, index.relation, collection, &pattern, index.span);
    let types = catalog.column_types(index.relation);
    let lookup = shape.lookup(&types, &Locals::new(), Rest::IsDropped);
    let fields = (0..index.fields).map(|field| Some(LocalId(field))).collect();
    IndexPlan {
        arrangement: lookup.arrangement(catalog, collection, true),
        key: Arc::new(Transform {
            locals: index.locals.clone(),
            inputs: vec![Input::Locals(fields)],
            steps: Vec::new(),
            outputs: vec![lookup.key.clone()],
        }),
        key_columns: lookup.key_columns.clone(),
        value_columns: lookup.value_columns,
    }
}

/// The pattern with the index's fields as what is looked for.
fn asked(pattern: &Pattern, fields: u32) -> Pattern {
    let kind = match &pattern.kind {
        PatternKind::Bind(field) if field.0 < fields => {
            let value: Expr = local(*field, pattern.ty);
            PatternKind::Equal(Box::new(value))
        }
        PatternKind::Bind(_) => PatternKind::Wildcard,
        PatternKind::At(_, inner) => return asked(inner, fields),
        PatternKind::Tuple(parts) => {
            PatternKind::Tuple(parts.iter().map(|part| asked(part, fields)).collect())
        }
        PatternKind::Variant(number, parts) => {
            PatternKind::Variant(*number, parts.iter().map(|part| asked(part, fields)).collect())
        }
        PatternKind::Wildcard => PatternKind::Wildcard,
        PatternKind::Equal(expr) => PatternKind::Equal(expr.clone()),
    };
    Pattern { kind, ty: pattern.ty, span: pattern.span }
}
