//! After inference: types are filled in, and what needs them is checked.

use std::sync::Arc;

use num_bigint::BigInt;
use num_traits::{One, ToPrimitive};

use super::Infer;
use crate::source::Span;
use crate::syntax::ast::BinaryOp;
use crate::types::error::Error;
use crate::types::exhaustive::{reachable, uncovered};
use crate::types::hir::{FunctionUse, HExpr, HExprKind, HPattern, HPatternKind, LocalId, UseId};
use crate::types::ty::{FunctionTy, Mutability, Ty};

impl Infer<'_, '_> {
    /// Fills the frame's types in. To be called after [`Infer::solve`] and before expressions are finished.
    pub(in crate::types) fn finish_frame(&mut self) {
        self.cannot_infer_said |= self.has_errors();
        for i in 0..self.body.locals.len() {
            let ty = self.unifier.resolve(&self.body.locals[i].ty);
            let local = &self.body.locals[i];
            let (name, span) = (local.name.to_string(), local.span);
            if is_open(&ty) && !self.cannot_infer_said {
                self.cannot_infer_said = true;
                if name.starts_with('$') {
                    self.error(Error::CannotInfer { what: "value", span });
                } else {
                    self.error(Error::CannotInferVariable { name, found: self.show(&ty), span });
                }
            }
            self.body.locals[i].ty = closed(ty);
        }
    }

    /// Fills in the functions' type arguments. The last step.
    pub(in crate::types) fn finish_uses(&mut self) {
        for i in 0..self.body.uses.len() {
            let args = self.body.uses[i].args.iter().map(|t| closed(self.unifier.resolve(t))).collect();
            self.body.uses[i].args = args;
            if let Some(function) = self.body.uses[i].function {
                let used = self.defs.function(function).module;
                self.defs.used_modules.borrow_mut().insert((self.module, used));
            }
        }
        self.note_body();
    }

    /// Fills an expression's types in and checks what needs them.
    pub(in crate::types) fn finish(&mut self, expr: &mut HExpr) {
        let ty = self.unifier.resolve(&expr.ty);
        if is_open(&ty) && !self.cannot_infer_said && !matches!(expr.kind, HExprKind::Error) {
            self.cannot_infer_said = true;
            self.error(Error::CannotInfer { what: "expression", span: expr.span });
        }
        expr.ty = closed(ty);
        let span = expr.span;
        match &mut expr.kind {
            HExprKind::Bool(_)
            | HExprKind::Float(_)
            | HExprKind::String(_)
            | HExprKind::Local(_)
            | HExprKind::Function(_)
            | HExprKind::Break
            | HExprKind::Continue
            | HExprKind::Error => {}
            HExprKind::Int(value) => match expr.ty {
                Ty::Double | Ty::Float => {
                    let value = value.to_f64().unwrap_or(f64::INFINITY);
                    expr.kind = HExprKind::Float(value);
                }
                _ => {
                    let value = value.clone();
                    self.in_range(&value, &expr.ty, span);
                }
            },
            HExprKind::Closure { params, body, depth } => {
                if let Ty::Function(signature) = &expr.ty {
                    for (param, (mutability, _)) in params.iter().zip(&signature.params) {
                        self.body.locals[param.0 as usize].assignable = *mutability == Mutability::Mut;
                    }
                }
                let outer = std::mem::replace(&mut self.depth, *depth);
                self.finish(body);
                self.depth = outer;
            }
            HExprKind::Call(function, args) => {
                args.iter_mut().for_each(|a| self.finish(a));
                if let Some(def) = self.body.uses[function.0 as usize].function {
                    let mutable: Vec<bool> =
                        self.defs.function(def).params.iter().map(|p| p.mutable).collect();
                    for (arg, mutable) in args.iter().zip(mutable) {
                        if mutable {
                            self.assignable(arg);
                        }
                    }
                }
            }
            HExprKind::CallValue(function, args) => {
                self.finish(function);
                args.iter_mut().for_each(|a| self.finish(a));
                if let Ty::Function(signature) = &function.ty {
                    for (arg, (mutability, _)) in args.iter().zip(&signature.params) {
                        if *mutability == Mutability::Mut {
                            self.assignable(arg);
                        }
                    }
                }
            }
            HExprKind::Construct(_, fields) | HExprKind::Tuple(fields) | HExprKind::VecLiteral(fields) => {
                fields.iter_mut().for_each(|f| self.finish(f));
            }
            HExprKind::Concat(parts) => parts.iter_mut().for_each(|p| self.finish(p)),
            HExprKind::Block(all) => all.iter_mut().for_each(|e| self.finish(e)),
            HExprKind::MapLiteral(pairs) => pairs.iter_mut().for_each(|(k, v)| {
                self.finish(k);
                self.finish(v);
            }),
            HExprKind::Field(base, _) | HExprKind::TupleField(base, _) | HExprKind::Unary(_, base) => {
                self.finish(base);
            }
            HExprKind::Slice(base, high, _) => {
                let high = *high;
                self.finish(base);
                if let Ty::Bit(width) = base.ty
                    && high >= width
                {
                    self.error(Error::SliceRange { high, width, span });
                }
            }
            HExprKind::Cast(inner) => {
                self.finish(inner);
                let (from, to) = (inner.ty.clone(), expr.ty.clone());
                self.cast(&from, &to, span);
            }
            HExprKind::Binary(BinaryOp::Concat, left, right) => {
                self.finish(left);
                self.finish(right);
                if expr.ty == Ty::String {
                    expr.kind = self.string_concat(left, right);
                }
            }
            HExprKind::Binary(_, left, right) => {
                self.finish(left);
                self.finish(right);
            }
            HExprKind::ToString(value, function) => {
                self.finish(value);
                *function = self.text_function(&value.ty.clone(), value.span);
            }
            HExprKind::If(condition, then, otherwise) => {
                let outer = self.condition.replace(condition.span);
                self.finish(condition);
                self.condition = outer;
                self.finish(then);
                if let Some(otherwise) = otherwise {
                    self.finish(otherwise);
                }
            }
            HExprKind::Match(value, arms) => {
                self.finish(value);
                for (pattern, body) in arms.iter_mut() {
                    self.finish_pattern(pattern);
                    self.finish(body);
                }
                self.exhaustive(value, arms);
            }
            HExprKind::NoneMatches(value, patterns) => {
                self.finish(value);
                patterns.iter_mut().for_each(|p| self.finish_pattern(p));
            }
            HExprKind::Let(pattern, value) => {
                self.finish(value);
                self.finish_pattern(pattern);
                self.irrefutable(pattern);
            }
            HExprKind::Assign(place, value) => {
                self.finish(place);
                self.finish(value);
                self.assignable(place);
            }
            HExprKind::For(pattern, collection, body) => {
                self.finish(collection);
                self.finish_pattern(pattern);
                self.irrefutable(pattern);
                let iterated = root(collection).map(|local| (local, collection.span));
                self.iterated.extend(iterated);
                self.finish(body);
                self.iterated.truncate(self.iterated.len() - usize::from(iterated.is_some()));
            }
            HExprKind::Return(value) => self.finish(value),
            HExprKind::Try { value, ret, .. } => {
                self.finish(value);
                *ret = closed(self.unifier.resolve(ret));
            }
        }
    }

    /// As [`Infer::finish`], for patterns.
    pub(in crate::types) fn finish_pattern(&mut self, pattern: &mut HPattern) {
        pattern.ty = closed(self.unifier.resolve(&pattern.ty));
        match &mut pattern.kind {
            HPatternKind::Wildcard | HPatternKind::Bind(_) | HPatternKind::Error => {}
            HPatternKind::At(_, inner) | HPatternKind::Ref(inner) => self.finish_pattern(inner),
            HPatternKind::Equal(value) => self.finish(value),
            HPatternKind::Tuple(inner) | HPatternKind::Variant(_, inner) => {
                inner.iter_mut().for_each(|p| self.finish_pattern(p));
            }
        }
    }

    /// A pattern that must match every value.
    pub(in crate::types) fn irrefutable(&mut self, pattern: &HPattern) {
        if pattern.ty == Ty::Error {
            return;
        }
        if let Some(example) = uncovered(self.defs, &pattern.ty, &[pattern]) {
            self.error(Error::Refutable { example, span: pattern.span });
        }
    }

    fn exhaustive(&mut self, value: &HExpr, arms: &[(HPattern, HExpr)]) {
        if value.ty == Ty::Error {
            return;
        }
        let patterns: Vec<&HPattern> = arms.iter().map(|(p, _)| p).collect();
        for (i, pattern) in patterns.iter().enumerate() {
            if !reachable(self.defs, &value.ty, &patterns[..i], pattern) {
                self.error(Error::UnreachableArm { span: pattern.span });
            }
        }
        if let Some(example) = uncovered(self.defs, &value.ty, &patterns) {
            self.error(Error::NotExhaustive { example, span: value.span });
        }
    }

    fn in_range(&mut self, value: &BigInt, ty: &Ty, span: Span) {
        let zero = BigInt::ZERO;
        let (low, high) = match ty {
            Ty::Bit(width) => (zero, (BigInt::one() << *width) - 1),
            Ty::Signed(width) => {
                let half = BigInt::one() << (*width - 1);
                (-half.clone(), half - 1)
            }
            _ => return,
        };
        if *value < low || *value > high {
            let ty = self.show(ty);
            self.error(Error::IntegerRange { value: value.clone(), ty, span });
        }
    }

    fn cast(&mut self, from: &Ty, to: &Ty, span: Span) {
        let ok = match (from, to) {
            (Ty::Error, _) | (_, Ty::Error) => true,
            (Ty::Bit(_), Ty::Bit(_)) | (Ty::Signed(_), Ty::Signed(_)) => true,
            (Ty::Bit(a), Ty::Signed(b)) | (Ty::Signed(a), Ty::Bit(b)) => {
                if a != b {
                    let via = if matches!(from, Ty::Bit(_)) { Ty::Signed(*a) } else { Ty::Bit(*a) };
                    let error = Error::CastWidth {
                        from: self.show(from),
                        to: self.show(to),
                        via: self.show(&via),
                        span,
                    };
                    self.error(error);
                }
                true
            }
            (Ty::Bit(_) | Ty::Signed(_) | Ty::BigInt, Ty::BigInt | Ty::Double | Ty::Float) => true,
            (Ty::BigInt, Ty::Signed(_)) => true,
            (Ty::Double | Ty::Float, Ty::Double | Ty::Float) => true,
            _ => false,
        };
        if !ok {
            let error = Error::Cast { from: self.show(from), to: self.show(to), span };
            self.error(error);
        }
    }

    /// `left ++ right` on strings, flattened.
    fn string_concat(&mut self, left: &mut HExpr, right: &mut HExpr) -> HExprKind {
        let mut parts = Vec::new();
        for side in [left, right] {
            let side = std::mem::replace(side, HExpr::error(side.span));
            match side.kind {
                HExprKind::Concat(inner) => parts.extend(inner),
                _ if side.ty == Ty::String || side.ty == Ty::Error => parts.push(side),
                _ => {
                    let function = self.text_function(&side.ty, side.span);
                    let span = side.span;
                    parts.push(HExpr::new(HExprKind::ToString(Box::new(side), function), Ty::String, span));
                }
            }
        }
        HExprKind::Concat(parts)
    }

    /// The function that makes a text of a value: built in for bool and numbers, else a `to_string` next to the type.
    fn text_function(&mut self, ty: &Ty, span: Span) -> Option<UseId> {
        let def = match ty {
            Ty::String | Ty::Error => return None,
            Ty::Bool | Ty::BigInt | Ty::Double | Ty::Float | Ty::Bit(_) | Ty::Signed(_) | Ty::Function(_) => {
                return self.builtin_text(ty);
            }
            Ty::Def(def, _) => *def,
            Ty::Tuple(_) | Ty::Param(_) | Ty::Var(_) => {
                let ty = self.show(ty);
                self.error(Error::NoText { ty, span });
                return None;
            }
        };
        let modules = [self.defs.type_def(def).module, self.module];
        let wanted = FunctionTy { params: vec![(Mutability::Value, ty.clone())], ret: Ty::String };
        let wanted = Ty::Function(std::rc::Rc::new(wanted));
        for module in modules {
            let candidates = self.defs.module(module).functions.get("to_string").cloned().unwrap_or_default();
            let id = self.new_use();
            let errors = self.errors.len();
            if self.resolve_overload(id, &Arc::from("to_string"), &candidates, &wanted, span)
                && self.body.uses[id.0 as usize].function.is_some()
            {
                return Some(id);
            }
            self.errors.truncate(errors);
        }
        let ty = self.show(ty);
        self.error(Error::NoText { ty, span });
        None
    }

    fn builtin_text(&mut self, ty: &Ty) -> Option<UseId> {
        let std = self.defs.modules.iter().find(|m| m.path.len() == 1 && &*m.path[0] == "ddlog_std")?;
        let function = *std.functions.get("__builtin_2string")?.first()?;
        self.body.uses.push(FunctionUse { function: Some(function), args: vec![ty.clone()] });
        Some(UseId(self.body.uses.len() as u32 - 1))
    }

    /// An argument by reference, or the left side of an assignment.
    fn assignable(&mut self, place: &HExpr) {
        let Some(local) = root(place) else {
            if !matches!(place.kind, HExprKind::Error) {
                self.error(Error::NotPlace { span: place.span });
            }
            return;
        };
        if let Some((_, iterated)) = self.iterated.iter().find(|(l, _)| *l == local) {
            let error = Error::ChangedInLoop { span: place.span, iterated: *iterated };
            self.error(error);
            return;
        }
        let variable = &self.body.locals[local.0 as usize];
        if let Some(condition) = self.condition.filter(|c| !c.contains(variable.span)) {
            let error = Error::ChangedInCondition { span: place.span, condition };
            self.error(error);
            return;
        }
        if !variable.assignable || variable.depth < self.depth {
            let error = Error::NotAssignable {
                name: variable.name.to_string(),
                span: place.span,
                declared: variable.span,
                captured: variable.depth < self.depth,
            };
            self.error(error);
        } else if self.through_reference(place) {
            self.error(Error::SharedPlace { span: place.span });
        }
    }

    /// Whether a place lies behind a Ref or Intern, whose value is shared.
    fn through_reference(&self, place: &HExpr) -> bool {
        match &place.kind {
            HExprKind::Field(base, _) | HExprKind::TupleField(base, _) => {
                self.defs.strip(&base.ty) != &base.ty || self.through_reference(base)
            }
            _ => false,
        }
    }
}

/// The variable a place is part of.
fn root(place: &HExpr) -> Option<LocalId> {
    match &place.kind {
        HExprKind::Local(local) => Some(*local),
        HExprKind::Field(base, _) | HExprKind::TupleField(base, _) => root(base),
        _ => None,
    }
}

fn is_open(ty: &Ty) -> bool {
    let mut open = false;
    ty.walk(&mut |t| open |= matches!(t, Ty::Var(_)));
    open
}

/// What was not found was reported; parameters of closures nothing was said about are by value.
fn closed(ty: Ty) -> Ty {
    match ty {
        Ty::Var(_) => Ty::Error,
        Ty::Tuple(inner) => Ty::Tuple(inner.iter().cloned().map(closed).collect()),
        Ty::Def(def, args) => Ty::Def(def, args.iter().cloned().map(closed).collect()),
        Ty::Function(function) => Ty::function(
            function
                .params
                .iter()
                .map(|(mutability, ty)| {
                    let mutability =
                        if *mutability == Mutability::Mut { Mutability::Mut } else { Mutability::Value };
                    (mutability, closed(ty.clone()))
                })
                .collect(),
            closed(function.ret.clone()),
        ),
        known => known,
    }
}
