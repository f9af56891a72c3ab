//! What the thing under the pointer is.

use lsp_types::{Hover, HoverContents, MarkupContent, MarkupKind};
use weir_engine::source::Span;
use weir_engine::types::{Definition, DefinitionKind};

use crate::program::{Place, Program};

/// The declaration of a name, or the type of an expression.
pub(crate) fn hover(place: Place<'_>) -> Option<Hover> {
    let index = place.program.index();
    let uses = index.uses_at(place.file, place.offset);
    if let Some(first) = uses.first() {
        let told = uses.iter().map(|u| place.program.definition(u.definition));
        let told: Vec<String> = told.map(|d| describe(place.program, d)).collect();
        return Some(markdown(place.program, told.join("\n\n---\n\n"), first.span));
    }
    let (span, ty) = index.type_at(place.file, place.offset)?;
    Some(markdown(place.program, code(&index.ty(ty).text), span))
}

fn markdown(program: &Program, value: String, span: Span) -> Hover {
    Hover {
        contents: HoverContents::Markup(MarkupContent { kind: MarkupKind::Markdown, value }),
        range: Some(program.range(span)),
    }
}

/// A definition as markdown: how it is declared, where, and what its author says about it.
pub(crate) fn describe(program: &Program, definition: &Definition) -> String {
    let mut text = code(&declaration(program, definition));
    if let Some(home) = home(program, definition) {
        text.push_str(&format!("\n\n{home}"));
    }
    if let Some(said) = comment(program.text(definition.item.file), definition.item) {
        text.push_str(&format!("\n\n{said}"));
    }
    text
}

/// The declaration as the author wrote it; of a variable, its type.
pub(crate) fn declaration(program: &Program, definition: &Definition) -> String {
    let ty = definition.ty.map(|ty| program.index().ty(ty).text.as_str());
    match (definition.kind, ty) {
        (DefinitionKind::Variable, Some(ty)) => format!("{}: {ty}", definition.name),
        (DefinitionKind::Variable, None) => definition.name.to_string(),
        (DefinitionKind::TypeVariable, _) => format!("'{}", definition.name),
        (DefinitionKind::Module, _) => match &*definition.name {
            "" => "main module".to_owned(),
            name => format!("import {name}"),
        },
        _ => {
            let text = program.analysis.sources.text(definition.declaration).trim_end();
            unindented(text.trim_end_matches(['{', '=']).trim_end())
        }
    }
}

/// What a thing is part of.
fn home(program: &Program, definition: &Definition) -> Option<String> {
    match definition.kind {
        DefinitionKind::Field | DefinitionKind::Constructor => {
            let container = program.definition(definition.container?);
            let what = match container.kind {
                DefinitionKind::Relation => "relation",
                DefinitionKind::Constructor => "constructor",
                _ => "type",
            };
            Some(format!("of {what} `{}`", container.name))
        }
        DefinitionKind::Variable | DefinitionKind::TypeVariable | DefinitionKind::Module => None,
        _ => {
            let module = program.index().module(definition.module);
            (!module.path.is_empty()).then(|| format!("module `{}`", module.path))
        }
    }
}

fn code(text: &str) -> String {
    format!("```ddlog\n{text}\n```")
}

/// Without the indentation that all lines but the first share.
fn unindented(text: &str) -> String {
    let indents = text.lines().skip(1).filter(|l| !l.trim().is_empty());
    let shared = indents.map(|l| l.len() - l.trim_start().len()).min().unwrap_or(0);
    // A closing parenthesis at the margin of the first line keeps the others indented.
    let lines = text
        .lines()
        .enumerate()
        .map(|(i, line)| if i == 0 { line } else { line.get(shared..).unwrap_or("") });
    lines.collect::<Vec<_>>().join("\n")
}

/// The comment right above a declaration that starts its line: `//` lines, or one `/* … */`.
pub(crate) fn comment(text: &str, item: Span) -> Option<String> {
    let before = text.get(..item.start as usize)?;
    let line_start = before.rfind('\n').map_or(0, |i| i + 1);
    if !before[line_start..].trim().is_empty() {
        return None;
    }
    let above = before[..line_start].strip_suffix('\n')?;
    let above = above.strip_suffix('\r').unwrap_or(above);
    if let Some(block) = above.trim_end_matches([' ', '\t']).strip_suffix("*/") {
        let (_, said) = block.rsplit_once("/*")?;
        let lines =
            said.trim_start_matches('*').lines().map(|l| l.trim().trim_start_matches('*').trim_start());
        return Some(lines.collect::<Vec<_>>().join("\n").trim().to_owned()).filter(|s| !s.is_empty());
    }
    let block = above.split('\n').rev().map(str::trim).take_while(|l| l.starts_with("//"));
    let mut lines: Vec<&str> = block
        .map(|l| l.trim_start_matches('/').strip_prefix(' ').unwrap_or(l.trim_start_matches('/')))
        .collect();
    lines.reverse();
    Some(lines.join("\n").trim().to_owned()).filter(|s| !s.is_empty())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use weir_engine::source::FileId;

    #[test]
    fn the_comment_above_is_the_declarations() {
        for (text, expected) in [
            ("// one\n// two\nX", Some("one\ntwo")),
            ("// other\n\nX", None),
            ("// far\n\n// near\nX", Some("near")),
            ("/* a block\n * of two */\nX", Some("a block\nof two")),
            ("a // trailing\nX", None),
            ("// above\n  X", Some("above")),
            ("// not of this one\na, X", None),
            ("X", None),
            ("/// three\nX", Some("three")),
            ("//\r\n// dos\r\nX", Some("dos")),
        ] {
            let at = text.find('X').unwrap() as u32;
            let found = comment(text, Span { file: FileId(0), start: at, end: at + 1 });
            assert_eq!(found.as_deref(), expected, "{text}");
        }
    }
}
