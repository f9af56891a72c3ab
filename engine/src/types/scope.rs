//! Which declaration a name means, seen from a module.

use std::collections::HashMap;
use std::sync::Arc;

use super::defs::{ConstructorId, Defs, FunctionDefId, ModuleDef, ModuleId, RelationDefId, TypeDefId};
use super::error::{Error, NameKind};
use crate::syntax::ast;

impl Defs<'_> {
    /// The type of that name.
    pub(super) fn find_type(&self, from: ModuleId, path: &ast::Path) -> Result<TypeDefId, Error> {
        let found = self.find(from, path, NameKind::Type, |m| &m.types);
        found.inspect(|id| self.note_path(path, self.type_def(*id).span))
    }

    /// The constructor of that name.
    pub(super) fn find_constructor(&self, from: ModuleId, path: &ast::Path) -> Result<ConstructorId, Error> {
        let found = self.find(from, path, NameKind::Constructor, |m| &m.constructors);
        found.inspect(|id| self.note_path(path, self.constructor(*id).span))
    }

    /// The relation of that name.
    pub(super) fn find_relation(&self, from: ModuleId, path: &ast::Path) -> Result<RelationDefId, Error> {
        let found = self.find(from, path, NameKind::Relation, |m| &m.relations);
        found.inspect(|id| self.note_path(path, self.relation(*id).span))
    }

    /// All functions of that name, of all modules seen; never empty.
    pub(super) fn find_functions(
        &self,
        from: ModuleId,
        path: &ast::Path,
    ) -> Result<Vec<FunctionDefId>, Error> {
        let (prefix, name) = split(path).ok_or_else(|| nameless(path, NameKind::Function))?;
        let modules = self.seen(from, path, prefix)?;
        let found: Vec<FunctionDefId> = modules
            .iter()
            .filter_map(|m| self.module(*m).functions.get(&name.name))
            .flatten()
            .copied()
            .collect();
        if found.is_empty() {
            return Err(self.unknown(path, NameKind::Function, &modules, |m| &m.functions));
        }
        Ok(found)
    }

    fn find<T: Copy + PartialEq>(
        &self,
        from: ModuleId,
        path: &ast::Path,
        kind: NameKind,
        names: impl Fn(&ModuleDef) -> &HashMap<Arc<str>, T>,
    ) -> Result<T, Error> {
        let (prefix, name) = split(path).ok_or_else(|| nameless(path, kind))?;
        let modules = self.seen(from, path, prefix)?;
        let mut found = modules.iter().filter_map(|m| Some((*m, *names(self.module(*m)).get(&name.name)?)));
        let Some((module, first)) = found.next() else {
            return Err(self.unknown(path, kind, &modules, names));
        };
        // A module's own declaration comes first; two imported ones of one name are a question to the author.
        if module != from
            && let Some((other, _)) = found.find(|(_, id)| *id != first)
        {
            return Err(Error::AmbiguousName {
                kind,
                name: shown(path),
                span: path.span,
                modules: [self.module_name(module), self.module_name(other)],
            });
        }
        self.used_modules.borrow_mut().insert((from, module));
        Ok(first)
    }

    /// The modules a prefix may mean; the module itself and all it imports without alias if there is none.
    fn seen(&self, from: ModuleId, path: &ast::Path, prefix: &[ast::Ident]) -> Result<Vec<ModuleId>, Error> {
        let module = self.module(from);
        let mut seen = Vec::new();
        if prefix.is_empty() {
            seen.push(from);
        }
        let matches = |alias: &[Arc<str>]| {
            alias.len() == prefix.len() && alias.iter().zip(prefix).all(|(a, p)| *a == p.name)
        };
        for (alias, id) in &module.imports {
            if matches(alias) && !seen.contains(id) {
                self.note_prefix(prefix, *id);
                seen.push(*id);
            }
        }
        if seen.is_empty() {
            let prefix: Vec<&str> = prefix.iter().map(|p| &*p.name).collect();
            let name = prefix.join("::");
            let aliases = module.imports.iter().map(|(alias, _)| alias.join("::"));
            let suggestion = closest(&name, aliases.filter(|a| !a.is_empty()));
            return Err(Error::UnknownModule { name, span: path.span, suggestion });
        }
        Ok(seen)
    }

    fn unknown<T>(
        &self,
        path: &ast::Path,
        kind: NameKind,
        modules: &[ModuleId],
        names: impl Fn(&ModuleDef) -> &HashMap<Arc<str>, T>,
    ) -> Error {
        let Some((_, name)) = split(path) else { return nameless(path, kind) };
        let elsewhere = self.modules.iter().find(|m| names(m).contains_key(&name.name));
        let elsewhere = elsewhere.filter(|m| !m.path.is_empty()).map(|m| m.path.join("::"));
        let visible = modules.iter().flat_map(|m| names(self.module(*m)).keys().map(|k| k.to_string()));
        let suggestion = closest(&name.name, visible);
        Error::UnknownName { kind, name: shown(path), span: path.span, suggestion, elsewhere }
    }

    /// A module as a reader knows it.
    pub(super) fn module_name(&self, id: ModuleId) -> String {
        let path = &self.module(id).path;
        if path.is_empty() { "the main module".into() } else { path.join("::") }
    }
}

/// The text of a path.
pub(super) fn shown(path: &ast::Path) -> String {
    path.segments.iter().map(|s| &*s.name).collect::<Vec<_>>().join("::")
}

/// The name among `candidates` that was probably meant: few typing errors away.
pub(super) fn closest(name: &str, candidates: impl Iterator<Item = String>) -> Option<String> {
    let limit = name.chars().count() / 3;
    candidates
        .map(|candidate| (distance(name, &candidate), candidate))
        .filter(|(distance, _)| *distance <= limit)
        .min()
        .map(|(_, candidate)| candidate)
}

/// The modules' part of a path and the name; the parser gives every path a name.
fn split(path: &ast::Path) -> Option<(&[ast::Ident], &ast::Ident)> {
    let (name, prefix) = path.segments.split_last()?;
    Some((prefix, name))
}

fn nameless(path: &ast::Path, kind: NameKind) -> Error {
    Error::UnknownName { kind, name: String::new(), span: path.span, suggestion: None, elsewhere: None }
}

/// Edits between two names: insert, delete, replace; case counts as nothing.
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.to_lowercase().chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, ca) in a.to_lowercase().chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, cb) in b.iter().enumerate() {
            let replaced = diagonal + usize::from(ca != *cb);
            diagonal = row[j + 1];
            row[j + 1] = replaced.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_typing_error_finds_the_name() {
        let names = || ["Port".to_owned(), "Switch".to_owned(), "Router".to_owned()].into_iter();
        assert_eq!(closest("Swich", names()), Some("Switch".into()));
        assert_eq!(closest("switch", names()), Some("Switch".into()));
        assert_eq!(closest("Chassis", names()), None);
    }
}
