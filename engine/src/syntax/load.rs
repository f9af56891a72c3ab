//! Programs of several files.

use std::collections::VecDeque;
use std::io;
use std::path::{Path as FilePath, PathBuf};
use std::sync::Arc;

use hashbrown::{HashMap, HashSet};

use crate::diagnostics::Diagnostic;
use crate::source::{SourceMap, Span};

use super::ast::{Import, Module, Path};
use super::error::SyntaxError;
use super::parser::parse;

/// Modules that need no file: dotted path with `::` (`lib::net`) and text. They go before files of the same name.
pub type BuiltinModules<'a> = &'a [(&'a str, &'a str)];

/// Gives the text of a file; `None` if there is no such file.
pub type ReadFile<'a> = &'a dyn Fn(&FilePath) -> Option<io::Result<String>>;

/// Built-in modules every module sees without importing them. The first two cannot be imported by name.
const IMPLICIT: &[&str] = &["ddlog_std", "ddlog_rt", "ddlog_bigint", "ddlog_log", "debug", "internment"];

/// How many of [`IMPLICIT`] must not be imported.
const N_UNNAMED: usize = 2;

/// Reads a program: the main file and, transitively, what it imports.
///
/// Modules are looked for among the built-in ones, then below the main file's directory, then below each directory of
/// `search`. Each is read once; cycles are allowed. The implicit built-in modules come first, `ddlog_std` before all;
/// then the main module, whose path is empty; then the others in the order they were first imported.
pub fn load(
    main: &FilePath,
    search: &[PathBuf],
    builtin: BuiltinModules,
) -> (Vec<Module>, SourceMap, Vec<Diagnostic>) {
    load_with(main, search, builtin, &from_disk)
}

/// As [`load`], with something else than the disk to read files from.
pub fn load_with(
    main: &FilePath,
    search: &[PathBuf],
    builtin: BuiltinModules,
    read: ReadFile,
) -> (Vec<Module>, SourceMap, Vec<Diagnostic>) {
    let directory = main.parent().map(FilePath::to_owned).unwrap_or_default();
    let name = main.display().to_string();
    let mut loader = Loader { read, ..Loader::new(directory, search, builtin) };
    loader.main_name = main.file_stem().map(|stem| stem.to_string_lossy().into_owned());
    loader.implicit();
    match read(main) {
        Some(Ok(text)) => loader.main(&name, &text),
        unread => {
            let error = unread.and_then(Result::err).unwrap_or_else(|| io::ErrorKind::NotFound.into());
            let file = loader.sources.add(name.clone(), "");
            let span = Span { file, start: 0, end: 0 };
            loader.report(SyntaxError::Unreadable { name, reason: error.to_string(), span });
        }
    }
    loader.finish()
}

/// Like [`load`] for a main module that is not in a file; `name` stands in messages. Files are looked for only below
/// the directories of `search`.
pub fn load_text(
    name: &str,
    text: &str,
    search: &[PathBuf],
    builtin: BuiltinModules,
) -> (Vec<Module>, SourceMap, Vec<Diagnostic>) {
    let mut loader = Loader { search: search.to_vec(), ..Loader::new(PathBuf::new(), &[], builtin) };
    loader.implicit();
    loader.main(name, text);
    loader.finish()
}

/// Adds a text to the main module of a loaded program, and what it imports that is not there yet. Modules are looked for
/// among the built-in ones, then below `directories`.
///
/// Gives what is wrong with it; `modules` then may be incomplete.
pub fn load_more(
    name: &str,
    text: &str,
    directories: &[PathBuf],
    builtin: BuiltinModules,
    modules: &mut Vec<Module>,
    sources: &mut SourceMap,
) -> Vec<Diagnostic> {
    let mut loader = Loader {
        search: directories.to_vec(),
        sources: std::mem::take(sources),
        modules: std::mem::take(modules),
        ..Loader::new(PathBuf::new(), &[], builtin)
    };
    loader.known = loader.modules.iter().map(|module| module.path.clone()).collect();
    let file = loader.sources.add(name, text);
    let (mut more, diagnostics) = parse(file, text);
    loader.diagnostics.extend(diagnostics);
    let main = loader.modules.iter().position(|module| module.path.is_empty());
    if let Some(main) = main {
        // What is imported already need not be imported again.
        let known: Vec<Vec<Arc<str>>> =
            loader.modules[main].imports.iter().map(|import| segments(&import.path)).collect();
        more.imports.retain(|import| import.alias.is_some() || !known.contains(&segments(&import.path)));
        loader.imports(&more);
        loader.modules[main].imports.append(&mut more.imports);
        loader.modules[main].items.append(&mut more.items);
    }
    let (loaded, read, diagnostics) = loader.finish();
    (*modules, *sources) = (loaded, read);
    diagnostics
}

struct Loader<'a> {
    search: Vec<PathBuf>,
    builtin: BuiltinModules<'a>,
    read: ReadFile<'a>,
    main_name: Option<String>,
    sources: SourceMap,
    modules: Vec<Module>,
    diagnostics: Vec<Diagnostic>,
    known: HashSet<Vec<Arc<str>>>,
    /// Imported and not yet read.
    waiting: VecDeque<Path>,
}

impl<'a> Loader<'a> {
    fn new(directory: PathBuf, search: &[PathBuf], builtin: BuiltinModules<'a>) -> Self {
        Loader {
            search: std::iter::once(directory).chain(search.iter().cloned()).collect(),
            builtin,
            read: &from_disk,
            main_name: None,
            sources: SourceMap::default(),
            modules: Vec::new(),
            diagnostics: Vec::new(),
            known: HashSet::new(),
            waiting: VecDeque::new(),
        }
    }

    fn implicit(&mut self) {
        for &name in IMPLICIT {
            if let Some(text) = self.builtin_text(name) {
                let path = vec![Arc::from(name)];
                self.known.insert(path.clone());
                self.module(path, &builtin_name(name), text);
            }
        }
    }

    fn main(&mut self, name: &str, text: &str) {
        self.module(Vec::new(), name, text);
    }

    fn finish(mut self) -> (Vec<Module>, SourceMap, Vec<Diagnostic>) {
        while let Some(path) = self.waiting.pop_front() {
            self.imported(&path);
        }
        (self.modules, self.sources, self.diagnostics)
    }

    fn module(&mut self, path: Vec<Arc<str>>, name: &str, text: &str) {
        let file = self.sources.add(name, text);
        let (mut module, diagnostics) = parse(file, text);
        self.diagnostics.extend(diagnostics);
        module.path = path;
        self.imports(&module);
        self.modules.push(module);
    }

    fn imports(&mut self, module: &Module) {
        let mut seen: HashMap<Vec<Arc<str>>, Span> = HashMap::new();
        for import in &module.imports {
            let path = segments(&import.path);
            if let Some(error) = self.refused(module, import, &path) {
                self.report(error);
            } else if let Some(&first) = seen.get(&path) {
                let module = import.path.to_string();
                self.report(SyntaxError::DuplicateImport { module, first, span: import.span });
            } else {
                seen.insert(path.clone(), import.span);
                if self.known.insert(path) {
                    self.waiting.push_back(import.path.clone());
                }
            }
        }
    }

    fn refused(&self, module: &Module, import: &Import, path: &[Arc<str>]) -> Option<SyntaxError> {
        let (name, span) = (import.path.to_string(), import.path.span);
        if IMPLICIT[..N_UNNAMED].contains(&name.as_str()) && !is_implicit(module) {
            return Some(SyntaxError::ImplicitImport { module: name, span });
        }
        let main = path.len() == 1 && self.main_name.as_deref() == path.first().map(|name| &**name);
        if main || path == module.path {
            return Some(SyntaxError::SelfImport { module: name, span });
        }
        None
    }

    fn imported(&mut self, path: &Path) {
        let name = path.to_string();
        if let Some(text) = self.builtin_text(&name) {
            return self.module(segments(path), &builtin_name(&name), text);
        }
        let relative: PathBuf = path.segments.iter().map(|segment| &*segment.name).collect();
        let candidates: Vec<PathBuf> =
            self.search.iter().map(|directory| directory.join(&relative).with_extension("dl")).collect();
        let found = candidates.iter().find_map(|file| Some((file, (self.read)(file)?)));
        let Some((file, text)) = found else {
            let searched = candidates.iter().map(|file| format!("`{}`", file.display())).collect();
            return self.report(SyntaxError::ModuleNotFound { module: name, searched, span: path.span });
        };
        match text {
            Ok(text) => self.module(segments(path), &file.display().to_string(), &text),
            Err(error) => {
                let name = file.display().to_string();
                self.report(SyntaxError::Unreadable { name, reason: error.to_string(), span: path.span });
            }
        }
    }

    fn builtin_text(&self, name: &str) -> Option<&'a str> {
        self.builtin.iter().find(|(path, _)| *path == name).map(|&(_, text)| text)
    }

    fn report(&mut self, error: SyntaxError) {
        self.diagnostics.push(error.into());
    }
}

fn from_disk(file: &FilePath) -> Option<io::Result<String>> {
    match std::fs::read_to_string(file) {
        Err(_) if !file.is_file() => None,
        read => Some(read),
    }
}

fn is_implicit(module: &Module) -> bool {
    matches!(&module.path[..], [name] if IMPLICIT.contains(&&**name))
}

fn segments(path: &Path) -> Vec<Arc<str>> {
    path.segments.iter().map(|segment| Arc::clone(&segment.name)).collect()
}

/// How messages name the source of a built-in module.
fn builtin_name(module: &str) -> String {
    format!("<{module}>")
}
