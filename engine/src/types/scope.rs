//! Which declaration a name means, seen from a module.

use std::collections::HashMap;
use std::sync::Arc;

use super::defs::{ConstructorId, Defs, FunctionDefId, ModuleDef, ModuleId, RelationDefId, TypeDefId};
use super::error::{Error, NameKind};
use super::suggest::{closest, library_modules, type_of_others};
use crate::stdlib::BUILTIN_MODULES;
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
            let library = BUILTIN_MODULES.iter().find(|(module, _)| *module == name);
            let suggestion = match library {
                Some(_) => None,
                None => closest(&name, aliases.filter(|a| !a.is_empty())),
            };
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
        let from = modules.first().copied();
        let declaring = self.modules.iter().position(|m| names(m).contains_key(&name.name));
        let elsewhere = declaring.and_then(|index| self.way_to(from, ModuleId(index as u32), &name.name));
        let elsewhere = elsewhere.or_else(|| import_library(&name.name, kind));
        let elsewhere = elsewhere.or_else(|| self.other_kind(modules, kind, &name.name));
        let visible = modules.iter().flat_map(|m| names(self.module(*m)).keys().map(|k| k.to_string()));
        let familiar = match kind {
            NameKind::Type => type_of_others(&name.name),
            _ => None,
        };
        let suggestion = familiar.or_else(|| closest(&name.name, visible));
        Error::UnknownName { kind, name: shown(path), span: path.span, suggestion, elsewhere }
    }

    /// How to name what another loaded module declares.
    fn way_to(&self, from: Option<ModuleId>, module: ModuleId, name: &str) -> Option<String> {
        let path = &self.module(module).path;
        if path.is_empty() {
            return None;
        }
        let imports = &self.module(from?).imports;
        Some(match imports.iter().find(|(alias, id)| *id == module && !alias.is_empty()) {
            Some((alias, _)) => format!("It is known as `{}::{name}` here.", alias.join("::")),
            None => format!("Module `{0}` declares it: add `import {0}`.", path.join("::")),
        })
    }

    /// Something else of that name.
    fn other_kind(&self, modules: &[ModuleId], kind: NameKind, name: &str) -> Option<String> {
        let any = |has: fn(&ModuleDef, &str) -> bool| modules.iter().any(|m| has(self.module(*m), name));
        let relation: fn(&ModuleDef, &str) -> bool = |m, name| m.relations.contains_key(name);
        let constructor: fn(&ModuleDef, &str) -> bool = |m, name| m.constructors.contains_key(name);
        let ty: fn(&ModuleDef, &str) -> bool = |m, name| m.types.contains_key(name);
        Some(match kind {
            NameKind::Relation if any(constructor) || any(ty) => {
                format!(
                    "`{name}` is a type: declare `relation {name}s[{name}]`, or meant is another relation."
                )
            }
            NameKind::Constructor | NameKind::Type if any(relation) => {
                format!("`{name}` is a relation of another type: name the type of its records.")
            }
            NameKind::Constructor if any(ty) => {
                format!("`{name}` is a type, not one of its constructors.")
            }
            NameKind::Type if any(constructor) => {
                format!("`{name}` is a constructor: name the type it belongs to.")
            }
            _ => return None,
        })
    }

    /// A module as a reader knows it.
    pub(super) fn module_name(&self, id: ModuleId) -> String {
        let path = &self.module(id).path;
        if path.is_empty() { "the main module".into() } else { path.join("::") }
    }
}

/// How to come to a name of the library that the program does not import.
fn import_library(name: &str, kind: NameKind) -> Option<String> {
    let modules = library_modules(name, kind);
    match modules.as_slice() {
        [] => None,
        [only] => Some(format!("Module `{only}` declares it: add `import {only}`.")),
        [all @ .., last] => {
            let all = all.iter().map(|m| format!("`{m}`")).collect::<Vec<_>>().join(", ");
            Some(format!("Modules {all} and `{last}` declare it: import the one for the type at hand."))
        }
    }
}

/// The text of a path.
pub(super) fn shown(path: &ast::Path) -> String {
    path.segments.iter().map(|s| &*s.name).collect::<Vec<_>>().join("::")
}

/// The modules' part of a path and the name; the parser gives every path a name.
fn split(path: &ast::Path) -> Option<(&[ast::Ident], &ast::Ident)> {
    let (name, prefix) = path.segments.split_last()?;
    Some((prefix, name))
}

fn nameless(path: &ast::Path, kind: NameKind) -> Error {
    Error::UnknownName { kind, name: String::new(), span: path.span, suggestion: None, elsewhere: None }
}
