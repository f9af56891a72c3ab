//! Rules.

use super::cursor::{Cursor, Parsed};
use super::recover::ClauseEnd;
use crate::source::Span;
use crate::syntax::ast::{Clause, ClauseKind, Expr, ExprKind, Head, Rule};
use crate::syntax::error::SyntaxError;
use crate::syntax::token::{Keyword, LinePosition, TokenKind};

/// Whether more clauses follow.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Next {
    Clause,
    End,
}

impl Cursor<'_> {
    /// `H1, H2 :- body.` or `H.`
    pub(super) fn rule(&mut self) -> Parsed<Rule> {
        let mut heads = vec![self.head()?];
        while self.eat(TokenKind::Comma).is_some() {
            if self.at(TokenKind::ColonDash) || self.at_character('.') {
                break;
            }
            heads.push(self.head()?);
        }
        if self.eat(TokenKind::ColonDash).is_none() {
            self.end_of_rule("fact", "`:-`, `,` or `.`")?;
            return Ok(Rule { heads, body: Vec::new() });
        }
        Ok(Rule { heads, body: self.body() })
    }

    /// A body and nothing else.
    pub(super) fn lone_body(&mut self) -> Vec<Clause> {
        self.start_tree();
        let clauses = self.body();
        // The one that was written, if any, and the one that was not.
        while self.eat_character('.').is_some() {}
        if !self.at(TokenKind::Eof) {
            // Reported; there is nothing to go on with.
            let _ = self.expected::<()>("the end of the question");
        }
        clauses
    }

    fn head(&mut self) -> Parsed<Head> {
        let atom = self.atom()?;
        let location = self.eat(TokenKind::At).map(|_| self.expr()).transpose()?;
        Ok(Head { atom, location })
    }

    /// The clauses with their final `.`; broken ones are left out.
    fn body(&mut self) -> Vec<Clause> {
        let mut clauses = Vec::new();
        loop {
            if self.eat_character('.').is_some() {
                return clauses;
            }
            let read = self.clause().and_then(|clause| {
                clauses.push(clause);
                self.end_of_clause()
            });
            match read {
                Ok(Next::Clause) => {}
                Ok(Next::End) => return clauses,
                Err(_) => match self.skip_clause() {
                    ClauseEnd::Comma => {}
                    ClauseEnd::Dot | ClauseEnd::Item => return clauses,
                },
            }
        }
    }

    fn end_of_clause(&mut self) -> Parsed<Next> {
        if self.eat(TokenKind::Comma).is_some() {
            return Ok(Next::Clause);
        }
        self.end_of_rule("rule", "`,` or `.`").map(|()| Next::End)
    }

    /// The final `.`, which may be missing if the next item clearly starts here.
    fn end_of_rule(&mut self, what: &'static str, wanted: &'static str) -> Parsed<()> {
        if self.eat_character('.').is_some() {
            return Ok(());
        }
        let next = self.peek();
        let ends =
            next.kind == TokenKind::Eof || (next.position != LinePosition::Inside && self.could_start_item());
        if !ends {
            return self.expected(wanted);
        }
        let last = self.previous().span;
        let end = Span { start: last.end.saturating_sub(1).max(last.start), ..last };
        let (span, next) = match next.kind {
            TokenKind::Eof => (next.span, None),
            _ => (end, Some(next.span)),
        };
        self.report(SyntaxError::MissingDot { what, end, next, span });
        Ok(())
    }

    fn clause(&mut self) -> Parsed<Clause> {
        self.start_tree();
        let start = self.peek().span;
        let kind = self.clause_kind()?;
        Ok(Clause { kind, span: start.to(self.previous().span) })
    }

    fn clause_kind(&mut self) -> Parsed<ClauseKind> {
        if self.at_atom(0) {
            return Ok(ClauseKind::Atom(self.atom()?));
        }
        if self.at_keyword(Keyword::Not) && self.at_atom(1) {
            self.bump();
            return Ok(ClauseKind::Not(self.atom()?));
        }
        if self.eat_keyword(Keyword::Inspect).is_some() {
            return Ok(ClauseKind::Inspect(self.expr()?));
        }
        let left = self.nested(Self::operators)?;
        if self.eat(TokenKind::Assign).is_none() {
            return Ok(ClauseKind::Expr(left));
        }
        if self.eat_keyword(Keyword::FlatMap).is_some() {
            let opener = self.expect(TokenKind::LParen)?;
            let collection = self.expr()?;
            self.expect_close(TokenKind::RParen, opener)?;
            return Ok(ClauseKind::FlatMap(left, collection));
        }
        if self.at_keyword(Keyword::Aggregate) {
            return self.aggregate(left);
        }
        Ok(ClauseKind::Expr(self.assigned(left)?))
    }

    /// `Aggregate((k, ..), f(e))`
    fn aggregate(&mut self, result: Expr) -> Parsed<ClauseKind> {
        let start = self.bump().span;
        let opener = self.expect(TokenKind::LParen)?;
        let keys = self.expr()?;
        self.expect(TokenKind::Comma)?;
        let call = self.expr()?;
        self.expect_close(TokenKind::RParen, opener)?;
        let keys = match keys.kind {
            ExprKind::Tuple(keys) => keys,
            _ => vec![keys],
        };
        let variables = keys.iter().all(|key| matches!(key.kind, ExprKind::Name(_)));
        if !variables || !matches!(&call.kind, ExprKind::Call(_, arguments) if arguments.len() == 1) {
            self.report(SyntaxError::AggregateForm { span: start.to(self.previous().span) });
        }
        Ok(ClauseKind::Aggregate(result, keys, call))
    }
}
