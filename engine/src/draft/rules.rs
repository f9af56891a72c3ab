//! The rules of a draft, as a list.

use super::program::Draft;
use crate::source::Span;
use crate::stdlib::BUILTIN_MODULES;
use crate::syntax::ast::{ForRule, Item, ItemKind, Module, Statement, StatementKind};

/// A rule, fact, `for` statement or `apply` of a [`Draft`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DraftRule {
    /// Its number, which it keeps as long as it is there. Others do not get it afterwards.
    pub number: u32,
    /// The module it stands in; empty for the main module.
    pub module: String,
    /// As written.
    pub text: String,
    /// The relations it derives, as written there.
    pub heads: Vec<String>,
    /// Where it stands, in [`Draft::sources`]. Rules of the program have the same.
    pub span: Span,
    /// The same as `file:line:column`.
    pub place: String,
}

impl Draft {
    /// The rules of all modules but the library's, by number.
    pub fn rules(&self) -> Vec<DraftRule> {
        let mut rules = Vec::new();
        for module in own(&self.modules) {
            for item in module.items.iter().filter(|item| is_rule(item)) {
                let Some(number) = self.numbers.get(&(item.span.file, item.span.start)) else { continue };
                let (line, column) = self.sources.line_column(item.span);
                rules.push(DraftRule {
                    number: *number,
                    module: module.path.join("::"),
                    text: self.sources.text(item.span).to_owned(),
                    heads: heads(item),
                    span: item.span,
                    place: format!("{}:{line}:{column}", self.sources.file(item.span.file).name),
                });
            }
        }
        rules.sort_unstable_by_key(|rule| rule.number);
        rules
    }
}

/// The modules that are not the library's.
pub(super) fn own(modules: &[Module]) -> impl Iterator<Item = &Module> {
    modules.iter().filter(|module| is_own(module))
}

pub(super) fn is_own(module: &Module) -> bool {
    let name = module.path.join("::");
    !BUILTIN_MODULES.iter().any(|(builtin, _)| *builtin == name)
}

pub(super) fn is_rule(item: &Item) -> bool {
    matches!(item.kind, ItemKind::Rule(_) | ItemKind::For(_) | ItemKind::Apply(_))
}

/// The relations that an item derives, as written.
pub(super) fn heads(item: &Item) -> Vec<String> {
    let mut found = Vec::new();
    match &item.kind {
        ItemKind::Rule(rule) => found.extend(rule.heads.iter().map(|head| head.atom.relation.to_string())),
        ItemKind::For(rule) => emitted_by(rule, &mut found),
        ItemKind::Apply(apply) => found.extend(apply.outputs.iter().map(ToString::to_string)),
        ItemKind::Typedef(_)
        | ItemKind::Function(_)
        | ItemKind::Relation(_)
        | ItemKind::Index(_)
        | ItemKind::Transformer(_) => {}
    }
    let mut unique = Vec::new();
    found.into_iter().for_each(|head| {
        if !unique.contains(&head) {
            unique.push(head);
        }
    });
    unique
}

fn emitted_by(rule: &ForRule, into: &mut Vec<String>) {
    emitted(&rule.body, into);
}

fn emitted(statement: &Statement, into: &mut Vec<String>) {
    match &statement.kind {
        StatementKind::For(rule) => emitted_by(rule, into),
        StatementKind::If(_, then, otherwise) => {
            emitted(then, into);
            otherwise.iter().for_each(|otherwise| emitted(otherwise, into));
        }
        StatementKind::Match(_, arms) => arms.iter().for_each(|(_, arm)| emitted(arm, into)),
        StatementKind::Let(_, then) => emitted(then, into),
        StatementKind::Emit(atom) => into.push(atom.relation.to_string()),
        StatementKind::Block(all) => all.iter().for_each(|one| emitted(one, into)),
        StatementKind::Skip => {}
    }
}
