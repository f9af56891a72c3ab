//! Questions that wait for types to be known.

use std::sync::Arc;

use super::Infer;
use crate::source::Span;
use crate::syntax::ast;
use crate::types::defs::FunctionDefId;
use crate::types::error::{Error, Needed};
use crate::types::hir::UseId;
use crate::types::ty::Ty;

/// A question that waits.
#[derive(Clone, Debug)]
pub(in crate::types) enum Deferred {
    /// A type must be of a kind of number; literals know what to be if nothing else says so.
    Number { ty: Ty, needed: Needed, default: Option<Ty>, span: Span },
    /// `base.name` has type `result`.
    Field { base: Ty, name: Arc<str>, name_span: Span, result: Ty, span: Span },
    /// `base.index` has type `result`.
    TupleField { base: Ty, index: u32, result: Ty, span: Span },
    /// `left ++ right` has type `result`.
    Concat { left: Ty, right: Ty, result: Ty, left_span: Span, right_span: Span },
    /// A value of type `ty` gives elements of type `element`.
    Iterate { ty: Ty, element: Ty, span: Span },
    /// `ty` is a Ref or Intern of `inner`.
    Reference { ty: Ty, inner: Ty, span: Span },
    /// One of `candidates` has type `ty`.
    Overload { function: UseId, name: Arc<str>, candidates: Vec<FunctionDefId>, ty: Ty, span: Span },
    /// `value?` in something that gives `ret` has type `result`.
    Try { value: Ty, ret: Ty, result: Ty, span: Span },
    /// The type of something that never gives a value; the unit if nothing else says so.
    Diverges { ty: Ty },
}

/// What became of a question.
enum Answer {
    Done,
    Wait,
}

impl Infer<'_, '_> {
    pub(super) fn number(&mut self, ty: &Ty, needed: Needed, default: Option<Ty>, span: Span) {
        self.defer(Deferred::Number { ty: ty.clone(), needed, default, span });
    }

    /// Answers at once if it can.
    pub(in crate::types) fn defer(&mut self, question: Deferred) {
        if let Answer::Wait = self.answer(&question) {
            self.deferred.push(question);
        }
    }

    /// Answers all questions, or reports those that have no answer.
    pub(in crate::types) fn solve(&mut self) {
        loop {
            self.settle();
            if self.deferred.is_empty() {
                return;
            }
            if !self.use_default() {
                break;
            }
        }
        let blamed = self.has_errors();
        for question in std::mem::take(&mut self.deferred) {
            self.unanswered(&question, blamed);
        }
    }

    /// Answers what can be answered with what is known.
    pub(in crate::types) fn settle(&mut self) {
        loop {
            let questions = std::mem::take(&mut self.deferred);
            let n_before = questions.len();
            for question in questions {
                self.defer(question);
            }
            if self.deferred.len() >= n_before {
                return;
            }
        }
    }

    /// Lets one literal (floats first: an integer literal may be one too) or diverging expression have its default.
    fn use_default(&mut self) -> bool {
        let default_of = |question: &Deferred| match question {
            Deferred::Number { ty, default: Some(default), .. } => Some((ty.clone(), default.clone())),
            _ => None,
        };
        let float = self.deferred.iter().find_map(|q| default_of(q).filter(|(_, d)| *d == Ty::Double));
        let chosen = float.or_else(|| self.deferred.iter().find_map(default_of)).or_else(|| {
            self.deferred.iter().find_map(|q| match q {
                Deferred::Diverges { ty } => Some((ty.clone(), Ty::unit())),
                _ => None,
            })
        });
        match chosen {
            // The variable is free, or the question would have been answered.
            Some((ty, default)) => self.unifier.unify(&ty, &default).is_ok(),
            None => false,
        }
    }

    fn answer(&mut self, question: &Deferred) -> Answer {
        match question {
            Deferred::Number { ty, needed, default, span } => match self.unifier.shallow(ty) {
                Ty::Var(_) => Answer::Wait,
                Ty::Error => Answer::Done,
                known => {
                    if !needed.accepts(&known) {
                        let found = self.show(&known);
                        // A literal, which only is of this type because the operand that was just told is.
                        let follows = matches!(
                            self.errors.last(),
                            Some(Error::NotNumeric { found: told, .. }) if *told == found
                        );
                        match default {
                            Some(_) if follows => {}
                            Some(_) if !Needed::Number.accepts(&known) => {
                                self.error(Error::NumberMismatch { expected: found, span: *span });
                            }
                            _ => self.error(Error::NotNumeric { needed: *needed, found, span: *span }),
                        }
                    }
                    Answer::Done
                }
            },
            Deferred::Field { base, name, name_span, result, span } => {
                self.field(base, name, *name_span, result, *span)
            }
            Deferred::TupleField { base, index, result, span } => {
                let base = self.unifier.resolve(base);
                match self.defs.strip(&base).clone() {
                    Ty::Var(_) => Answer::Wait,
                    Ty::Error => self.give_up(result),
                    Ty::Tuple(elements) if (*index as usize) < elements.len() => {
                        self.must_unify(*span, &elements[*index as usize], result)
                    }
                    other => {
                        let found = self.show(&other);
                        self.error(Error::NoTupleField { index: *index, found, span: *span });
                        self.give_up(result)
                    }
                }
            }
            Deferred::Concat { left, right, result, left_span, right_span } => {
                self.concat(left, right, result, *left_span, *right_span)
            }
            Deferred::Iterate { ty, element, span } => self.iterate(ty, element, *span),
            Deferred::Reference { ty, inner, span } => match self.unifier.shallow(ty) {
                Ty::Var(_) => Answer::Wait,
                Ty::Error => self.give_up(inner),
                Ty::Def(def, args)
                    if (def == self.defs.known.reference || def == self.defs.known.intern)
                        && args.len() == 1 =>
                {
                    self.must_unify(*span, &args[0], inner)
                }
                other => {
                    let found = self.show(&other);
                    self.error(Error::NotReference { found, span: *span });
                    self.give_up(inner)
                }
            },
            Deferred::Overload { function, name, candidates, ty, span } => {
                if self.resolve_overload(*function, name, candidates, ty, *span) {
                    Answer::Done
                } else {
                    Answer::Wait
                }
            }
            Deferred::Try { value, ret, result, span } => self.try_operator(value, ret, result, *span),
            Deferred::Diverges { ty } => match self.unifier.shallow(ty) {
                Ty::Var(_) => Answer::Wait,
                _ => Answer::Done,
            },
        }
    }

    /// The answer is an error that was reported: nothing else shall be said about it.
    fn give_up(&mut self, result: &Ty) -> Answer {
        self.unifier.poison(result);
        Answer::Done
    }

    fn must_unify(&mut self, span: Span, found: &Ty, expected: &Ty) -> Answer {
        self.agree(span, &super::Expected::new(expected.clone()), found);
        Answer::Done
    }

    fn field(&mut self, base: &Ty, name: &Arc<str>, name_span: Span, result: &Ty, span: Span) -> Answer {
        let base = self.unifier.resolve(base);
        match self.defs.strip(&base).clone() {
            Ty::Var(_) => Answer::Wait,
            Ty::Error => self.give_up(result),
            Ty::Def(def, args) => {
                let variants = self.defs.variants(def);
                let with_field: Vec<Ty> = variants
                    .iter()
                    .filter_map(|v| self.defs.constructor(*v).fields.iter().find(|f| f.name == *name))
                    .map(|f| f.ty.substitute(&args))
                    .collect();
                if let (Some(ty), true) = (with_field.first(), with_field.len() == variants.len()) {
                    return self.must_unify(span, ty, result);
                }
                let error = if with_field.is_empty() {
                    let fields = variants.iter().flat_map(|v| &self.defs.constructor(*v).fields);
                    let suggestion = super::super::suggest::closest(name, fields.map(|f| f.name.to_string()));
                    let method = self.is_function(name, name_span);
                    Error::NoField {
                        name: name.to_string(),
                        found: self.show(&base),
                        span: name_span,
                        suggestion,
                        method,
                    }
                } else {
                    let missing = variants
                        .iter()
                        .map(|v| self.defs.constructor(*v))
                        .find(|c| !c.fields.iter().any(|f| f.name == *name));
                    Error::GuardedField {
                        name: name.to_string(),
                        found: self.show(&base),
                        span: name_span,
                        without: missing.map(|c| (c.name.to_string(), c.span)),
                    }
                };
                self.error(error);
                self.give_up(result)
            }
            other => {
                let found = self.show(&other);
                self.error(Error::NoField {
                    name: name.to_string(),
                    found,
                    span: name_span,
                    suggestion: None,
                    method: self.is_function(name, name_span),
                });
                self.give_up(result)
            }
        }
    }

    /// Whether `x.name` without parentheses may be a call that was meant.
    fn is_function(&self, name: &Arc<str>, span: Span) -> bool {
        let segments = vec![ast::Ident { name: Arc::clone(name), span }];
        self.defs.find_functions(self.module, &ast::Path { segments, span }).is_ok()
    }

    fn concat(&mut self, left: &Ty, right: &Ty, result: &Ty, left_span: Span, right_span: Span) -> Answer {
        match self.unifier.shallow(left) {
            Ty::Var(_) => Answer::Wait,
            Ty::Error => self.give_up(result),
            Ty::String => self.must_unify(left_span.to(right_span), &Ty::String, result),
            Ty::Bit(left_width) => match self.unifier.shallow(right) {
                Ty::Var(_) => Answer::Wait,
                Ty::Error => self.give_up(result),
                Ty::Bit(right_width) => {
                    self.must_unify(left_span.to(right_span), &Ty::Bit(left_width + right_width), result)
                }
                other => {
                    let found = self.show(&other);
                    self.error(Error::NotConcat { found, span: right_span });
                    self.give_up(result)
                }
            },
            other => {
                let found = self.show(&other);
                self.error(Error::NotConcat { found, span: left_span });
                self.give_up(result)
            }
        }
    }

    fn iterate(&mut self, ty: &Ty, element: &Ty, span: Span) -> Answer {
        let known = self.defs.known;
        let ty = self.unifier.resolve(ty);
        match &ty {
            Ty::Var(_) => Answer::Wait,
            Ty::Error => self.give_up(element),
            Ty::Def(def, args) if (*def == known.vec || *def == known.set) && args.len() == 1 => {
                self.must_unify(span, &args[0], element)
            }
            Ty::Def(def, args) if *def == known.option && args.len() == 1 => {
                self.must_unify(span, &args[0], element)
            }
            Ty::Def(def, args) if *def == known.map && args.len() == 2 => {
                self.must_unify(span, &Ty::tuple(vec![args[0].clone(), args[1].clone()]), element)
            }
            Ty::Def(def, args) if *def == known.group && args.len() == 2 => {
                self.must_unify(span, &Ty::tuple(vec![args[1].clone(), Ty::Signed(64)]), element)
            }
            // Collections of other library modules: `#[iterate_by_ref]` on an extern type of one argument.
            Ty::Def(def, args) if args.len() == 1 && self.defs.type_def(*def).iterable => {
                self.must_unify(span, &args[0], element)
            }
            other => {
                let found = self.show(other);
                self.error(Error::NotIterable { found, span });
                self.give_up(element)
            }
        }
    }

    fn try_operator(&mut self, value: &Ty, ret: &Ty, result: &Ty, span: Span) -> Answer {
        let known = self.defs.known;
        let (value, ret) = (self.unifier.resolve(value), self.unifier.resolve(ret));
        match (&value, &ret) {
            (Ty::Error, _) | (_, Ty::Error) => self.give_up(result),
            (Ty::Var(_), _) | (_, Ty::Var(_)) => Answer::Wait,
            (Ty::Def(v, v_args), Ty::Def(r, _))
                if *r == known.option && (*v == known.option || *v == known.result) =>
            {
                self.must_unify(span, &v_args[0], result)
            }
            (Ty::Def(v, v_args), Ty::Def(r, r_args)) if *r == known.result && *v == known.result => {
                self.must_unify(span, &v_args[1], &r_args[1]);
                self.must_unify(span, &v_args[0], result)
            }
            _ => {
                let error = Error::TryTypes { value: self.show(&value), ret: self.show(&ret), span };
                self.error(error);
                self.give_up(result)
            }
        }
    }

    /// Reports a question without answer, unless something else is to blame.
    fn unanswered(&mut self, question: &Deferred, blamed: bool) {
        let (span, what) = match question {
            Deferred::Number { span, .. } => (*span, "number"),
            Deferred::Field { span, .. } | Deferred::TupleField { span, .. } => (*span, "value"),
            Deferred::Concat { left_span, .. } => (*left_span, "operand of ++"),
            Deferred::Iterate { span, .. } => (*span, "collection"),
            Deferred::Reference { span, .. } => (*span, "reference"),
            Deferred::Try { span, .. } => (*span, "operand of ?"),
            Deferred::Diverges { .. } => return,
            Deferred::Overload { name, candidates, ty, span, .. } => {
                let ty = self.unifier.resolve(ty);
                if blamed {
                    self.unifier.poison(&ty);
                    return;
                }
                let candidates: Vec<_> = candidates.clone();
                self.ambiguous_overload(name, &candidates, &ty, *span);
                return;
            }
        };
        if !blamed {
            self.error(Error::CannotInfer { what, span });
        }
        // Whatever hangs on it was said here.
        if let Deferred::Field { result, .. }
        | Deferred::TupleField { result, .. }
        | Deferred::Concat { result, .. }
        | Deferred::Try { result, .. } = question
        {
            self.give_up(result);
        }
    }
}
