//! Literals in expressions, and the expressions inside string literals.

use super::cursor::{Cursor, Parsed};
use crate::source::Span;
use crate::syntax::ast::{Expr, ExprKind, StringPart};
use crate::syntax::error::SyntaxError;
use crate::syntax::lexer;
use crate::syntax::literal;
use crate::syntax::text::{Gathered, Origin};
use crate::syntax::token::{Quoting, StringForm, TokenKind};

impl Cursor<'_> {
    /// A number or string, which is at hand.
    pub(super) fn literal(&mut self) -> Parsed<ExprKind> {
        let token = self.peek();
        match token.kind {
            TokenKind::Int => {
                self.bump();
                literal::integer(&token).or_else(|error| self.bad_literal(error))
            }
            TokenKind::Float => {
                self.bump();
                literal::float(&token).or_else(|error| self.bad_literal(error))
            }
            TokenKind::String(form) => self.string(form),
            _ => self.expected("a literal"),
        }
    }

    /// A bad value does not stop the parser.
    fn bad_literal(&mut self, error: SyntaxError) -> Parsed<ExprKind> {
        self.report(error);
        Ok(ExprKind::Error)
    }

    /// A string literal; quoted ones that follow each other are one.
    fn string(&mut self, form: StringForm) -> Parsed<ExprKind> {
        let mut gathered = Gathered::new();
        let mut token = self.bump();
        if form.quoting == Quoting::Quoted {
            loop {
                literal::unescape(&token, self.origin, &mut gathered, &mut self.errors);
                let following = StringForm { quoting: Quoting::Quoted, interned: false };
                if !self.at(TokenKind::String(following)) {
                    break;
                }
                token = self.bump();
            }
        } else {
            literal::raw(&token, self.origin, &mut gathered);
        }
        let (text, origin) = gathered.finish(self.origin.file, token.span.end);
        let parts = match form.quoting {
            Quoting::Raw if text.is_empty() => Vec::new(),
            Quoting::Raw => vec![StringPart::Text(text)],
            Quoting::Quoted | Quoting::RawInterpolated => self.interpolate(&text, &origin)?,
        };
        Ok(ExprKind::String { parts, interned: form.interned })
    }

    /// Takes `text ${expression} text` apart.
    fn interpolate(&mut self, text: &str, origin: &Origin) -> Parsed<Vec<StringPart>> {
        let mut parts = Vec::new();
        let mut at = 0;
        while let Some(length) = text[at..].find("${") {
            let open = at + length;
            if length > 0 {
                parts.push(StringPart::Text(text[at..open].to_owned()));
            }
            let (tokens, errors, close) = lexer::interpolated_tokens(text, open + 2, origin);
            self.errors.extend(errors);
            let Some(close) = close else {
                // What follows is likely the rest of the literal, cut off by a quote.
                return self.fail(SyntaxError::UnclosedInterpolation { span: origin.span(open, open + 2) });
            };
            let mut inner = Cursor::new(tokens, origin);
            inner.whole = "interpolation";
            inner.depth = self.depth;
            let expr = inner.only_expr(origin.span(open, close + 1));
            self.errors.append(&mut inner.errors);
            self.contain(&inner);
            parts.push(StringPart::Interpolated(expr));
            at = close + 1;
        }
        if at < text.len() {
            parts.push(StringPart::Text(text[at..].to_owned()));
        }
        Ok(parts)
    }

    /// The one expression that takes up all of the text.
    fn only_expr(&mut self, whole: Span) -> Expr {
        let read = self.expr().and_then(|expr| match self.at(TokenKind::Eof) {
            true => Ok(expr),
            false => self.expected("`}`"),
        });
        read.unwrap_or(Expr { kind: ExprKind::Error, span: whole })
    }
}
