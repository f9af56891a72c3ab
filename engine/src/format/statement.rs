//! Top-level `for` and its statements.

use super::doc::Doc;
use super::source::{Laid, Source};
use crate::syntax::ast::{ForRule, Statement, StatementKind};
use crate::syntax::token::{Keyword, TokenKind};

impl<'t> Source<'t> {
    /// `for (x in R(..) [if c]) statement`
    pub(super) fn for_rule(&mut self, rule: &ForRule) -> Laid<'t> {
        let word = self.keyword(Keyword::For)?;
        let head = self.in_parens(|source| {
            let atom = source.atom(&rule.atom)?;
            let Some(condition) = &rule.condition else { return Ok(atom) };
            let word = source.keyword(Keyword::If)?;
            Ok(Doc::concat([atom, Doc::line(), word, Doc::text(" "), source.expr(condition)?]))
        })?;
        let body = self.body(&rule.body)?;
        Ok(Doc::group(Doc::concat([word, Doc::text(" "), head, body])))
    }

    /// A statement that belongs to the one before it: a block follows it, others go one level deeper where the author put
    /// them on a line of their own.
    fn body(&mut self, statement: &Statement) -> Laid<'t> {
        let joins = matches!(statement.kind, StatementKind::Block(_));
        let breaks = match statement.kind {
            StatementKind::Block(_) => false,
            StatementKind::Let(..) => true,
            _ => self.starts_line(),
        };
        let leading = self.leading(0);
        let doc = self.statement(statement)?;
        match (joins, breaks) {
            (true, _) => Ok(Doc::concat([Doc::text(" "), leading, doc])),
            (_, true) => Ok(Doc::nest(Doc::concat([Doc::hard_line(), leading, doc]))),
            _ => Ok(Doc::nest(Doc::concat([Doc::line(), leading, doc]))),
        }
    }

    fn statement(&mut self, statement: &Statement) -> Laid<'t> {
        match &statement.kind {
            StatementKind::For(rule) => self.for_rule(rule),
            StatementKind::If(..) => Ok(Doc::group(self.if_statement(statement)?)),
            StatementKind::Match(subject, arms) => {
                self.match_arms(subject, arms, |source, (pattern, body)| {
                    let pattern = source.expr(pattern)?;
                    let arrow = source.expect(TokenKind::Arrow)?;
                    let body = match source.has_leading() || matches!(body.kind, StatementKind::Let(..)) {
                        true => source.body(body)?,
                        false => Doc::concat([Doc::text(" "), source.statement(body)?]),
                    };
                    Ok(Doc::concat([pattern, Doc::text(" "), arrow, body]))
                })
            }
            StatementKind::Let(clause, rest) => {
                let clause = self.expr(clause)?;
                let word = self.keyword(Keyword::In)?;
                let joins = matches!(rest.kind, StatementKind::Block(_)) && !self.has_leading();
                let separator = if joins { Doc::text(" ") } else { Doc::hard_line() };
                let rest = [separator, self.leading(0), self.statement(rest)?];
                Ok(Doc::concat([clause, Doc::text(" "), word].into_iter().chain(rest)))
            }
            StatementKind::Emit(atom) => self.atom(atom),
            StatementKind::Block(statements) => Ok(Doc::group(self.braces(statements, Self::statement)?)),
            StatementKind::Skip => self.keyword(Keyword::Skip),
        }
    }

    /// `if (c) s else s`, for a group to put around it.
    fn if_statement(&mut self, statement: &Statement) -> Laid<'t> {
        let StatementKind::If(condition, then, otherwise) = &statement.kind else {
            return self.statement(statement);
        };
        let word = self.keyword(Keyword::If)?;
        let condition = self.in_parens(|source| source.expr(condition))?;
        let mut parts = vec![word, Doc::text(" "), condition, self.body(then)?];
        if let Some(otherwise) = otherwise {
            let block = matches!(then.kind, StatementKind::Block(_));
            parts.push(if block { Doc::text(" ") } else { Doc::line() });
            parts.push(self.keyword(Keyword::Else)?);
            parts.push(match &otherwise.kind {
                StatementKind::If(..) if !self.has_leading() => {
                    Doc::concat([Doc::text(" "), self.if_statement(otherwise)?])
                }
                _ => self.body(otherwise)?,
            });
        }
        Ok(Doc::concat(parts))
    }
}
