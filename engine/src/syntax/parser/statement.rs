//! Top-level `for` and its statements.

use super::cursor::{Cursor, Parsed, is_upper};
use crate::source::Span;
use crate::syntax::ast::{ForRule, Statement, StatementKind};
use crate::syntax::token::{Keyword, TokenKind};

const STATEMENTS: &str = "Statements are a relation to fill, `var x = e in ..`, `condition in ..`, `for`, `if`, `match`, `skip` and blocks.";

impl Cursor<'_> {
    /// `for (x in R(..) [if c]) statement`
    pub(super) fn for_rule(&mut self) -> Parsed<ForRule> {
        self.expect(TokenKind::Keyword(Keyword::For))?;
        let opener = self.expect(TokenKind::LParen)?;
        let atom = self.atom()?;
        let condition = self.eat_keyword(Keyword::If).map(|_| self.expr()).transpose()?;
        self.expect_close(TokenKind::RParen, opener)?;
        let body = self.statement()?;
        Ok(ForRule { atom, condition, body })
    }

    fn statement(&mut self) -> Parsed<Statement> {
        self.nested(|p| {
            let start = p.peek().span;
            let kind = p.statement_kind()?;
            Ok(Statement { kind, span: start.to(p.previous().span) })
        })
    }

    fn statement_kind(&mut self) -> Parsed<StatementKind> {
        match self.kind() {
            TokenKind::Keyword(Keyword::For) => Ok(StatementKind::For(Box::new(self.for_rule()?))),
            TokenKind::Keyword(Keyword::Skip) => {
                self.bump();
                Ok(StatementKind::Skip)
            }
            TokenKind::Keyword(Keyword::If) => self.if_statement(),
            TokenKind::Keyword(Keyword::Match) => self.match_statement(),
            TokenKind::LBrace => self.statement_block(),
            _ if self.at_emit() => Ok(StatementKind::Emit(self.atom()?)),
            _ => self.let_statement(),
        }
    }

    /// A relation, and no constructor of a pattern.
    fn at_emit(&self) -> bool {
        let start = usize::from(self.at(TokenKind::Amp));
        match self.path_ahead(start) {
            Some((length, last)) if is_upper(last) => !matches!(
                self.ahead(start + length).kind,
                TokenKind::LBrace | TokenKind::Assign | TokenKind::Colon | TokenKind::EqEq
            ),
            _ => false,
        }
    }

    fn if_statement(&mut self) -> Parsed<StatementKind> {
        self.bump();
        let opener = self.expect(TokenKind::LParen)?;
        let condition = self.expr()?;
        self.expect_close(TokenKind::RParen, opener)?;
        let then = self.statement()?;
        let otherwise = self.eat_keyword(Keyword::Else).map(|_| self.statement()).transpose()?;
        Ok(StatementKind::If(condition, Box::new(then), otherwise.map(Box::new)))
    }

    fn match_statement(&mut self) -> Parsed<StatementKind> {
        self.bump();
        let opener = self.expect(TokenKind::LParen)?;
        let subject = self.expr()?;
        self.expect_close(TokenKind::RParen, opener)?;
        let opener = self.expect(TokenKind::LBrace)?;
        let (arms, _) = self.list(TokenKind::RBrace, opener, |p| {
            let pattern = p.pattern()?;
            p.expect(TokenKind::Arrow)?;
            Ok((pattern, p.statement()?))
        })?;
        Ok(StatementKind::Match(subject, arms))
    }

    /// `pattern = e in statement`, or a condition in the place of the assignment
    fn let_statement(&mut self) -> Parsed<StatementKind> {
        let clause = self.expr()?;
        if self.eat_keyword(Keyword::In).is_none() {
            return self.expected_hint("`in`", STATEMENTS);
        }
        Ok(StatementKind::Let(clause, Box::new(self.statement()?)))
    }

    fn statement_block(&mut self) -> Parsed<StatementKind> {
        let opener = self.bump().span;
        let mut statements = Vec::new();
        loop {
            if self.eat(TokenKind::RBrace).is_some() {
                return Ok(StatementKind::Block(statements));
            }
            match self.block_statement(opener) {
                Ok(statement) => statements.push(statement),
                Err(reported) => {
                    if !self.skip_in_block() {
                        return Err(reported);
                    }
                    self.eat(TokenKind::Semi);
                }
            }
        }
    }

    fn block_statement(&mut self, opener: Span) -> Parsed<Statement> {
        let statement = self.statement()?;
        if self.eat(TokenKind::Semi).is_some() || self.at(TokenKind::RBrace) {
            return Ok(statement);
        }
        if self.at(TokenKind::Eof) || self.at_item_start() {
            return self.unclosed('{', opener);
        }
        self.expected_hint("`;` or `}`", "Statements of a block are separated by `;`, also after a `}`.")
    }
}
