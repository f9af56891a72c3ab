//! What follows a term: `x.f.g(a).h(b)[3:0] as T`.

use super::doc::Doc;
use super::expr::first_child;
use super::source::{Laid, Lost, Source};
use crate::syntax::ast::{Expr, ExprKind};
use crate::syntax::token::{Keyword, TokenKind};

/// Longest name that keeps the first call of a chain on its line.
const SHORT_NAME: usize = 4;

impl<'t> Source<'t> {
    /// Selections, calls and casts. Where they do not fit, each method call gets a line.
    pub(super) fn chain(&mut self, expr: &Expr) -> Laid<'t> {
        let mut links = Vec::new();
        let mut base = expr;
        while let Some(inner) = receiver(&base.kind) {
            links.push(base);
            base = inner;
            if first_child(&inner.kind).is_some_and(|start| start > inner.span.start) {
                break; // in parentheses
            }
        }
        let short = matches!(&base.kind, ExprKind::Name(path) if path.to_string().len() <= SHORT_NAME);
        let mut head = vec![self.expr(base)?];
        // Each begins with a method call.
        let mut calls: Vec<Vec<Doc<'t>>> = Vec::new();
        let mut links = links.into_iter().rev();
        while let Some(link) = links.next() {
            let is_call = matches!(link.kind, ExprKind::Method(..));
            let doc = self.link(link, &mut links)?;
            match calls.last_mut() {
                _ if is_call => calls.push(vec![doc]),
                Some(call) => call.push(doc),
                None => head.push(doc),
            }
        }
        if calls.len() > 1 && short && head.len() == 1 {
            head.extend(calls.remove(0));
        }
        let calls: Vec<Doc> = calls.into_iter().map(Doc::concat).collect();
        let hugged = Doc::concat(head.iter().chain(&calls).cloned());
        if calls.len() < 2 && (calls.is_empty() || head.len() < 3) {
            return Ok(hugged);
        }
        let n_calls = calls.len();
        let only_last_breaks = calls.iter().take(n_calls - 1).chain(&head).all(|call| !call.breaks);
        let lines = calls.into_iter().map(|call| Doc::concat([Doc::soft_line(), call]));
        let plain = Doc::concat(head.into_iter().chain([Doc::nest(Doc::concat(lines))]));
        match plain.breaks && only_last_breaks {
            true => Ok(Doc::hug(hugged, plain)),
            false => Ok(Doc::group(plain)),
        }
    }

    fn link<'e>(&mut self, link: &'e Expr, links: &mut impl Iterator<Item = &'e Expr>) -> Laid<'t> {
        match &link.kind {
            ExprKind::Try(_) => self.expect(TokenKind::Question),
            ExprKind::Call(_, arguments) => self.arguments(TokenKind::RParen, arguments),
            ExprKind::Method(_, path, arguments) => Ok(Doc::concat([
                self.character('.')?,
                self.path(path)?,
                self.arguments(TokenKind::RParen, arguments)?,
            ])),
            ExprKind::Field(_, field) => Ok(Doc::concat([self.character('.')?, self.word(&field.name)?])),
            ExprKind::TupleField(..) => {
                let dot = self.character('.')?;
                // `x.0.1` is read as a name, a dot and the number 0.1.
                if self.kind() == TokenKind::Float {
                    links.next();
                }
                Ok(Doc::concat([dot, self.take()]))
            }
            ExprKind::Slice(..) => Ok(Doc::concat([
                self.expect(TokenKind::LBracket)?,
                self.expect(TokenKind::Int)?,
                self.character(':')?,
                self.expect(TokenKind::Int)?,
                self.expect(TokenKind::RBracket)?,
            ])),
            ExprKind::Ascribe(_, ty) => {
                Ok(Doc::concat([self.character(':')?, Doc::text(" "), self.type_expr(ty)?]))
            }
            ExprKind::Cast(_, ty) => {
                let word = self.keyword(Keyword::As)?;
                Ok(Doc::concat([Doc::text(" "), word, Doc::text(" "), self.type_expr(ty)?]))
            }
            _ => Err(Lost(link.span)),
        }
    }
}

/// What a selection, call or cast is of.
fn receiver(kind: &ExprKind) -> Option<&Expr> {
    match kind {
        ExprKind::Try(inner)
        | ExprKind::Call(inner, _)
        | ExprKind::Method(inner, ..)
        | ExprKind::Field(inner, _)
        | ExprKind::TupleField(inner, _)
        | ExprKind::Slice(inner, ..)
        | ExprKind::Ascribe(inner, _)
        | ExprKind::Cast(inner, _) => Some(inner),
        _ => None,
    }
}
