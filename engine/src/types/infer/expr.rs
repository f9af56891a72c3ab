//! Expressions.

use std::sync::Arc;

use num_bigint::BigInt;

use super::{Deferred, Expected, Infer, PatternMode};
use crate::source::Span;
use crate::syntax::ast::{self, BinaryOp, ConstructArgs, ExprKind, StringPart, UnaryOp, Width};
use crate::types::error::{Error, Needed};
use crate::types::hir::{HExpr, HExprKind, HPattern};
use crate::types::ty::Ty;

impl Infer<'_, '_> {
    /// An expression of a known type.
    pub(in crate::types) fn check(&mut self, expr: &ast::Expr, expected: &Expected) -> HExpr {
        if is_branching(expr) {
            return self.branching(expr, Some(expected));
        }
        let checked = self.infer(expr);
        if self.agree_value(&checked, expected) { checked } else { HExpr { ty: Ty::Error, ..checked } }
    }

    /// An expression of any type.
    pub(in crate::types) fn infer(&mut self, expr: &ast::Expr) -> HExpr {
        let mut checked = self.infer_kind(expr);
        if makes_larger(&expr.kind) && self.unifier.is_too_large(&checked.ty) {
            self.error(Error::LargeType { span: expr.span });
            checked = HExpr::error(expr.span);
        }
        self.note_type(expr.span, &checked.ty);
        checked
    }

    fn infer_kind(&mut self, expr: &ast::Expr) -> HExpr {
        let span = expr.span;
        match &expr.kind {
            ExprKind::Bool(value) => HExpr::new(HExprKind::Bool(*value), Ty::Bool, span),
            ExprKind::Int(value, width) => self.integer(value.clone(), *width, span),
            ExprKind::Float(value, width) => self.float(*value, *width, span),
            ExprKind::String { parts, interned } => self.string(parts, *interned, span),
            ExprKind::Name(path) => self.name(path, span),
            ExprKind::Construct(path, args) => self.construct(path, args, span),
            ExprKind::Tuple(elements) => {
                let elements: Vec<HExpr> = elements.iter().map(|e| self.infer(e)).collect();
                let ty = Ty::tuple(elements.iter().map(|e| e.ty.clone()).collect());
                HExpr::new(HExprKind::Tuple(elements), ty, span)
            }
            ExprKind::VecLiteral(elements) => self.vec_literal(elements, span),
            ExprKind::MapLiteral(pairs) => self.map_literal(pairs, span),
            ExprKind::Call(callee, args) => self.call(callee, args, span),
            ExprKind::Method(receiver, path, args) => {
                let args = std::iter::once(&**receiver).chain(args).collect();
                self.named_call(path, args, span)
            }
            ExprKind::Field(base, name) => {
                let base = self.infer(base);
                self.note_member(name, &base.ty);
                let result = self.fresh();
                self.defer(Deferred::Field {
                    base: base.ty.clone(),
                    name: Arc::clone(&name.name),
                    name_span: name.span,
                    result: result.clone(),
                    span,
                });
                HExpr::new(HExprKind::Field(Box::new(base), Arc::clone(&name.name)), result, span)
            }
            ExprKind::TupleField(base, index) => {
                let base = self.infer(base);
                let result = self.fresh();
                self.defer(Deferred::TupleField {
                    base: base.ty.clone(),
                    index: *index,
                    result: result.clone(),
                    span,
                });
                HExpr::new(HExprKind::TupleField(Box::new(base), *index), result, span)
            }
            ExprKind::Slice(base, high, low) => {
                let base = self.infer(base);
                self.number(&base.ty, Needed::Bit, None, base.span);
                if high < low {
                    self.error(Error::SliceOrder { high: *high, low: *low, span });
                    return HExpr::error(span);
                }
                HExpr::new(HExprKind::Slice(Box::new(base), *high, *low), Ty::Bit(high - low + 1), span)
            }
            ExprKind::Try(value) => self.try_expr(value, span),
            ExprKind::Ascribe(inner, ty) => {
                let expected = Expected::because(self.written_type(ty), ty.span, "as written here");
                self.check(inner, &expected)
            }
            ExprKind::Cast(inner, ty) => {
                let inner = self.infer(inner);
                let ty = self.written_type(ty);
                HExpr::new(HExprKind::Cast(Box::new(inner)), ty, span)
            }
            ExprKind::Unary(op, inner) => self.unary(*op, inner, span),
            ExprKind::Binary(op, left, right) => self.binary(*op, left, right, span),
            ExprKind::Assign(left, right) => self.assign(left, right, span),
            ExprKind::Block(..) | ExprKind::If(..) | ExprKind::Match(..) => self.branching(expr, None),
            ExprKind::For(pattern, collection, body) => self.for_loop(pattern, collection, body, span),
            ExprKind::Break | ExprKind::Continue => {
                let kind =
                    if matches!(expr.kind, ExprKind::Break) { HExprKind::Break } else { HExprKind::Continue };
                if self.loops == 0 {
                    self.error(Error::OutsideLoop { span });
                    return HExpr::error(span);
                }
                self.diverging(kind, span)
            }
            ExprKind::Return(value) => self.return_expr(value.as_deref(), span),
            ExprKind::Closure(params, ret, body) => self.closure(params, ret.as_ref(), body, span),
            ExprKind::Var(_) => self.refuse(span, "`var`"),
            ExprKind::Wildcard => self.refuse(span, "`_`"),
            ExprKind::Ref(_) => self.refuse(span, "`&`"),
            ExprKind::At(..) => self.refuse(span, "`@`"),
            ExprKind::Error => HExpr::error(span),
        }
    }

    /// Only patterns can have this.
    fn refuse(&mut self, span: Span, what: &'static str) -> HExpr {
        self.error(Error::OnlyInPatterns { what, span });
        HExpr::error(span)
    }

    /// Never gives a value.
    fn diverging(&mut self, kind: HExprKind, span: Span) -> HExpr {
        let ty = self.fresh();
        self.defer(Deferred::Diverges { ty: ty.clone() });
        HExpr::new(kind, ty, span)
    }

    pub(super) fn integer(&mut self, value: BigInt, width: Width, span: Span) -> HExpr {
        let mut value = value;
        let ty = match width {
            Width::Bit(width) => Ty::Bit(width),
            Width::Signed(width) => {
                // Written as bits, as `32'shffff_ffff`, the first bit is the sign.
                if value.sign() == num_bigint::Sign::Plus && value.bits() == u64::from(width) {
                    value -= BigInt::from(1) << width;
                }
                Ty::Signed(width)
            }
            Width::Inferred => {
                let ty = self.fresh();
                let default = default_integer(&value);
                self.number(&ty, Needed::Number, Some(default), span);
                ty
            }
        };
        HExpr::new(HExprKind::Int(value), ty, span)
    }

    fn float(&mut self, value: f64, width: Option<u32>, span: Span) -> HExpr {
        let ty = match width {
            Some(32) => Ty::Float,
            Some(_) => Ty::Double,
            None => {
                let ty = self.fresh();
                self.number(&ty, Needed::Float, Some(Ty::Double), span);
                ty
            }
        };
        HExpr::new(HExprKind::Float(value), ty, span)
    }

    fn string(&mut self, parts: &[StringPart], interned: bool, span: Span) -> HExpr {
        let text = match parts {
            [] => HExpr::new(HExprKind::String(Arc::from("")), Ty::String, span),
            [StringPart::Text(text)] => {
                HExpr::new(HExprKind::String(Arc::from(text.as_str())), Ty::String, span)
            }
            parts => {
                let parts = parts.iter().map(|part| match part {
                    StringPart::Text(text) => {
                        HExpr::new(HExprKind::String(Arc::from(text.as_str())), Ty::String, span)
                    }
                    StringPart::Interpolated(expr) => {
                        let value = self.infer(expr);
                        let span = value.span;
                        HExpr::new(HExprKind::ToString(Box::new(value), None), Ty::String, span)
                    }
                });
                let parts = parts.collect();
                HExpr::new(HExprKind::Concat(parts), Ty::String, span)
            }
        };
        if interned { self.library_call(&["internment", "intern"], vec![text], span) } else { text }
    }

    /// A call of a library function that the language itself uses.
    pub(in crate::types) fn library_call(&mut self, name: &[&str], args: Vec<HExpr>, span: Span) -> HExpr {
        let function = self.defs.modules.iter().find_map(|m| {
            let (module, function) = (name.first()?, name.last()?);
            let same = m.path.len() == 1 && *m.path[0] == **module;
            if same { m.functions.get(*function)?.first().copied() } else { None }
        });
        match function {
            Some(function) if self.defs.function(function).params.len() == args.len() => {
                self.call_checked(function, args, span)
            }
            _ => {
                self.error(Error::NoLibrary { name: name.join("::"), span });
                HExpr::error(span)
            }
        }
    }

    fn name(&mut self, path: &ast::Path, span: Span) -> HExpr {
        if let [name] = path.segments.as_slice()
            && let Some(local) = self.lookup(&name.name)
        {
            self.note_local(name.span, local);
            let ty = self.local(local).ty.clone();
            return HExpr::new(HExprKind::Local(local), ty, span);
        }
        self.function_value(path, span)
    }

    /// A name that is neither variable nor function: says what is more likely.
    pub(super) fn explain_unknown(&self, path: &ast::Path, unknown: Error) -> Error {
        let [name] = path.segments.as_slice() else { return unknown };
        if let Some((_, grouped)) = self.hidden.iter().rev().find(|(hidden, _)| *hidden == name.name) {
            return Error::HiddenByGroupBy {
                name: name.name.to_string(),
                span: name.span,
                grouped: *grouped,
            };
        }
        match unknown {
            Error::UnknownName { elsewhere, suggestion, .. } => {
                let visible = self.scope.iter().map(|v| v.name.to_string());
                let suggestion = super::super::suggest::closest(&name.name, visible).or(suggestion);
                Error::UnknownVariable { name: name.name.to_string(), span: name.span, suggestion, elsewhere }
            }
            other => other,
        }
    }

    fn construct(&mut self, path: &ast::Path, args: &ConstructArgs, span: Span) -> HExpr {
        let constructor = match self.defs.find_constructor(self.module, path) {
            Ok(constructor) => constructor,
            Err(error) => {
                self.error(error);
                match args {
                    ConstructArgs::None => {}
                    ConstructArgs::Positional(args) => args.iter().for_each(|a| drop(self.infer(a))),
                    ConstructArgs::Named(args) => args.iter().for_each(|(_, a)| drop(self.infer(a))),
                }
                return HExpr::error(span);
            }
        };
        self.construct_known(constructor, args, span)
    }

    /// A value of a constructor that is known: all fields must be given.
    pub(in crate::types) fn construct_known(
        &mut self,
        constructor: crate::types::defs::ConstructorId,
        args: &ConstructArgs,
        span: Span,
    ) -> HExpr {
        let (ty, types) = self.instantiate_constructor(constructor);
        let declared: Vec<(Arc<str>, Span)> =
            self.defs.constructor(constructor).fields.iter().map(|f| (Arc::clone(&f.name), f.span)).collect();
        let name = || self.defs.constructor(constructor).name.to_string();
        let mut fields: Vec<Option<HExpr>> = declared.iter().map(|_| None).collect();
        match args {
            ConstructArgs::None => {}
            ConstructArgs::Positional(args) => {
                if args.len() != declared.len() {
                    let error = Error::FieldCount {
                        constructor: name(),
                        expected: declared.len(),
                        found: args.len(),
                        span,
                        declared: self.defs.constructor(constructor).span,
                    };
                    self.error(error);
                    args.iter().for_each(|a| drop(self.infer(a)));
                    return HExpr::new(HExprKind::Error, ty, span);
                }
                for (i, arg) in args.iter().enumerate() {
                    let expected =
                        Expected::because(types[i].clone(), declared[i].1, "the field is declared here");
                    fields[i] = Some(self.check(arg, &expected));
                }
            }
            ConstructArgs::Named(args) => {
                for (field, arg) in args {
                    match declared.iter().position(|(name, _)| *name == field.name) {
                        Some(i) if fields[i].is_none() => {
                            self.note_field(field.span, declared[i].1);
                            let expected = Expected::because(
                                types[i].clone(),
                                declared[i].1,
                                "the field is declared here",
                            );
                            fields[i] = Some(self.check(arg, &expected));
                        }
                        Some(_) => {
                            self.error(Error::FieldTwice { name: field.name.to_string(), span: field.span });
                        }
                        None => {
                            let error = self.unknown_field(constructor, field);
                            self.error(error);
                            self.infer(arg);
                        }
                    }
                }
            }
        }
        let missing: Vec<String> = declared
            .iter()
            .zip(&fields)
            .filter(|(_, f)| f.is_none())
            .map(|((n, _), _)| n.to_string())
            .collect();
        if !missing.is_empty() {
            let error = Error::MissingFields {
                constructor: self.defs.constructor(constructor).name.to_string(),
                missing,
                span,
                declared: self.defs.constructor(constructor).span,
            };
            self.error(error);
            return HExpr::new(HExprKind::Error, ty, span);
        }
        let fields = fields.into_iter().flatten().collect();
        HExpr::new(HExprKind::Construct(constructor, fields), ty, span)
    }

    pub(super) fn unknown_field(
        &self,
        constructor: crate::types::defs::ConstructorId,
        field: &ast::Ident,
    ) -> Error {
        let constructor = self.defs.constructor(constructor);
        let names = constructor.fields.iter().map(|f| f.name.to_string());
        Error::UnknownField {
            constructor: constructor.name.to_string(),
            name: field.name.to_string(),
            span: field.span,
            suggestion: super::super::suggest::closest(&field.name, names),
            declared: constructor.span,
        }
    }

    fn vec_literal(&mut self, elements: &[ast::Expr], span: Span) -> HExpr {
        let element = self.fresh();
        let first = elements.first().map(|e| e.span);
        let elements = elements
            .iter()
            .map(|e| {
                let why = first.filter(|f| *f != e.span).map(|f| (f, "the first element"));
                self.check(e, &Expected { ty: element.clone(), why })
            })
            .collect();
        let ty = self.defs.apply(self.defs.known.vec, vec![element]);
        HExpr::new(HExprKind::VecLiteral(elements), ty, span)
    }

    fn map_literal(&mut self, pairs: &[(ast::Expr, ast::Expr)], span: Span) -> HExpr {
        let (key, value) = (self.fresh(), self.fresh());
        let pairs = pairs
            .iter()
            .map(|(k, v)| {
                (self.check(k, &Expected::new(key.clone())), self.check(v, &Expected::new(value.clone())))
            })
            .collect();
        let ty = self.defs.apply(self.defs.known.map, vec![key, value]);
        HExpr::new(HExprKind::MapLiteral(pairs), ty, span)
    }

    fn try_expr(&mut self, value: &ast::Expr, span: Span) -> HExpr {
        let value = self.infer(value);
        let Some(ret) = self.returns.last().cloned() else {
            self.error(Error::OutsideFunction { what: "`?`", span });
            return HExpr::error(span);
        };
        let result = self.fresh();
        let bound = self.new_local("$try", result.clone(), span);
        self.defer(Deferred::Try { value: value.ty.clone(), ret: ret.clone(), result: result.clone(), span });
        HExpr::new(HExprKind::Try { value: Box::new(value), ret, bound }, result, span)
    }

    fn return_expr(&mut self, value: Option<&ast::Expr>, span: Span) -> HExpr {
        let Some(ret) = self.returns.last().cloned() else {
            self.error(Error::OutsideFunction { what: "`return`", span });
            return HExpr::error(span);
        };
        let value = match value {
            Some(value) => self.check(value, &Expected::new(ret)),
            None => {
                self.agree(span, &Expected::new(ret), &Ty::unit());
                HExpr::unit(span)
            }
        };
        self.diverging(HExprKind::Return(Box::new(value)), span)
    }

    fn unary(&mut self, op: UnaryOp, inner: &ast::Expr, span: Span) -> HExpr {
        match (op, &inner.kind) {
            (UnaryOp::Neg, ExprKind::Int(value, width @ (Width::Inferred | Width::Signed(_)))) => {
                self.integer(-value.clone(), *width, span)
            }
            (UnaryOp::Neg, ExprKind::Float(value, width)) => self.float(-value, *width, span),
            (UnaryOp::Not, _) => {
                let inner = self.check(inner, &Expected::new(Ty::Bool));
                HExpr::new(HExprKind::Unary(op, Box::new(inner)), Ty::Bool, span)
            }
            (UnaryOp::Neg | UnaryOp::BitNot, _) => {
                let inner = self.infer(inner);
                let needed = if op == UnaryOp::Neg { Needed::Number } else { Needed::FixedWidth };
                self.number(&inner.ty, needed, None, inner.span);
                let ty = inner.ty.clone();
                HExpr::new(HExprKind::Unary(op, Box::new(inner)), ty, span)
            }
        }
    }

    fn binary(&mut self, op: BinaryOp, left: &ast::Expr, right: &ast::Expr, span: Span) -> HExpr {
        use BinaryOp::{
            Add, And, BitAnd, BitOr, BitXor, Concat, Div, Eq, Ge, Gt, Implies, Le, Lt, Mod, Mul, Ne, Or, Shl,
            Shr, Sub,
        };
        let (left, right, ty) = match op {
            And | Or | Implies => {
                let left = self.check(left, &Expected::new(Ty::Bool));
                let right = self.check(right, &Expected::new(Ty::Bool));
                (left, right, Ty::Bool)
            }
            Eq | Ne | Lt | Le | Gt | Ge => {
                let (left, right) = self.same(left, right);
                (left, right, Ty::Bool)
            }
            Mul | Div | Add | Sub | Mod | BitAnd | BitXor | BitOr => {
                let (left, right) = self.same(left, right);
                let needed = match op {
                    Mod => Needed::Integer,
                    BitAnd | BitXor | BitOr => Needed::FixedWidth,
                    _ => Needed::Number,
                };
                self.number(&left.ty, needed, None, left.span);
                let ty = left.ty.clone();
                (left, right, ty)
            }
            Shl | Shr => {
                let left = self.infer(left);
                self.number(&left.ty, Needed::Integer, None, left.span);
                let expected = Expected::because(Ty::Bit(32), span, "shifts count in bit<32>");
                let right = self.check(right, &expected);
                let ty = left.ty.clone();
                (left, right, ty)
            }
            Concat => {
                let left = self.infer(left);
                let right = self.infer(right);
                let result = self.fresh();
                self.defer(Deferred::Concat {
                    left: left.ty.clone(),
                    right: right.ty.clone(),
                    result: result.clone(),
                    left_span: left.span,
                    right_span: right.span,
                });
                (left, right, result)
            }
        };
        HExpr::new(HExprKind::Binary(op, Box::new(left), Box::new(right)), ty, span)
    }

    /// Two operands of one type.
    fn same(&mut self, left: &ast::Expr, right: &ast::Expr) -> (HExpr, HExpr) {
        let left = self.infer(left);
        if is_branching(right) {
            let expected = Expected::because(left.ty.clone(), left.span, "both sides must have one type");
            let right = self.check(right, &expected);
            return (left, right);
        }
        let right = self.infer(right);
        if self.agree_operands(&left, &right) {
            return (left, right);
        }
        (left, HExpr { ty: Ty::Error, ..right })
    }

    /// Blocks, `if` and `match`: what is expected is expected of the branches.
    fn branching(&mut self, expr: &ast::Expr, expected: Option<&Expected>) -> HExpr {
        let span = expr.span;
        match &expr.kind {
            ExprKind::Block(statements, last) => self.scoped(|this| {
                let mut checked: Vec<HExpr> = statements.iter().map(|s| this.statement(s)).collect();
                let last = match last {
                    Some(last) if is_declaration(last) => {
                        this.error(Error::DeclarationLast { span: last.span });
                        this.statement(last)
                    }
                    Some(last) => this.branch(last, expected),
                    None => HExpr::unit(span),
                };
                let ty = last.ty.clone();
                checked.push(last);
                HExpr::new(HExprKind::Block(checked), ty, span)
            }),
            ExprKind::If(condition, then, otherwise) => {
                let condition = self.check(condition, &Expected::new(Ty::Bool));
                match otherwise {
                    Some(otherwise) => {
                        let then = self.scoped(|this| this.branch(then, expected));
                        let because = expected.cloned().unwrap_or_else(|| {
                            Expected::because(then.ty.clone(), then.span, "the other branch gives this")
                        });
                        let otherwise = self.scoped(|this| this.check(otherwise, &because));
                        let ty = then.ty.clone();
                        let kind =
                            HExprKind::If(Box::new(condition), Box::new(then), Some(Box::new(otherwise)));
                        HExpr::new(kind, ty, span)
                    }
                    None => {
                        let expected =
                            Expected::because(Ty::unit(), span, "an `if` without `else` gives nothing");
                        let then = self.scoped(|this| this.check(then, &expected));
                        let kind = HExprKind::If(Box::new(condition), Box::new(then), None);
                        HExpr::new(kind, Ty::unit(), span)
                    }
                }
            }
            ExprKind::Match(value, arms) => {
                let value = self.infer(value);
                let mut result = expected.cloned();
                let mut checked = Vec::with_capacity(arms.len());
                for (pattern, body) in arms {
                    let visible = self.scope.len();
                    let matched = Expected::because(value.ty.clone(), value.span, "this is what is matched");
                    let pattern = self.pattern(pattern, &matched, &mut PatternMode::Match);
                    let body = self.branch(body, result.as_ref());
                    self.scope.truncate(visible);
                    if result.is_none() {
                        result =
                            Some(Expected::because(body.ty.clone(), body.span, "the first arm gives this"));
                    }
                    checked.push((pattern, body));
                }
                let ty = result.map_or_else(Ty::unit, |r| r.ty);
                HExpr::new(HExprKind::Match(Box::new(value), checked), ty, span)
            }
            _ => self.infer(expr),
        }
    }

    /// An expression of a block that is not its value: may declare a variable.
    fn statement(&mut self, expr: &ast::Expr) -> HExpr {
        match &expr.kind {
            ExprKind::Var(name) => self.declaration(name, None, expr.span),
            ExprKind::Ascribe(inner, ty) => match &inner.kind {
                ExprKind::Var(name) => self.declaration(name, Some(ty), expr.span),
                _ => self.infer(expr),
            },
            _ => self.infer(expr),
        }
    }

    fn branch(&mut self, expr: &ast::Expr, expected: Option<&Expected>) -> HExpr {
        match expected {
            Some(expected) => self.check(expr, expected),
            None => self.infer(expr),
        }
    }

    fn for_loop(
        &mut self,
        pattern: &ast::Expr,
        collection: &ast::Expr,
        body: &ast::Expr,
        span: Span,
    ) -> HExpr {
        let collection = self.infer(collection);
        let element = self.fresh();
        self.defer(Deferred::Iterate {
            ty: collection.ty.clone(),
            element: element.clone(),
            span: collection.span,
        });
        let (pattern, body) = self.scoped(|this| {
            let expected = Expected::because(element, collection.span, "this gives the elements");
            let pattern = this.pattern(pattern, &expected, &mut PatternMode::Match);
            pattern.bound(&mut |local| this.body.locals[local.0 as usize].assignable = false);
            this.loops += 1;
            let why = Expected::because(Ty::unit(), span, "the body of a loop gives nothing");
            let body = this.check(body, &why);
            this.loops -= 1;
            (pattern, body)
        });
        let kind = HExprKind::For(pattern, Box::new(collection), Box::new(body));
        HExpr::new(kind, Ty::unit(), span)
    }

    fn closure(
        &mut self,
        params: &[ast::Param],
        ret: Option<&ast::TypeExpr>,
        body: &ast::Expr,
        span: Span,
    ) -> HExpr {
        let ret_ty = match ret {
            Some(ret) => self.written_type(ret),
            None => self.fresh(),
        };
        self.depth += 1;
        let loops = std::mem::take(&mut self.loops);
        self.returns.push(ret_ty.clone());
        let visible = self.scope.len();
        let mut types = Vec::new();
        let mut locals = Vec::new();
        for (i, param) in params.iter().enumerate() {
            if let Some(first) = params[..i].iter().find(|p| p.name.name == param.name.name) {
                self.error(Error::Duplicate {
                    kind: crate::types::error::NameKind::Parameter,
                    name: param.name.name.to_string(),
                    span: param.name.span,
                    first: first.name.span,
                });
            }
            let (mutability, ty) = match &param.ty {
                Some(ty) => {
                    let mutability = if param.mutable {
                        crate::types::ty::Mutability::Mut
                    } else {
                        crate::types::ty::Mutability::Value
                    };
                    (mutability, self.written_type(ty))
                }
                None => (self.unifier.fresh_mutability(), self.fresh()),
            };
            types.push((mutability, ty.clone()));
            locals.push(self.declare(&param.name, ty));
        }
        let expected = match ret {
            Some(ret) => Expected::because(ret_ty.clone(), ret.span, "the result is declared here"),
            None => Expected::new(ret_ty.clone()),
        };
        let body = self.check(body, &expected);
        self.scope.truncate(visible);
        self.returns.pop();
        self.loops = loops;
        let depth = self.depth;
        self.depth -= 1;
        let kind = HExprKind::Closure { params: locals, body: Box::new(body), depth };
        HExpr::new(kind, Ty::function(types, ret_ty), span)
    }

    /// `var x` and `var x: T` without a value: the variable starts at its type's default.
    fn declaration(&mut self, name: &ast::Ident, ty: Option<&ast::TypeExpr>, span: Span) -> HExpr {
        let ty = match ty {
            Some(ty) => self.written_type(ty),
            None => self.fresh(),
        };
        let default = self.library_call(&["ddlog_std", "default"], Vec::new(), span);
        self.agree(span, &Expected::new(ty.clone()), &default.ty);
        let local = self.declare(name, ty.clone());
        let pattern = HPattern { kind: super::super::hir::HPatternKind::Bind(local), ty, span };
        HExpr::new(HExprKind::Let(pattern, Box::new(default)), Ty::unit(), span)
    }

    fn assign(&mut self, left: &ast::Expr, right: &ast::Expr, span: Span) -> HExpr {
        let value = self.infer(right);
        let expected = Expected::because(value.ty.clone(), value.span, "this is the value");
        if is_place(left) {
            let place = self.infer(left);
            let expected = Expected::because(place.ty.clone(), place.span, "this is what is assigned to");
            self.agree(value.span, &expected, &value.ty);
            let kind = HExprKind::Assign(Box::new(place), Box::new(value));
            return HExpr::new(kind, Ty::unit(), span);
        }
        let mut mode = PatternMode::Assign { places: Vec::new() };
        let pattern = self.pattern(left, &expected, &mut mode);
        if matches!(left.kind, ExprKind::Var(_)) {
            self.note_origin(&pattern, &value);
        }
        let bind = HExpr::new(HExprKind::Let(pattern, Box::new(value)), Ty::unit(), span);
        let PatternMode::Assign { places } = mode else { return bind };
        if places.is_empty() {
            return bind;
        }
        let mut all = vec![bind];
        for (place, local) in places {
            let value = HExpr::new(HExprKind::Local(local), place.ty.clone(), place.span);
            let place_span = place.span;
            let kind = HExprKind::Assign(Box::new(place), Box::new(value));
            all.push(HExpr::new(kind, Ty::unit(), place_span));
        }
        HExpr::new(HExprKind::Block(all), Ty::unit(), span)
    }
}

/// A variable, or a field of one.
pub(super) fn is_place(expr: &ast::Expr) -> bool {
    match &expr.kind {
        ExprKind::Name(path) => path.segments.len() == 1,
        ExprKind::Field(base, _) | ExprKind::TupleField(base, _) => is_place(base),
        _ => false,
    }
}

/// Whether an expression can have a larger type than those inside it.
fn makes_larger(kind: &ExprKind) -> bool {
    matches!(
        kind,
        ExprKind::Tuple(_)
            | ExprKind::Construct(..)
            | ExprKind::VecLiteral(_)
            | ExprKind::MapLiteral(_)
            | ExprKind::Call(..)
            | ExprKind::Method(..)
            | ExprKind::Closure(..)
    )
}

/// The mistake in one of these is in a branch, not in all of it.
fn is_branching(expr: &ast::Expr) -> bool {
    matches!(expr.kind, ExprKind::Block(_, Some(_)) | ExprKind::Match(..) | ExprKind::If(_, _, Some(_)))
}

/// `var x`, `var x: T`
fn is_declaration(expr: &ast::Expr) -> bool {
    match &expr.kind {
        ExprKind::Var(_) => true,
        ExprKind::Ascribe(inner, _) => matches!(inner.kind, ExprKind::Var(_)),
        _ => false,
    }
}

/// What a literal is if nothing else says so.
fn default_integer(value: &BigInt) -> Ty {
    let bits = value.bits();
    match value.sign() {
        num_bigint::Sign::Minus if bits <= 63 => Ty::Signed(64),
        num_bigint::Sign::Minus if bits <= 127 => Ty::Signed(128),
        num_bigint::Sign::Minus => Ty::BigInt,
        _ if bits <= 64 => Ty::Bit(64),
        _ if bits <= 128 => Ty::Bit(128),
        _ => Ty::BigInt,
    }
}
