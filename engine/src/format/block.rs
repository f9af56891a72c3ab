//! Expressions with blocks, laid out as Rust's.

use super::doc::Doc;
use super::list::Style;
use super::source::{Laid, Lost, Source};
use crate::syntax::ast::{Expr, ExprKind, Param, TypeExpr};
use crate::syntax::token::{Keyword, TokenKind};

impl<'t> Source<'t> {
    /// `{ e; e }`, for a group to put around it: one line only for a single expression that the author wrote so.
    pub(super) fn block(&mut self, block: &Expr) -> Laid<'t> {
        let ExprKind::Block(done, last) = &block.kind else { return Err(Lost(block.span)) };
        let statements: Vec<&Expr> = done.iter().chain(last.as_deref()).collect();
        self.braces(&statements, |source, statement| source.expr(statement))
    }

    /// Things with `;` between and perhaps after, in braces.
    pub(super) fn braces<T>(
        &mut self,
        statements: &[T],
        mut lay: impl FnMut(&mut Self, &T) -> Laid<'t>,
    ) -> Laid<'t> {
        let commented = self.has_comments();
        let open = self.expect(TokenKind::LBrace)?;
        if statements.is_empty() && !self.has_leading() && !commented {
            return Ok(Doc::concat([open, self.expect(TokenKind::RBrace)?]));
        }
        let mut broken = statements.len() > 1 || self.starts_line();
        let mut inner = vec![Doc::line()];
        for (at, statement) in statements.iter().enumerate() {
            if at > 0 {
                inner.push(Doc::hard_line());
            }
            inner.extend([self.leading(1), lay(self, statement)?]);
            if let Some(semicolon) = self.take_if(TokenKind::Semi) {
                broken = true;
                inner.push(semicolon);
            }
        }
        if self.has_leading() {
            if !statements.is_empty() {
                inner.push(Doc::hard_line());
            }
            inner.push(self.leading(1));
        }
        let close = self.expect(TokenKind::RBrace)?;
        Ok(Doc::concat([open, Doc::nest(Doc::concat(inner)), Doc::line(), close]).broken_if(broken))
    }

    /// `if c a else b`, for a group to put around it.
    pub(super) fn if_expr(&mut self, expr: &Expr) -> Laid<'t> {
        let ExprKind::If(condition, then, otherwise) = &expr.kind else { return Err(Lost(expr.span)) };
        let mut parts = vec![self.keyword(Keyword::If)?, Doc::text(" "), self.expr(condition)?];
        let block = self.at_block(then);
        parts.push(self.branch(then)?);
        if let Some(otherwise) = otherwise {
            parts.push(if block { Doc::text(" ") } else { Doc::line() });
            parts.push(self.keyword(Keyword::Else)?);
            parts.push(self.branch(otherwise)?);
        }
        Ok(Doc::concat(parts))
    }

    fn branch(&mut self, expr: &Expr) -> Laid<'t> {
        let doc = match &expr.kind {
            ExprKind::Block(..) if self.at_block(expr) => self.block(expr)?,
            ExprKind::If(..) if self.kind() == TokenKind::Keyword(Keyword::If) => self.if_expr(expr)?,
            ExprKind::Match(..) => self.expr(expr)?,
            _ => return Ok(Doc::nest(Doc::concat([Doc::line(), self.leading(0), self.expr(expr)?]))),
        };
        Ok(Doc::concat([Doc::text(" "), doc]))
    }

    /// Whether a block follows that is not in parentheses.
    pub(super) fn at_block(&self, expr: &Expr) -> bool {
        matches!(expr.kind, ExprKind::Block(..)) && self.kind() == TokenKind::LBrace
    }

    pub(super) fn match_expr(&mut self, subject: &Expr, arms: &[(Expr, Expr)]) -> Laid<'t> {
        self.match_arms(subject, arms, |source, (pattern, body)| {
            let pattern = source.expr(pattern)?;
            let arrow = source.expect(TokenKind::Arrow)?;
            Ok(Doc::concat([pattern, Doc::text(" "), arrow, source.after(body)?]))
        })
    }

    /// `match (e) { .. }`
    pub(super) fn match_arms<T>(
        &mut self,
        subject: &Expr,
        arms: &[T],
        arm: impl FnMut(&mut Self, &T) -> Laid<'t>,
    ) -> Laid<'t> {
        let word = self.keyword(Keyword::Match)?;
        let subject = self.in_parens(|source| source.expr(subject))?;
        let style = Style { padded: true, ..Style::closed_by(TokenKind::RBrace) };
        Ok(Doc::concat([word, Doc::text(" "), subject, Doc::text(" "), self.list(style, arms, arm)?]))
    }

    /// One thing in the parentheses that a keyword wants.
    pub(super) fn in_parens(&mut self, inner: impl FnOnce(&mut Self) -> Laid<'t>) -> Laid<'t> {
        let open = self.expect(TokenKind::LParen)?;
        let inner = Doc::concat([self.leading(0), inner(self)?, self.leading(0)]);
        let close = self.expect(TokenKind::RParen)?;
        let nested = Doc::nest(Doc::concat([Doc::soft_line(), inner]));
        Ok(Doc::group(Doc::concat([open, nested, Doc::soft_line(), close])))
    }

    pub(super) fn for_expr(&mut self, pattern: &Expr, collection: &Expr, body: &Expr) -> Laid<'t> {
        let word = self.keyword(Keyword::For)?;
        let head = self.in_parens(|source| {
            let pattern = source.expr(pattern)?;
            let preposition = source.keyword(Keyword::In)?;
            Ok(Doc::concat([pattern, Doc::text(" "), preposition, Doc::text(" "), source.expr(collection)?]))
        })?;
        let body = self.branch(body)?;
        Ok(Doc::group(Doc::concat([word, Doc::text(" "), head, body])))
    }

    /// `|x| e`, `function(x: T): R { e }`
    pub(super) fn closure(&mut self, params: &[Param], ret: Option<&TypeExpr>, body: &Expr) -> Laid<'t> {
        let params = match self.take_if(TokenKind::Keyword(Keyword::Function)) {
            Some(word) => {
                let style = Style::closed_by(TokenKind::RParen);
                Doc::concat([word, self.list(style, params, Self::param)?])
            }
            None => self.list(Style::bars(), params, Self::param)?,
        };
        let ret = self.result_type(ret)?;
        Ok(Doc::concat([params, ret, Doc::text(" "), self.leading(0), self.expr(body)?]))
    }

    /// `: R` or nothing
    pub(super) fn result_type(&mut self, ret: Option<&TypeExpr>) -> Laid<'t> {
        match ret {
            Some(ret) => Ok(Doc::concat([self.character(':')?, Doc::text(" "), self.type_expr(ret)?])),
            None => Ok(Doc::nil()),
        }
    }

    /// `#[..] x: [mut] T`, or only `x`
    pub(super) fn param(&mut self, param: &Param) -> Laid<'t> {
        let attributes = self.attributes(&param.attributes)?;
        let name = self.word(&param.name.name)?;
        let ty = match &param.ty {
            Some(ty) => {
                let colon = self.character(':')?;
                Doc::concat([colon, Doc::text(" "), self.mutable_type(param.mutable, ty)?])
            }
            None => Doc::nil(),
        };
        Ok(Doc::concat([attributes, name, ty]))
    }
}
