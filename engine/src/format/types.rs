//! Types.

use super::doc::Doc;
use super::list::{Close, Style};
use super::source::{Laid, Lost, Source};
use crate::syntax::ast::{ParamType, TypeExpr, TypeKind};
use crate::syntax::token::{Keyword, TokenKind};

impl<'t> Source<'t> {
    pub(super) fn type_expr(&mut self, ty: &TypeExpr) -> Laid<'t> {
        let first = match &ty.kind {
            TypeKind::Tuple(elements) => elements.first().map(|first| first.span.start),
            _ => None,
        };
        let own = usize::from(matches!(ty.kind, TypeKind::Tuple(_)));
        self.parenthesised(first, own, |source| source.bare_type(ty))
    }

    fn bare_type(&mut self, ty: &TypeExpr) -> Laid<'t> {
        match &ty.kind {
            TypeKind::Bool | TypeKind::String | TypeKind::BigInt | TypeKind::Double | TypeKind::Float => {
                Ok(self.take())
            }
            TypeKind::Bit(_) | TypeKind::Signed(_) => Ok(Doc::concat([
                self.take(),
                self.character('<')?,
                self.expect(TokenKind::Int)?,
                self.character('>')?,
            ])),
            TypeKind::Tuple(elements) => {
                self.list(Style::closed_by(TokenKind::RParen), elements, Self::type_expr)
            }
            TypeKind::Named(path, arguments) => {
                let name = self.path(path)?;
                // `x as T < y` compares.
                let angles = !arguments.is_empty() || (self.at_character('<') && ty.span.end > path.span.end);
                match angles {
                    true => {
                        let arguments = self.list(Style::angles(), arguments, Self::type_expr)?;
                        Ok(Doc::concat([name, arguments]))
                    }
                    false => Ok(name),
                }
            }
            TypeKind::Var(_) => {
                Ok(Doc::concat([self.expect(TokenKind::Tick)?, self.expect(TokenKind::Ident)?]))
            }
            TypeKind::Function(params, ret) => {
                let params = match self.take_if(TokenKind::Keyword(Keyword::Function)) {
                    Some(word) => {
                        let style = Style::closed_by(TokenKind::RParen);
                        Doc::concat([word, self.list(style, params, Self::param_type)?])
                    }
                    None => self.list(Style::bars(), params, Self::param_type)?,
                };
                match self.at_character(':') {
                    true => {
                        let colon = self.character(':')?;
                        Ok(Doc::concat([params, colon, Doc::text(" "), self.type_expr(ret)?]))
                    }
                    false => Ok(params),
                }
            }
            TypeKind::Relation(element) => Ok(Doc::concat([
                self.keyword(Keyword::Relation)?,
                self.list(Style::closed_by(TokenKind::RBracket), &[element], |source, element| {
                    source.type_expr(element)
                })?,
            ])),
            TypeKind::Error => Err(Lost(ty.span)),
        }
    }

    /// `[name:] [mut] T`
    fn param_type(&mut self, param: &ParamType) -> Laid<'t> {
        let mut parts = Vec::new();
        if self.kind() == TokenKind::Ident && self.ahead(1).kind == TokenKind::Colon {
            parts.extend([self.take(), self.take(), Doc::text(" ")]);
        }
        parts.push(self.mutable_type(param.mutable, &param.ty)?);
        Ok(Doc::concat(parts))
    }

    /// `[mut] T`
    pub(super) fn mutable_type(&mut self, mutable: bool, ty: &TypeExpr) -> Laid<'t> {
        let word = match mutable {
            true => Doc::concat([self.keyword(Keyword::Mut)?, Doc::text(" ")]),
            false => Doc::nil(),
        };
        Ok(Doc::concat([word, self.type_expr(ty)?]))
    }
}

impl Style {
    /// Between bars.
    pub(super) fn bars() -> Self {
        Style { close: Close::Character('|'), ..Style::angles() }
    }
}
