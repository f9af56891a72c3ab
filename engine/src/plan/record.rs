//! Records as columns, and expressions that no author has written.

use crate::ir::{Arg, Expr, ExprKind, FunctionId, LocalId, Program, RelationId, TypeId};
use crate::source::{FileId, Span};

/// The expressions for the columns of a head's row.
pub(crate) fn head_columns(program: &Program, relation: RelationId, record: Expr) -> Vec<Expr> {
    let Some(fields) = program.types.struct_fields(program.relations[relation.0 as usize].record) else {
        return vec![record];
    };
    let mut inner = record;
    loop {
        match inner.kind {
            ExprKind::Construct(_, columns) => return columns,
            ExprKind::Call(function, args) if is_identity(program, function) => {
                match <[_; 1]>::try_from(args) {
                    Ok([Arg::Value(arg)]) => inner = arg,
                    Ok(args) => {
                        inner.kind = ExprKind::Call(function, args.into());
                        break;
                    }
                    Err(args) => {
                        inner.kind = ExprKind::Call(function, args);
                        break;
                    }
                }
            }
            kind => {
                inner.kind = kind;
                break;
            }
        }
    }
    let column = |(index, ty): (usize, TypeId)| {
        let kind = ExprKind::Field(Box::new(inner.clone()), vec![(0, index as u32)]);
        Expr { kind, ty, span: inner.span }
    };
    fields.iter().map(|field| field.ty).enumerate().map(column).collect()
}

/// What code takes for the value inside: the same word.
pub(crate) fn is_identity(program: &Program, function: FunctionId) -> bool {
    matches!(
        &*program.functions[function.0 as usize].name,
        "ddlog_std::ref_new" | "ddlog_std::deref" | "internment::intern" | "internment::ival"
    )
}

/// A variable as an expression that stands nowhere in the text.
pub(crate) fn local(id: LocalId, ty: TypeId) -> Expr {
    Expr { kind: ExprKind::Local(id), ty, span: nowhere() }
}

/// For what the planner makes: it must not depend on where the rule stands.
pub(crate) fn nowhere() -> Span {
    Span { file: FileId(0), start: 0, end: 0 }
}
