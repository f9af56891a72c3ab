//! Finding one's feet again after an error.

use super::cursor::{Cursor, is_upper};
use crate::syntax::token::{Keyword, LinePosition, TokenKind};

/// Where skipping over a broken clause ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ClauseEnd {
    /// After a `,`: another clause follows.
    Comma,
    /// After the `.` of the rule.
    Dot,
    /// Before something that starts another item, or at the end.
    Item,
}

impl Cursor<'_> {
    /// Skips what is left of a broken item. Always ends before a plausible item or at the end, never at `from`.
    pub(super) fn skip_item(&mut self, from: usize) {
        if self.position() == from {
            self.bump();
        }
        while !self.at(TokenKind::Eof) {
            if self.at_item_start() || (self.ends_item() && self.position() > from) {
                return;
            }
            self.bump();
        }
    }

    /// Skips what is left of a broken clause of a rule.
    pub(super) fn skip_clause(&mut self) -> ClauseEnd {
        let mut open = 0usize;
        loop {
            match self.kind() {
                TokenKind::Eof => return ClauseEnd::Item,
                _ if self.at_item_start() => return ClauseEnd::Item,
                TokenKind::LParen | TokenKind::LBracket | TokenKind::LBrace => open += 1,
                TokenKind::RParen | TokenKind::RBracket | TokenKind::RBrace => open = open.saturating_sub(1),
                TokenKind::Comma if open == 0 => {
                    self.bump();
                    return ClauseEnd::Comma;
                }
                TokenKind::Dot
                    if self.ahead(1).position != LinePosition::Inside
                        || self.ahead(1).kind == TokenKind::Eof =>
                {
                    self.bump();
                    return ClauseEnd::Dot;
                }
                _ => {}
            }
            self.bump();
        }
    }

    /// Skips past the closing delimiter of a broken list, unless something comes before that ends what is around it.
    pub(super) fn skip_past(&mut self, close: TokenKind) {
        let mut open = 0usize;
        for ahead in 0.. {
            let token = self.ahead(ahead);
            match token.kind {
                TokenKind::LParen | TokenKind::LBracket | TokenKind::LBrace => open += 1,
                TokenKind::RParen | TokenKind::RBracket | TokenKind::RBrace if open > 0 => open -= 1,
                kind if kind == close => {
                    (0..=ahead).for_each(|_| _ = self.bump());
                    return;
                }
                TokenKind::RParen | TokenKind::RBracket | TokenKind::RBrace | TokenKind::Eof => return,
                TokenKind::Semi | TokenKind::ColonDash if open == 0 => return,
                _ if token.position == LinePosition::Margin => return,
                _ => {}
            }
        }
    }

    /// Skips what is left of a broken expression in a block: to its `;`, or the `}` that closes the block.
    /// False if neither comes before the next item.
    pub(super) fn skip_in_block(&mut self) -> bool {
        let mut open = 0usize;
        loop {
            match self.kind() {
                TokenKind::Eof => return false,
                _ if self.at_item_start() => return false,
                TokenKind::LParen | TokenKind::LBracket | TokenKind::LBrace => open += 1,
                TokenKind::RBrace if open == 0 => return true,
                TokenKind::Semi if open == 0 => return true,
                TokenKind::RParen | TokenKind::RBracket | TokenKind::RBrace => open = open.saturating_sub(1),
                _ => {}
            }
            self.bump();
        }
    }

    /// Whether the next token can only be the start of an item: authors start those at the margin.
    pub(super) fn at_item_start(&self) -> bool {
        let token = self.peek();
        token.position == LinePosition::Margin && self.could_start_item()
    }

    /// Whether a rule starts here although something else is wanted: `R(` at the margin is no type and no expression.
    pub(super) fn at_rule_start(&self) -> bool {
        self.peek().position == LinePosition::Margin && self.at_atom(0)
    }

    /// Whether an item could start with the next token.
    pub(super) fn could_start_item(&self) -> bool {
        let token = self.peek();
        match token.kind {
            TokenKind::Keyword(keyword) => matches!(
                keyword,
                Keyword::Import
                    | Keyword::Typedef
                    | Keyword::Function
                    | Keyword::Extern
                    | Keyword::Input
                    | Keyword::Output
                    | Keyword::Relation
                    | Keyword::Multiset
                    | Keyword::Stream
                    | Keyword::Apply
                    | Keyword::For
                    | Keyword::Transformer
            ),
            TokenKind::Hash | TokenKind::Amp => true,
            TokenKind::Ident if token.text == "index" => self.ahead(1).kind == TokenKind::Ident,
            TokenKind::Ident => self.path_ahead(0).is_some_and(|(_, last)| is_upper(last)),
            _ => false,
        }
    }

    /// Whether the token just consumed was a `.` that ended its line.
    fn ends_item(&self) -> bool {
        self.previous().kind == TokenKind::Dot && self.peek().position != LinePosition::Inside
    }
}
