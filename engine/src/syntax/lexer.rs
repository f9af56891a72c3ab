//! Text to tokens.

use std::ops::Range;

use logos::Logos;

use super::error::{MOST_ERRORS, SyntaxError, excerpt};
use super::text::Origin;
use super::token::{LinePosition, Quoting, StringForm, Token, TokenKind};

/// All tokens of a text, ending with [`TokenKind::Eof`], and what could not be read.
pub(crate) fn tokens<'t>(text: &'t str, origin: &Origin) -> (Vec<Token<'t>>, Vec<SyntaxError>) {
    let mut run = Run::new(text, 0, origin);
    while run.step().is_some() {}
    run.finish(text.len())
}

/// All tokens of a text, ending with [`TokenKind::Eof`], and the byte ranges of the comments between them.
pub(crate) fn tokens_and_comments<'t>(text: &'t str, origin: &Origin) -> (Vec<Token<'t>>, Vec<Range<usize>>) {
    let mut run = Run::new(text, 0, origin);
    while run.step().is_some() {}
    let comments = std::mem::take(&mut run.comments);
    (run.finish(text.len()).0, comments)
}

/// The tokens from `start` to the `}` that closes an interpolation, ending with [`TokenKind::Eof`] there, and the
/// offset of that `}`; none if it is missing.
pub(crate) fn interpolated_tokens<'t>(
    text: &'t str,
    start: usize,
    origin: &Origin,
) -> (Vec<Token<'t>>, Vec<SyntaxError>, Option<usize>) {
    let mut run = Run::new(text, start, origin);
    let mut open = 0usize;
    let mut close = None;
    while let Some((kind, at)) = run.step() {
        match kind {
            TokenKind::LBrace => open += 1,
            TokenKind::RBrace if open == 0 => {
                run.tokens.pop();
                close = Some(at);
                break;
            }
            TokenKind::RBrace => open -= 1,
            _ => {}
        }
    }
    let (tokens, errors) = run.finish(close.unwrap_or(text.len()));
    (tokens, errors, close)
}

/// What the generated scanner tells apart; operator runs are put together afterwards.
#[derive(Logos, Clone, Copy, Debug, PartialEq)]
#[logos(skip r"[ \t\r\n\x0b\x0c\u{feff}\u{a0}]+")]
enum Raw {
    #[token("//", line_comment)]
    LineComment,
    #[token("/*", block_comment)]
    BlockComment(Terminated),
    #[regex("[A-Za-z_][A-Za-z0-9_]*")]
    Word,
    #[regex("[0-9][0-9_]*", priority = 5)]
    #[regex("([0-9][0-9_]*)?'s?b[01][01_]*", priority = 5)]
    #[regex("([0-9][0-9_]*)?'s?o[0-7][0-7_]*", priority = 5)]
    #[regex("([0-9][0-9_]*)?'s?d[0-9][0-9_]*", priority = 5)]
    #[regex("([0-9][0-9_]*)?'s?h[0-9a-fA-F][0-9a-fA-F_]*", priority = 5)]
    Int,
    #[regex(r"([0-9][0-9_]*'f)?[0-9][0-9_]*\.[0-9][0-9_]*([eE][+-]?[0-9]+)?", priority = 6)]
    #[regex(r"([0-9][0-9_]*'f)?[0-9][0-9_]*[eE][+-]?[0-9]+", priority = 6)]
    #[regex(r"[0-9][0-9_]*'f[0-9][0-9_]*", priority = 6)]
    Float,
    #[regex("[0-9][0-9_]*'?[A-Za-z0-9_]+", priority = 1)]
    BadNumber,
    #[token("\"", quoted)]
    #[token("i\"", quoted)]
    Quoted(Terminated),
    #[token("[|", raw_string)]
    #[token("i[|", raw_string)]
    #[token("$[|", raw_string)]
    #[token("i$[|", raw_string)]
    BarString(Terminated),
    #[regex(r"[!:%*\-+./=|<>]")]
    OperatorCharacter,
    #[token("(")]
    LParen,
    #[token(")")]
    RParen,
    #[token("[")]
    LBracket,
    #[token("]")]
    RBracket,
    #[token("{")]
    LBrace,
    #[token("}")]
    RBrace,
    #[token(",")]
    Comma,
    #[token(";")]
    Semi,
    #[token("&")]
    Amp,
    #[token("^")]
    Caret,
    #[token("~")]
    Tilde,
    #[token("@")]
    At,
    #[token("#")]
    Hash,
    #[token("'")]
    Tick,
    #[token("?")]
    Question,
}

/// Whether the closing delimiter was found.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Terminated {
    Yes,
    No,
}

fn line_comment(lexer: &mut logos::Lexer<Raw>) {
    let length = lexer.remainder().find('\n').unwrap_or(lexer.remainder().len());
    lexer.bump(length);
}

fn block_comment(lexer: &mut logos::Lexer<Raw>) -> Terminated {
    let bytes = lexer.remainder().as_bytes();
    let mut depth = 1;
    let mut at = 0;
    while at < bytes.len() {
        match &bytes[at..bytes.len().min(at + 2)] {
            b"/*" => {
                depth += 1;
                at += 2;
            }
            b"*/" => {
                depth -= 1;
                at += 2;
                if depth == 0 {
                    lexer.bump(at);
                    return Terminated::Yes;
                }
            }
            _ => at += 1,
        }
    }
    lexer.bump(at);
    Terminated::No
}

/// A quoted literal ends at its quote or, unfinished, at the end of its line.
fn quoted(lexer: &mut logos::Lexer<Raw>) -> Terminated {
    let bytes = lexer.remainder().as_bytes();
    let mut at = 0;
    while at < bytes.len() {
        match bytes[at] {
            b'"' => {
                lexer.bump(at + 1);
                return Terminated::Yes;
            }
            b'\n' => break,
            b'\\' => at = escape_end(bytes, at),
            _ => at += 1,
        }
    }
    let at = at.min(bytes.len());
    let boundary = (0..=at).rev().find(|&i| lexer.remainder().is_char_boundary(i)).unwrap_or(0);
    lexer.bump(boundary);
    Terminated::No
}

/// Where an escape that starts at `at` cannot end the literal any more: past the next byte, or past a gap
/// (backslash, blanks with line breaks, backslash).
fn escape_end(bytes: &[u8], at: usize) -> usize {
    let gap = bytes[at + 1..].iter().take_while(|byte| byte.is_ascii_whitespace()).count();
    match bytes.get(at + 1 + gap) {
        Some(b'\\') if gap > 0 => at + gap + 2,
        _ if gap > 0 => at + 1,
        _ => at + 2,
    }
}

fn raw_string(lexer: &mut logos::Lexer<Raw>) -> Terminated {
    match lexer.remainder().find("|]") {
        Some(at) => {
            lexer.bump(at + 2);
            Terminated::Yes
        }
        None => {
            lexer.bump(lexer.remainder().len());
            Terminated::No
        }
    }
}

struct Run<'t, 'o> {
    text: &'t str,
    start: usize,
    origin: &'o Origin,
    raw: std::iter::Peekable<logos::SpannedIter<'t, Raw>>,
    tokens: Vec<Token<'t>>,
    comments: Vec<Range<usize>>,
    errors: Vec<SyntaxError>,
}

impl<'t, 'o> Run<'t, 'o> {
    fn new(text: &'t str, start: usize, origin: &'o Origin) -> Self {
        let raw = Raw::lexer(text.get(start..).unwrap_or("")).spanned().peekable();
        Run { text, start, origin, raw, tokens: Vec::new(), comments: Vec::new(), errors: Vec::new() }
    }

    /// Reads one token (or comment); gives what it was and where it starts.
    fn step(&mut self) -> Option<(TokenKind, usize)> {
        let (raw, range) = self.raw.next()?;
        let (at, mut end) = (range.start + self.start, range.end + self.start);
        let span = self.origin.span(at, end);
        let text = &self.text[at..end];
        let kind = match raw {
            Ok(Raw::LineComment | Raw::BlockComment(Terminated::Yes)) => {
                self.comments.push(at..end);
                return Some((TokenKind::Bad, at));
            }
            Ok(Raw::BlockComment(Terminated::No)) => {
                let opener = self.origin.span(at, at + 2);
                let span = self.origin.span(end, end);
                self.report(SyntaxError::UnterminatedComment { opener, span });
                return Some((TokenKind::Bad, at));
            }
            Ok(Raw::Word) => TokenKind::of_word(text),
            Ok(Raw::Int) => TokenKind::Int,
            Ok(Raw::Float) => TokenKind::Float,
            Ok(Raw::BadNumber) => {
                self.report(SyntaxError::MalformedNumber { text: excerpt(text), span });
                TokenKind::Bad
            }
            Ok(Raw::Quoted(end)) => self.string(end, text, at, Quoting::Quoted),
            Ok(Raw::BarString(end)) if text.trim_start_matches('i').starts_with('$') => {
                self.string(end, text, at, Quoting::RawInterpolated)
            }
            Ok(Raw::BarString(end)) => self.string(end, text, at, Quoting::Raw),
            Ok(Raw::OperatorCharacter) => {
                end = self.operator_end(end);
                TokenKind::of_operator(&self.text[at..end])
            }
            Ok(Raw::LParen) => TokenKind::LParen,
            Ok(Raw::RParen) => TokenKind::RParen,
            Ok(Raw::LBracket) => TokenKind::LBracket,
            Ok(Raw::RBracket) => TokenKind::RBracket,
            Ok(Raw::LBrace) => TokenKind::LBrace,
            Ok(Raw::RBrace) => TokenKind::RBrace,
            Ok(Raw::Comma) => TokenKind::Comma,
            Ok(Raw::Semi) => TokenKind::Semi,
            Ok(Raw::Amp) => TokenKind::Amp,
            Ok(Raw::Caret) => TokenKind::Caret,
            Ok(Raw::Tilde) => TokenKind::Tilde,
            Ok(Raw::At) => TokenKind::At,
            Ok(Raw::Hash) => TokenKind::Hash,
            Ok(Raw::Tick) => TokenKind::Tick,
            Ok(Raw::Question) => TokenKind::Question,
            Err(()) => {
                // Characters that nobody can read come in crowds: one mistake.
                let goes_on = self.tokens.last().is_some_and(|last| {
                    last.kind == TokenKind::Bad && last.at as usize + last.text.len() == at
                });
                if !goes_on {
                    self.report(SyntaxError::UnexpectedCharacter { text: excerpt(text), span });
                }
                TokenKind::Bad
            }
        };
        self.push(kind, at, end);
        Some((kind, at))
    }

    fn finish(mut self, end: usize) -> (Vec<Token<'t>>, Vec<SyntaxError>) {
        self.push(TokenKind::Eof, end, end);
        (self.tokens, self.errors)
    }

    fn report(&mut self, error: SyntaxError) {
        if self.errors.len() <= MOST_ERRORS {
            self.errors.push(error);
        }
    }

    fn push(&mut self, kind: TokenKind, at: usize, end: usize) {
        let before = self.text[..at].trim_end_matches([' ', '\t', '\r']);
        let position = match before.is_empty() || before.ends_with('\n') {
            true if before.len() == at => LinePosition::Margin,
            true => LinePosition::First,
            false => LinePosition::Inside,
        };
        let span = self.origin.span(at, end);
        self.tokens.push(Token { kind, text: &self.text[at..end], at: at as u32, span, position });
    }

    fn string(&mut self, end: Terminated, text: &str, at: usize, quoting: Quoting) -> TokenKind {
        if end == Terminated::No {
            let length = text.find(['"', '|']).map_or(text.len(), |i| i + 1);
            let opener = self.origin.span(at, at + length);
            // A quoted literal ends with its line, and that is where its author wants to look; others run to the end.
            let (close, span) = match quoting {
                Quoting::Quoted => ("\"", opener),
                _ => ("|]", self.origin.span(at + text.len(), at + text.len())),
            };
            self.report(SyntaxError::UnterminatedString { close, opener, span });
            return TokenKind::Bad;
        }
        TokenKind::String(StringForm { quoting, interned: text.starts_with('i') })
    }

    /// The end of the run of operator characters that goes on at `end`.
    fn operator_end(&mut self, mut end: usize) -> usize {
        while let Some((Ok(Raw::OperatorCharacter), range)) = self.raw.peek()
            && range.start + self.start == end
        {
            end = range.end + self.start;
            self.raw.next();
        }
        end
    }
}
