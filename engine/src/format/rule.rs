//! Rules and atoms.

use super::doc::Doc;
use super::expr::hugs;
use super::list::Style;
use super::source::{Laid, Source};
use crate::syntax::ast::{Atom, AtomArgs, Clause, ClauseKind, Expr, Head, Rule};
use crate::syntax::token::{Keyword, TokenKind};

impl<'t> Source<'t> {
    /// On one line if the author did not break it after the `:-` and it fits; else each clause has a line.
    pub(super) fn rule(&mut self, rule: &Rule) -> Laid<'t> {
        let mut heads = Vec::new();
        for (at, Head { atom, location }) in rule.heads.iter().enumerate() {
            if at > 0 {
                heads.extend([Doc::line(), self.leading(1)]);
            }
            heads.push(self.atom(atom)?);
            if let Some(location) = location {
                heads.extend([
                    Doc::text(" "),
                    self.expect(TokenKind::At)?,
                    Doc::text(" "),
                    self.expr(location)?,
                ]);
            }
            heads.push(self.separator(at + 1 == rule.heads.len()));
        }
        let heads = Doc::group(Doc::concat(heads));
        if rule.body.is_empty() && self.kind() != TokenKind::ColonDash {
            return Ok(Doc::concat([heads, self.character('.')?]));
        }
        let sign = self.expect(TokenKind::ColonDash)?;
        let broken = self.starts_line();
        let mut body = Vec::new();
        for (at, clause) in rule.body.iter().enumerate() {
            body.extend([Doc::line(), self.leading(1), self.clause(clause)?]);
            body.push(self.separator(at + 1 == rule.body.len()));
        }
        if self.has_leading() {
            body.extend([Doc::line(), self.leading(1)]);
        }
        if rule.body.is_empty() {
            body.push(Doc::text(" ")); // `:-.` would be read as one operator
        }
        let body = Doc::nest(Doc::concat(body));
        let rule = Doc::concat([heads, Doc::text(" "), sign, body, self.character('.')?]);
        Ok(Doc::group(rule).broken_if(broken))
    }

    /// The comma after a head or clause; a needless last one goes, unless a comment holds on to it.
    fn separator(&mut self, last: bool) -> Doc<'t> {
        let commented = self.has_comments();
        match self.take_if(TokenKind::Comma) {
            Some(comma) if !last || commented => comma,
            _ => Doc::nil(),
        }
    }

    fn clause(&mut self, clause: &Clause) -> Laid<'t> {
        match &clause.kind {
            ClauseKind::Atom(atom) => self.atom(atom),
            ClauseKind::Not(atom) => {
                Ok(Doc::concat([self.keyword(Keyword::Not)?, Doc::text(" "), self.atom(atom)?]))
            }
            ClauseKind::Expr(expr) => self.expr(expr),
            ClauseKind::FlatMap(pattern, collection) => {
                let head = self.clause_call(pattern, Keyword::FlatMap)?;
                let style = Style::closed_by(TokenKind::RParen).hugging(hugs(collection, true));
                let arguments =
                    self.list(style, &[collection], |source, collection| source.expr(collection))?;
                Ok(Doc::concat([head, arguments]))
            }
            ClauseKind::Aggregate(result, keys, call) => {
                let head = self.clause_call(result, Keyword::Aggregate)?;
                let arguments = [Argument::Keys(keys), Argument::Call(call)];
                let style = Style::closed_by(TokenKind::RParen);
                let arguments = self.list(style, &arguments, |source, argument| match argument {
                    Argument::Keys([key]) if source.kind() != TokenKind::LParen => source.expr(key),
                    Argument::Keys(keys) => source.arguments(TokenKind::RParen, keys),
                    Argument::Call(call) => source.expr(call),
                })?;
                Ok(Doc::concat([head, arguments]))
            }
            ClauseKind::Inspect(expr) => {
                Ok(Doc::concat([self.keyword(Keyword::Inspect)?, Doc::text(" "), self.expr(expr)?]))
            }
        }
    }

    /// `pattern = FlatMap`
    fn clause_call(&mut self, pattern: &Expr, word: Keyword) -> Laid<'t> {
        Ok(Doc::concat([
            self.expr(pattern)?,
            Doc::text(" "),
            self.expect(TokenKind::Assign)?,
            Doc::text(" "),
            self.keyword(word)?,
        ]))
    }

    /// `[x in] [&]R[-N]['](..)`, `R[e]`
    pub(super) fn atom(&mut self, atom: &Atom) -> Laid<'t> {
        let mut parts = Vec::new();
        if let Some(binder) = &atom.binder {
            parts.extend([self.word(&binder.name)?, Doc::text(" ")]);
            parts.extend([self.keyword(Keyword::In)?, Doc::text(" ")]);
        }
        if atom.by_ref {
            parts.push(self.expect(TokenKind::Amp)?);
        }
        parts.push(self.path(&atom.relation)?);
        if let Some(minus) = self.delay_sign() {
            parts.extend([minus, self.expect(TokenKind::Int)?]);
        }
        if atom.differential {
            parts.push(self.expect(TokenKind::Tick)?);
        }
        parts.push(match &atom.args {
            AtomArgs::Positional(arguments) => self.arguments(TokenKind::RParen, arguments)?,
            AtomArgs::Named(arguments) if self.kind() == TokenKind::LParen => {
                self.named_arguments(TokenKind::RParen, arguments)?
            }
            AtomArgs::Named(_) => Doc::nil(),
            AtomArgs::Whole(record) => {
                let style = Style::closed_by(TokenKind::RBracket).hugging(hugs(record, true));
                self.list(style, &[record], |source, record| source.expr(record))?
            }
        });
        Ok(Doc::concat(parts))
    }

    /// The `-` of `R-1`, also of `R-0`.
    fn delay_sign(&mut self) -> Option<Doc<'t>> {
        match self.ahead(1).kind {
            TokenKind::Int => self.take_if(TokenKind::Minus),
            _ => None,
        }
    }
}

/// An argument of `Aggregate`.
enum Argument<'e> {
    Keys(&'e [Expr]),
    Call(&'e Expr),
}
