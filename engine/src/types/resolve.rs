//! From written types to types.

use std::collections::HashMap;
use std::rc::Rc;
use std::sync::Arc;

use super::defs::{Defs, ModuleId, TypeDefId, TypeDefKind};
use super::error::Error;
use super::ty::{Mutability, Ty};
use crate::syntax::ast::{self, TypeKind};

/// What `'A` means where a type is written.
pub(super) enum Generics<'g> {
    /// Only these.
    Fixed(&'g [Arc<str>]),
    /// A new name is a new parameter (function signatures).
    Growing(&'g mut Vec<Arc<str>>),
}

/// Resolves types written in one module.
pub(super) struct TypeResolver<'d, 'a> {
    pub(super) defs: &'d mut Defs<'a>,
    pub(super) module: ModuleId,
    pub(super) errors: &'d mut Vec<Error>,
    /// Aliases being expanded, to catch those that contain themselves.
    expanding: Vec<TypeDefId>,
}

impl<'d, 'a> TypeResolver<'d, 'a> {
    pub(super) fn new(defs: &'d mut Defs<'a>, module: ModuleId, errors: &'d mut Vec<Error>) -> Self {
        TypeResolver { defs, module, errors, expanding: Vec::new() }
    }

    /// The type; errors are reported and become [`Ty::Error`].
    pub(super) fn resolve(&mut self, written: &ast::TypeExpr, generics: &mut Generics<'_>) -> Ty {
        match &written.kind {
            TypeKind::Bool => Ty::Bool,
            TypeKind::String => Ty::String,
            TypeKind::BigInt => Ty::BigInt,
            TypeKind::Double => Ty::Double,
            TypeKind::Float => Ty::Float,
            TypeKind::Bit(0) => {
                self.errors.push(Error::ZeroWidth { span: written.span });
                Ty::Error
            }
            TypeKind::Bit(width) => Ty::Bit(*width),
            TypeKind::Signed(width) => {
                if !matches!(width, 8 | 16 | 32 | 64 | 128) {
                    self.errors.push(Error::SignedWidth { width: *width, span: written.span });
                    return Ty::Error;
                }
                Ty::Signed(*width)
            }
            TypeKind::Tuple(elements) => {
                Ty::tuple(elements.iter().map(|t| self.resolve(t, generics)).collect())
            }
            TypeKind::Var(name) => self.parameter(name, generics),
            TypeKind::Function(params, ret) => {
                let params = params
                    .iter()
                    .map(|p| {
                        let mutability = if p.mutable { Mutability::Mut } else { Mutability::Value };
                        (mutability, self.resolve(&p.ty, generics))
                    })
                    .collect();
                let ret = self.resolve(ret, generics);
                Ty::function(params, ret)
            }
            TypeKind::Named(path, args) => {
                let args: Vec<Ty> = args.iter().map(|t| self.resolve(t, generics)).collect();
                self.named(path, args)
            }
            TypeKind::Relation(_) => {
                self.errors.push(Error::RelationType { span: written.span });
                Ty::Error
            }
            TypeKind::Error => Ty::Error,
        }
    }

    fn parameter(&mut self, name: &ast::Ident, generics: &mut Generics<'_>) -> Ty {
        let known = match generics {
            Generics::Fixed(names) => names.iter().position(|n| *n == name.name),
            Generics::Growing(names) => names.iter().position(|n| *n == name.name),
        };
        match (known, generics) {
            (Some(index), _) => Ty::Param(index as u32),
            (None, Generics::Growing(names)) => {
                names.push(Arc::clone(&name.name));
                Ty::Param(names.len() as u32 - 1)
            }
            (None, Generics::Fixed(_)) => {
                self.errors
                    .push(Error::UnknownTypeParameter { name: name.name.to_string(), span: name.span });
                Ty::Error
            }
        }
    }

    fn named(&mut self, path: &ast::Path, args: Vec<Ty>) -> Ty {
        let def = match self.defs.find_type(self.module, path) {
            Ok(def) => def,
            Err(error) => {
                self.errors.push(error);
                return Ty::Error;
            }
        };
        let expected = self.defs.type_def(def).params.len();
        if expected != args.len() {
            self.errors.push(Error::TypeArguments {
                name: self.defs.type_def(def).name.to_string(),
                expected,
                found: args.len(),
                span: path.span,
                declared: self.defs.type_def(def).span,
            });
            return Ty::Error;
        }
        match self.alias(def) {
            Some(target) if args.is_empty() => target,
            Some(target) => {
                let ty = target.substitute(&args);
                self.of_size(ty, path.span)
            }
            None => Ty::Def(def, Rc::from(args)),
        }
    }

    fn of_size(&mut self, ty: Ty, span: crate::source::Span) -> Ty {
        if !ty.is_too_large() {
            return ty;
        }
        self.errors.push(Error::LargeType { span });
        Ty::Error
    }

    /// What an alias stands for; `None` if the type is not an alias.
    pub(super) fn alias(&mut self, def: TypeDefId) -> Option<Ty> {
        if let Some(known) = self.defs.aliases.get(&def) {
            return Some(known.clone());
        }
        let TypeDefKind::Alias(target) = &self.defs.type_def(def).kind else { return None };
        let target = *target;
        if self.expanding.contains(&def) {
            let definition = self.defs.type_def(def);
            self.errors
                .push(Error::RecursiveAlias { name: definition.name.to_string(), span: definition.span });
            return Some(Ty::Error);
        }
        self.expanding.push(def);
        let (module, params) = {
            let definition = self.defs.type_def(def);
            (definition.module, definition.params.clone())
        };
        let outer = std::mem::replace(&mut self.module, module);
        let ty = self.resolve(target, &mut Generics::Fixed(&params));
        let ty = self.of_size(ty, target.span);
        self.module = outer;
        self.expanding.pop();
        self.defs.aliases.insert(def, ty.clone());
        Some(ty)
    }
}

/// Unions that contain themselves without anything in between: their values would never end.
pub(super) fn endless_unions(defs: &Defs<'_>) -> Vec<Error> {
    let mut state: HashMap<TypeDefId, bool> = HashMap::new();
    let mut errors = Vec::new();
    for index in 0..defs.types.len() {
        endless(defs, TypeDefId(index as u32), &mut state, &mut errors);
    }
    errors
}

fn endless(defs: &Defs<'_>, def: TypeDefId, done: &mut HashMap<TypeDefId, bool>, errors: &mut Vec<Error>) {
    if done.contains_key(&def) {
        return;
    }
    done.insert(def, false);
    for constructor in defs.variants(def) {
        for field in &defs.constructor(*constructor).fields {
            let mut inner = Vec::new();
            directly_inside(defs, &field.ty, &mut inner);
            for other in inner {
                match done.get(&other) {
                    Some(false) => errors.push(Error::EndlessType {
                        name: defs.type_def(other).name.to_string(),
                        span: field.span,
                        declared: defs.type_def(other).span,
                    }),
                    Some(true) => {}
                    None => endless(defs, other, done, errors),
                }
            }
        }
    }
    done.insert(def, true);
}

/// The unions whose values are part of a value of the type itself.
fn directly_inside(defs: &Defs<'_>, ty: &Ty, out: &mut Vec<TypeDefId>) {
    match ty {
        Ty::Tuple(elements) => elements.iter().for_each(|t| directly_inside(defs, t, out)),
        // Option is kept apart: `Option<Self>` ends with None.
        Ty::Def(def, _) if *def != defs.known.option => out.push(*def),
        _ => {}
    }
}
