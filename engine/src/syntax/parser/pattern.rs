//! Patterns of `match` arms, loops and `FlatMap`.

use super::cursor::{Cursor, Parsed, is_upper};
use crate::syntax::ast::{Expr, ExprKind, StringPart, UnaryOp};
use crate::syntax::error::SyntaxError;
use crate::syntax::token::{Keyword, TokenKind};

impl Cursor<'_> {
    /// A pattern, perhaps with a type. A bare name binds and stays an [`ExprKind::Name`].
    pub(super) fn pattern(&mut self) -> Parsed<Expr> {
        self.nested(|p| {
            let start = p.peek().span;
            let kind = p.pattern_kind()?;
            let mut pattern = Expr { kind, span: start.to(p.previous().span) };
            while p.eat(TokenKind::Colon).is_some() {
                let ty = p.type_expr()?;
                p.grow()?;
                let span = start.to(ty.span);
                pattern = Expr { kind: ExprKind::Ascribe(Box::new(pattern), ty), span };
            }
            Ok(pattern)
        })
    }

    fn pattern_kind(&mut self) -> Parsed<ExprKind> {
        let start = self.peek().span;
        match self.kind() {
            TokenKind::LParen => {
                let (mut elements, _) = self.parens(Self::pattern)?;
                Ok(match elements.len() {
                    1 => elements.remove(0).kind,
                    _ => ExprKind::Tuple(elements),
                })
            }
            TokenKind::Ident => {
                let path = self.path("a pattern")?;
                if path.segments.last().is_some_and(|last| is_upper(&last.name)) {
                    let arguments = self.construct_arguments(Self::pattern)?;
                    return Ok(ExprKind::Construct(path, arguments));
                }
                Ok(ExprKind::Name(path))
            }
            TokenKind::Amp => {
                self.bump();
                Ok(ExprKind::Ref(Box::new(self.pattern()?)))
            }
            TokenKind::Keyword(Keyword::Var) => {
                self.bump();
                Ok(ExprKind::Var(self.lower_ident("a variable name")?))
            }
            TokenKind::Keyword(Keyword::Underscore) => {
                self.bump();
                Ok(ExprKind::Wildcard)
            }
            TokenKind::Keyword(keyword @ (Keyword::True | Keyword::False)) => {
                self.bump();
                Ok(ExprKind::Bool(keyword == Keyword::True))
            }
            TokenKind::Minus if matches!(self.ahead(1).kind, TokenKind::Int | TokenKind::Float) => {
                self.bump();
                let number = self.peek().span;
                let kind = self.literal()?;
                Ok(ExprKind::Unary(UnaryOp::Neg, Box::new(Expr { kind, span: number })))
            }
            TokenKind::Int | TokenKind::Float => self.literal(),
            TokenKind::String(_) => {
                let literal = self.literal()?;
                if let ExprKind::String { parts, .. } = &literal
                    && parts.iter().any(|part| matches!(part, StringPart::Interpolated(_)))
                {
                    let span = start.to(self.previous().span);
                    self.report(SyntaxError::InterpolatedPattern { span });
                }
                Ok(literal)
            }
            _ => self.expected("a pattern"),
        }
    }
}
