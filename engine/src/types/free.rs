//! Variables that expressions and patterns mention.

use super::hir::{HExpr, HExprKind, HPattern, HPatternKind, LocalId};

/// Whether an expression mentions a variable.
pub(super) fn mentions(expr: &HExpr, local: LocalId) -> bool {
    let mut found = false;
    expr.locals(&mut |l| found |= l == local);
    found
}

impl HExpr {
    /// Visits every variable that is read, assigned or bound.
    pub(super) fn locals(&self, visit: &mut impl FnMut(LocalId)) {
        match &self.kind {
            HExprKind::Local(local) => visit(*local),
            HExprKind::Bool(_)
            | HExprKind::Int(_)
            | HExprKind::Float(_)
            | HExprKind::String(_)
            | HExprKind::Function(_)
            | HExprKind::Break
            | HExprKind::Continue
            | HExprKind::Error => {}
            HExprKind::Closure { params, body, .. } => {
                params.iter().for_each(|p| visit(*p));
                body.locals(visit);
            }
            HExprKind::Call(_, args)
            | HExprKind::Construct(_, args)
            | HExprKind::Tuple(args)
            | HExprKind::VecLiteral(args)
            | HExprKind::Concat(args)
            | HExprKind::Block(args) => args.iter().for_each(|a| a.locals(visit)),
            HExprKind::CallValue(function, args) => {
                function.locals(visit);
                args.iter().for_each(|a| a.locals(visit));
            }
            HExprKind::MapLiteral(pairs) => pairs.iter().for_each(|(k, v)| {
                k.locals(visit);
                v.locals(visit);
            }),
            HExprKind::Field(inner, _)
            | HExprKind::TupleField(inner, _)
            | HExprKind::Slice(inner, _, _)
            | HExprKind::Cast(inner)
            | HExprKind::Unary(_, inner)
            | HExprKind::ToString(inner, _)
            | HExprKind::Return(inner) => inner.locals(visit),
            HExprKind::Binary(_, left, right) | HExprKind::Assign(left, right) => {
                left.locals(visit);
                right.locals(visit);
            }
            HExprKind::If(condition, then, otherwise) => {
                condition.locals(visit);
                then.locals(visit);
                if let Some(otherwise) = otherwise {
                    otherwise.locals(visit);
                }
            }
            HExprKind::Match(value, arms) => {
                value.locals(visit);
                arms.iter().for_each(|(pattern, body)| {
                    pattern.locals(visit);
                    body.locals(visit);
                });
            }
            HExprKind::NoneMatches(value, patterns) => {
                value.locals(visit);
                patterns.iter().for_each(|p| p.locals(visit));
            }
            HExprKind::Let(pattern, value) => {
                pattern.locals(visit);
                value.locals(visit);
            }
            HExprKind::For(pattern, collection, body) => {
                pattern.locals(visit);
                collection.locals(visit);
                body.locals(visit);
            }
            HExprKind::Try { value, bound, .. } => {
                visit(*bound);
                value.locals(visit);
            }
        }
    }
}

impl HPattern {
    /// Visits every variable that is bound or compared with.
    fn locals(&self, visit: &mut impl FnMut(LocalId)) {
        match &self.kind {
            HPatternKind::Wildcard | HPatternKind::Error => {}
            HPatternKind::Bind(local) => visit(*local),
            HPatternKind::At(local, inner) => {
                visit(*local);
                inner.locals(visit);
            }
            HPatternKind::Equal(value) => value.locals(visit),
            HPatternKind::Tuple(inner) | HPatternKind::Variant(_, inner) => {
                inner.iter().for_each(|p| p.locals(visit));
            }
            HPatternKind::Ref(inner) => inner.locals(visit),
        }
    }

    /// Visits every variable that is bound.
    pub(super) fn bound(&self, visit: &mut impl FnMut(LocalId)) {
        match &self.kind {
            HPatternKind::Wildcard | HPatternKind::Error | HPatternKind::Equal(_) => {}
            HPatternKind::Bind(local) => visit(*local),
            HPatternKind::At(local, inner) => {
                visit(*local);
                inner.bound(visit);
            }
            HPatternKind::Tuple(inner) | HPatternKind::Variant(_, inner) => {
                inner.iter().for_each(|p| p.bound(visit));
            }
            HPatternKind::Ref(inner) => inner.bound(visit),
        }
    }
}
