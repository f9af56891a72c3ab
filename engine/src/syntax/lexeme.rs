//! What is coloured in a text: comments, strings, numbers and keywords, those inside interpolations too.

use std::ops::Range;

use super::lexer;
use super::literal;
use super::text::{Gathered, Origin};
use super::token::{Quoting, StringForm, Token, TokenKind};
use crate::source::FileId;

/// A comment or token whose kind shows without knowing any name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lexeme {
    /// What it is.
    pub kind: LexemeKind,
    /// Its bytes in the text.
    pub range: Range<usize>,
}

/// What a [`Lexeme`] is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum LexemeKind {
    /// `// …` and `/* … */`.
    Comment,
    /// A string literal of any form, with its delimiters and all that is inside.
    String,
    /// An integer or floating point number.
    Number,
    /// A reserved word that has a meaning.
    Keyword,
}

/// The lexemes of a text in the order of their starts. Those of an interpolation follow the string they are in.
/// Unterminated literals and comments, and whatever else cannot be read, are left out.
pub fn lexemes(text: &str) -> Vec<Lexeme> {
    let mut found = Vec::new();
    gather(text, &Origin::file(FileId(0)), &mut found);
    found.sort_by_key(|lexeme| (lexeme.range.start, std::cmp::Reverse(lexeme.range.end)));
    found
}

/// Calls itself for interpolations. A quote inside needs twice the backslashes each time and raw literals do not nest,
/// so the depth is at most the logarithm of the length.
fn gather(text: &str, origin: &Origin, found: &mut Vec<Lexeme>) {
    let (tokens, comments) = lexer::tokens_and_comments(text, origin);
    for comment in comments {
        let span = origin.span(comment.start, comment.end);
        found.push(Lexeme { kind: LexemeKind::Comment, range: span.start as usize..span.end as usize });
    }
    let mut at = 0;
    while let Some(token) = tokens.get(at) {
        let kind = match token.kind {
            TokenKind::Keyword(_) => Some(LexemeKind::Keyword),
            TokenKind::Int | TokenKind::Float => Some(LexemeKind::Number),
            TokenKind::String(_) => Some(LexemeKind::String),
            _ => None,
        };
        if let Some(kind) = kind {
            found.push(Lexeme { kind, range: token.span.start as usize..token.span.end as usize });
        }
        // Only the first of adjacent literals starts a text; the others were read with it.
        if let TokenKind::String(form) = token.kind
            && !(at > 0 && continues(&tokens[at - 1], token))
        {
            gather_interpolations(&tokens[at..], form, origin, found);
        }
        at += 1;
    }
}

/// Whether two literals are one text.
fn continues(before: &Token, token: &Token) -> bool {
    let quoted = |kind| matches!(kind, TokenKind::String(StringForm { quoting: Quoting::Quoted, .. }));
    quoted(before.kind)
        && token.kind == TokenKind::String(StringForm { quoting: Quoting::Quoted, interned: false })
}

fn gather_interpolations(tokens: &[Token], form: StringForm, origin: &Origin, found: &mut Vec<Lexeme>) {
    let Some(first) = tokens.first() else { return };
    let mut gathered = Gathered::new();
    let mut last = first;
    match form.quoting {
        Quoting::Raw => return,
        Quoting::RawInterpolated => literal::raw(first, origin, &mut gathered),
        Quoting::Quoted => {
            let mut errors = Vec::new();
            literal::unescape(first, origin, &mut gathered, &mut errors);
            for token in &tokens[1..] {
                if !continues(last, token) {
                    break;
                }
                literal::unescape(token, origin, &mut gathered, &mut errors);
                last = token;
            }
        }
    }
    let (text, inner) = gathered.finish(origin.file, last.span.end);
    let mut at = 0;
    while let Some(length) = text[at..].find("${") {
        let start = at + length + 2;
        let (_, _, Some(close)) = lexer::interpolated_tokens(&text, start, &inner) else { return };
        let mut code = Gathered::new();
        for (offset, character) in text[start..close].char_indices() {
            code.push(character, inner.source((start + offset) as u32));
        }
        let (code, code_origin) = code.finish(inner.file, inner.source(close as u32));
        gather(&code, &code_origin, found);
        at = close + 1;
    }
}
