//! Patterns.

use std::sync::Arc;

use super::{Deferred, Expected, Infer};
use crate::source::Span;
use crate::syntax::ast::{self, ConstructArgs, ExprKind};
use crate::types::defs::ConstructorId;
use crate::types::error::Error;
use crate::types::hir::{HExpr, HPattern, HPatternKind, LocalId};
use crate::types::ty::Ty;

/// What names in a pattern mean.
pub(in crate::types) enum PatternMode {
    /// `match` and `for`: a name is a new variable.
    Match,
    /// Left side in a function: `var x` is new, a name is a place that is assigned to.
    Assign {
        /// Places, and the variables that hold what they get.
        places: Vec<(HExpr, LocalId)>,
    },
    /// Left side in a rule: `var x` is new, anything else is compared.
    RuleAssign,
    /// Arguments of an atom: a name is new if it was not bound by an earlier clause.
    Atom {
        /// Variables that were visible before the atom.
        bound: usize,
    },
    /// Arguments of a negated atom: nothing is new.
    NegatedAtom,
    /// An arm of a `match` statement: a name is a new variable of the rule.
    Arm,
    /// The pattern of an index: names are its fields.
    Index {
        /// The fields' variables.
        fields: Vec<(LocalId, ast::Ident)>,
    },
}

impl Infer<'_, '_> {
    /// A pattern for a value of a known type.
    pub(in crate::types) fn pattern(
        &mut self,
        pattern: &ast::Expr,
        expected: &Expected,
        mode: &mut PatternMode,
    ) -> HPattern {
        let span = pattern.span;
        let ty = expected.ty.clone();
        self.note_type(span, &ty);
        let kind = match &pattern.kind {
            ExprKind::Wildcard => HPatternKind::Wildcard,
            ExprKind::Error => HPatternKind::Error,
            ExprKind::Var(name) => match mode {
                PatternMode::Atom { .. } | PatternMode::NegatedAtom | PatternMode::Index { .. } => {
                    self.error(Error::VarInAtom { name: name.name.to_string(), span });
                    HPatternKind::Error
                }
                _ => self.bind(name, ty.clone(), mode),
            },
            ExprKind::Name(path) => self.name_pattern(pattern, path, expected, mode),
            ExprKind::At(name, inner) => {
                let local = match self.bind(name, ty.clone(), mode) {
                    HPatternKind::Bind(local) => Some(local),
                    _ => None,
                };
                let inner = self.pattern(inner, expected, mode);
                match local {
                    Some(local) => HPatternKind::At(local, Box::new(inner)),
                    None => HPatternKind::Error,
                }
            }
            ExprKind::Ref(inner) => {
                let inner_ty = self.fresh();
                self.defer(Deferred::Reference { ty: ty.clone(), inner: inner_ty.clone(), span });
                let inner = self.pattern(inner, &Expected { ty: inner_ty, why: expected.why }, mode);
                HPatternKind::Ref(Box::new(inner))
            }
            ExprKind::Tuple(elements) => {
                let types: Vec<Ty> = elements.iter().map(|_| self.fresh()).collect();
                if self.agree(span, expected, &Ty::tuple(types.clone())) {
                    let elements = elements.iter().zip(types).map(|(element, ty)| {
                        self.pattern(element, &Expected { ty, why: expected.why }, mode)
                    });
                    HPatternKind::Tuple(elements.collect())
                } else {
                    for element in elements {
                        self.pattern(element, &Expected::new(Ty::Error), mode);
                    }
                    HPatternKind::Error
                }
            }
            ExprKind::Construct(path, args) => match self.defs.find_constructor(self.module, path) {
                Ok(constructor) => self.variant(constructor, args, span, expected, mode),
                Err(error) => {
                    self.error(error);
                    self.args_of_nothing(args, mode);
                    HPatternKind::Error
                }
            },
            // Braces around a pattern, as around any expression.
            ExprKind::Block(none, Some(only)) if none.is_empty() => {
                return self.pattern(only, expected, mode);
            }
            ExprKind::Ascribe(inner, written) => {
                let written_ty = self.written_type(written);
                self.agree(written.span, expected, &written_ty);
                let why = Expected::because(written_ty, written.span, "as written here");
                return self.pattern(inner, &why, mode);
            }
            ExprKind::Bool(_) | ExprKind::Int(..) | ExprKind::Float(..) => {
                HPatternKind::Equal(Box::new(self.check(pattern, expected)))
            }
            ExprKind::String { parts, .. } => {
                let value = self.check(pattern, expected);
                let constant = parts.iter().all(|p| matches!(p, ast::StringPart::Text(_)));
                if !constant && matches!(mode, PatternMode::Match | PatternMode::Arm) {
                    self.error(Error::NotConstant { span });
                }
                HPatternKind::Equal(Box::new(value))
            }
            ExprKind::Unary(ast::UnaryOp::Neg, inner)
                if matches!(inner.kind, ExprKind::Int(..) | ExprKind::Float(..)) =>
            {
                HPatternKind::Equal(Box::new(self.check(pattern, expected)))
            }
            _ => match mode {
                PatternMode::Match | PatternMode::Arm | PatternMode::Index { .. } => {
                    self.error(Error::NotPattern { span });
                    HPatternKind::Error
                }
                PatternMode::Assign { places } if super::expr::is_place(pattern) => {
                    let place = self.infer(pattern);
                    self.agree(span, expected, &place.ty);
                    let local = self.new_local("$assigned", ty.clone(), span);
                    places.push((place, local));
                    HPatternKind::Bind(local)
                }
                PatternMode::Assign { .. } => {
                    self.error(Error::NotPattern { span });
                    HPatternKind::Error
                }
                PatternMode::RuleAssign => {
                    self.error(Error::NotPattern { span });
                    HPatternKind::Error
                }
                PatternMode::Atom { bound } => {
                    // Variables of this very atom cannot be used in it.
                    let own = self.scope.split_off(*bound);
                    let before = self.hidden.len();
                    let errors_before = self.errors.len();
                    let value = self.check(pattern, expected);
                    self.hidden.truncate(before);
                    self.explain_own(errors_before, &own);
                    self.scope.extend(own);
                    HPatternKind::Equal(Box::new(value))
                }
                PatternMode::NegatedAtom => HPatternKind::Equal(Box::new(self.check(pattern, expected))),
            },
        };
        HPattern { kind, ty, span }
    }

    /// Unknown variables that the same atom binds deserve their own words.
    fn explain_own(&mut self, errors_before: usize, own: &[super::Visible]) {
        let locals: Vec<(Arc<str>, Span)> =
            own.iter().map(|v| (Arc::clone(&v.name), self.local(v.local).span)).collect();
        for error in &mut self.errors[errors_before..] {
            if let Error::UnknownVariable { name, span, .. } = error
                && let Some((_, bound)) = locals.iter().find(|(n, _)| **n == **name)
            {
                *error = Error::BoundInSameAtom { name: name.clone(), span: *span, bound: *bound };
            }
        }
    }

    fn name_pattern(
        &mut self,
        pattern: &ast::Expr,
        path: &ast::Path,
        expected: &Expected,
        mode: &mut PatternMode,
    ) -> HPatternKind {
        let [name] = path.segments.as_slice() else {
            self.error(Error::NotPattern { span: pattern.span });
            return HPatternKind::Error;
        };
        match mode {
            PatternMode::Match | PatternMode::Arm => self.bind(name, expected.ty.clone(), mode),
            PatternMode::Index { fields } => match fields.iter().find(|(_, f)| f.name == name.name) {
                Some((local, _)) => {
                    let local = *local;
                    self.note_local(name.span, local);
                    let ty = self.local(local).ty.clone();
                    self.agree(name.span, expected, &ty);
                    HPatternKind::Bind(local)
                }
                None => {
                    let names = fields.iter().map(|(_, f)| f.name.to_string());
                    let suggestion = crate::types::suggest::closest(&name.name, names);
                    let (name, span) = (name.name.to_string(), name.span);
                    self.error(Error::UnknownVariable { name, span, suggestion, elsewhere: None });
                    HPatternKind::Error
                }
            },
            PatternMode::Assign { places } => {
                let place = self.infer(pattern);
                self.agree(pattern.span, expected, &place.ty);
                let local = self.new_local("$assigned", expected.ty.clone(), pattern.span);
                places.push((place, local));
                HPatternKind::Bind(local)
            }
            PatternMode::RuleAssign => match self.lookup(&name.name) {
                Some(_) => HPatternKind::Equal(Box::new(self.check(pattern, expected))),
                None => {
                    self.error(Error::MissingVar { name: name.name.to_string(), span: name.span });
                    HPatternKind::Error
                }
            },
            PatternMode::Atom { bound } => {
                let position = self.scope.iter().rposition(|v| v.name == name.name);
                match position {
                    Some(position) if position >= *bound => {
                        let first = self.scope[position].local;
                        self.note_local(name.span, first);
                        let first = self.local(first).span;
                        self.error(Error::TwiceInAtom {
                            name: name.name.to_string(),
                            span: name.span,
                            first,
                        });
                        HPatternKind::Error
                    }
                    Some(_) => HPatternKind::Equal(Box::new(self.check(pattern, expected))),
                    None => self.bind(name, expected.ty.clone(), mode),
                }
            }
            PatternMode::NegatedAtom => match self.lookup(&name.name) {
                Some(_) => HPatternKind::Equal(Box::new(self.check(pattern, expected))),
                None => {
                    let hidden = self.hidden.iter().rev().find(|(n, _)| *n == name.name).map(|(_, s)| *s);
                    self.error(match hidden {
                        Some(grouped) => {
                            Error::HiddenByGroupBy { name: name.name.to_string(), span: name.span, grouped }
                        }
                        None => Error::UnboundInNegation { name: name.name.to_string(), span: name.span },
                    });
                    HPatternKind::Error
                }
            },
        }
    }

    /// A new variable, if rules allow it here.
    pub(in crate::types) fn bind(&mut self, name: &ast::Ident, ty: Ty, mode: &PatternMode) -> HPatternKind {
        let in_rule = !matches!(mode, PatternMode::Match | PatternMode::Assign { .. });
        if in_rule && let Some(first) = self.lookup(&name.name) {
            self.note_local(name.span, first);
            let first = self.local(first).span;
            self.error(Error::Redeclared { name: name.name.to_string(), span: name.span, first });
            return HPatternKind::Error;
        }
        let local = self.declare(name, ty);
        // What a rule binds never changes.
        self.body.locals[local.0 as usize].assignable = !in_rule;
        HPatternKind::Bind(local)
    }

    /// Fields of a constructor; those not given may be anything.
    pub(in crate::types) fn variant(
        &mut self,
        constructor: ConstructorId,
        args: &ConstructArgs,
        span: Span,
        expected: &Expected,
        mode: &mut PatternMode,
    ) -> HPatternKind {
        let (ty, types) = self.instantiate_constructor(constructor);
        if !self.agree(span, expected, &ty) {
            self.args_of_nothing(args, mode);
            return HPatternKind::Error;
        }
        let mut fields: Vec<Option<HPattern>> = types.iter().map(|_| None).collect();
        let declared: Vec<Span> = self.defs.constructor(constructor).fields.iter().map(|f| f.span).collect();
        match args {
            ConstructArgs::None => {}
            ConstructArgs::Positional(args) if args.is_empty() => {}
            ConstructArgs::Positional(args) => {
                if args.len() != types.len() {
                    self.error(Error::FieldCount {
                        constructor: self.defs.constructor(constructor).name.to_string(),
                        expected: types.len(),
                        found: args.len(),
                        span,
                        declared: self.defs.constructor(constructor).span,
                    });
                    for arg in args {
                        self.pattern(arg, &Expected::new(Ty::Error), mode);
                    }
                    return HPatternKind::Error;
                }
                for (i, arg) in args.iter().enumerate() {
                    let why = Expected::because(types[i].clone(), declared[i], "the field is declared here");
                    fields[i] = Some(self.pattern(arg, &why, mode));
                }
            }
            ConstructArgs::Named(args) => {
                for (field, arg) in args {
                    let fields_of = &self.defs.constructor(constructor).fields;
                    match fields_of.iter().position(|f| f.name == field.name) {
                        Some(i) if fields[i].is_none() => {
                            self.note_field(field.span, declared[i]);
                            let why = Expected::because(
                                types[i].clone(),
                                declared[i],
                                "the field is declared here",
                            );
                            fields[i] = Some(self.pattern(arg, &why, mode));
                        }
                        Some(_) => {
                            self.error(Error::FieldTwice { name: field.name.to_string(), span: field.span });
                        }
                        None => {
                            let error = self.unknown_field(constructor, field);
                            self.error(error);
                            self.pattern(arg, &Expected::new(Ty::Error), mode);
                        }
                    }
                }
            }
        }
        let fields = fields
            .into_iter()
            .zip(types)
            .map(|(field, ty)| field.unwrap_or(HPattern { kind: HPatternKind::Wildcard, ty, span }))
            .collect();
        HPatternKind::Variant(constructor, fields)
    }

    /// The constructor is wrong: its arguments still declare variables.
    pub(in crate::types) fn args_of_nothing(&mut self, args: &ConstructArgs, mode: &mut PatternMode) {
        let args: Vec<&ast::Expr> = match args {
            ConstructArgs::None => Vec::new(),
            ConstructArgs::Positional(args) => args.iter().collect(),
            ConstructArgs::Named(args) => args.iter().map(|(_, a)| a).collect(),
        };
        for arg in args {
            self.pattern(arg, &Expected::new(Ty::Error), mode);
        }
    }
}
