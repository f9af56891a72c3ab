//! Another name for a thing, everywhere.
//!
//! Whether the new name means the same everywhere and nothing else does is not guessed: the renamed program is checked,
//! and every name must still mean what it meant.

use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};

use lsp_types::{PrepareRenameResponse, TextEdit, WorkspaceEdit};
use weir_engine::diagnostics::Severity;
use weir_engine::source::{FileId, Span};
use weir_engine::types::{Definition, DefinitionId, DefinitionKind};

use crate::program::{Place, Program};

/// Why a thing cannot have that name.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum RenameError {
    /// There is no name at the place.
    #[error("there is nothing here that has a name")]
    NoName,
    /// Library definitions have the names they have.
    #[error("`{0}` is part of the library")]
    Library(String),
    /// A module is a file.
    #[error("`{0}` is a module: rename its file, and the imports")]
    Module(String),
    /// Several functions may be meant.
    #[error("it is not certain which `{0}` is meant here")]
    Uncertain(String),
    /// Not a name.
    #[error("`{0}` is no name")]
    NotName(String),
    /// A word of the language.
    #[error("`{0}` is a word of the language")]
    Keyword(String),
    /// Wrong first letter.
    #[error("the name of a {kind} starts with {letter}, `{name}` does not")]
    Letter { kind: &'static str, letter: &'static str, name: String },
    /// The name is taken, or would hide another thing.
    #[error("`{name}` would mean something else in {place}")]
    Conflict { name: String, place: String },
    /// The renamed program has errors the program has not.
    #[error("renamed to `{name}`, the program is wrong in {place}: {message}")]
    Breaks { name: String, place: String, message: String },
}

/// The name at a place, if it can be changed.
pub(crate) fn prepare(place: Place<'_>) -> Result<PrepareRenameResponse, RenameError> {
    let (span, id) = renamed(place)?;
    let placeholder = place.program.definition(id).name.to_string();
    Ok(PrepareRenameResponse::RangeWithPlaceholder { range: place.program.range(span), placeholder })
}

/// The edits that give the thing at a place another name. `check` gives the program as it would be with other texts.
pub(crate) fn rename(
    place: Place<'_>,
    new: &str,
    check: &dyn Fn(&HashMap<PathBuf, String>) -> Program,
) -> Result<WorkspaceEdit, RenameError> {
    let (_, id) = renamed(place)?;
    let program = place.program;
    let definition = program.definition(id);
    valid(definition, new)?;
    let edits = Edits::new(program, id, new);
    edits.verify(&check(&edits.texts()))?;
    #[allow(clippy::mutable_key_type)] // the type of the protocol
    let mut changes = HashMap::new();
    for (file, spans) in &edits.places {
        let Some(uri) = program.uri(*file) else { continue };
        let edit = |span: &Span| TextEdit { range: program.range(*span), new_text: new.to_owned() };
        changes.insert(uri.clone(), spans.iter().map(edit).collect());
    }
    Ok(WorkspaceEdit { changes: Some(changes), ..WorkspaceEdit::default() })
}

fn renamed(place: Place<'_>) -> Result<(Span, DefinitionId), RenameError> {
    let program = place.program;
    let (span, id) = match program.index().uses_at(place.file, place.offset) {
        [] => return Err(RenameError::NoName),
        [only] => (only.span, only.definition),
        [first, ..] => {
            return Err(RenameError::Uncertain(program.definition(first.definition).name.to_string()));
        }
    };
    let definition = program.definition(id);
    let name = definition.name.to_string();
    if definition.kind == DefinitionKind::Module {
        return Err(RenameError::Module(name));
    }
    if program.is_library(definition.places[0].file) {
        return Err(RenameError::Library(name));
    }
    Ok((span, id))
}

/// Names are words; relations and constructors start with a capital letter, variables, fields and functions do not.
fn valid(definition: &Definition, new: &str) -> Result<(), RenameError> {
    let word = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let starts = new.chars().next().is_some_and(|c| c.is_ascii_alphabetic() || c == '_');
    if !starts || !new.chars().all(word) || new == "_" {
        return Err(RenameError::NotName(new.to_owned()));
    }
    if weir_engine::syntax::is_reserved(new) {
        return Err(RenameError::Keyword(new.to_owned()));
    }
    let capital = new.starts_with(|c: char| c.is_ascii_uppercase());
    let (kind, wants_capital) = match definition.kind {
        DefinitionKind::Relation => ("relation", true),
        DefinitionKind::Constructor => ("constructor", true),
        DefinitionKind::Transformer => ("transformer", true),
        DefinitionKind::TypeVariable => ("type variable", true),
        DefinitionKind::Field => ("field", false),
        DefinitionKind::Function => ("function", false),
        DefinitionKind::Variable => ("variable", false),
        DefinitionKind::Type | DefinitionKind::Index | DefinitionKind::Module => return Ok(()),
    };
    if capital == wants_capital {
        return Ok(());
    }
    let letter = if wants_capital { "a capital letter" } else { "a small letter or `_`" };
    Err(RenameError::Letter { kind, letter, name: new.to_owned() })
}

/// Where the name stands, and what comes in its place.
struct Edits<'p> {
    program: &'p Program,
    new: &'p str,
    places: BTreeMap<FileId, Vec<Span>>,
}

impl<'p> Edits<'p> {
    fn new(program: &'p Program, id: DefinitionId, new: &'p str) -> Self {
        let mut places: BTreeMap<FileId, Vec<Span>> = BTreeMap::new();
        for span in program.index().uses_of(id) {
            places.entry(span.file).or_default().push(span);
        }
        Edits { program, new, places }
    }

    /// The changed texts by path.
    fn texts(&self) -> HashMap<PathBuf, String> {
        let mut texts = HashMap::new();
        for (file, spans) in &self.places {
            let Some(path) = self.program.path(*file) else { continue };
            let mut text = self.program.text(*file).to_owned();
            for span in spans.iter().rev() {
                text.replace_range(span.start as usize..span.end as usize, self.new);
            }
            texts.insert(path.to_owned(), text);
        }
        texts
    }

    /// Where a place of the program is after the change.
    fn moved(&self, span: Span) -> (u32, u32) {
        let changed = self.places.get(&span.file).map_or(&[][..], Vec::as_slice);
        let longer = |s: &Span| self.new.len() as i64 - i64::from(s.end - s.start);
        let before: i64 = changed.iter().filter(|s| s.end <= span.start).map(longer).sum();
        let inside: i64 = changed.iter().filter(|s| span.contains(**s)).map(longer).sum();
        let start = i64::from(span.start) + before;
        (start as u32, (i64::from(span.end) + before + inside) as u32)
    }

    /// Every name must mean what it meant, and nothing may be wrong that was not.
    fn verify(&self, renamed: &Program) -> Result<(), RenameError> {
        let errors =
            |p: &Program| p.analysis.diagnostics.iter().filter(|d| d.severity == Severity::Error).count();
        if errors(renamed) > errors(self.program)
            && let Some(new) = renamed.analysis.diagnostics.iter().find(|d| d.severity == Severity::Error)
        {
            return Err(RenameError::Breaks {
                name: self.new.to_owned(),
                place: told(renamed, new.primary.span),
                message: new.message.clone(),
            });
        }
        for (path, file) in self.program.own_files() {
            let Some(other) = renamed.file(path) else { continue };
            let was = self.meanings(self.program, file, |span| self.moved(span));
            let is = self.meanings(renamed, other, |span| (span.start, span.end));
            if let Some((_, span)) = differing(&was, &is) {
                let place = told(self.program, span);
                return Err(RenameError::Conflict { name: self.new.to_owned(), place });
            }
        }
        Ok(())
    }

    /// The names of a file with what they mean: the path and place of the declaration.
    fn meanings(&self, program: &Program, file: FileId, at: impl Fn(Span) -> (u32, u32)) -> Meanings {
        let uses = program.index().uses_in(file).iter();
        let meaning = |id: DefinitionId| {
            let declared = program.definition(id).places[0];
            (program.path(declared.file).map(Path::to_owned), at(declared))
        };
        // A declaration in another file has moved as that file has.
        uses.map(|u| ((at(u.span), meaning(u.definition)), u.span)).collect()
    }
}

type Meaning = ((u32, u32), (Option<PathBuf>, (u32, u32)));
type Meanings = BTreeMap<Meaning, Span>;

/// The first place of the program that means something else after the change.
fn differing(was: &Meanings, is: &Meanings) -> Option<(Meaning, Span)> {
    let lost = was.iter().find(|(meaning, _)| !is.contains_key(*meaning));
    // One that only the changed program has is where a lost one was, or all errors have not been found before.
    lost.map(|(meaning, span)| (meaning.clone(), *span))
}

fn told(program: &Program, span: Span) -> String {
    let name = program.path(span.file).and_then(Path::file_name).map(|n| n.to_string_lossy().into_owned());
    let (line, column) = program.analysis.sources.line_column(span);
    format!("{}:{line}:{column}", name.unwrap_or_default())
}
