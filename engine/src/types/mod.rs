//! Names, types and lowering: from syntax trees to the core program.
//!
//! collect (what is declared) -> functions, rules (types of bodies, generics still generic) -> lower (concrete types only).

mod apply;
mod collect;
mod defs;
mod display;
mod error;
mod exhaustive;
mod free;
mod ftl;
mod functions;
mod group_by;
mod hir;
mod index;
mod infer;
mod lower;
mod partial;
mod resolve;
mod rules;
mod scope;
mod serde;
mod strata;
mod suggest;
mod ty;
mod unify;
mod walk;
mod warning;

use std::cell::RefCell;

use crate::diagnostics::Diagnostic;
use crate::ir;
use crate::source::{SourceMap, Span};
use crate::syntax::ast::{self, ItemKind};

use collect::main_first;
use defs::{Defs, IndexDef, RuleDef};
use error::Error;
use ftl::Step;
use index::Recorder;

pub(crate) use partial::independent;

pub use index::{
    Definition, DefinitionId, DefinitionKind, Index, ModuleInfo, ModuleNumber, Parameter, Shape, TypeId,
    TypeInfo, Use,
};

/// Checks a program and lowers it. The modules include the library's and all that are imported.
///
/// Gives all errors there are; a program only if there are none.
pub fn check(modules: &[ast::Module], sources: &SourceMap) -> (Option<ir::Program>, Vec<Diagnostic>) {
    run(modules, sources, None, None)
}

/// As [`check`], and tells what every name means and what type every expression has, as far as that could be found:
/// in a program with errors, too.
pub fn analyze(
    modules: &[ast::Module],
    sources: &SourceMap,
) -> (Option<ir::Program>, Vec<Diagnostic>, Index) {
    let mut index = Index::default();
    let (program, diagnostics) = run(modules, sources, Some(&mut index), None);
    (program, diagnostics, index)
}

/// As [`check`], with a question: the body of one more rule, as the main module would have it. Its head is an output
/// relation of its own, the program's last, whose records are the values of the question's variables: a tuple, unless
/// there is just one.
pub(crate) fn check_question(
    modules: &[ast::Module],
    sources: &SourceMap,
    question: &Question<'_>,
) -> (Option<ir::Program>, Vec<Diagnostic>) {
    run(modules, sources, None, Some(question))
}

/// What is asked.
pub(crate) struct Question<'q> {
    pub(crate) clauses: &'q [ast::Clause],
    /// All of it.
    pub(crate) span: Span,
}

fn run(
    modules: &[ast::Module],
    sources: &SourceMap,
    index: Option<&mut Index>,
    question: Option<&Question<'_>>,
) -> (Option<ir::Program>, Vec<Diagnostic>) {
    let recorder = index.is_some().then(Recorder::default);
    let (defs, mut errors) = collect::collect(modules, recorder);
    let Some(mut defs) = defs else { return (None, diagnostics(errors)) };
    let Some(expanded) = apply::expand(modules, &defs, &mut errors) else {
        let index = index.map(|index| (index, modules));
        return check_collected(modules, defs, errors, sources, index, question);
    };
    let recorder = defs.record.take().map(RefCell::into_inner);
    match collect::collect(&expanded, recorder) {
        (Some(expanded_defs), found) => {
            // The first look at the modules found the same, and what is wrong with `apply` besides.
            drop(found);
            *expanded_defs.used_modules.borrow_mut() = defs.used_modules.take();
            let defs = expanded_defs;
            let index = index.map(|index| (index, modules));
            check_collected(&expanded, defs, errors, sources, index, question)
        }
        (None, found) => (None, diagnostics(found)),
    }
}

fn check_collected<'a>(
    modules: &'a [ast::Module],
    mut defs: Defs<'a>,
    mut errors: Vec<Error>,
    sources: &SourceMap,
    index: Option<(&mut Index, &[ast::Module])>,
    question: Option<&Question<'_>>,
) -> (Option<ir::Program>, Vec<Diagnostic>) {
    functions::check_functions(&mut defs, &mut errors);
    functions::check_keys(&mut defs, &mut errors);
    let mut rules: Vec<RuleDef> = Vec::new();
    let mut indexes: Vec<IndexDef> = Vec::new();
    for (id, module) in main_first(modules) {
        for item in &module.items {
            match &item.kind {
                ItemKind::Rule(rule) => {
                    let heads: Vec<&ast::Head> = rule.heads.iter().collect();
                    let steps: Vec<Step<'_>> = rule.body.iter().map(Step::Clause).collect();
                    rules.extend(rules::check_rule(&mut defs, &mut errors, id, &heads, &steps, item.span));
                }
                ItemKind::For(statement) => {
                    for flat in ftl::flatten(statement) {
                        let head = [&flat.head];
                        let checked =
                            rules::check_rule(&mut defs, &mut errors, id, &head, &flat.steps, item.span);
                        rules.extend(checked);
                    }
                }
                ItemKind::Index(written) => {
                    indexes.extend(functions::check_index(&mut defs, &mut errors, id, written));
                }
                // Expanded before.
                ItemKind::Apply(_)
                | ItemKind::Typedef(_)
                | ItemKind::Function(_)
                | ItemKind::Relation(_)
                | ItemKind::Transformer(_) => {}
            }
        }
    }
    if let (Some((index, written)), Some(recorder)) = (index, defs.record.take()) {
        *index = index::build(recorder.into_inner(), &defs, written, sources);
    }
    let asked = question.and_then(|question| {
        let (main, _) = main_first(modules).next()?;
        let steps: Vec<Step<'_>> = question.clauses.iter().map(Step::Clause).collect();
        rules::check_rule(&mut defs, &mut errors, main, &[], &steps, question.span)
    });
    strata::check_recursion(&defs, &rules, &mut errors);
    if !errors.is_empty() {
        return (None, diagnostics(errors));
    }
    // Who asks a question does not want to hear about the program.
    let mut warnings = match asked {
        Some(_) => Vec::new(),
        None => warning::find(&defs, modules, &rules, &indexes, sources),
    };
    in_order(&mut warnings);
    match lower::lower(&defs, &rules, &indexes, asked.as_ref(), sources) {
        Ok(program) => (Some(program), warnings),
        Err(errors) => (None, diagnostics(errors)),
    }
}

/// In the order of the text; the same mistake at the same place (one statement that became several rules) is told once.
fn diagnostics(errors: Vec<Error>) -> Vec<Diagnostic> {
    let mut diagnostics: Vec<Diagnostic> = errors.into_iter().map(Diagnostic::from).collect();
    in_order(&mut diagnostics);
    diagnostics
}

fn in_order(diagnostics: &mut Vec<Diagnostic>) {
    diagnostics.sort_by_key(|d| (d.primary.span.file, d.primary.span.start, d.code));
    diagnostics.dedup();
}
