//! Types.

use super::cursor::{Cursor, Parsed};
use crate::source::Span;
use crate::syntax::ast::{ParamType, TypeExpr, TypeKind};
use crate::syntax::literal::small;
use crate::syntax::token::{Keyword, TokenKind};

impl Cursor<'_> {
    /// A type, except the constructors of a typedef.
    pub(super) fn type_expr(&mut self) -> Parsed<TypeExpr> {
        self.nested(|p| {
            let start = p.peek().span;
            let kind = p.type_kind(start)?;
            Ok(TypeExpr { kind, span: start.to(p.previous().span) })
        })
    }

    fn type_kind(&mut self, start: Span) -> Parsed<TypeKind> {
        let plain = match self.kind() {
            TokenKind::Keyword(Keyword::Bool) => TypeKind::Bool,
            TokenKind::Keyword(Keyword::String) => TypeKind::String,
            TokenKind::Keyword(Keyword::Bigint) => TypeKind::BigInt,
            TokenKind::Keyword(Keyword::Double) => TypeKind::Double,
            TokenKind::Keyword(Keyword::Float) => TypeKind::Float,
            TokenKind::Keyword(Keyword::Bit) => {
                self.bump();
                return self.width().map(TypeKind::Bit);
            }
            TokenKind::Keyword(Keyword::Signed) => {
                self.bump();
                return self.width().map(TypeKind::Signed);
            }
            TokenKind::Keyword(Keyword::Function) => {
                self.bump();
                let (params, _) = self.parens(Self::param_type)?;
                return self.function_type(params);
            }
            TokenKind::Keyword(Keyword::Relation) => {
                self.bump();
                let opener = self.expect(TokenKind::LBracket)?;
                let element = self.type_expr()?;
                self.expect_close(TokenKind::RBracket, opener)?;
                return Ok(TypeKind::Relation(Box::new(element)));
            }
            TokenKind::LParen => {
                let (mut elements, _) = self.parens(Self::type_expr)?;
                return Ok(match elements.len() {
                    // A one-tuple is the type itself.
                    1 => elements.remove(0).kind,
                    _ => TypeKind::Tuple(elements),
                });
            }
            TokenKind::Tick => {
                self.bump();
                return Ok(TypeKind::Var(self.upper_ident("a type variable")?));
            }
            _ if self.at_character('|') => {
                self.eat_character('|');
                let params = self.piped(start, Self::param_type)?;
                return self.function_type(params);
            }
            TokenKind::Ident if !self.at_rule_start() => {
                let path = self.path("a type")?;
                let arguments = if self.at(TokenKind::Lt) { self.type_arguments()? } else { Vec::new() };
                return Ok(TypeKind::Named(path, arguments));
            }
            TokenKind::Reserved => return self.ident("a type").map(|_| TypeKind::Error),
            _ => return self.expected("a type"),
        };
        self.bump();
        Ok(plain)
    }

    /// `<A, B>`
    fn type_arguments(&mut self) -> Parsed<Vec<TypeExpr>> {
        let opener = self.expect_character('<')?;
        let mut arguments = Vec::new();
        loop {
            if self.eat_character('>').is_some() {
                return Ok(arguments);
            }
            arguments.push(self.type_expr()?);
            if self.eat(TokenKind::Comma).is_none() {
                if self.eat_character('>').is_none() {
                    return self.unclosed('<', opener);
                }
                return Ok(arguments);
            }
        }
    }

    /// The rest of `|A, B|` after the first bar.
    pub(super) fn piped<T>(
        &mut self,
        opener: Span,
        mut read: impl FnMut(&mut Self) -> Parsed<T>,
    ) -> Parsed<Vec<T>> {
        let mut items = Vec::new();
        loop {
            if self.eat_character('|').is_some() {
                return Ok(items);
            }
            items.push(read(self)?);
            if self.eat(TokenKind::Comma).is_none() {
                if self.eat_character('|').is_none() {
                    return self.unclosed('|', opener);
                }
                return Ok(items);
            }
        }
    }

    fn function_type(&mut self, params: Vec<ParamType>) -> Parsed<TypeKind> {
        let ret = match self.eat_character(':') {
            Some(_) => self.type_expr()?,
            None => TypeExpr { kind: TypeKind::Tuple(Vec::new()), span: self.previous().span },
        };
        Ok(TypeKind::Function(params, Box::new(ret)))
    }

    /// `[name:] [mut] T`
    fn param_type(&mut self) -> Parsed<ParamType> {
        if self.at(TokenKind::Ident) && self.ahead(1).kind == TokenKind::Colon {
            self.bump();
            self.bump();
        }
        let mutable = self.eat_keyword(Keyword::Mut).is_some();
        Ok(ParamType { mutable, ty: self.type_expr()? })
    }

    /// `<N>`
    fn width(&mut self) -> Parsed<u32> {
        let opener = self.expect_character('<')?;
        let width = self.small_number("a width in bits")?;
        match self.eat_character('>') {
            Some(_) => Ok(width),
            None => self.unclosed('<', opener),
        }
    }

    /// A plain decimal number that fits 32 bits.
    pub(super) fn small_number(&mut self, what: &'static str) -> Parsed<u32> {
        match small(self.peek().text).filter(|_| self.at(TokenKind::Int)) {
            Some(value) => {
                self.bump();
                Ok(value)
            }
            None => self.expected(what),
        }
    }
}
