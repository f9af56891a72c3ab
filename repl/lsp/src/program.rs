//! A program as last analysed, and places in it.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use lsp_types::{Location, Position, Range, Uri};
use weir_engine::compile::{Analysis, analyze};
use weir_engine::source::{FileId, Span};
use weir_engine::types::{Definition, DefinitionId, Index, ModuleNumber};

use crate::documents::Documents;
use crate::options::Options;
use crate::position::{Encoding, Lines};
use crate::uri;

/// One main file and all that is known of its program.
pub(crate) struct Program {
    pub(crate) main: PathBuf,
    pub(crate) analysis: Analysis,
    /// How long the analysis took.
    pub(crate) took: Duration,
    encoding: Encoding,
    files: HashMap<PathBuf, FileId>,
    lines: HashMap<FileId, Lines>,
    /// As the editor writes open texts' names.
    uris: HashMap<FileId, Uri>,
}

/// A place in a program that was asked about.
#[derive(Clone, Copy)]
pub(crate) struct Place<'p> {
    pub(crate) program: &'p Program,
    pub(crate) file: FileId,
    pub(crate) offset: u32,
}

impl Program {
    /// Reads and checks a program; open texts come before files.
    pub(crate) fn analyse(main: &Path, documents: &Documents, options: &Options) -> Program {
        Program::analyse_with(main, documents, options, &HashMap::new())
    }

    /// The same with these texts in place of what files and open texts hold.
    pub(crate) fn analyse_with(
        main: &Path,
        documents: &Documents,
        options: &Options,
        texts: &HashMap<PathBuf, String>,
    ) -> Program {
        let started = Instant::now();
        let analysis = analyze(main, &options.search, &|path| match texts.get(path) {
            Some(text) => Some(Ok(text.clone())),
            None => documents.read(path),
        });
        let mut program = Program {
            main: main.to_owned(),
            analysis,
            took: started.elapsed(),
            encoding: options.encoding,
            files: HashMap::new(),
            lines: HashMap::new(),
            uris: HashMap::new(),
        };
        for module in &program.analysis.modules {
            let source = program.analysis.sources.file(module.file);
            let path = match program.is_library(module.file) {
                true => library_path(&source.name, options.library.as_deref()),
                false => Some(PathBuf::from(&source.name)),
            };
            let Some(path) = path else { continue };
            program.lines.insert(module.file, Lines::new(&source.text));
            if let Some(uri) = documents.get(&path).map(|d| d.uri.clone()).or_else(|| uri::from_path(&path)) {
                program.uris.insert(module.file, uri);
            }
            program.files.insert(path, module.file);
        }
        program
    }

    /// Whether a file cannot be read as a whole.
    pub(crate) fn has_syntax_errors(&self, file: FileId) -> bool {
        self.analysis.diagnostics.iter().any(|d| d.primary.span.file == file && d.code.starts_with("E00"))
    }

    /// Whether a module it imports was not found.
    pub(crate) fn misses_modules(&self) -> bool {
        let modules = &self.analysis.modules;
        let known = |path: &str| modules.iter().any(|m| m.path.join("::") == path);
        modules.iter().flat_map(|m| &m.imports).any(|import| !known(&import.path.to_string()))
    }

    pub(crate) fn index(&self) -> &Index {
        &self.analysis.index
    }

    pub(crate) fn definition(&self, id: DefinitionId) -> &Definition {
        self.analysis.index.definition(id)
    }

    /// Whether a file is part of the language's own library.
    pub(crate) fn is_library(&self, file: FileId) -> bool {
        let module = self.module_of(file);
        module.is_some_and(|m| self.analysis.index.module(m).library)
    }

    pub(crate) fn module_of(&self, file: FileId) -> Option<ModuleNumber> {
        self.analysis.index.module_of(file)
    }

    /// The files of the program, without the library's.
    pub(crate) fn own_files(&self) -> impl Iterator<Item = (&Path, FileId)> {
        let files = self.files.iter().map(|(path, file)| (path.as_path(), *file));
        files.filter(|(_, file)| !self.is_library(*file))
    }

    /// A file of the program by path.
    pub(crate) fn file(&self, path: &Path) -> Option<FileId> {
        self.files.get(path).copied()
    }

    /// Where a file is.
    pub(crate) fn path(&self, file: FileId) -> Option<&Path> {
        self.files.iter().find(|(_, f)| **f == file).map(|(path, _)| path.as_path())
    }

    pub(crate) fn text(&self, file: FileId) -> &str {
        &self.analysis.sources.file(file).text
    }

    pub(crate) fn uri(&self, file: FileId) -> Option<&Uri> {
        self.uris.get(&file)
    }

    pub(crate) fn offset(&self, file: FileId, position: Position) -> Option<u32> {
        Some(self.lines.get(&file)?.offset(self.text(file), position, self.encoding))
    }

    pub(crate) fn range(&self, span: Span) -> Range {
        match self.lines.get(&span.file) {
            Some(lines) => lines.range(self.text(span.file), span.start, span.end, self.encoding),
            None => Range::default(),
        }
    }

    pub(crate) fn location(&self, span: Span) -> Option<Location> {
        let uri = self.uri(span.file)?.clone();
        if self.is_library(span.file) {
            self.write_library(span.file);
        }
        Some(Location { uri, range: self.range(span) })
    }

    /// Library modules have no file to show: they get one, in the user's cache.
    fn write_library(&self, file: FileId) {
        let Some(path) = self.path(file) else { return };
        let text = self.text(file);
        if std::fs::read_to_string(path).is_ok_and(|known| known == text) {
            return;
        }
        // If it cannot be written the editor says that it is not there.
        let directory = path.parent().unwrap_or(path);
        _ = std::fs::create_dir_all(directory).and_then(|()| std::fs::write(path, text));
    }
}

/// Where the text of a library module, named `<module>`, can be looked at.
fn library_path(name: &str, library: Option<&Path>) -> Option<PathBuf> {
    let module = name.strip_prefix('<')?.strip_suffix('>')?;
    let relative: PathBuf = module.split("::").collect();
    Some(library?.join(relative).with_extension("dl"))
}
