//! Bodies of functions, keys and indexes.

use std::sync::Arc;

use super::defs::{CheckedFunction, Defs, FunctionDefId, IndexDef, ModuleId, RelationDefId};
use super::error::Error;
use super::infer::{Expected, Infer, PatternMode};
use super::ty::Ty;
use crate::source::Span;
use crate::syntax::ast;

/// Checks all functions that have a body.
pub(super) fn check_functions(defs: &mut Defs<'_>, errors: &mut Vec<Error>) {
    for index in 0..defs.functions.len() {
        let id = FunctionDefId(index as u32);
        if let Some(body) = &defs.function(id).ast.body {
            let checked = check_function(defs, errors, id, body);
            defs.functions[index].body = Some(checked);
        }
    }
}

fn check_function(
    defs: &mut Defs<'_>,
    errors: &mut Vec<Error>,
    id: FunctionDefId,
    body: &ast::Expr,
) -> CheckedFunction {
    let function = defs.function(id);
    let (module, generics, ret) = (function.module, function.generics.clone(), function.ret.clone());
    let errors_before = errors.len();
    let params: Vec<(ast::Ident, bool, Ty)> =
        function.params.iter().map(|p| (p.name.clone(), p.mutable, p.ty.clone())).collect();
    let ret_span = function.ast.ret.as_ref().map_or(function.ast.name.span, |r| r.span);
    let mut infer = Infer::new(defs, errors, module, generics);
    for (name, mutable, ty) in params {
        let local = infer.declare(&name, ty);
        infer.body.locals[local.0 as usize].assignable = mutable;
    }
    infer.returns.push(ret.clone());
    let mut value = infer.check(body, &Expected::because(ret, ret_span, "the function gives this"));
    infer.solve();
    infer.finish_frame();
    infer.finish(&mut value);
    infer.finish_uses();
    let locals = infer.body;
    one_for_option(errors, errors_before, body, ret_span);
    CheckedFunction { body: locals, value }
}

/// A body that takes Options apart with `?` and gives an Option, in a function declared to give a Result, is one mistake.
fn one_for_option(errors: &mut Vec<Error>, from: usize, body: &ast::Expr, declared: Span) {
    let ast::ExprKind::Block(statements, Some(last)) = &body.kind else { return };
    let is_option = |ty: &str| ty.starts_with("Option<");
    let mut questions = Vec::new();
    let mut given = None;
    for error in &errors[from..] {
        match error {
            Error::TryTypes { value, ret, span } if is_option(value) && ret.starts_with("Result<") => {
                questions.push(*span);
            }
            Error::Mismatch { expected, found, span, why: Some((why, _)), .. }
                if *why == declared && is_option(found) =>
            {
                given = Some((*span, expected.clone()));
            }
            _ => {}
        }
    }
    let (Some((value, ret)), false) = (given, questions.is_empty()) else { return };
    let kept = errors.split_off(from).into_iter().filter(|error| {
        let (_, span) = error.code();
        span != value && !questions.contains(&span)
    });
    let kept: Vec<Error> = kept.collect();
    errors.extend(kept);
    let span = statements.first().map_or(last.span, |first| first.span.to(last.span));
    errors.push(Error::TryGivesOption { ret, span, questions, value, declared });
}

/// Checks all primary keys.
pub(super) fn check_keys(defs: &mut Defs<'_>, errors: &mut Vec<Error>) {
    for index in 0..defs.relations.len() {
        let relation = &defs.relations[index];
        let (ast, module, record) = (relation.ast, relation.module, relation.record.clone());
        let Some((name, key)) = &ast.primary_key else { continue };
        if ast.role != ast::RelationRole::Input {
            errors.push(Error::KeyOnlyInput { span: key.span, declared: relation.span });
        }
        if ast.semantics != ast::RelationSemantics::Relation {
            errors.push(Error::KeyOfBag { span: key.span, declared: relation.span });
        }
        let mut infer = Infer::new(defs, errors, module, Vec::new());
        let local = infer.declare(name, record);
        infer.body.locals[local.0 as usize].assignable = false;
        let mut key = infer.infer(key);
        infer.solve();
        infer.finish_frame();
        infer.finish(&mut key);
        infer.finish_uses();
        let body = infer.body;
        defs.relations[index].primary_key = Some((body, key));
    }
}

/// Checks an index.
pub(super) fn check_index(
    defs: &mut Defs<'_>,
    errors: &mut Vec<Error>,
    module: ModuleId,
    index: &ast::Index,
) -> Option<IndexDef> {
    let mut infer = Infer::new(defs, errors, module, Vec::new());
    // The pattern binds the index's fields: they are variables that exist and get their value there.
    let mut fields = Vec::new();
    for (i, field) in index.fields.iter().enumerate() {
        if let Some(first) = index.fields[..i].iter().find(|f| f.name.name == field.name.name) {
            infer.error(Error::Duplicate {
                kind: super::error::NameKind::Field,
                name: field.name.name.to_string(),
                span: field.name.span,
                first: first.name.span,
            });
        }
        let ty = infer.written_type(&field.ty);
        fields.push((infer.new_local(&field.name.name, ty, field.name.span), field.name.clone()));
    }
    let Some((relation, mut pattern)) = infer.index_pattern(&index.atom, &fields) else {
        infer.note_body();
        return None;
    };
    infer.solve();
    infer.finish_frame();
    infer.finish_pattern(&mut pattern);
    infer.finish_uses();
    let body = infer.body;
    let mut name: Vec<&str> = defs.module(module).path.iter().map(|s| &**s).collect();
    name.push(&index.name.name);
    let name: Arc<str> = name.join("::").into();
    Some(IndexDef { name, relation, fields: index.fields.len() as u32, body, pattern, span: index.name.span })
}

impl Infer<'_, '_> {
    fn index_pattern(
        &mut self,
        atom: &ast::Atom,
        fields: &[(super::hir::LocalId, ast::Ident)],
    ) -> Option<(RelationDefId, super::hir::HPattern)> {
        let (relation, pattern) = self.atom(atom, &mut PatternMode::Index { fields: fields.to_vec() })?;
        let what = match self.defs.relation(relation).ast.semantics {
            ast::RelationSemantics::Stream => Some("a stream"),
            _ if atom.delay != 0 => Some("a delayed relation"),
            _ if atom.differential => Some("the change of a relation"),
            _ => None,
        };
        if let Some(what) = what {
            self.error(Error::IndexOver { what, span: atom.span });
        }
        for (local, name) in fields {
            let mut used = false;
            pattern.bound(&mut |bound| used |= bound == *local);
            if !used {
                self.error(Error::IndexField { name: name.name.to_string(), span: name.span });
            }
        }
        Some((relation, pattern))
    }
}
