//! Finds `e.group_by(k)` inside an expression of a rule.

use std::sync::Arc;

use super::error::Error;
use crate::source::Span;
use crate::syntax::ast::{ConstructArgs, Expr, ExprKind, Ident, Path, StringPart};

/// The name a group has in what is left of its expression; cannot be written by an author.
pub(super) const GROUP: &str = "$group";

/// A `group_by`.
pub(super) struct GroupBy {
    pub(super) value: Expr,
    pub(super) key: Expr,
    pub(super) span: Span,
}

/// Takes the `group_by` out of an expression and puts a mention of [`GROUP`] at its place.
///
/// Errors if there are two, or if it does not have a value and a key.
pub(super) fn take_group_by(expr: &mut Expr) -> Result<Option<GroupBy>, Error> {
    let mut found = None;
    take(expr, &mut found)?;
    Ok(found)
}

fn take(expr: &mut Expr, found: &mut Option<GroupBy>) -> Result<(), Error> {
    let span = expr.span;
    let args = match &mut expr.kind {
        ExprKind::Method(receiver, path, args) if is_group_by(path) => {
            let mut all = vec![(**receiver).clone()];
            all.append(args);
            Some(all)
        }
        ExprKind::Call(callee, args) => match &callee.kind {
            ExprKind::Name(path) if is_group_by(path) => Some(std::mem::take(args)),
            _ => None,
        },
        _ => None,
    };
    let Some(args) = args else {
        return children(expr).into_iter().try_for_each(|child| take(child, found));
    };
    let [value, key]: [Expr; 2] =
        args.try_into().map_err(|args: Vec<Expr>| Error::GroupByForm { found: args.len(), span })?;
    if let Some(first) = found {
        return Err(Error::TwoGroupBy { span, first: first.span });
    }
    *found = Some(GroupBy { value, key, span });
    let name = Ident { name: Arc::from(GROUP), span };
    expr.kind = ExprKind::Name(Path { segments: vec![name], span });
    Ok(())
}

/// Whether a call means the operator.
pub(super) fn is_group_by(path: &Path) -> bool {
    matches!(path.segments.as_slice(), [name] if &*name.name == "group_by")
}

fn children(expr: &mut Expr) -> Vec<&mut Expr> {
    match &mut expr.kind {
        ExprKind::Bool(_)
        | ExprKind::Int(..)
        | ExprKind::Float(..)
        | ExprKind::Name(_)
        | ExprKind::Wildcard
        | ExprKind::Var(_)
        | ExprKind::Break
        | ExprKind::Continue
        | ExprKind::Error => Vec::new(),
        ExprKind::String { parts, .. } => parts
            .iter_mut()
            .filter_map(|p| match p {
                StringPart::Interpolated(expr) => Some(expr),
                StringPart::Text(_) => None,
            })
            .collect(),
        ExprKind::Construct(_, ConstructArgs::None) => Vec::new(),
        ExprKind::Construct(_, ConstructArgs::Named(args)) => args.iter_mut().map(|(_, a)| a).collect(),
        ExprKind::Construct(_, ConstructArgs::Positional(args))
        | ExprKind::Tuple(args)
        | ExprKind::VecLiteral(args) => args.iter_mut().collect(),
        ExprKind::MapLiteral(pairs) => pairs.iter_mut().flat_map(|(k, v)| [k, v]).collect(),
        ExprKind::Call(callee, args) | ExprKind::Method(callee, _, args) => {
            std::iter::once(&mut **callee).chain(args.iter_mut()).collect()
        }
        ExprKind::Field(inner, _)
        | ExprKind::TupleField(inner, _)
        | ExprKind::Slice(inner, _, _)
        | ExprKind::Try(inner)
        | ExprKind::Ascribe(inner, _)
        | ExprKind::Cast(inner, _)
        | ExprKind::Unary(_, inner)
        | ExprKind::Ref(inner)
        | ExprKind::At(_, inner)
        | ExprKind::Closure(_, _, inner) => vec![inner],
        ExprKind::Binary(_, left, right) | ExprKind::Assign(left, right) => vec![left, right],
        ExprKind::Block(all, last) => all.iter_mut().chain(last.iter_mut().map(|l| &mut **l)).collect(),
        ExprKind::If(condition, then, otherwise) => [condition, then]
            .into_iter()
            .map(|e| &mut **e)
            .chain(otherwise.iter_mut().map(|e| &mut **e))
            .collect(),
        ExprKind::Match(value, arms) => {
            std::iter::once(&mut **value).chain(arms.iter_mut().map(|(_, body)| body)).collect()
        }
        ExprKind::For(_, collection, body) => vec![collection, body],
        ExprKind::Return(value) => value.iter_mut().map(|v| &mut **v).collect(),
    }
}
