//! What is allowed but hardly meant. Only programs without errors get warnings.
//!
//! Warned about are the main module and modules whose file lies below the main file's directory: what an author can
//! change. The built-in library and what was found in search directories elsewhere are never warned about.

mod attribute;
mod explain;
mod expression;
mod product;
mod unused_item;
mod unused_variable;

use std::collections::HashSet;

use super::defs::{Defs, FunctionDefId, IndexDef, ModuleId, RuleDef};
use super::hir::HExpr;
use crate::diagnostics::Diagnostic;
use crate::source::{SourceMap, Span};
use crate::syntax::ast;

/// A warning; `explain` turns it into a diagnostic.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Warning {
    UnusedVariable { name: String, span: Span, declared: bool },
    UnusedFunction { name: String, span: Span },
    NeverRead { relation: String, span: Span, filled: Option<Span> },
    NeverFilled { relation: String, span: Span, read: Span },
    UnusedImport { module: String, span: Span },
    NoEffect { span: Span, comparison: bool },
    ResultDropped { function: String, span: Span },
    Product { relation: String, span: Span, before: Span },
    Constant { always: bool, span: Span, why: &'static str },
    DivisionByZero { span: Span },
    LooseIf { span: Span, branch: Span, word: &'static str },
    UnknownAttribute { name: String, span: Span, suggestion: Option<String> },
}

/// A checked program, and which parts of it an author may be warned about.
struct Checked<'p, 'a> {
    defs: &'p Defs<'a>,
    rules: &'p [RuleDef],
    indexes: &'p [IndexDef],
    own: HashSet<ModuleId>,
    /// Own modules that do nothing but offer types and functions: not all of it need be used.
    libraries: HashSet<ModuleId>,
}

/// All warnings about a program without errors.
pub(super) fn find(
    defs: &Defs<'_>,
    modules: &[ast::Module],
    rules: &[RuleDef],
    indexes: &[IndexDef],
    sources: &SourceMap,
) -> Vec<Diagnostic> {
    let own = own_modules(modules, sources);
    let acts = |item: &ast::Item| {
        !matches!(
            item.kind,
            ast::ItemKind::Typedef(_) | ast::ItemKind::Function(_) | ast::ItemKind::Transformer(_)
        )
    };
    let libraries = modules.iter().enumerate().filter(|(_, m)| !m.items.iter().any(acts));
    let libraries = libraries.map(|(i, _)| ModuleId(i as u32)).collect();
    let program = Checked { defs, rules, indexes, own, libraries };
    let mut warnings = Vec::new();
    unused_item::find(&program, modules, &mut warnings);
    unused_variable::find(&program, &mut warnings);
    product::find(&program, &mut warnings);
    expression::find(&program, sources, &mut warnings);
    attribute::find(&program, modules, &mut warnings);
    warnings.into_iter().map(Diagnostic::from).collect()
}

/// The main module, and those whose files lie below its directory.
fn own_modules(modules: &[ast::Module], sources: &SourceMap) -> HashSet<ModuleId> {
    let main = modules.iter().find(|m| m.path.is_empty());
    let directory = main.and_then(|m| std::path::Path::new(&sources.file(m.file).name).parent());
    let below = |name: &str| match directory {
        // Names in messages: `<ddlog_std>` is no file.
        _ if name.starts_with('<') => false,
        Some(directory) if directory.as_os_str().is_empty() => {
            let path = std::path::Path::new(name);
            path.is_relative() && !path.starts_with("..")
        }
        Some(directory) => std::path::Path::new(name).starts_with(directory),
        None => false,
    };
    let own =
        modules.iter().enumerate().filter(|(_, m)| m.path.is_empty() || below(&sources.file(m.file).name));
    own.map(|(i, _)| ModuleId(i as u32)).collect()
}

impl Checked<'_, '_> {
    /// Own functions that have a body.
    fn functions(&self) -> impl Iterator<Item = FunctionDefId> {
        let all = (0..self.defs.functions.len() as u32).map(FunctionDefId);
        all.filter(|id| {
            let function = self.defs.function(*id);
            self.own.contains(&function.module) && function.body.is_some()
        })
    }

    fn own_rules(&self) -> impl Iterator<Item = &RuleDef> {
        self.rules.iter().filter(|rule| self.own.contains(&rule.module))
    }
}

impl RuleDef {
    /// The expressions of a rule that are not patterns: conditions, values, heads.
    fn expressions<'r>(&'r self, visit: &mut impl FnMut(&'r HExpr)) {
        use super::defs::HClauseKind;
        for clause in &self.clauses {
            match &clause.kind {
                HClauseKind::Atom { pattern, .. } | HClauseKind::Not { pattern, .. } => {
                    pattern.compared(visit)
                }
                HClauseKind::Filter(value) => visit(value),
                HClauseKind::Let(pattern, value) | HClauseKind::FlatMap(pattern, value) => {
                    visit(value);
                    pattern.compared(visit);
                }
                HClauseKind::GroupBy { value, .. } => visit(value),
                HClauseKind::Inspect { body, .. } => visit(body),
            }
        }
        self.heads.iter().for_each(|head| visit(&head.record));
    }
}
