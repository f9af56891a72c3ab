//! Types of one body: a function, a rule, a key, an index.
//!
//! Walking an expression gives a checked tree whose types may still hold variables, and questions that cannot be answered yet
//! (which overload, the type of a field); [`Infer::solve`] answers them once the rest is known.

mod call;
mod deferred;
mod expr;
mod finish;
mod mismatch;
mod pattern;

use std::rc::Rc;
use std::sync::Arc;

use super::defs::{ConstructorId, Defs, ModuleId, TypeDefId};
use super::display::show;
use super::error::{Error, Notes};
use super::hir::{Body, FunctionUse, HLocal, LocalId, UseId};
use super::index::Trace;
use super::resolve::{Generics, TypeResolver};
use super::ty::Ty;
use super::unify::Unifier;
use crate::source::Span;
use crate::syntax::ast;

pub(super) use deferred::Deferred;
pub(super) use pattern::PatternMode;

/// Why a type is expected; becomes part of the message.
#[derive(Clone, Debug)]
pub(super) struct Expected {
    pub(super) ty: Ty,
    pub(super) why: Option<(Span, &'static str)>,
}

/// A name that can be seen.
#[derive(Clone, Debug)]
pub(super) struct Visible {
    pub(super) name: Arc<str>,
    pub(super) local: LocalId,
}

/// The state of one body's inference.
pub(super) struct Infer<'c, 'a> {
    pub(super) defs: &'c mut Defs<'a>,
    pub(super) errors: &'c mut Vec<Error>,
    pub(super) module: ModuleId,
    pub(super) generics: Vec<Arc<str>>,
    pub(super) body: Body,
    /// Innermost last.
    pub(super) scope: Vec<Visible>,
    /// Names that `group_by` took away, for the message.
    pub(super) hidden: Vec<(Arc<str>, Span)>,
    pub(super) unifier: Unifier,
    pub(super) deferred: Vec<Deferred>,
    /// Result types of the function and closures around; empty in rules.
    pub(super) returns: Vec<Ty>,
    /// How many closures we are in.
    pub(super) depth: u32,
    /// How many loops of the innermost function or closure we are in.
    pub(super) loops: u32,
    /// The condition of an `if` that we are in, while finishing.
    pub(super) condition: Option<Span>,
    /// Variables whose collections the loops around go through, while finishing.
    pub(super) iterated: Vec<(LocalId, Span)>,
    /// One report that a type cannot be found is enough: the others follow from it.
    pub(super) cannot_infer_said: bool,
    /// How many errors there were before this body.
    errors_before: usize,
    /// What editors will ask for, if they will.
    pub(super) trace: Option<Box<Trace>>,
}

impl<'c, 'a> Infer<'c, 'a> {
    pub(super) fn new(
        defs: &'c mut Defs<'a>,
        errors: &'c mut Vec<Error>,
        module: ModuleId,
        generics: Vec<Arc<str>>,
    ) -> Self {
        let trace = defs.record.is_some().then(Box::default);
        let errors_before = errors.len();
        Infer {
            defs,
            errors,
            module,
            generics,
            body: Body::default(),
            scope: Vec::new(),
            hidden: Vec::new(),
            unifier: Unifier::default(),
            deferred: Vec::new(),
            returns: Vec::new(),
            depth: 0,
            loops: 0,
            condition: None,
            iterated: Vec::new(),
            cannot_infer_said: false,
            errors_before,
            trace,
        }
    }

    /// A new variable of the frame; not yet visible.
    pub(super) fn new_local(&mut self, name: &str, ty: Ty, span: Span) -> LocalId {
        let depth = self.depth;
        self.body.locals.push(HLocal {
            name: Arc::from(name),
            ty,
            span,
            depth,
            assignable: true,
            origin: None,
        });
        LocalId(self.body.locals.len() as u32 - 1)
    }

    /// A new variable, visible from here on.
    pub(super) fn declare(&mut self, name: &ast::Ident, ty: Ty) -> LocalId {
        let local = self.new_local(&name.name, ty, name.span);
        self.scope.push(Visible { name: Arc::clone(&name.name), local });
        local
    }

    /// The variable a name means here.
    pub(super) fn lookup(&self, name: &str) -> Option<LocalId> {
        self.scope.iter().rev().find(|v| &*v.name == name).map(|v| v.local)
    }

    pub(super) fn local(&self, id: LocalId) -> &HLocal {
        &self.body.locals[id.0 as usize]
    }

    pub(super) fn fresh(&mut self) -> Ty {
        self.unifier.fresh()
    }

    /// Whether something was wrong with this body: what cannot be found out may follow from it.
    pub(super) fn has_errors(&self) -> bool {
        self.errors.len() > self.errors_before
    }

    pub(super) fn error(&mut self, error: Error) {
        self.errors.push(error);
    }

    /// The text of a type, as far as it is known.
    pub(super) fn show(&self, ty: &Ty) -> String {
        show(self.defs, &self.generics, &self.unifier.resolve(ty))
    }

    /// A written type; may mention the type parameters of the function around.
    pub(super) fn written_type(&mut self, written: &ast::TypeExpr) -> Ty {
        let generics = self.generics.clone();
        TypeResolver::new(self.defs, self.module, self.errors)
            .resolve(written, &mut Generics::Fixed(&generics))
    }

    /// Makes `found` agree with `expected`, or reports it at `span`.
    pub(super) fn agree(&mut self, span: Span, expected: &Expected, found: &Ty) -> bool {
        if self.unifies(&expected.ty, found) {
            return true;
        }
        let error = Error::Mismatch {
            expected: self.show(&expected.ty),
            found: self.show(found),
            span,
            why: expected.why,
            notes: Box::new(Notes { also: Vec::new(), hint: self.conversion(&expected.ty, found) }),
        };
        self.error(error);
        false
    }

    /// A constructor's type at fresh arguments, and its fields' types.
    pub(super) fn instantiate_constructor(&mut self, constructor: ConstructorId) -> (Ty, Vec<Ty>) {
        let def = self.defs.constructor(constructor).def;
        let (ty, args) = self.instantiate_type(def);
        let fields =
            self.defs.constructor(constructor).fields.iter().map(|f| f.ty.substitute(&args)).collect();
        (ty, fields)
    }

    fn instantiate_type(&mut self, def: TypeDefId) -> (Ty, Vec<Ty>) {
        let n_params = self.defs.type_def(def).params.len();
        let args: Vec<Ty> = (0..n_params).map(|_| self.fresh()).collect();
        (Ty::Def(def, Rc::from(args.clone())), args)
    }

    pub(super) fn new_use(&mut self) -> UseId {
        self.body.uses.push(FunctionUse { function: None, args: Vec::new() });
        UseId(self.body.uses.len() as u32 - 1)
    }

    /// Opens a scope for `f`: names declared inside are not seen after it.
    pub(super) fn scoped<T>(&mut self, f: impl FnOnce(&mut Self) -> T) -> T {
        let visible = self.scope.len();
        let result = f(self);
        self.scope.truncate(visible);
        result
    }
}

impl Expected {
    pub(super) fn new(ty: Ty) -> Self {
        Expected { ty, why: None }
    }

    pub(super) fn because(ty: Ty, span: Span, why: &'static str) -> Self {
        Expected { ty, why: Some((span, why)) }
    }
}
