//! The check that a layout says what the original says.

use crate::source::Span;
use crate::syntax::ast::{Item, Module};
use crate::syntax::lexer;
use crate::syntax::parse;
use crate::syntax::text::Origin;
use crate::syntax::token::{Token, TokenKind};

/// Compares the tokens, comments and trees of two texts, the tokens but for commas after the last thing of a list.
///
/// # Errors
/// The place in the original of the first difference.
pub(super) fn verify(original: &str, module: &Module, laid_out: &str) -> Result<(), Span> {
    let origin = Origin::file(module.file);
    let (before, comments_before) = lexer::tokens_and_comments(original, &origin);
    let (after, comments_after) = lexer::tokens_and_comments(laid_out, &origin);
    let (before, after) = (significant(&before), significant(&after));
    let end = Span { file: module.file, start: original.len() as u32, end: original.len() as u32 };
    let mut tokens_after = after.iter();
    for token in &before {
        match tokens_after.next() {
            Some(other) if other.1 == token.1 => {}
            _ => return Err(token.0),
        }
    }
    if tokens_after.next().is_some() {
        return Err(end);
    }
    let mut comments_after = comments_after.into_iter();
    for range in comments_before {
        let span = Span { start: range.start as u32, end: range.end as u32, ..end };
        let kept = comments_after.next().is_some_and(|other| {
            let (before, after) = (original[range].trim_end(), laid_out[other].trim_end());
            before == after
        });
        if !kept {
            return Err(span);
        }
    }
    if comments_after.next().is_some() {
        return Err(end);
    }
    same_tree(module, laid_out, end)
}

fn same_tree(module: &Module, laid_out: &str, end: Span) -> Result<(), Span> {
    let (again, diagnostics) = parse(module.file, laid_out);
    let mut items = again.items.iter();
    for item in &module.items {
        match items.next() {
            Some(other) if shown(item, module) == shown(other, module) => {}
            _ => return Err(item.span),
        }
    }
    let same_imports = again.imports.len() == module.imports.len()
        && again.imports.iter().zip(&module.imports).all(|(a, b)| {
            a.path.to_string() == b.path.to_string()
                && a.alias.as_ref().map(ToString::to_string) == b.alias.as_ref().map(ToString::to_string)
        });
    match items.next().is_none() && same_imports && diagnostics.is_empty() {
        true => Ok(()),
        false => Err(end),
    }
}

/// One item as the printer shows it, which tells any two trees apart.
fn shown(item: &Item, module: &Module) -> String {
    let alone =
        Module { path: Vec::new(), file: module.file, imports: Vec::new(), items: vec![item.clone()] };
    alone.to_string()
}

/// Characters of the tokens one by one where they are operators, which a layout may put apart; without needless commas.
fn significant<'t>(tokens: &[Token<'t>]) -> Vec<(Span, &'t str)> {
    let mut pieces = Vec::with_capacity(tokens.len());
    for (at, token) in tokens.iter().enumerate() {
        let next = tokens.get(at + 1).map(|next| next.kind);
        let needless = token.kind == TokenKind::Comma
            && matches!(
                next,
                Some(
                    TokenKind::RParen
                        | TokenKind::RBracket
                        | TokenKind::RBrace
                        | TokenKind::Dot
                        | TokenKind::ColonDash
                        | TokenKind::Gt
                        | TokenKind::Shr
                        | TokenKind::Pipe
                )
            );
        if needless {
            continue;
        }
        let run = token.text.bytes().all(|byte| b"!:%*-+./=|<>".contains(&byte));
        match run {
            true => pieces.extend((0..token.text.len()).map(|at| (token.span, &token.text[at..=at]))),
            false => pieces.push((token.span, token.text)),
        }
    }
    pieces
}
