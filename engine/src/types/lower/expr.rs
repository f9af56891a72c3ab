//! Expressions.

use std::sync::Arc;

use super::{Frame, Lowerer};
use crate::ir::{
    Arg, Arm, Expr, ExprKind, FunctionId, Lambda, LocalId, Pattern, PatternKind, Place, PlaceStep, Type,
    TypeId,
};
use crate::source::Span;
use crate::types::hir::{HExpr, HExprKind, HPattern, UseId};
use crate::types::ty::{Mutability, Ty};

impl Lowerer<'_, '_> {
    pub(super) fn expr(&mut self, frame: &mut Frame<'_>, expr: &HExpr) -> Expr {
        let span = expr.span;
        let ty = self.ty_of(frame, &expr.ty);
        let kind = match &expr.kind {
            HExprKind::Bool(value) => ExprKind::Bool(*value),
            HExprKind::Int(value) => ExprKind::Int(value.clone()),
            HExprKind::Float(value) => ExprKind::Float(*value),
            HExprKind::String(value) => ExprKind::String(Arc::clone(value)),
            HExprKind::Local(local) => ExprKind::Local(self.local(frame, *local)),
            HExprKind::Function(function) => match self.used(frame, *function) {
                Some(function) => ExprKind::FunctionValue(function),
                None => ExprKind::Tuple(Vec::new()),
            },
            HExprKind::Closure { params, body, depth } => {
                let mutable = match &expr.ty {
                    Ty::Function(signature) => {
                        signature.params.iter().map(|(m, _)| *m == Mutability::Mut).collect()
                    }
                    _ => Vec::new(),
                };
                self.closure(frame, params, &mutable, body, *depth)
            }
            HExprKind::Call(function, args) => {
                let mutable: Vec<bool> = match frame.body.uses[function.0 as usize].function {
                    Some(def) => self.defs.function(def).params.iter().map(|p| p.mutable).collect(),
                    None => Vec::new(),
                };
                let args = self.args(frame, args, &mutable);
                match self.used(frame, *function) {
                    Some(function) => ExprKind::Call(function, args),
                    None => ExprKind::Tuple(Vec::new()),
                }
            }
            HExprKind::CallValue(function, args) => {
                let mutable: Vec<bool> = match &function.ty {
                    Ty::Function(signature) => {
                        signature.params.iter().map(|(m, _)| *m == Mutability::Mut).collect()
                    }
                    _ => Vec::new(),
                };
                let function = Box::new(self.expr(frame, function));
                ExprKind::CallValue(function, self.args(frame, args, &mutable))
            }
            HExprKind::Construct(constructor, fields) => {
                let variant = self.defs.constructor(*constructor).variant;
                ExprKind::Construct(variant, self.exprs(frame, fields))
            }
            HExprKind::Tuple(elements) => ExprKind::Tuple(self.exprs(frame, elements)),
            HExprKind::VecLiteral(elements) => ExprKind::VecLiteral(self.exprs(frame, elements)),
            HExprKind::MapLiteral(pairs) => ExprKind::MapLiteral(
                pairs.iter().map(|(k, v)| (self.expr(frame, k), self.expr(frame, v))).collect(),
            ),
            HExprKind::Field(base, name) => {
                let positions = self.positions(&base.ty, name);
                ExprKind::Field(Box::new(self.expr(frame, base)), positions)
            }
            HExprKind::TupleField(base, index) => {
                ExprKind::TupleField(Box::new(self.expr(frame, base)), *index)
            }
            HExprKind::Slice(base, high, low) => {
                ExprKind::Slice(Box::new(self.expr(frame, base)), *high, *low)
            }
            HExprKind::Cast(inner) => {
                let inner = self.expr(frame, inner);
                if inner.ty == ty {
                    return inner;
                }
                ExprKind::Cast(Box::new(inner))
            }
            HExprKind::Unary(op, inner) => ExprKind::Unary(*op, Box::new(self.expr(frame, inner))),
            HExprKind::Binary(op, left, right) => {
                ExprKind::Binary(*op, Box::new(self.expr(frame, left)), Box::new(self.expr(frame, right)))
            }
            HExprKind::Concat(parts) => ExprKind::Concat(self.exprs(frame, parts)),
            HExprKind::ToString(value, function) => {
                let value = self.expr(frame, value);
                match function.and_then(|f| self.used(frame, f)) {
                    Some(function) => ExprKind::Call(function, vec![Arg::Value(value)]),
                    None => return value,
                }
            }
            HExprKind::If(condition, then, otherwise) => ExprKind::If(
                Box::new(self.expr(frame, condition)),
                Box::new(self.expr(frame, then)),
                otherwise.as_ref().map(|o| Box::new(self.expr(frame, o))),
            ),
            HExprKind::Match(value, arms) => {
                let value = Box::new(self.expr(frame, value));
                let arms = arms.iter().map(|(pattern, body)| Arm {
                    pattern: self.pattern(frame, pattern),
                    body: self.expr(frame, body),
                });
                ExprKind::Match(value, arms.collect())
            }
            HExprKind::NoneMatches(value, patterns) => self.none_matches(frame, value, patterns, ty, span),
            HExprKind::Block(all) => match all.as_slice() {
                [only] => return self.expr(frame, only),
                all => ExprKind::Block(self.exprs(frame, all)),
            },
            HExprKind::Let(pattern, value) => {
                let value = self.expr(frame, value);
                ExprKind::Let(self.pattern(frame, pattern), Box::new(value))
            }
            HExprKind::Assign(place, value) => {
                let value = self.expr(frame, value);
                match self.place(frame, place) {
                    Some(place) => ExprKind::Assign(place, Box::new(value)),
                    None => ExprKind::Tuple(Vec::new()),
                }
            }
            HExprKind::For(pattern, collection, body) => {
                let collection = self.expr(frame, collection);
                let pattern = self.pattern(frame, pattern);
                ExprKind::For(pattern, Box::new(collection), Box::new(self.expr(frame, body)))
            }
            HExprKind::Break => ExprKind::Break,
            HExprKind::Continue => ExprKind::Continue,
            HExprKind::Return(value) => ExprKind::Return(Box::new(self.expr(frame, value))),
            HExprKind::Try { value, ret, bound } => self.try_operator(frame, value, ret, *bound, ty, span),
            // A checked program has none; the unit keeps this total.
            HExprKind::Error => ExprKind::Tuple(Vec::new()),
        };
        Expr { kind, ty, span }
    }

    fn exprs(&mut self, frame: &mut Frame<'_>, exprs: &[HExpr]) -> Vec<Expr> {
        exprs.iter().map(|e| self.expr(frame, e)).collect()
    }

    /// The concrete function a mention stands for.
    fn used(&mut self, frame: &Frame<'_>, function: UseId) -> Option<FunctionId> {
        let mention = &frame.body.uses[function.0 as usize];
        let def = mention.function?;
        let args = mention.args.iter().map(|t| self.ty(t, &frame.args)).collect();
        Some(self.instance(def, args))
    }

    fn args(&mut self, frame: &mut Frame<'_>, args: &[HExpr], mutable: &[bool]) -> Vec<Arg> {
        let by_reference = |i: usize| mutable.get(i).copied().unwrap_or(false);
        args.iter()
            .enumerate()
            .map(|(i, arg)| match by_reference(i).then(|| self.place(frame, arg)).flatten() {
                Some(place) => Arg::Mut(place),
                None => Arg::Value(self.expr(frame, arg)),
            })
            .collect()
    }

    fn place(&mut self, frame: &mut Frame<'_>, expr: &HExpr) -> Option<Place> {
        let ty = self.ty_of(frame, &expr.ty);
        let mut place = match &expr.kind {
            HExprKind::Local(local) => {
                let local = self.local(frame, *local);
                return Some(Place { local, path: Vec::new(), ty, span: expr.span });
            }
            HExprKind::Field(base, name) => {
                let mut place = self.place(frame, base)?;
                place.path.push(PlaceStep::Field(self.positions(&base.ty, name)));
                place
            }
            HExprKind::TupleField(base, index) => {
                let mut place = self.place(frame, base)?;
                place.path.push(PlaceStep::TupleField(*index));
                place
            }
            _ => return None,
        };
        place.ty = ty;
        place.span = expr.span;
        Some(place)
    }

    /// Where a field is in each of a type's variants.
    fn positions(&self, ty: &Ty, name: &str) -> Vec<(u32, u32)> {
        let Ty::Def(def, _) = self.defs.strip(ty) else { return Vec::new() };
        let variants = self.defs.variants(*def).iter().enumerate();
        variants
            .filter_map(|(variant, constructor)| {
                let fields = &self.defs.constructor(*constructor).fields;
                let position = fields.iter().position(|f| &*f.name == name)?;
                Some((variant as u32, position as u32))
            })
            .collect()
    }

    fn closure(
        &mut self,
        frame: &mut Frame<'_>,
        params: &[LocalId],
        mutable: &[bool],
        body: &HExpr,
        depth: u32,
    ) -> ExprKind {
        let mut outer = Vec::new();
        body.locals(&mut |local| {
            if frame.body.locals[local.0 as usize].depth < depth && !outer.contains(&local) {
                outer.push(local);
            }
        });
        let mut inner = Frame::new(frame.body, frame.args.clone());
        let captures = outer
            .into_iter()
            .map(|local| (self.local(frame, local), self.local(&mut inner, local)))
            .collect();
        let params = params
            .iter()
            .enumerate()
            .map(|(i, p)| (self.local(&mut inner, *p), mutable.get(i).copied().unwrap_or(false)))
            .collect();
        let body = self.expr(&mut inner, body);
        ExprKind::Closure(Box::new(Lambda { captures, params, locals: inner.locals, body }))
    }

    fn none_matches(
        &mut self,
        frame: &mut Frame<'_>,
        value: &HExpr,
        patterns: &[HPattern],
        ty: TypeId,
        span: Span,
    ) -> ExprKind {
        let value = self.expr(frame, value);
        let answer = |answer: bool| Expr { kind: ExprKind::Bool(answer), ty, span };
        let mut arms: Vec<Arm> =
            patterns.iter().map(|p| Arm { pattern: self.pattern(frame, p), body: answer(false) }).collect();
        let anything = Pattern { kind: PatternKind::Wildcard, ty: value.ty, span };
        arms.push(Arm { pattern: anything, body: answer(true) });
        ExprKind::Match(Box::new(value), arms)
    }

    /// `e?`: the value inside, or the function's result at once.
    fn try_operator(
        &mut self,
        frame: &mut Frame<'_>,
        value: &HExpr,
        ret: &Ty,
        bound: LocalId,
        ty: TypeId,
        span: Span,
    ) -> ExprKind {
        let known = self.defs.known;
        let bound = self.local(frame, bound);
        let ret_ty = self.ty_of(frame, ret);
        let value_is_result = matches!(&value.ty, Ty::Def(def, _) if *def == known.result);
        let ret_is_result = matches!(ret, Ty::Def(def, _) if *def == known.result);
        let value = self.expr(frame, value);
        let pattern = |kind, ty| Pattern { kind, ty, span };
        // None, Some{x} and Ok{x}, Err{x}: the good one is the second and the first.
        let (good, bad) = if value_is_result { (0, 1) } else { (1, 0) };
        let good = Arm {
            pattern: pattern(
                PatternKind::Variant(good, vec![pattern(PatternKind::Bind(bound), ty)]),
                value.ty,
            ),
            body: Expr { kind: ExprKind::Local(bound), ty, span },
        };
        let (inner, result) = if ret_is_result {
            let error_ty = self.error_type(ret_ty);
            let error = frame.extra("$error", error_ty);
            let local = Expr { kind: ExprKind::Local(error), ty: error_ty, span };
            (
                vec![pattern(PatternKind::Bind(error), error_ty)],
                Expr { kind: ExprKind::Construct(1, vec![local]), ty: ret_ty, span },
            )
        } else {
            let error_ty = self.error_type(value.ty);
            let inner =
                if value_is_result { vec![pattern(PatternKind::Wildcard, error_ty)] } else { Vec::new() };
            (inner, Expr { kind: ExprKind::Construct(0, Vec::new()), ty: ret_ty, span })
        };
        let bad = Arm {
            pattern: pattern(PatternKind::Variant(bad, inner), value.ty),
            body: Expr { kind: ExprKind::Return(Box::new(result)), ty, span },
        };
        ExprKind::Match(Box::new(value), vec![good, bad])
    }

    /// The type of what `Err` holds.
    fn error_type(&self, result: TypeId) -> TypeId {
        match self.types.ty(result) {
            Type::Union(union) => match self.types.union(*union).variants.get(1) {
                Some(variant) => variant.fields.first().map_or(result, |f| f.ty),
                None => result,
            },
            _ => result,
        }
    }
}
