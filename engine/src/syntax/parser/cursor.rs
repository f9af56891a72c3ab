//! Where the parser is, and the small steps all of its parts are made of.

use crate::source::Span;
use crate::syntax::ast::{Ident, Path};
use crate::syntax::error::{Context, MOST_ERRORS, SyntaxError, excerpt};
use crate::syntax::text::Origin;
use crate::syntax::token::{Keyword, Token, TokenKind};

/// How deep the tree may nest. Stages after this one walk it recursively; programs stay below 30.
pub(super) const MAX_DEPTH: u32 = 128;

/// How high one expression may grow through chains such as `a ++ b ++ c`, which nest to the left.
pub(super) const MAX_HEIGHT: u32 = 512;

/// An error was reported; the caller recovers or passes it on.
#[derive(Clone, Copy, Debug)]
pub(super) struct Reported;

/// What a part of the grammar gives.
pub(super) type Parsed<T> = Result<T, Reported>;

/// A run over tokens.
pub(super) struct Cursor<'t> {
    tokens: Vec<Token<'t>>,
    position: usize,
    pub(super) origin: &'t Origin,
    pub(super) errors: Vec<SyntaxError>,
    /// What the text is, in messages about its end.
    pub(super) whole: &'static str,
    /// Levels of the grammar entered and not left.
    pub(super) depth: u32,
    /// Height of the tree read since it was last reset.
    height: u32,
}

impl<'t> Cursor<'t> {
    /// At the first of these tokens, which end with [`TokenKind::Eof`].
    pub(super) fn new(tokens: Vec<Token<'t>>, origin: &'t Origin) -> Self {
        Cursor { tokens, position: 0, origin, errors: Vec::new(), whole: "file", depth: 0, height: 0 }
    }

    /// Reads one level deeper; refuses when that is too deep for the stages that follow.
    pub(super) fn nested<T>(&mut self, read: impl FnOnce(&mut Self) -> Parsed<T>) -> Parsed<T> {
        if self.depth >= MAX_DEPTH {
            return self.fail(SyntaxError::TooDeep { limit: MAX_DEPTH, span: self.peek().span });
        }
        self.depth += 1;
        let siblings = std::mem::take(&mut self.height);
        let result = read(self);
        self.depth -= 1;
        self.height = siblings.max(self.height + 1);
        if result.is_ok() && self.height > MAX_HEIGHT { self.too_high() } else { result }
    }

    /// The expression just read becomes the child of a new one.
    pub(super) fn grow(&mut self) -> Parsed<()> {
        self.height += 1;
        if self.height > MAX_HEIGHT { self.too_high() } else { Ok(()) }
    }

    /// What is read next belongs to no tree read so far.
    pub(super) fn start_tree(&mut self) {
        self.height = 0;
    }

    /// What another cursor read becomes part of what is read here.
    pub(super) fn contain(&mut self, inner: &Cursor) {
        self.height = self.height.max(inner.height);
    }

    fn too_high<T>(&mut self) -> Parsed<T> {
        self.height = 0;
        self.fail(SyntaxError::TooDeep { limit: MAX_HEIGHT, span: self.peek().span })
    }

    /// The next token, not consumed.
    pub(super) fn peek(&self) -> Token<'t> {
        self.ahead(0)
    }

    /// The token `n` after the next.
    pub(super) fn ahead(&self, n: usize) -> Token<'t> {
        self.tokens[(self.position + n).min(self.tokens.len() - 1)]
    }

    /// The next token's kind.
    pub(super) fn kind(&self) -> TokenKind {
        self.peek().kind
    }

    /// The token before the next.
    pub(super) fn previous(&self) -> Token<'t> {
        self.tokens[self.position.saturating_sub(1)]
    }

    /// Consumes and gives the next token; stays at the end.
    pub(super) fn bump(&mut self) -> Token<'t> {
        let token = self.peek();
        self.position = (self.position + 1).min(self.tokens.len() - 1);
        token
    }

    /// Where the cursor is, to come back to.
    pub(super) fn position(&self) -> usize {
        self.position
    }

    /// Tries to read something; on failure nothing is consumed and nothing reported.
    pub(super) fn attempt<T>(&mut self, read: impl FnOnce(&mut Self) -> Parsed<T>) -> Option<T> {
        let (position, n_errors, depth, height) = (self.position, self.errors.len(), self.depth, self.height);
        let saved: Vec<Token<'t>> =
            self.tokens[position..(position + SPLIT_WINDOW).min(self.tokens.len())].to_vec();
        if let Ok(value) = read(self) {
            return Some(value);
        }
        self.tokens.splice(position..position + saved.len(), saved);
        (self.position, self.depth, self.height) = (position, depth, height);
        self.errors.truncate(n_errors);
        None
    }

    /// Whether the next token is of this kind.
    pub(super) fn at(&self, kind: TokenKind) -> bool {
        self.kind() == kind
    }

    /// Whether the next token is this word.
    pub(super) fn at_keyword(&self, keyword: Keyword) -> bool {
        self.kind() == TokenKind::Keyword(keyword)
    }

    /// Whether the next token is this word, which is a name elsewhere.
    pub(super) fn at_word(&self, word: &str) -> bool {
        self.at(TokenKind::Ident) && self.peek().text == word
    }

    /// Consumes the next token if it is of this kind.
    pub(super) fn eat(&mut self, kind: TokenKind) -> Option<Span> {
        self.at(kind).then(|| self.bump().span)
    }

    /// Consumes the next token if it is this word.
    pub(super) fn eat_keyword(&mut self, keyword: Keyword) -> Option<Span> {
        self.eat(TokenKind::Keyword(keyword))
    }

    /// Whether the next operator run starts with this character.
    pub(super) fn at_character(&self, character: char) -> bool {
        is_operator(self.kind()) && self.peek().text.starts_with(character)
    }

    /// Consumes one operator character, leaving the rest of its run: `>` of `>>`, `.` of `.-`.
    pub(super) fn eat_character(&mut self, character: char) -> Option<Span> {
        if !self.at_character(character) {
            return None;
        }
        let token = self.peek();
        if token.text.len() == 1 {
            return Some(self.bump().span);
        }
        Some(self.split(1))
    }

    /// Consumes the first `length` characters of the next operator run.
    pub(super) fn split(&mut self, length: usize) -> Span {
        let token = self.peek();
        let at = token.at as usize;
        let head = self.origin.span(at, at + length);
        let text = &token.text[length..];
        let span = self.origin.span(at + length, at + token.text.len());
        let kind = TokenKind::of_operator(text);
        self.tokens[self.position] = Token { kind, text, at: token.at + length as u32, span, ..token };
        head
    }

    /// Consumes a token of this kind or reports what was found instead.
    pub(super) fn expect(&mut self, kind: TokenKind) -> Parsed<Span> {
        match self.eat(kind) {
            Some(span) => Ok(span),
            None => self.expected(match kind {
                TokenKind::Keyword(keyword) => format!("`{}`", keyword.text()),
                other => other.describe().to_owned(),
            }),
        }
    }

    /// Consumes one operator character or reports what was found instead.
    pub(super) fn expect_character(&mut self, character: char) -> Parsed<Span> {
        match self.eat_character(character) {
            Some(span) => Ok(span),
            None => self.expected(format!("`{character}`")),
        }
    }

    /// Consumes the closing delimiter or points at the opener.
    pub(super) fn expect_close(&mut self, kind: TokenKind, opener: Span) -> Parsed<Span> {
        if let Some(span) = self.eat(kind) {
            return Ok(span);
        }
        let open = match kind {
            TokenKind::RParen => '(',
            TokenKind::RBracket => '[',
            _ => '{',
        };
        self.unclosed(open, opener)
    }

    /// Reports a delimiter whose other half is missing here.
    pub(super) fn unclosed<T>(&mut self, open: char, opener: Span) -> Parsed<T> {
        let found = self.found();
        self.fail(SyntaxError::Unclosed { open, opener, found, span: self.peek().span })
    }

    /// Reports that something else should stand here.
    pub(super) fn expected<T>(&mut self, expected: impl Into<String>) -> Parsed<T> {
        self.expected_in(expected, None, None)
    }

    /// Reports that something else should stand here, with the way out.
    pub(super) fn expected_hint<T>(&mut self, expected: impl Into<String>, hint: &'static str) -> Parsed<T> {
        self.expected_in(expected, None, Some(hint))
    }

    /// Reports that something else should stand here, and what is being read.
    pub(super) fn expected_in<T>(
        &mut self,
        expected: impl Into<String>,
        context: Option<Context>,
        hint: Option<&'static str>,
    ) -> Parsed<T> {
        let token = self.peek();
        if token.kind == TokenKind::Bad {
            return Err(Reported); // the lexer told
        }
        if matches!(token.kind, TokenKind::UnknownOperator) {
            return self.unknown_operator();
        }
        let (expected, found) = (expected.into(), self.found());
        self.fail(SyntaxError::Expected { expected, found, context, hint, span: token.span })
    }

    /// Reports the operator run at hand.
    pub(super) fn unknown_operator<T>(&mut self) -> Parsed<T> {
        let token = self.peek();
        let (text, span) = (excerpt(token.text), token.span);
        let foreign = match token.text {
            "!" => Some(("!", "not")),
            "||" => Some(("||", "or")),
            _ => None,
        };
        if let Some((text, instead)) = foreign {
            return self.fail(SyntaxError::ForeignOperator { text, instead, span });
        }
        let split = TokenKind::operator_prefix(token.text).and_then(|(_, length)| {
            let rest = &token.text[length..];
            let known = !rest.is_empty() && TokenKind::of_operator(rest) != TokenKind::UnknownOperator;
            (known && token.text.len() < 8).then(|| format!("{} {rest}", &token.text[..length]))
        });
        self.fail(SyntaxError::UnknownOperator { text, split, span })
    }

    /// Records an error and fails.
    pub(super) fn fail<T>(&mut self, error: SyntaxError) -> Parsed<T> {
        self.report(error);
        Err(Reported)
    }

    /// Records an error; only the first at a place, the others follow from it.
    pub(super) fn report(&mut self, error: SyntaxError) {
        let known = self.errors.iter().rev().take(16).any(|known| known.span().start == error.span().start);
        if !known && self.errors.len() <= 2 * MOST_ERRORS {
            self.errors.push(error);
        }
    }

    /// How messages name the next token.
    pub(super) fn found(&self) -> String {
        let token = self.peek();
        match token.kind {
            TokenKind::Eof => format!("the end of the {}", self.whole),
            TokenKind::String(_) => "a string".to_owned(),
            _ => format!("`{}`", excerpt(token.text)),
        }
    }

    /// A name of any case.
    pub(super) fn ident(&mut self, what: &'static str) -> Parsed<Ident> {
        let token = self.peek();
        match token.kind {
            TokenKind::Ident => {
                self.bump();
                Ok(Ident { name: token.text.into(), span: token.span })
            }
            TokenKind::Keyword(_) | TokenKind::Reserved if token.text != "_" => {
                self.fail(SyntaxError::ReservedWord { word: token.text.into(), span: token.span })
            }
            _ => self.expected(what),
        }
    }

    /// A name that starts with a lower-case letter or `_`.
    pub(super) fn lower_ident(&mut self, what: &'static str) -> Parsed<Ident> {
        let ident = self.ident(what)?;
        if is_upper(&ident.name) {
            self.letter_case(what, "a lower-case", &ident);
        }
        Ok(ident)
    }

    /// A name that starts with an upper-case letter.
    pub(super) fn upper_ident(&mut self, what: &'static str) -> Parsed<Ident> {
        let ident = self.ident(what)?;
        if !is_upper(&ident.name) {
            self.letter_case(what, "an upper-case", &ident);
        }
        Ok(ident)
    }

    /// `a::b::C`
    pub(super) fn path(&mut self, what: &'static str) -> Parsed<Path> {
        let first = self.ident(what)?;
        let mut path = Path { span: first.span, segments: vec![first] };
        while self.eat(TokenKind::PathSep).is_some() {
            let segment = self.ident(what)?;
            path.span = path.span.to(segment.span);
            path.segments.push(segment);
        }
        Ok(path)
    }

    /// A path whose last name starts with an upper-case letter.
    pub(super) fn upper_path(&mut self, what: &'static str) -> Parsed<Path> {
        let path = self.path(what)?;
        if let Some(last) = path.segments.last().filter(|last| !is_upper(&last.name)) {
            self.letter_case(what, "an upper-case", &last.clone());
        }
        Ok(path)
    }

    fn letter_case(&mut self, what: &'static str, wanted: &'static str, ident: &Ident) {
        let what = what.trim_start_matches("a ").trim_start_matches("an ");
        self.report(SyntaxError::LetterCase { what, wanted, name: ident.name.to_string(), span: ident.span });
    }

    /// If a path starts `n` tokens ahead: how many tokens it takes, and its last name.
    pub(super) fn path_ahead(&self, n: usize) -> Option<(usize, &'t str)> {
        let mut end = n;
        loop {
            let token = self.ahead(end);
            if token.kind != TokenKind::Ident {
                return None;
            }
            if self.ahead(end + 1).kind != TokenKind::PathSep {
                return Some((end + 1 - n, token.text));
            }
            end += 2;
        }
    }

    /// Zero or more of something, with commas between and perhaps after, up to the closing delimiter, which is consumed.
    pub(super) fn list<T>(
        &mut self,
        close: TokenKind,
        opener: Span,
        mut read: impl FnMut(&mut Self) -> Parsed<T>,
    ) -> Parsed<(Vec<T>, Span)> {
        let mut items = Vec::new();
        loop {
            if let Some(end) = self.eat(close) {
                return Ok((items, end));
            }
            if self.at(TokenKind::Eof) {
                return self.expect_close(close, opener).map(|end| (items, end));
            }
            match read(self) {
                Ok(item) => items.push(item),
                Err(reported) => {
                    self.skip_past(close);
                    return Err(reported);
                }
            }
            if self.eat(TokenKind::Comma).is_none() {
                let end = self.expect_close(close, opener)?;
                return Ok((items, end));
            }
        }
    }

    /// A parenthesised list.
    pub(super) fn parens<T>(&mut self, read: impl FnMut(&mut Self) -> Parsed<T>) -> Parsed<(Vec<T>, Span)> {
        let opener = self.expect(TokenKind::LParen)?;
        self.list(TokenKind::RParen, opener, read)
    }
}

/// How many tokens after the start of an attempt may be split in it: type arguments are short.
const SPLIT_WINDOW: usize = 64;

/// Whether a name's first letter is upper case: relations, constructors, type variables.
pub(super) fn is_upper(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_uppercase())
}

fn is_operator(kind: TokenKind) -> bool {
    matches!(
        kind,
        TokenKind::Dot
            | TokenKind::Colon
            | TokenKind::PathSep
            | TokenKind::ColonDash
            | TokenKind::Arrow
            | TokenKind::Implies
            | TokenKind::Assign
            | TokenKind::EqEq
            | TokenKind::NotEq
            | TokenKind::Lt
            | TokenKind::Le
            | TokenKind::Gt
            | TokenKind::Ge
            | TokenKind::Shl
            | TokenKind::Shr
            | TokenKind::Pipe
            | TokenKind::Plus
            | TokenKind::PlusPlus
            | TokenKind::Minus
            | TokenKind::Star
            | TokenKind::Slash
            | TokenKind::Percent
            | TokenKind::UnknownOperator
    )
}
