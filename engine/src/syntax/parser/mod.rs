//! Tokens to syntax tree, by recursive descent. Each file reads one part of the grammar.

mod atom;
mod cursor;
mod expr;
mod item;
mod literal;
mod pattern;
mod recover;
mod rule;
mod statement;
mod term;
mod types;

use crate::diagnostics::Diagnostic;
use crate::source::FileId;

use super::ast::{Clause, Module};
use super::error::{MOST_ERRORS, SyntaxError};
use super::lexer;
use super::text::Origin;
use cursor::Cursor;

/// Reads one file. What could not be read is left out (or stands as an `Error` node) and told in the diagnostics, in
/// the order of the text.
pub fn parse(file: FileId, text: &str) -> (Module, Vec<Diagnostic>) {
    let (module, mut errors) = parse_module(file, text);
    errors.sort_by_key(|error| (error.span().start, error.span().end));
    if errors.len() > MOST_ERRORS {
        let span = errors[MOST_ERRORS].span();
        errors.truncate(MOST_ERRORS);
        errors.push(SyntaxError::TooManyErrors { most: MOST_ERRORS, span });
    }
    (module, errors.into_iter().map(Diagnostic::from).collect())
}

/// Reads the body of a rule that stands by itself; its final `.` may be missing.
pub fn parse_body(file: FileId, text: &str) -> (Vec<Clause>, Vec<Diagnostic>) {
    let origin = Origin::file(file);
    // On a line of its own, behind any comment.
    let text = format!("{text}\n.");
    let (tokens, errors) = lexer::tokens(&text, &origin);
    let mut cursor = Cursor::new(tokens, &origin);
    cursor.errors = errors;
    let clauses = cursor.lone_body();
    let mut errors = cursor.errors;
    errors.sort_by_key(|error| (error.span().start, error.span().end));
    if errors.len() > MOST_ERRORS {
        let span = errors[MOST_ERRORS].span();
        errors.truncate(MOST_ERRORS);
        errors.push(SyntaxError::TooManyErrors { most: MOST_ERRORS, span });
    }
    (clauses, errors.into_iter().map(Diagnostic::from).collect())
}

fn parse_module(file: FileId, text: &str) -> (Module, Vec<SyntaxError>) {
    let origin = Origin::file(file);
    let (tokens, errors) = lexer::tokens(text, &origin);
    let mut cursor = Cursor::new(tokens, &origin);
    cursor.errors = errors;
    let module = cursor.module();
    (module, cursor.errors)
}
