//! The tokens of a file with the comments that belong to each, read from front to back.

use std::ops::Range;

use super::comment::{Comment, Place};
use super::doc::Doc;
use crate::source::Span;
use crate::syntax::lexer;
use crate::syntax::text::Origin;
use crate::syntax::token::{Keyword, Token, TokenKind};

/// The tree and the tokens do not go together at this place.
#[derive(Clone, Copy, Debug)]
pub(super) struct Lost(pub(super) Span);

/// What a part of the layout gives.
pub(super) type Laid<'t> = Result<Doc<'t>, Lost>;

/// A run over tokens. Every token is taken once, in order, and its comments with it.
pub(super) struct Source<'t> {
    pieces: Vec<Piece<'t>>,
    at: usize,
}

/// A token and the comments around it.
#[derive(Clone, Debug)]
struct Piece<'t> {
    token: Token<'t>,
    before: Vec<(usize, Comment<'t>)>,
    /// Empty lines just before the token.
    n_blank: usize,
    /// Whether a line break stands between the previous token and this one.
    starts_line: bool,
    after: Vec<Comment<'t>>,
}

impl<'t> Piece<'t> {
    /// A token, with the comments since the previous one shared out between the two.
    fn new(
        text: &'t str,
        token: Token<'t>,
        previous: Option<&mut Piece<'t>>,
        previous_end: usize,
        gap: &[Range<usize>],
    ) -> Self {
        let ends = std::iter::once(previous_end).chain(gap.iter().map(|range| range.end));
        let starts = gap.iter().map(|range| range.start).chain([token.at as usize]);
        // Line breaks before each comment and before the token.
        let n_breaks: Vec<usize> =
            ends.zip(starts).map(|(from, to)| text[from..to].matches('\n').count()).collect();
        let comment = |at: usize, place| Comment { text: text[gap[at].clone()].trim_end(), place };
        let n_same_line = n_breaks[..gap.len()].iter().take_while(|n| **n == 0).count();
        let followed = n_breaks[n_same_line] > 0 || (n_same_line == gap.len() && closes(token.kind));
        let n_after = if previous.is_some() && followed { n_same_line } else { 0 };
        if let Some(previous) = previous {
            previous.after.extend((0..n_after).map(|at| comment(at, Place::After)));
        }
        let before = (n_after..gap.len()).map(|at| {
            let place = if n_breaks[at + 1] > 0 { Place::OwnLine } else { Place::Before };
            (n_breaks[at].saturating_sub(1), comment(at, place))
        });
        Piece {
            token,
            before: before.collect(),
            n_blank: n_breaks[gap.len()].saturating_sub(1),
            starts_line: n_breaks.iter().any(|n| *n > 0),
            after: Vec::new(),
        }
    }
}

impl<'t> Source<'t> {
    pub(super) fn new(text: &'t str, origin: &Origin) -> Self {
        let (tokens, comments) = lexer::tokens_and_comments(text, origin);
        let mut comments = comments.into_iter().peekable();
        let mut pieces: Vec<Piece> = Vec::with_capacity(tokens.len());
        let mut end = 0;
        for token in tokens {
            let start = token.at as usize;
            let gap: Vec<Range<usize>> =
                std::iter::from_fn(|| comments.next_if(|range| range.start < start)).collect();
            let piece = Piece::new(text, token, pieces.last_mut(), end, &gap);
            pieces.push(piece);
            end = start + token.text.len();
        }
        Source { pieces, at: 0 }
    }

    fn piece(&self) -> &Piece<'t> {
        &self.pieces[self.at.min(self.pieces.len() - 1)]
    }

    /// The next token.
    pub(super) fn peek(&self) -> Token<'t> {
        self.piece().token
    }

    /// The token `n` after the next.
    pub(super) fn ahead(&self, n: usize) -> Token<'t> {
        self.pieces[(self.at + n).min(self.pieces.len() - 1)].token
    }

    /// The next token's kind.
    pub(super) fn kind(&self) -> TokenKind {
        self.peek().kind
    }

    /// Whether the next token is on another line than the one before it.
    pub(super) fn starts_line(&self) -> bool {
        self.piece().starts_line
    }

    /// Whether comments stand before the next token.
    pub(super) fn has_leading(&self) -> bool {
        !self.piece().before.is_empty()
    }

    /// Whether comments stand around the next token.
    pub(super) fn has_comments(&self) -> bool {
        self.has_leading() || !self.piece().after.is_empty()
    }

    /// The comments before the next token and the empty lines between, at most so many together.
    pub(super) fn leading(&mut self, most_blank: usize) -> Doc<'t> {
        let last = self.pieces.len() - 1;
        let piece = &mut self.pieces[self.at.min(last)];
        let mut parts = Vec::new();
        for (n_blank, comment) in piece.before.drain(..) {
            parts.push(Doc::blank(n_blank.min(most_blank)));
            parts.push(Doc::comment(comment));
        }
        parts.push(Doc::blank(std::mem::take(&mut piece.n_blank).min(most_blank)));
        Doc::concat(parts)
    }

    /// The next token, whatever it is, with its comments.
    pub(super) fn take(&mut self) -> Doc<'t> {
        let piece = self.piece().clone();
        self.at = (self.at + 1).min(self.pieces.len() - 1);
        let before = piece.before.into_iter().map(|(_, comment)| Doc::comment(comment));
        let after = piece.after.into_iter().map(Doc::comment);
        Doc::concat(before.chain([Doc::text(piece.token.text)]).chain(after))
    }

    /// The next token, if it is of this kind.
    pub(super) fn take_if(&mut self, kind: TokenKind) -> Option<Doc<'t>> {
        (self.kind() == kind).then(|| self.take())
    }

    /// The next token, which is of this kind.
    pub(super) fn expect(&mut self, kind: TokenKind) -> Laid<'t> {
        self.take_if(kind).ok_or(Lost(self.peek().span))
    }

    /// The next token, which is this word.
    pub(super) fn keyword(&mut self, keyword: Keyword) -> Laid<'t> {
        self.expect(TokenKind::Keyword(keyword))
    }

    /// The next token, which reads so.
    pub(super) fn word(&mut self, text: &str) -> Laid<'t> {
        if self.peek().text == text { Ok(self.take()) } else { Err(Lost(self.peek().span)) }
    }

    /// Whether the next operator run starts with this character.
    pub(super) fn at_character(&self, character: char) -> bool {
        !matches!(self.kind(), TokenKind::String(_)) && self.peek().text.starts_with(character)
    }

    /// One operator character, leaving the rest of its run.
    pub(super) fn character(&mut self, character: char) -> Laid<'t> {
        let token = self.peek();
        if !self.at_character(character) {
            return Err(Lost(token.span));
        }
        let length = character.len_utf8();
        if token.text.len() == length {
            return Ok(self.take());
        }
        let last = self.pieces.len() - 1;
        let piece = &mut self.pieces[self.at.min(last)];
        let before = std::mem::take(&mut piece.before).into_iter().map(|(_, comment)| Doc::comment(comment));
        let head = Doc::text(&token.text[..length]);
        let text = &token.text[length..];
        let kind = TokenKind::of_operator(text);
        let span = Span { start: token.span.start + length as u32, ..token.span };
        piece.token = Token { kind, text, at: token.at + length as u32, span, ..token };
        (piece.n_blank, piece.starts_line) = (0, false);
        Ok(Doc::concat(before.chain([head])))
    }
}

/// Whether a comment before such a token belongs to what precedes it.
fn closes(kind: TokenKind) -> bool {
    matches!(
        kind,
        TokenKind::Comma
            | TokenKind::Semi
            | TokenKind::Dot
            | TokenKind::RParen
            | TokenKind::RBracket
            | TokenKind::RBrace
            | TokenKind::Eof
    )
}
