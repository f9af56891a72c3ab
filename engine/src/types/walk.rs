//! Going through checked expressions.

use super::hir::{HExpr, HExprKind, HPattern, HPatternKind, LocalId};

impl HExpr {
    /// Visits the expression and all inside it, those in patterns too, outermost first.
    pub(super) fn walk<'e>(&'e self, visit: &mut impl FnMut(&'e HExpr)) {
        visit(self);
        self.inside(&mut |inner| inner.walk(visit));
    }

    /// Visits the variables that are read or assigned, not those that are bound.
    pub(super) fn mentioned(&self, visit: &mut impl FnMut(LocalId)) {
        self.walk(&mut |expr| {
            if let HExprKind::Local(local) = &expr.kind {
                visit(*local);
            }
        });
    }

    /// Visits the expressions directly inside.
    pub(super) fn inside<'e>(&'e self, visit: &mut impl FnMut(&'e HExpr)) {
        match &self.kind {
            HExprKind::Bool(_)
            | HExprKind::Int(_)
            | HExprKind::Float(_)
            | HExprKind::String(_)
            | HExprKind::Local(_)
            | HExprKind::Function(_)
            | HExprKind::Break
            | HExprKind::Continue
            | HExprKind::Error => {}
            HExprKind::Closure { body: inner, .. }
            | HExprKind::Field(inner, _)
            | HExprKind::TupleField(inner, _)
            | HExprKind::Slice(inner, _, _)
            | HExprKind::Cast(inner)
            | HExprKind::Unary(_, inner)
            | HExprKind::ToString(inner, _)
            | HExprKind::Return(inner)
            | HExprKind::Try { value: inner, .. } => visit(inner),
            HExprKind::Call(_, all)
            | HExprKind::Construct(_, all)
            | HExprKind::Tuple(all)
            | HExprKind::VecLiteral(all)
            | HExprKind::Concat(all)
            | HExprKind::Block(all) => all.iter().for_each(visit),
            HExprKind::CallValue(function, args) => {
                visit(function);
                args.iter().for_each(visit);
            }
            HExprKind::MapLiteral(pairs) => pairs.iter().for_each(|(key, value)| {
                visit(key);
                visit(value);
            }),
            HExprKind::Binary(_, left, right) | HExprKind::Assign(left, right) => {
                visit(left);
                visit(right);
            }
            HExprKind::If(condition, then, otherwise) => {
                visit(condition);
                visit(then);
                otherwise.iter().for_each(|otherwise| visit(otherwise));
            }
            HExprKind::Match(value, arms) => {
                visit(value);
                for (pattern, body) in arms {
                    pattern.compared(visit);
                    visit(body);
                }
            }
            HExprKind::NoneMatches(value, patterns) => {
                visit(value);
                patterns.iter().for_each(|pattern| pattern.compared(visit));
            }
            HExprKind::Let(pattern, value) => {
                visit(value);
                pattern.compared(visit);
            }
            HExprKind::For(pattern, collection, body) => {
                visit(collection);
                pattern.compared(visit);
                visit(body);
            }
        }
    }
}

impl HPattern {
    /// Visits the expressions that values are compared with.
    pub(super) fn compared<'e>(&'e self, visit: &mut impl FnMut(&'e HExpr)) {
        match &self.kind {
            HPatternKind::Wildcard | HPatternKind::Bind(_) | HPatternKind::Error => {}
            HPatternKind::At(_, inner) | HPatternKind::Ref(inner) => inner.compared(visit),
            HPatternKind::Equal(value) => visit(value),
            HPatternKind::Tuple(all) | HPatternKind::Variant(_, all) => {
                all.iter().for_each(|pattern| pattern.compared(visit));
            }
        }
    }
}
