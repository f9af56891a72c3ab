//! The tokens of a file with the comments that belong to each, read from front to back.

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

impl<'t> Source<'t> {
    pub(super) fn new(text: &'t str, origin: &Origin) -> Self {
        let (tokens, comments) = lexer::tokens_and_comments(text, origin);
        let mut comments = comments.into_iter().peekable();
        let mut pieces: Vec<Piece> = Vec::with_capacity(tokens.len());
        let mut end = 0;
        for token in tokens {
            let mut piece =
                Piece { token, before: Vec::new(), n_blank: 0, starts_line: false, after: Vec::new() };
            let start = token.at as usize;
            let mut same_line = !pieces.is_empty();
            while let Some(range) = comments.next_if(|range| range.start < start) {
                let n_breaks = line_breaks(text, end, range.start);
                let next = comments.peek().map_or(start, |next| next.start.min(start));
                let ends_line =
                    text[range.start..].starts_with("//") || line_breaks(text, range.end, next) > 0;
                same_line &= n_breaks == 0;
                piece.starts_line |= n_breaks > 0 || line_breaks(text, range.end, next) > 0;
                let comment_text = text[range.clone()].trim_end();
                end = range.end;
                match pieces.last_mut() {
                    Some(previous) if same_line && (ends_line || closes(token.kind)) => {
                        previous.after.push(Comment { text: comment_text, place: Place::After });
                    }
                    _ => {
                        let place = if ends_line { Place::OwnLine } else { Place::Before };
                        let comment = Comment { text: comment_text, place };
                        piece.before.push((n_breaks.saturating_sub(1), comment));
                    }
                }
            }
            let n_breaks = line_breaks(text, end, start);
            piece.starts_line |= n_breaks > 0;
            piece.n_blank = n_breaks.saturating_sub(1);
            end = start + token.text.len();
            pieces.push(piece);
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

fn line_breaks(text: &str, from: usize, to: usize) -> usize {
    text.get(from..to).unwrap_or("").matches('\n').count()
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
