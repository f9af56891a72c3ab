//! Mentions of relations.

use super::cursor::{Cursor, Parsed, is_upper};
use super::term::Arguments;
use crate::syntax::ast::{Atom, AtomArgs};
use crate::syntax::error::SyntaxError;
use crate::syntax::literal::small;
use crate::syntax::token::{Keyword, TokenKind};

impl Cursor<'_> {
    /// `[x in] [&]R[-N]['](..)`, `R[e]`; without parentheses no field is named.
    pub(super) fn atom(&mut self) -> Parsed<Atom> {
        let start = self.peek().span;
        let binder = match self.at_binder() {
            true => {
                let binder = self.lower_ident("a variable name")?;
                self.bump();
                Some(binder)
            }
            false => None,
        };
        let by_ref = self.eat(TokenKind::Amp).is_some();
        let relation = self.upper_path("a relation name")?;
        let delay = if self.eat(TokenKind::Minus).is_some() { self.delay()? } else { 0 };
        let differential = self.eat(TokenKind::Tick).is_some();
        let args = match self.kind() {
            TokenKind::LBracket => {
                let opener = self.bump().span;
                let record = self.expr()?;
                self.expect_close(TokenKind::RBracket, opener)?;
                AtomArgs::Whole(Box::new(record))
            }
            TokenKind::LParen => {
                let opener = self.bump().span;
                match self.arguments(TokenKind::RParen, opener, Self::expr)? {
                    Arguments::Positional(arguments) => AtomArgs::Positional(arguments),
                    Arguments::Named(arguments) => AtomArgs::Named(arguments),
                }
            }
            _ => AtomArgs::Named(Vec::new()),
        };
        let span = start.to(self.previous().span);
        Ok(Atom { binder, by_ref, relation, delay, differential, args, span })
    }

    /// Whether the tokens from `n` on are an atom rather than an expression.
    pub(super) fn at_atom(&self, n: usize) -> bool {
        let mut at = n;
        if self.ahead(at).kind == TokenKind::Ident
            && self.ahead(at + 1).kind == TokenKind::Keyword(Keyword::In)
        {
            return true;
        }
        if self.ahead(at).kind == TokenKind::Amp {
            at += 1;
        }
        let Some((length, last)) = self.path_ahead(at) else { return false };
        if !is_upper(last) {
            return false;
        }
        at += length;
        if self.ahead(at).kind == TokenKind::Minus && self.ahead(at + 1).kind == TokenKind::Int {
            at += 2;
        }
        if self.ahead(at).kind == TokenKind::Tick {
            at += 1;
        }
        matches!(self.ahead(at).kind, TokenKind::LParen | TokenKind::LBracket)
    }

    fn at_binder(&self) -> bool {
        self.at(TokenKind::Ident) && self.ahead(1).kind == TokenKind::Keyword(Keyword::In)
    }

    fn delay(&mut self) -> Parsed<u32> {
        let token = self.peek();
        if token.kind == TokenKind::Int
            && token.text.bytes().all(|b| b.is_ascii_digit())
            && small(token.text).is_none()
        {
            return self.fail(SyntaxError::DelayTooLong { span: token.span });
        }
        self.small_number("a number of transactions")
    }
}
