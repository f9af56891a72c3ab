//! Functions, relations and imports that nothing uses.

use std::collections::HashSet;

use super::{Checked, Warning};
use crate::source::Span;
use crate::syntax::ast::{self, RelationRole};
use crate::types::defs::{FunctionDefId, HClauseKind, ModuleId, RelationDefId};
use crate::types::hir::Body;

pub(super) fn find(program: &Checked<'_, '_>, modules: &[ast::Module], out: &mut Vec<Warning>) {
    functions(program, out);
    relations(program, out);
    imports(program, modules, out);
}

/// Functions that no rule, key or index comes to.
fn functions(program: &Checked<'_, '_>, out: &mut Vec<Warning>) {
    let defs = program.defs;
    let mut used: HashSet<FunctionDefId> = HashSet::new();
    let mut waiting: Vec<FunctionDefId> = Vec::new();
    let keys = defs.relations.iter().filter_map(|r| r.primary_key.as_ref()).map(|(body, _)| body);
    let bodies =
        program.rules.iter().map(|r| &r.body).chain(program.indexes.iter().map(|i| &i.body)).chain(keys);
    bodies.for_each(|body| waiting.extend(callees(body)));
    // What a library offers is used by others.
    let libraries = (0..defs.functions.len() as u32).map(FunctionDefId);
    waiting.extend(libraries.filter(|f| program.libraries.contains(&defs.function(*f).module)));
    while let Some(function) = waiting.pop() {
        if used.insert(function)
            && let Some(checked) = &defs.function(function).body
        {
            waiting.extend(callees(&checked.body));
        }
    }
    for id in program.functions().filter(|id| !used.contains(id)) {
        let ident = &defs.function(id).ast.name;
        // Texts are made of values whenever somebody comes to need them.
        if !ident.name.starts_with('_') && &*ident.name != "to_string" {
            out.push(Warning::UnusedFunction { name: ident.name.to_string(), span: ident.span });
        }
    }
}

fn callees(body: &Body) -> impl Iterator<Item = FunctionDefId> {
    body.uses.iter().filter_map(|u| u.function)
}

fn relations(program: &Checked<'_, '_>, out: &mut Vec<Warning>) {
    let n_relations = program.defs.relations.len();
    let mut read: Vec<Option<Span>> = vec![None; n_relations];
    let mut filled: Vec<Option<Span>> = vec![None; n_relations];
    for index in program.indexes {
        read[index.relation.0 as usize] = Some(index.span);
    }
    for rule in program.rules {
        for clause in &rule.clauses {
            if let HClauseKind::Atom { relation, .. } | HClauseKind::Not { relation, .. } = &clause.kind {
                read[relation.0 as usize].get_or_insert(clause.span);
            }
        }
        for head in &rule.heads {
            filled[head.relation.0 as usize].get_or_insert(head.span);
        }
    }
    for index in 0..n_relations {
        let definition = program.defs.relation(RelationDefId(index as u32));
        let name = &definition.ast.name.name;
        if !program.own.contains(&definition.module) || name.starts_with('_') {
            continue;
        }
        let (relation, span) = (name.to_string(), definition.span);
        match (definition.ast.role, read[index], filled[index]) {
            (RelationRole::Internal, None, filled) => out.push(Warning::NeverRead { relation, span, filled }),
            (RelationRole::Internal | RelationRole::Output, Some(read), None) => {
                out.push(Warning::NeverFilled { relation, span, read });
            }
            _ => {}
        }
    }
}

/// Imports of modules of which no name is used and that do nothing by themselves.
fn imports(program: &Checked<'_, '_>, modules: &[ast::Module], out: &mut Vec<Warning>) {
    let used = program.defs.used_modules.borrow();
    for (index, module) in modules.iter().enumerate() {
        let id = ModuleId(index as u32);
        // A library may import what its users would otherwise have to.
        if !program.own.contains(&id) || module.items.is_empty() {
            continue;
        }
        for import in &module.imports {
            let path: Vec<_> = import.path.segments.iter().map(|s| s.name.clone()).collect();
            let Some(target) = modules.iter().position(|m| m.path == path) else { continue };
            let target = ModuleId(target as u32);
            if !used.contains(&(id, target)) && !acts(program, target) {
                let names: Vec<&str> = path.iter().map(|s| &**s).collect();
                out.push(Warning::UnusedImport { module: names.join("::"), span: import.path.span });
            }
        }
    }
}

/// Whether a module, or one that it imports, declares relations or rules.
fn acts(program: &Checked<'_, '_>, module: ModuleId) -> bool {
    let mut seen = HashSet::from([module]);
    let mut waiting = vec![module];
    while let Some(module) = waiting.pop() {
        if !program.libraries.contains(&module) {
            return true;
        }
        let imports = program.defs.module(module).imports.iter().filter(|(path, _)| !path.is_empty());
        // What every module sees without importing it is no reason.
        let written = imports.filter(|(path, _)| {
            !matches!(path.as_slice(), [only] if crate::stdlib::IMPLICIT_MODULES.contains(&&**only))
        });
        waiting.extend(written.map(|(_, id)| *id).filter(|id| seen.insert(*id)));
    }
    false
}
