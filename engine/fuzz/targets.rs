//! What each fuzz target does with its input. The tests run the same on the corpus and on mutations of it.
#![allow(dead_code, unreachable_pub)]

use weir_engine::command::{Command, CommandParser};
use weir_engine::compile::compile_text;
use weir_engine::diagnostics::{Diagnostic, json_lines, render};
use weir_engine::format::format;
use weir_engine::plan::Plan;
use weir_engine::source::SourceMap;
use weir_engine::syntax::ast::Module;
use weir_engine::syntax::parse as parse_module;

/// A rule file: whatever it holds, mistakes are told within it; without mistakes, it prints and reads back the same.
pub fn parse(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let (module, sources, n_mistakes) = read(&text);
    if n_mistakes > 0 || !module.imports.is_empty() {
        // Printing puts imports first, which can join an expression to an item that begins with `&`.
        return;
    }
    let printed = module.to_string();
    let (again, sources_again, n_mistakes) = read(&printed);
    assert_eq!(n_mistakes, 0, "{text}\nprints as\n{printed}");
    let (expected, actual) = (shape(&module), shape(&again));
    assert_eq!(
        expected,
        actual,
        "{}\nprints as\n{}",
        sources.file(module.file).text,
        sources_again.file(again.file).text
    );
}

/// How far a program comes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// Its text is refused.
    Text,
    /// Its names, types or rules are refused.
    Types,
    /// It could be run.
    Planned,
}

/// The whole front end: a program is refused with places that are in it, or it is planned and can be shown.
pub fn program(data: &[u8]) -> Stage {
    let text = String::from_utf8_lossy(data);
    let stage = front_end(&text);
    if stage != Stage::Text
        && let Err(error) = format("fuzz.dl", &text)
    {
        panic!("{error}\n{text}");
    }
    stage
}

fn front_end(text: &str) -> Stage {
    match compile_text("fuzz.dl", text, &[]) {
        Ok((program, warnings)) => {
            shown(&program.sources, &warnings);
            assert!(!program.to_string().is_empty());
            match Plan::new(&program) {
                Ok(plan) => drop(plan.explain(&program, None).to_string()),
                Err(errors) => shown(&program.sources, &errors),
            }
            Stage::Planned
        }
        Err((sources, diagnostics)) => {
            assert!(!diagnostics.is_empty(), "refused without a reason: {text}");
            shown(&sources, &diagnostics);
            if diagnostics.iter().any(|d| d.code.starts_with("E00")) { Stage::Text } else { Stage::Types }
        }
    }
}

/// Checks that every place is in its file and that the diagnostics can be shown.
fn shown(sources: &SourceMap, diagnostics: &[Diagnostic]) {
    for diagnostic in diagnostics {
        for label in diagnostic.secondary.iter().chain([&diagnostic.primary]) {
            let (start, end) = (label.span.start as usize, label.span.end as usize);
            let text = &sources.file(label.span.file).text;
            assert!(start <= end && text.get(start..end).is_some(), "{diagnostic:?}\n{text}");
        }
    }
    let few = &diagnostics[..diagnostics.len().min(8)];
    assert_eq!(render(sources, few, false).is_empty(), diagnostics.is_empty());
    assert_eq!(json_lines(sources, few).lines().count(), few.len());
}

/// Commands: the same come out however the text is chopped up, up to the same mistake.
pub fn command(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let whole = commands([&*text]);
    let characters: Vec<String> = text.chars().map(String::from).collect();
    let chopped = commands(characters.chunks(5).map(|chunk| chunk.concat()));
    assert_eq!(whole, chopped, "{text}");
}

/// Reads a file, and checks that every place in its diagnostics is in it and that they can be shown.
fn read(text: &str) -> (Module, SourceMap, usize) {
    let mut sources = SourceMap::default();
    let file = sources.add("fuzz.dl", text);
    let (module, diagnostics) = parse_module(file, text);
    shown(&sources, &diagnostics);
    (module, sources, diagnostics.len())
}

/// The tree without its places.
fn shape(module: &Module) -> String {
    let text = format!("{module:?}");
    let mut pieces = text.split("Span {");
    let mut shape = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        shape.push_str(piece.split_once('}').map_or(piece, |(_, rest)| rest));
    }
    shape
}

/// All commands of a text, and the first mistake.
fn commands(pieces: impl IntoIterator<Item = impl AsRef<str>>) -> (Vec<Command>, Option<String>) {
    let mut parser = CommandParser::new();
    let mut commands = Vec::new();
    for piece in pieces {
        parser.feed(piece.as_ref());
        loop {
            match parser.next_command() {
                Ok(Some(command)) => commands.push(command),
                Ok(None) => break,
                Err(error) => return (commands, Some(error.to_string())),
            }
        }
    }
    loop {
        match parser.finish() {
            Ok(Some(command)) => commands.push(command),
            Ok(None) => return (commands, None),
            Err(error) => return (commands, Some(error.to_string())),
        }
    }
}
