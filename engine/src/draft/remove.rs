//! Taking things out of a draft.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use super::program::Draft;
use super::rules::{heads, is_own, is_rule};
use crate::diagnostics::{Diagnostic, Severity};
use crate::source::{SourceMap, Span};
use crate::syntax::ast::{Item, ItemKind, Module};
use crate::syntax::parse;

/// What is to be removed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    /// The rule of that number.
    Rule(u32),
    /// The rule with that text, however it is laid out. All of them, should there be several.
    Text(String),
    /// The relation, type, functions or index of that full name; a relation with its rules.
    Name(String),
}

impl FromStr for Target {
    type Err = std::convert::Infallible;

    /// A number, the text of a rule (it ends with a dot or has `:-` inside), or a name.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let text = text.trim();
        if let Ok(number) = text.parse() {
            return Ok(Target::Rule(number));
        }
        let is_rule = text.ends_with('.') || text.contains(":-");
        Ok(if is_rule { Target::Text(text.to_owned()) } else { Target::Name(text.to_owned()) })
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Target::Rule(number) => write!(f, "rule {number}"),
            Target::Text(text) => write!(f, "{}", text.trim()),
            Target::Name(name) => write!(f, "{name}"),
        }
    }
}

/// Takes the targets out of the modules. What was loaded from a file is listed in `removed`.
///
/// Fails if one of them is not there.
pub(super) fn remove(
    draft: &Draft,
    modules: &mut [Module],
    removed: &mut Vec<Span>,
    sources: &mut SourceMap,
    what: &[Target],
) -> Result<(), Vec<Diagnostic>> {
    let mut missing = Vec::new();
    for target in what {
        let before = removed.len();
        match target {
            Target::Rule(number) => take(modules, removed, |_, item| {
                is_rule(item) && draft.numbers.get(&(item.span.file, item.span.start)) == Some(number)
            }),
            Target::Text(text) => {
                if let Some(wanted) = printed(text) {
                    take(modules, removed, |_, item| is_rule(item) && print(item) == wanted);
                }
            }
            Target::Name(name) => take_name(modules, removed, name),
        }
        if removed.len() == before {
            missing.push(target);
        }
    }
    removed.retain(|span| (span.file.0 as usize) < draft.loaded);
    if missing.is_empty() {
        return Ok(());
    }
    // The command itself is the place.
    let text: Vec<String> = what.iter().map(ToString::to_string).collect();
    let text = text.join("\n");
    let file = sources.add("<shell>", text.as_str());
    let span = |target: &Target| {
        let shown = target.to_string();
        let start = text.find(&shown).unwrap_or(0);
        Span { file, start: start as u32, end: (start + shown.len()) as u32 }
    };
    Err(missing.into_iter().map(|target| absent(target, span(target))).collect())
}

/// Says of errors that came from a removal what they mean.
pub(super) fn in_use(what: &[Target], added: &str, found: Vec<Diagnostic>) -> Vec<Diagnostic> {
    let errors = || found.iter().filter(|one| one.severity == Severity::Error);
    let Some(first) = errors().next() else { return found };
    if what.is_empty() || !added.is_empty() {
        return found;
    }
    let names: Vec<String> = what.iter().map(|target| format!("`{target}`")).collect();
    let message = format!("{} cannot be removed: the rest of the program needs it", names.join(", "));
    let mut diagnostic = Diagnostic::error("E0441", first.primary.span, message)
        .label(first.message.clone())
        .hint("remove what uses it as well, in the same command, or give it another definition in its place");
    for error in errors().skip(1) {
        diagnostic = diagnostic.also(error.primary.span, error.message.clone());
    }
    vec![diagnostic]
}

fn absent(target: &Target, span: Span) -> Diagnostic {
    let message = match target {
        Target::Rule(number) => format!("there is no rule {number}"),
        Target::Text(_) => "there is no such rule".to_owned(),
        Target::Name(name) => format!("there is no relation, type, function or index `{name}`"),
    };
    Diagnostic::error("E0440", span, message)
        .hint("what the library declares stays; rules are removed by number or by their text")
}

fn take(modules: &mut [Module], removed: &mut Vec<Span>, mut wanted: impl FnMut(&Module, &Item) -> bool) {
    for module in modules.iter_mut().filter(|module| is_own(module)) {
        let items = std::mem::take(&mut module.items);
        for item in items {
            if wanted(module, &item) {
                removed.push(item.span);
            } else {
                module.items.push(item);
            }
        }
    }
}

fn take_name(modules: &mut [Module], removed: &mut Vec<Span>, name: &str) {
    let mut path: Vec<Arc<str>> = name.split("::").map(Arc::from).collect();
    let Some(name) = path.pop() else { return };
    let mut is_relation = false;
    take(modules, removed, |module, item| {
        module.path == path
            && match &item.kind {
                ItemKind::Relation(relation) => {
                    let found = relation.name.name == name;
                    is_relation |= found;
                    found
                }
                ItemKind::Typedef(typedef) => typedef.name.name == name,
                ItemKind::Function(function) => function.name.name == name,
                ItemKind::Index(index) => index.name.name == name,
                ItemKind::Transformer(transformer) => transformer.name.name == name,
                ItemKind::Rule(_) | ItemKind::For(_) | ItemKind::Apply(_) => false,
            }
    });
    if !is_relation {
        return;
    }
    take(modules, removed, |module, item| {
        let heads = heads(item);
        module.path == path && is_rule(item) && !heads.is_empty() && heads.iter().all(|head| **head == *name)
    });
}

/// The only item of a text, printed.
fn printed(text: &str) -> Option<String> {
    let text = text.trim();
    let text = if text.ends_with('.') { text.to_owned() } else { format!("{text}.") };
    let (module, diagnostics) = parse(crate::source::FileId(0), &text);
    match module.items.as_slice() {
        [item] if diagnostics.is_empty() => Some(print(item)),
        _ => None,
    }
}

fn print(item: &Item) -> String {
    let module =
        Module { path: Vec::new(), file: item.span.file, imports: Vec::new(), items: vec![item.clone()] };
    module.to_string()
}
