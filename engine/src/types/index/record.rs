//! What the checker notes down as it goes, when asked to.
//!
//! A declaration is known by the place of its name: that survives everything the checker does with it.

use std::collections::HashMap;
use std::sync::Arc;

use super::model::{Shape, TypeId, TypeInfo};
use crate::source::Span;
use crate::syntax::ast;
use crate::types::defs::{Defs, FunctionDefId, ModuleId};
use crate::types::display::show;
use crate::types::hir::{LocalId, UseId};
use crate::types::infer::Infer;
use crate::types::ty::Ty;

/// Everything noted so far.
#[derive(Debug, Default)]
pub(in crate::types) struct Recorder {
    /// A name and the declared name it means.
    pub(super) uses: Vec<(Span, Span)>,
    /// A written module and which one it is.
    pub(super) modules: Vec<(Span, ModuleId)>,
    /// Expressions and patterns.
    pub(super) typed: Vec<(Span, TypeId)>,
    /// Variables by the place of their declaration.
    pub(super) locals: HashMap<Span, (Arc<str>, Option<TypeId>)>,
    /// What stands before the `.` of a name.
    pub(super) receivers: HashMap<Span, TypeId>,
    /// The distinct types, by number.
    pub(super) types: Vec<TypeInfo>,
    /// Numbers of types without type parameters.
    known: HashMap<Ty, TypeId>,
}

/// What is noted of one body until its types are known.
#[derive(Debug, Default)]
pub(in crate::types) struct Trace {
    typed: Vec<(Span, Ty)>,
    locals: Vec<(Span, LocalId)>,
    functions: Vec<(Span, UseId, Vec<FunctionDefId>)>,
    members: Vec<(ast::Ident, Ty)>,
}

impl Recorder {
    /// The number of a type.
    pub(super) fn number(&mut self, defs: &Defs<'_>, generics: &[Arc<str>], ty: &Ty) -> TypeId {
        if let Some(known) = self.known.get(ty) {
            return *known;
        }
        let id = TypeId(self.types.len() as u32);
        self.types.push(describe(defs, generics, ty));
        let mut general = false;
        ty.walk(&mut |t| general |= matches!(t, Ty::Param(_)));
        // What a parameter is called differs from function to function.
        if !general {
            self.known.insert(ty.clone(), id);
        }
        id
    }
}

impl Defs<'_> {
    /// A path means what is declared there.
    pub(in crate::types) fn note_path(&self, path: &ast::Path, declared: Span) {
        if let (Some(record), Some(name)) = (&self.record, path.segments.last()) {
            record.borrow_mut().uses.push((name.span, declared));
        }
    }

    /// The modules' part of a path means that module.
    pub(in crate::types) fn note_prefix(&self, prefix: &[ast::Ident], module: ModuleId) {
        if let (Some(record), Some(first), Some(last)) = (&self.record, prefix.first(), prefix.last()) {
            record.borrow_mut().modules.push((first.span.to(last.span), module));
        }
    }
}

impl Infer<'_, '_> {
    /// An expression or pattern has that type.
    pub(in crate::types) fn note_type(&mut self, span: Span, ty: &Ty) {
        if let Some(trace) = &mut self.trace {
            trace.typed.push((span, ty.clone()));
        }
    }

    /// A name means that variable.
    pub(in crate::types) fn note_local(&mut self, span: Span, local: LocalId) {
        if let Some(trace) = &mut self.trace {
            trace.locals.push((span, local));
        }
    }

    /// A path means the function that inference will find for that use, or one of the candidates.
    pub(in crate::types) fn note_function(&mut self, path: &ast::Path, id: UseId, all: &[FunctionDefId]) {
        if let (Some(trace), Some(name)) = (&mut self.trace, path.segments.last()) {
            trace.functions.push((name.span, id, all.to_vec()));
        }
    }

    /// A path means one of these functions.
    pub(in crate::types) fn note_functions(&self, path: &ast::Path, all: &[FunctionDefId]) {
        for function in all {
            self.defs.note_path(path, self.defs.function(*function).ast.name.span);
        }
    }

    /// A name after a `.` means a field of that type.
    pub(in crate::types) fn note_member(&mut self, name: &ast::Ident, base: &Ty) {
        if let Some(trace) = &mut self.trace {
            trace.members.push((name.clone(), base.clone()));
        }
    }

    /// A name in a pattern or constructor means the field declared there.
    pub(in crate::types) fn note_field(&self, name: Span, declared: Span) {
        if let Some(record) = &self.defs.record {
            record.borrow_mut().uses.push((name, declared));
        }
    }

    /// The body is done: what was noted of it has its types.
    pub(in crate::types) fn note_body(&mut self) {
        let (Some(trace), Some(record)) = (self.trace.take(), &self.defs.record) else { return };
        let mut record = record.borrow_mut();
        for (span, ty) in &trace.typed {
            if let Some(id) = self.numbered(&mut record, ty) {
                record.typed.push((*span, id));
            }
        }
        for local in &self.body.locals {
            let ty = self.numbered(&mut record, &local.ty);
            record.uses.push((local.span, local.span));
            let noted = record.locals.entry(local.span).or_insert_with(|| (Arc::clone(&local.name), ty));
            noted.1 = noted.1.or(ty);
        }
        for (span, local) in &trace.locals {
            let declared = self.local(*local).span;
            record.uses.push((*span, declared));
        }
        for (span, id, candidates) in &trace.functions {
            let chosen = self.body.uses.get(id.0 as usize).and_then(|u| u.function);
            let meant = chosen.as_ref().map_or(candidates.as_slice(), std::slice::from_ref);
            for function in meant {
                record.uses.push((*span, self.defs.function(*function).ast.name.span));
            }
        }
        for (name, base) in &trace.members {
            let base = self.unifier.resolve(base);
            let known = self.numbered(&mut record, &base);
            record.receivers.extend(known.map(|ty| (name.span, ty)));
            let Ty::Def(def, _) = self.defs.strip(&base) else { continue };
            for variant in self.defs.variants(*def) {
                let fields = &self.defs.constructor(*variant).fields;
                let meant = fields.iter().filter(|f| f.name == name.name);
                record.uses.extend(meant.map(|f| (name.span, f.span)));
            }
        }
    }

    fn numbered(&self, record: &mut Recorder, ty: &Ty) -> Option<TypeId> {
        match self.unifier.resolve(ty) {
            Ty::Error | Ty::Var(_) => None,
            known => Some(record.number(self.defs, &self.generics, &known)),
        }
    }
}

fn describe(defs: &Defs<'_>, generics: &[Arc<str>], ty: &Ty) -> TypeInfo {
    let text = show(defs, generics, ty);
    let inner = defs.strip(ty);
    let mut fields = Vec::new();
    let mut declared = None;
    if let Ty::Def(def, args) = inner {
        declared = Some(defs.type_def(*def).span);
        if let Some((first, others)) = defs.variants(*def).split_first() {
            // Only what all constructors have can be asked of a value.
            let common = defs.constructor(*first).fields.iter().filter(|field| {
                others.iter().all(|o| defs.constructor(*o).fields.iter().any(|f| f.name == field.name))
            });
            fields.extend(common.map(|f| (f.span, show(defs, generics, &f.ty.substitute(args)))));
        }
    }
    TypeInfo { text, declared, fields, shape: shape(defs, ty), inner: shape(defs, inner) }
}

/// What tells two types apart at first sight.
pub(super) fn shape(defs: &Defs<'_>, ty: &Ty) -> Shape {
    match ty {
        Ty::Param(_) | Ty::Var(_) | Ty::Error => Shape::Any,
        Ty::Bool => Shape::Named("bool".into()),
        Ty::String => Shape::Named("string".into()),
        Ty::BigInt => Shape::Named("bigint".into()),
        Ty::Double => Shape::Named("double".into()),
        Ty::Float => Shape::Named("float".into()),
        Ty::Bit(width) => Shape::Named(format!("bit<{width}>").into()),
        Ty::Signed(width) => Shape::Named(format!("signed<{width}>").into()),
        Ty::Tuple(elements) => Shape::Tuple(elements.len()),
        Ty::Def(def, _) => Shape::Named(Arc::clone(&defs.type_def(*def).name)),
        Ty::Function(function) => Shape::Function(function.params.len()),
    }
}
