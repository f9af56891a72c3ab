//! The draft and how it changes: all of a change or none of it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::remove::{Target, remove};
use super::rules::{is_rule, own};
use crate::compile::{Refused, checked};
use crate::diagnostics::Diagnostic;
use crate::ir::Program;
use crate::source::{FileId, SourceMap, Span};
use crate::stdlib::BUILTIN_MODULES;
use crate::syntax::ast::{ItemKind, Module};
use crate::syntax::{self, load_more};

/// A program that is checked after every change. It is always one that could run.
#[derive(Clone, Debug)]
pub struct Draft {
    pub(super) modules: Vec<Module>,
    pub(super) sources: SourceMap,
    /// Where imports are looked for.
    directories: Vec<PathBuf>,
    /// Files up to here were loaded, those behind were typed.
    pub(super) loaded: usize,
    /// Texts added so far, also those that were refused or are gone.
    typed: u32,
    /// Rules by place. A number is never given twice.
    pub(super) numbers: BTreeMap<(FileId, u32), u32>,
    next_number: u32,
    /// What was taken out of loaded files.
    pub(super) removed: Vec<Span>,
    program: Arc<Program>,
    warnings: Vec<Diagnostic>,
}

/// What a change added, by full names.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Added {
    /// Numbers of rules.
    pub rules: Vec<u32>,
    /// Relations.
    pub relations: Vec<String>,
    /// Types.
    pub types: Vec<String>,
    /// Functions.
    pub functions: Vec<String>,
    /// Indexes.
    pub indexes: Vec<String>,
    /// Modules that are imported now.
    pub modules: Vec<String>,
    /// Warnings about what was added; their places are in [`Draft::sources`].
    pub warnings: Vec<Diagnostic>,
}

impl Draft {
    /// Reads a program from a file and what it imports, beside it and then in `search`.
    ///
    /// # Errors
    /// All that is wrong with it.
    pub fn load(path: &Path, search: &[PathBuf]) -> Result<Draft, Refused> {
        let beside = path.parent().map(Path::to_owned).unwrap_or_default();
        let directories = std::iter::once(beside).chain(search.iter().cloned()).collect();
        Draft::new(syntax::load(path, search, BUILTIN_MODULES), directories)
    }

    /// As [`Draft::load`], for a main module that is not in a file; `name` stands for it in messages.
    ///
    /// # Errors
    /// All that is wrong with it.
    pub fn text(name: &str, text: &str, search: &[PathBuf]) -> Result<Draft, Refused> {
        Draft::new(syntax::load_text(name, text, search, BUILTIN_MODULES), search.to_vec())
    }

    /// A program of nothing. Imports are looked for in `search`.
    ///
    /// # Errors
    /// None that an author could make: the library checks.
    pub fn empty(search: &[PathBuf]) -> Result<Draft, Refused> {
        Draft::text("<shell>", "", search)
    }

    fn new(
        (modules, sources, diagnostics): (Vec<Module>, SourceMap, Vec<Diagnostic>),
        directories: Vec<PathBuf>,
    ) -> Result<Draft, Refused> {
        let (program, warnings) = match checked(&modules, &sources, diagnostics, None) {
            Ok(checked) => checked,
            Err(diagnostics) => return Err((sources, diagnostics)),
        };
        let mut draft = Draft {
            loaded: sources.len(),
            modules,
            sources,
            directories,
            typed: 0,
            numbers: BTreeMap::new(),
            next_number: 1,
            removed: Vec::new(),
            program: Arc::new(program),
            warnings,
        };
        draft.number_rules();
        Ok(draft)
    }

    /// Adds items to the main module: relations, types, functions, indexes, imports, rules.
    ///
    /// # Errors
    /// What is wrong with them; nothing has changed then. Places in what was typed are in a file `<shell:N>`.
    pub fn add(&mut self, text: &str) -> Result<Added, Refused> {
        self.change(&[], text)
    }

    /// As [`Self::add`], for the text of a file: places in it are in `name`.
    ///
    /// # Errors
    /// What is wrong with it; nothing has changed then.
    pub fn add_file(&mut self, name: &str, text: &str) -> Result<Added, Refused> {
        self.change_as(name, &[], text)
    }

    /// Takes things out. A relation goes with the rules of its module that derive it, and with what `apply` puts there.
    ///
    /// # Errors
    /// The places where others still use what was to be removed, or what is not there. Nothing has changed then.
    pub fn remove(&mut self, what: &[Target]) -> Result<(), Refused> {
        self.change(what, "").map(drop)
    }

    /// Takes things out and adds others in their place, as one change.
    ///
    /// # Errors
    /// As for [`Self::add`] and [`Self::remove`]; nothing has changed then.
    pub fn change(&mut self, what: &[Target], text: &str) -> Result<Added, Refused> {
        self.typed += u32::from(!text.is_empty());
        self.change_as(&format!("<shell:{}>", self.typed), what, text)
    }

    fn change_as(&mut self, name: &str, what: &[Target], text: &str) -> Result<Added, Refused> {
        let mut next = Next {
            modules: self.modules.clone(),
            sources: self.sources.clone(),
            removed: self.removed.clone(),
        };
        let outcome = self.try_change(&mut next, what, name, text);
        match outcome {
            Ok((program, warnings)) => {
                let before = std::mem::replace(&mut self.modules, next.modules);
                self.sources = next.sources;
                self.removed = next.removed;
                let known = std::mem::replace(&mut self.warnings, warnings);
                self.program = Arc::new(program);
                self.number_rules();
                let mut added = self.added(&before);
                added.warnings = self.warnings.iter().filter(|one| !known.contains(one)).cloned().collect();
                Ok(added)
            }
            Err(diagnostics) => Err((next.sources, diagnostics)),
        }
    }

    /// The program as it is now, ready to run.
    pub fn program(&self) -> Arc<Program> {
        self.program.clone()
    }

    /// The program as it is now with its warnings. Never refused: a change that would make it so is.
    ///
    /// # Errors
    /// None.
    pub fn compile(&self) -> Result<(Program, Vec<Diagnostic>), Refused> {
        Ok(((*self.program).clone(), self.warnings.clone()))
    }

    /// Warnings about the program as it is now.
    pub fn warnings(&self) -> &[Diagnostic] {
        &self.warnings
    }

    /// Its files, and then what was typed, for places in diagnostics.
    pub fn sources(&self) -> &SourceMap {
        &self.sources
    }

    fn try_change(
        &self,
        next: &mut Next,
        what: &[Target],
        name: &str,
        text: &str,
    ) -> Result<(Program, Vec<Diagnostic>), Vec<Diagnostic>> {
        remove(self, &mut next.modules, &mut next.removed, &mut next.sources, what)?;
        let mut diagnostics = Vec::new();
        if !text.is_empty() {
            let Next { modules, sources, .. } = &mut *next;
            diagnostics = load_more(name, text, &self.directories, BUILTIN_MODULES, modules, sources);
        }
        checked(&next.modules, &next.sources, diagnostics, None)
            .map_err(|found| super::remove::in_use(what, text, found))
    }

    fn number_rules(&mut self) {
        for item in own(&self.modules).flat_map(|module| &module.items).filter(|item| is_rule(item)) {
            self.numbers.entry((item.span.file, item.span.start)).or_insert_with(|| {
                self.next_number += 1;
                self.next_number - 1
            });
        }
    }

    fn added(&self, before: &[Module]) -> Added {
        let places: BTreeSet<(FileId, u32)> =
            before.iter().flat_map(|m| &m.items).map(|item| (item.span.file, item.span.start)).collect();
        let mut added = Added::default();
        let known: Vec<&[Arc<str>]> = before.iter().map(|module| module.path.as_slice()).collect();
        for module in &self.modules {
            if !known.contains(&module.path.as_slice()) {
                added.modules.push(module.path.join("::"));
                continue;
            }
            for item in &module.items {
                let place = (item.span.file, item.span.start);
                if places.contains(&place) {
                    continue;
                }
                match &item.kind {
                    ItemKind::Rule(_) | ItemKind::For(_) | ItemKind::Apply(_) => {
                        added.rules.extend(self.numbers.get(&place));
                    }
                    ItemKind::Relation(relation) => added.relations.push(relation.name.name.to_string()),
                    ItemKind::Typedef(typedef) => added.types.push(typedef.name.name.to_string()),
                    ItemKind::Function(function) => added.functions.push(function.name.name.to_string()),
                    ItemKind::Index(index) => added.indexes.push(index.name.name.to_string()),
                    ItemKind::Transformer(_) => {}
                }
            }
        }
        added
    }
}

/// A draft that may not come to be.
struct Next {
    modules: Vec<Module>,
    sources: SourceMap,
    removed: Vec<Span>,
}
