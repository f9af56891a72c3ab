//! Where the contents of relations can be looked into: in an arrangement that rules read anyway, if there is one.

use super::record::{local, nowhere};
use std::sync::Arc;

use super::arrangements::Catalog;
use super::data::{CollectionId, Contents, Projection};
use super::transform::{Input, Step, Transform};
use super::walk::{Locals, mentioned, rewrite};
use crate::ir::{
    Expr, ExprKind, Local, LocalId, Pattern, PatternKind, PrimaryKey, Program, RelationId, RelationRole,
    RelationSemantics, TypeId,
};

/// For every input relation but streams, and for relations that depend on what they were, where its records are found.
pub(super) fn inputs(
    program: &Program,
    catalog: &mut Catalog,
    kept: &[RelationId],
    known: &dyn Fn(&str, usize) -> Option<Projection>,
) -> Vec<Option<Contents>> {
    let mut inputs = Vec::new();
    for (index, relation) in program.relations.iter().enumerate() {
        let id = RelationId(index as u32);
        let stream = relation.semantics == RelationSemantics::Stream;
        inputs.push(match &relation.primary_key {
            _ if stream => None,
            Some(key) => Some(by_key(program, catalog, id, key)),
            None if relation.role == RelationRole::Input || kept.contains(&id) => {
                Some(by_record(catalog, id, |columns| known(&relation.name, columns)))
            }
            None => None,
        });
    }
    inputs
}

/// Any arrangement that holds all columns will do: the one that is known, or else one that rules read.
fn by_record(
    catalog: &mut Catalog,
    relation: RelationId,
    known: impl FnOnce(usize) -> Option<Projection>,
) -> Contents {
    let collection = CollectionId(relation.0);
    let columns = catalog.column_types(relation).len();
    if let Some(projection) = known(columns) {
        let arrangement = catalog.arrangement(collection, projection, true);
        return Contents { arrangement, primary_key: None };
    }
    let known = catalog
        .arrangements
        .iter()
        .filter(|a| a.collection == collection && a.host && is_complete(&a.projection, columns))
        .max_by_key(|a| a.key_columns)
        .map(|a| a.projection.clone());
    let projection =
        known.unwrap_or_else(|| Projection::Columns { key: (0..columns).collect(), value: Vec::new() });
    Contents { arrangement: catalog.arrangement(collection, projection, true), primary_key: None }
}

fn by_key(program: &Program, catalog: &mut Catalog, relation: RelationId, key: &PrimaryKey) -> Contents {
    let types = catalog.column_types(relation);
    let code = key_of_row(program, relation, key, &types);
    let all = || (0..types.len()).map(|column| local(LocalId(column as u32), types[column]));
    let projection = match code.outputs[0].as_slice() {
        [Expr { kind: ExprKind::Local(column), .. }] if (column.0 as usize) < types.len() => {
            let key = column.0 as usize;
            Projection::Columns { key: vec![key], value: (0..types.len()).filter(|c| *c != key).collect() }
        }
        _ => Projection::Code(Arc::new(Transform {
            outputs: vec![code.outputs[0].clone(), all().collect()],
            ..code.clone()
        })),
    };
    Contents {
        arrangement: catalog.arrangement(CollectionId(relation.0), projection, true),
        primary_key: Some(Arc::new(code)),
    }
}

/// The columns that a relation's primary key is made of; `None` if it takes the record as a whole.
pub(super) fn columns_of_key(
    program: &Program,
    relation: RelationId,
    key: &PrimaryKey,
    columns: usize,
) -> Option<Vec<usize>> {
    // Types do not matter for what is mentioned.
    let types = vec![key.key.ty; columns];
    let code = key_of_row(program, relation, key, &types);
    let mut used = Locals::new();
    code.outputs.iter().flatten().for_each(|expr| mentioned(expr, &mut used));
    if !code.steps.is_empty() {
        return None;
    }
    Some(used.into_iter().map(|local| local.0 as usize).filter(|column| *column < columns).collect())
}

/// From a row to its primary key. The columns are the first variables.
fn key_of_row(program: &Program, relation: RelationId, key: &PrimaryKey, types: &[TypeId]) -> Transform {
    let record = program.types.strip(program.relations[relation.0 as usize].record);
    let shift = types.len() as u32;
    let columns = types.iter().map(|ty| Local { name: "$column".into(), ty: *ty });
    let locals: Vec<Local> = columns.chain(key.locals.iter().cloned()).collect();
    let mut expr = key.key.clone();
    shift_locals(&mut expr, shift);
    let whole = LocalId(shift);
    let is_struct = program.types.struct_fields(record).is_some();
    if is_struct {
        rewrite(&mut expr, &mut |expr| {
            let ExprKind::Field(of, path) = &expr.kind else { return };
            if let (ExprKind::Local(id), [(0, column)]) = (&of.kind, path.as_slice())
                && *id == whole
            {
                expr.kind = ExprKind::Local(LocalId(*column));
            }
        });
    }
    let mut used = Locals::new();
    mentioned(&expr, &mut used);
    let mut steps = Vec::new();
    if used.contains(&whole) {
        let columns: Vec<Expr> = (0..shift).map(|c| local(LocalId(c), types[c as usize])).collect();
        let value = match columns.as_slice() {
            [column] if !is_struct => column.clone(),
            _ => Expr { kind: ExprKind::Construct(0, columns), ty: record, span: nowhere() },
        };
        let pattern = Pattern { kind: PatternKind::Bind(whole), ty: record, span: nowhere() };
        steps.push(Step::Match(pattern, value));
    }
    let inputs = vec![Input::Locals((0..shift).map(|c| Some(LocalId(c))).collect())];
    Transform { locals, inputs, steps, outputs: vec![vec![expr]] }
}

/// Makes room for the columns in front of an expression's own variables.
fn shift_locals(expr: &mut Expr, by: u32) {
    super::walk::for_each_local(expr, &mut |local| local.0 += by);
}

/// Whether an index holds all of so many columns as they are.
pub(super) fn is_complete(projection: &Projection, columns: usize) -> bool {
    match projection {
        Projection::Columns { key, value } => {
            (0..columns).all(|column| key.contains(&column) || value.contains(&column))
                && key.iter().chain(value).all(|column| *column < columns)
        }
        Projection::Code(_) => false,
    }
}
