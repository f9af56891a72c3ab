//! From rule files to a checked program.

use std::path::{Path, PathBuf};

use crate::diagnostics::{Diagnostic, Severity};
use crate::ir::Program;
use crate::plan::Plan;
use crate::source::SourceMap;
use crate::stdlib::BUILTIN_MODULES;
use crate::syntax::ReadFile;
use crate::syntax::ast::Module;
use crate::{syntax, types};

/// What a program that is refused leaves: its files and what is wrong with them, errors and warnings.
pub type Refused = (SourceMap, Vec<Diagnostic>);

/// Reads a program from a file and what it imports (beside it, then in `search`) and checks it.
///
/// Gives the program and its warnings, or all errors there are.
pub fn compile(path: &Path, search: &[PathBuf]) -> Result<(Program, Vec<Diagnostic>), Refused> {
    finish(syntax::load(path, search, BUILTIN_MODULES))
}

/// As [`compile`], for a main module that is not in a file; `name` stands for it in messages.
pub fn compile_text(
    name: &str,
    text: &str,
    search: &[PathBuf],
) -> Result<(Program, Vec<Diagnostic>), Refused> {
    finish(syntax::load_text(name, text, search, BUILTIN_MODULES))
}

/// A program that may have errors, as far as it can be understood: for editors.
#[derive(Debug)]
pub struct Analysis {
    /// The syntax trees, the library's among them.
    pub modules: Vec<Module>,
    /// The texts.
    pub sources: SourceMap,
    /// All that is wrong with it; the same as [`compile`] finds.
    pub diagnostics: Vec<Diagnostic>,
    /// What names mean and what types expressions have.
    pub index: types::Index,
}

/// Checks a program whose files come from `read`, and tells what is known of it even if it is refused.
pub fn analyze(path: &Path, search: &[PathBuf], read: ReadFile) -> Analysis {
    let (modules, sources, mut diagnostics) = syntax::load_with(path, search, BUILTIN_MODULES, read);
    let (program, found, index) = types::analyze(&modules, &sources);
    if refused(&diagnostics) {
        let found = types::independent(&modules, &sources, &diagnostics, found);
        diagnostics.extend(found);
    } else {
        diagnostics.extend(found);
        if let Some(Err(found)) = program.filter(|_| !refused(&diagnostics)).map(|p| Plan::new(&p)) {
            diagnostics.extend(found);
        }
    }
    Analysis { modules, sources, diagnostics, index }
}

fn finish(
    (modules, sources, diagnostics): (Vec<Module>, SourceMap, Vec<Diagnostic>),
) -> Result<(Program, Vec<Diagnostic>), Refused> {
    checked(&modules, &sources, diagnostics, None).map_err(|diagnostics| (sources, diagnostics))
}

/// A loaded program, and perhaps a question about it, with what loading had to say; or all that is wrong with it.
pub(crate) fn checked(
    modules: &[Module],
    sources: &SourceMap,
    mut diagnostics: Vec<Diagnostic>,
    question: Option<&types::Question<'_>>,
) -> Result<(Program, Vec<Diagnostic>), Vec<Diagnostic>> {
    if refused(&diagnostics) {
        let (_, found) = types::check(modules, sources);
        let found = types::independent(modules, sources, &diagnostics, found);
        diagnostics.extend(found);
        return Err(diagnostics);
    }
    let (program, found) = match question {
        None => types::check(modules, sources),
        Some(question) => types::check_question(modules, sources, question),
    };
    diagnostics.extend(found);
    let program = match program {
        Some(program) if !refused(&diagnostics) => program,
        Some(_) | None => return Err(diagnostics),
    };
    // Negation in recursion shows only when the rules are put in order.
    match Plan::new(&program) {
        Ok(_) => Ok((program, diagnostics)),
        Err(found) => {
            diagnostics.extend(found);
            Err(diagnostics)
        }
    }
}

pub(crate) fn refused(diagnostics: &[Diagnostic]) -> bool {
    diagnostics.iter().any(|d| d.severity == Severity::Error)
}
