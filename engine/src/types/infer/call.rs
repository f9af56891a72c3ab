//! Calls and overloads.

use std::sync::Arc;

use super::{Expected, Infer};
use crate::source::Span;
use crate::syntax::ast;
use crate::types::defs::FunctionDefId;
use crate::types::error::{Error, NameKind};
use crate::types::hir::{HExpr, HExprKind, UseId};
use crate::types::ty::{FunctionTy, Mutability, Ty};

use super::Deferred;
use crate::types::group_by::is_group_by;

impl Infer<'_, '_> {
    /// `f(a, b)`
    pub(super) fn call(&mut self, callee: &ast::Expr, args: &[ast::Expr], span: Span) -> HExpr {
        if let ast::ExprKind::Name(path) = &callee.kind {
            let local = match path.segments.as_slice() {
                [name] => self.lookup(&name.name),
                _ => None,
            };
            if local.is_none() {
                return self.named_call(path, args.iter().collect(), span);
            }
        }
        let function = self.infer(callee);
        let mutabilities: Vec<Mutability> = args.iter().map(|_| self.unifier.fresh_mutability()).collect();
        // Arguments first hear what the function wants, if that is known.
        let known = match self.unifier.shallow(&function.ty) {
            Ty::Function(known) if known.params.len() == args.len() => Some(known),
            _ => None,
        };
        let args: Vec<HExpr> = match known {
            Some(known) => {
                let checked = args.iter().zip(&known.params).map(|(arg, (_, ty))| {
                    self.check(arg, &Expected::because(ty.clone(), function.span, "this function wants it"))
                });
                let checked = checked.collect();
                return HExpr::new(
                    HExprKind::CallValue(Box::new(function), checked),
                    known.ret.clone(),
                    span,
                );
            }
            None => args.iter().map(|arg| self.infer(arg)).collect(),
        };
        let ret = self.fresh();
        let params = mutabilities.into_iter().zip(args.iter().map(|a| a.ty.clone())).collect();
        let wanted = Ty::function(params, ret.clone());
        let ok = self.agree(function.span, &Expected::new(wanted), &function.ty);
        let ty = if ok { ret } else { Ty::Error };
        HExpr::new(HExprKind::CallValue(Box::new(function), args), ty, span)
    }

    /// `f(a, b)` and `a.f(b)` where `f` is no variable.
    pub(super) fn named_call(&mut self, path: &ast::Path, args: Vec<&ast::Expr>, span: Span) -> HExpr {
        let functions = match self.defs.find_functions(self.module, path) {
            Ok(functions) => functions,
            Err(_) if is_group_by(path) => {
                self.error(Error::GroupByPlace { span: path.span });
                return HExpr::error(span);
            }
            Err(error) => {
                let checked = self.arguments_of_nothing(args);
                let error = self.for_receiver(error, checked.first());
                self.error(error);
                return HExpr::error(span);
            }
        };
        let fitting: Vec<FunctionDefId> =
            functions.iter().copied().filter(|f| self.defs.function(*f).params.len() == args.len()).collect();
        match fitting.as_slice() {
            [] => {
                let error = self.wrong_number(path, &functions, args.len());
                self.error(error);
                self.note_functions(path, &functions);
                self.arguments_of_nothing(args);
                HExpr::error(span)
            }
            [only] => {
                self.note_functions(path, &[*only]);
                self.call_of(*only, args, span)
            }
            _ => {
                let function = self.new_use();
                self.note_function(path, function, &fitting);
                let args: Vec<HExpr> = args.into_iter().map(|arg| self.infer(arg)).collect();
                let ret = self.fresh();
                let params = args.iter().map(|a| (self.unifier.fresh_mutability(), a.ty.clone())).collect();
                let ty = Ty::function(params, ret.clone());
                let name = match path.segments.last() {
                    Some(name) => Arc::clone(&name.name),
                    None => Arc::from(""),
                };
                self.defer(Deferred::Overload { function, name, candidates: fitting, ty, span: path.span });
                HExpr::new(HExprKind::Call(function, args), ret, span)
            }
        }
    }

    /// What is wrong inside the arguments is worth knowing; what the call would have said about them is not missed.
    fn arguments_of_nothing(&mut self, args: Vec<&ast::Expr>) -> Vec<HExpr> {
        let checked: Vec<HExpr> = args.into_iter().map(|arg| self.infer(arg)).collect();
        checked.iter().for_each(|arg| self.unifier.poison(&arg.ty));
        checked
    }

    /// Several modules of the library declare the name: the one for the first argument's type is meant.
    fn for_receiver(&self, error: Error, receiver: Option<&HExpr>) -> Error {
        let Error::UnknownName { kind, name, span, suggestion, elsewhere } = error else { return error };
        let way = receiver.and_then(|receiver| self.library_module(&name, kind, &receiver.ty));
        Error::UnknownName { kind, name, span, suggestion, elsewhere: way.or(elsewhere) }
    }

    /// The way to a function of the library for values of a type, if its module is named like the type.
    fn library_module(&self, name: &str, kind: NameKind, receiver: &Ty) -> Option<String> {
        let Ty::Def(def, _) = self.unifier.resolve(receiver) else { return None };
        let full = self.defs.type_def(def).name.to_lowercase();
        let module = match full.rsplit("::").next()? {
            "set64" => "tinyset",
            last => last,
        };
        let imported = self
            .defs
            .module(self.module)
            .imports
            .iter()
            .any(|(_, id)| matches!(self.defs.module(*id).path.as_slice(), [only] if **only == *module));
        let declares = !imported && crate::types::suggest::library_modules(name, kind).contains(&module);
        declares.then(|| format!("Module `{module}` declares it: add `import {module}`."))
    }

    /// A call of a function that is known: mistakes can be shown at the argument.
    pub(in crate::types) fn call_of(
        &mut self,
        function: FunctionDefId,
        args: Vec<&ast::Expr>,
        span: Span,
    ) -> HExpr {
        let (id, signature) = self.use_of(function);
        let checked = args
            .into_iter()
            .enumerate()
            .map(|(i, arg)| {
                let (_, ty) = &signature.params[i];
                let declared = self.defs.function(function).params[i].name.span;
                self.check(arg, &Expected::because(ty.clone(), declared, "the parameter is declared here"))
            })
            .collect();
        HExpr::new(HExprKind::Call(id, checked), signature.ret, span)
    }

    /// A call of a function that is known, of arguments that are checked and of the right number.
    pub(in crate::types) fn call_checked(
        &mut self,
        function: FunctionDefId,
        args: Vec<HExpr>,
        span: Span,
    ) -> HExpr {
        let (id, signature) = self.use_of(function);
        for (arg, (_, ty)) in args.iter().zip(&signature.params) {
            self.agree(arg.span, &Expected::new(ty.clone()), &arg.ty);
        }
        HExpr::new(HExprKind::Call(id, args), signature.ret, span)
    }

    /// A mention of a function, and its type at fresh type arguments.
    fn use_of(&mut self, function: FunctionDefId) -> (UseId, FunctionTy) {
        let id = self.new_use();
        let (args, signature) = self.instantiate(function);
        let entry = &mut self.body.uses[id.0 as usize];
        entry.function = Some(function);
        entry.args = args;
        (id, signature)
    }

    /// A function's type at fresh type arguments.
    fn instantiate(&mut self, function: FunctionDefId) -> (Vec<Ty>, FunctionTy) {
        let n_generics = self.defs.function(function).generics.len();
        let args: Vec<Ty> = (0..n_generics).map(|_| self.fresh()).collect();
        let function = self.defs.function(function);
        let params = function.params.iter().map(|p| {
            let mutability = if p.mutable { Mutability::Mut } else { Mutability::Value };
            (mutability, p.ty.substitute(&args))
        });
        let signature = FunctionTy { params: params.collect(), ret: function.ret.substitute(&args) };
        (args, signature)
    }

    /// A function's name as a value.
    pub(super) fn function_value(&mut self, path: &ast::Path, span: Span) -> HExpr {
        let candidates = match self.defs.find_functions(self.module, path) {
            Ok(functions) => functions,
            Err(error) => {
                let error = self.explain_unknown(path, error);
                self.error(error);
                return HExpr::error(span);
            }
        };
        if let [only] = candidates.as_slice() {
            let (id, signature) = self.use_of(*only);
            self.note_function(path, id, &[]);
            let ty = Ty::function(signature.params, signature.ret);
            return HExpr::new(HExprKind::Function(id), ty, span);
        }
        let function = self.new_use();
        self.note_function(path, function, &candidates);
        let ty = self.fresh();
        let name = path.segments.last().map_or_else(|| Arc::from(""), |s| Arc::clone(&s.name));
        self.defer(Deferred::Overload { function, name, candidates, ty: ty.clone(), span });
        HExpr::new(HExprKind::Function(function), ty, span)
    }

    /// Takes the one candidate that fits; false if that cannot be said yet.
    pub(super) fn resolve_overload(
        &mut self,
        id: UseId,
        name: &Arc<str>,
        candidates: &[FunctionDefId],
        ty: &Ty,
        span: Span,
    ) -> bool {
        let ty = match self.unifier.resolve(ty) {
            Ty::Error => return true,
            Ty::Var(_) => return false,
            known => known,
        };
        let mut fitting = candidates.iter().copied().filter(|c| self.fits(*c, &ty)).collect::<Vec<_>>();
        // What is wrong with an argument was reported, and may be why the choice is not clear.
        if fitting.len() != 1 && has_error(&ty) {
            self.unifier.poison(&ty);
            return true;
        }
        match fitting.len() {
            0 => {
                self.no_overload(name, candidates, &ty, span);
                self.unifier.poison(&ty);
                true
            }
            1 => {
                let chosen = fitting.swap_remove(0);
                let (args, signature) = self.instantiate(chosen);
                let chosen_ty = Ty::function(signature.params, signature.ret);
                self.agree(span, &Expected::new(ty), &chosen_ty);
                let entry = &mut self.body.uses[id.0 as usize];
                entry.function = Some(chosen);
                entry.args = args;
                true
            }
            _ => false,
        }
    }

    /// Whether a function can have that type, given what is known.
    fn fits(&mut self, candidate: FunctionDefId, ty: &Ty) -> bool {
        let Ty::Function(wanted) = ty else { return false };
        let function = self.defs.function(candidate);
        if function.params.len() != wanted.params.len() {
            return false;
        }
        // Most candidates differ at the head of an argument: no need to unify.
        let differs = function.params.iter().zip(&wanted.params).any(|(p, (_, w))| heads_differ(&p.ty, w));
        if differs {
            return false;
        }
        let before = self.unifier.snapshot();
        let (_, signature) = self.instantiate(candidate);
        let mut fits = true;
        for ((_, param), (_, wanted)) in signature.params.iter().zip(&wanted.params) {
            fits = fits && self.unifier.unify(param, wanted).is_ok();
        }
        let signature = Ty::function(signature.params, signature.ret);
        fits = fits && self.unifier.unify(&signature, ty).is_ok();
        self.unifier.undo(before);
        fits
    }

    fn signatures(&self, candidates: &[FunctionDefId]) -> Vec<(String, Span)> {
        candidates
            .iter()
            .map(|c| {
                let function = self.defs.function(*c);
                (self.defs.signature(*c), function.ast.name.span)
            })
            .collect()
    }

    fn no_overload(&mut self, name: &Arc<str>, candidates: &[FunctionDefId], ty: &Ty, span: Span) {
        let found = match ty {
            Ty::Function(function) => {
                let params: Vec<String> = function.params.iter().map(|(_, t)| self.show(t)).collect();
                format!("({})", params.join(", "))
            }
            other => self.show(other),
        };
        let candidates = self.signatures(candidates);
        let receiver = match ty {
            Ty::Function(function) => function.params.first().map(|(_, ty)| ty),
            _ => None,
        };
        let hint = receiver.and_then(|ty| self.library_module(name, NameKind::Function, ty));
        self.error(Error::NoOverload { name: name.to_string(), found, span, candidates, hint });
    }

    pub(super) fn ambiguous_overload(
        &mut self,
        name: &Arc<str>,
        candidates: &[FunctionDefId],
        ty: &Ty,
        span: Span,
    ) {
        let fitting: Vec<FunctionDefId> = candidates.iter().copied().filter(|c| self.fits(*c, ty)).collect();
        let candidates = self.signatures(if fitting.is_empty() { candidates } else { &fitting });
        self.error(Error::AmbiguousOverload { name: name.to_string(), span, candidates });
        self.unifier.poison(ty);
    }

    fn wrong_number(&self, path: &ast::Path, functions: &[FunctionDefId], found: usize) -> Error {
        let expected: Vec<usize> = functions.iter().map(|f| self.defs.function(*f).params.len()).collect();
        Error::ArgumentCount {
            name: super::super::scope::shown(path),
            expected,
            found,
            span: path.span,
            declared: functions.first().map(|f| self.defs.function(*f).ast.name.span),
        }
    }
}

fn has_error(ty: &Ty) -> bool {
    let mut found = false;
    ty.walk(&mut |t| found |= *t == Ty::Error);
    found
}

/// Whether two types certainly differ, seen from their heads; `declared` may have type parameters.
fn heads_differ(declared: &Ty, actual: &Ty) -> bool {
    match (declared, actual) {
        (Ty::Param(_) | Ty::Error | Ty::Var(_), _) | (_, Ty::Var(_) | Ty::Error) => false,
        (Ty::Def(a, _), Ty::Def(b, _)) => a != b,
        (Ty::Tuple(a), Ty::Tuple(b)) => a.len() != b.len(),
        (Ty::Function(a), Ty::Function(b)) => a.params.len() != b.params.len(),
        (a, b) => a != b,
    }
}
