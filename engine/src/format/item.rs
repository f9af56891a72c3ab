//! Items: what a file consists of.

use super::doc::Doc;
use super::list::Style;
use super::source::{Laid, Source};
use crate::syntax::ast::{
    Apply, Attribute, Constructor, Expr, ExprKind, FieldDecl, Function, Ident, Import, Index, Item, ItemKind,
    Module, Relation, RelationBody, RelationRole, Transformer, Typedef, TypedefBody,
};
use crate::syntax::token::{Keyword, TokenKind};

/// Most empty lines between items.
const MOST_BLANK: usize = 2;

impl<'t> Source<'t> {
    /// The whole file.
    pub(super) fn module(&mut self, module: &Module) -> Laid<'t> {
        let mut imports = module.imports.iter().peekable();
        let mut items = module.items.iter().peekable();
        let mut parts = Vec::new();
        loop {
            let import = match (imports.peek(), items.peek()) {
                (Some(import), Some(item)) => import.span.start < item.span.start,
                (import, _) => import.is_some(),
            };
            let leading = self.leading(MOST_BLANK);
            let laid = match import {
                true => imports.next().map(|import| self.import(import)),
                false => items.next().map(|item| self.item(item)),
            };
            match laid {
                Some(laid) => parts.extend([leading, laid?, Doc::hard_line()]),
                None => {
                    self.expect(TokenKind::Eof)?;
                    parts.push(leading);
                    return Ok(Doc::concat(parts));
                }
            }
        }
    }

    fn import(&mut self, import: &Import) -> Laid<'t> {
        let mut parts = vec![self.keyword(Keyword::Import)?, Doc::text(" "), self.path(&import.path)?];
        if let Some(alias) = &import.alias {
            parts.extend([Doc::text(" "), self.keyword(Keyword::As)?, Doc::text(" "), self.path(alias)?]);
        }
        Ok(Doc::concat(parts))
    }

    fn item(&mut self, item: &Item) -> Laid<'t> {
        let mut attributes = Vec::new();
        for attribute in &item.attributes {
            attributes.extend([self.attribute(attribute)?, Doc::hard_line(), self.leading(0)]);
        }
        let item = match &item.kind {
            ItemKind::Typedef(typedef) => self.typedef(typedef),
            ItemKind::Function(function) => self.function(function),
            ItemKind::Relation(relation) => self.relation(relation),
            ItemKind::Index(index) => self.index(index),
            ItemKind::Rule(rule) => self.rule(rule),
            ItemKind::For(rule) => self.for_rule(rule),
            ItemKind::Apply(apply) => self.apply(apply),
            ItemKind::Transformer(transformer) => self.transformer(transformer),
        }?;
        Ok(Doc::concat(attributes.into_iter().chain([item])))
    }

    /// Attributes of a field, parameter or constructor, with what separates them from it.
    pub(super) fn attributes(&mut self, attributes: &[Attribute]) -> Laid<'t> {
        let mut parts = Vec::new();
        for attribute in attributes {
            parts.push(self.attribute(attribute)?);
            parts.push(if self.starts_line() { Doc::hard_line() } else { Doc::text(" ") });
        }
        Ok(Doc::concat(parts))
    }

    /// `#[name]`, `#[name = e]`
    fn attribute(&mut self, attribute: &Attribute) -> Laid<'t> {
        let mut parts = vec![self.expect(TokenKind::Hash)?, self.expect(TokenKind::LBracket)?];
        parts.push(self.word(&attribute.name.name)?);
        if let Some(value) = &attribute.value {
            parts.extend([
                Doc::text(" "),
                self.expect(TokenKind::Assign)?,
                Doc::text(" "),
                self.expr(value)?,
            ]);
        }
        parts.push(self.expect(TokenKind::RBracket)?);
        Ok(Doc::concat(parts))
    }

    fn typedef(&mut self, typedef: &Typedef) -> Laid<'t> {
        if matches!(typedef.body, TypedefBody::Extern) {
            let words = [self.keyword(Keyword::Extern)?, Doc::text(" "), self.keyword(Keyword::Type)?];
            let name = [Doc::text(" "), self.word(&typedef.name.name)?, self.type_params(&typedef.params)?];
            return Ok(Doc::concat(words.into_iter().chain(name)));
        }
        let head = Doc::concat([
            self.keyword(Keyword::Typedef)?,
            Doc::text(" "),
            self.word(&typedef.name.name)?,
            self.type_params(&typedef.params)?,
            Doc::text(" "),
            self.expect(TokenKind::Assign)?,
        ]);
        let body = match &typedef.body {
            TypedefBody::Union(constructors) => self.union(constructors)?,
            TypedefBody::Alias(ty) => Doc::concat([Doc::text(" "), self.leading(0), self.type_expr(ty)?]),
            TypedefBody::Extern => Doc::nil(),
        };
        Ok(Doc::concat([head, body]))
    }

    /// One constructor goes on after the `=`; several are on one line or each on its own.
    fn union(&mut self, constructors: &[Constructor]) -> Laid<'t> {
        if let [constructor] = constructors {
            let separator = match constructor.attributes.is_empty() && !self.has_leading() {
                true => Doc::text(" "),
                false => Doc::line(),
            };
            let inner = Doc::concat([separator, self.leading(0), self.constructor(constructor)?]);
            return Ok(if constructor.attributes.is_empty() { inner } else { Doc::group(Doc::nest(inner)) });
        }
        let mut broken = self.starts_line();
        let mut parts = vec![Doc::line(), self.leading(0)];
        for (at, constructor) in constructors.iter().enumerate() {
            if at > 0 {
                broken |= self.starts_line();
                let leading = self.leading(1);
                parts.extend([Doc::line(), leading, self.character('|')?, Doc::text(" "), self.leading(0)]);
            }
            parts.push(self.constructor(constructor)?);
            broken |= self.starts_line() && at + 1 < constructors.len();
        }
        Ok(Doc::group(Doc::nest(Doc::concat(parts))).broken_if(broken))
    }

    /// `<'A, 'B>` or nothing
    fn type_params(&mut self, params: &[Ident]) -> Laid<'t> {
        if !self.at_character('<') {
            return Ok(Doc::nil());
        }
        self.list(Style::angles(), params, |source, param| {
            Ok(Doc::concat([source.expect(TokenKind::Tick)?, source.word(&param.name)?]))
        })
    }

    fn constructor(&mut self, constructor: &Constructor) -> Laid<'t> {
        let attributes = self.attributes(&constructor.attributes)?;
        let name = self.word(&constructor.name.name)?;
        let fields = match self.kind() {
            TokenKind::LBrace => {
                self.list(Style::closed_by(TokenKind::RBrace), &constructor.fields, Self::field)?
            }
            _ => Doc::nil(),
        };
        Ok(Doc::concat([attributes, name, fields]))
    }

    /// `#[..] name: T`
    fn field(&mut self, field: &FieldDecl) -> Laid<'t> {
        let attributes = self.attributes(&field.attributes)?;
        let name = self.word(&field.name.name)?;
        Ok(Doc::concat([attributes, name, self.character(':')?, Doc::text(" "), self.type_expr(&field.ty)?]))
    }

    fn function(&mut self, function: &Function) -> Laid<'t> {
        let mut head = Vec::new();
        if function.body.is_none() {
            head.extend([self.keyword(Keyword::Extern)?, Doc::text(" ")]);
        }
        head.extend([self.keyword(Keyword::Function)?, Doc::text(" "), self.word(&function.name.name)?]);
        let params = self.list(Style::open_parens(), &function.params, Self::param)?;
        head.push(Doc::group(Doc::concat([params, self.result_type(function.ret.as_ref())?])));
        head.push(match &function.body {
            Some(body) => self.function_body(body)?,
            None => Doc::nil(),
        });
        Ok(Doc::concat(head))
    }

    fn function_body(&mut self, body: &Expr) -> Laid<'t> {
        let Some(sign) = self.take_if(TokenKind::Assign) else {
            return Ok(Doc::concat([Doc::text(" "), self.leading(0), self.expr(body)?]));
        };
        let broken = self.starts_line();
        let joins = match body.kind {
            ExprKind::Block(..) => true,
            ExprKind::Match(..) | ExprKind::If(..) | ExprKind::Closure(..) => !broken,
            _ => self.peek().text.contains('\n'),
        };
        let separator = if joins { Doc::text(" ") } else { Doc::line() };
        let inner = Doc::concat([separator, self.leading(0), self.expr(body)?]);
        let body = match joins {
            true => inner,
            false => Doc::group(Doc::nest(inner)).broken_if(broken),
        };
        Ok(Doc::concat([Doc::text(" "), sign, body]))
    }

    fn relation(&mut self, relation: &Relation) -> Laid<'t> {
        let mut parts = Vec::new();
        if relation.role != RelationRole::Internal {
            parts.extend([self.take(), Doc::text(" ")]);
        }
        parts.extend([self.take(), Doc::text(" ")]);
        if relation.by_ref {
            parts.push(self.expect(TokenKind::Amp)?);
        }
        parts.push(self.word(&relation.name.name)?);
        parts.push(match &relation.body {
            RelationBody::Fields(fields) => {
                self.list(Style::closed_by(TokenKind::RParen), fields, Self::field)?
            }
            RelationBody::Type(ty) => {
                self.list(Style::closed_by(TokenKind::RBracket), &[ty], |source, ty| source.type_expr(ty))?
            }
        });
        if let Some((variable, key)) = &relation.primary_key {
            let broken = self.starts_line();
            let tall = parts.last().is_some_and(|fields| fields.breaks);
            parts.push(if tall && !broken { Doc::text(" ") } else { Doc::line() });
            parts.extend([self.word("primary")?, Doc::text(" "), self.word("key")?]);
            let variable = self.in_parens(|source| source.word(&variable.name))?;
            parts.extend([Doc::text(" "), variable, Doc::text(" "), self.expr(key)?]);
            return Ok(Doc::group(Doc::concat(parts)).broken_if(broken));
        }
        Ok(Doc::concat(parts))
    }

    /// `index I(a: T, ..) on R(pattern)`
    fn index(&mut self, index: &Index) -> Laid<'t> {
        let head = [self.word("index")?, Doc::text(" "), self.word(&index.name.name)?];
        let fields = self.list(Style::closed_by(TokenKind::RParen), &index.fields, Self::field)?;
        let target = [Doc::line(), self.word("on")?, Doc::text(" "), self.atom(&index.atom)?];
        let target = Doc::group(Doc::nest(Doc::concat(target)));
        Ok(Doc::concat(head.into_iter().chain([fields, target])))
    }

    /// `apply m::Xf(R, f) -> (S)`
    fn apply(&mut self, apply: &Apply) -> Laid<'t> {
        let head = [self.keyword(Keyword::Apply)?, Doc::text(" "), self.path(&apply.transformer)?];
        let ends = self.ends(&apply.inputs, &apply.outputs, Self::path)?;
        Ok(Doc::concat(head.into_iter().chain([ends])))
    }

    /// `extern transformer Xf(..) -> (..)`
    fn transformer(&mut self, transformer: &Transformer) -> Laid<'t> {
        let words = [self.keyword(Keyword::Extern)?, Doc::text(" "), self.keyword(Keyword::Transformer)?];
        let name = [Doc::text(" "), self.word(&transformer.name.name)?];
        let ends = self.ends(&transformer.inputs, &transformer.outputs, Self::field)?;
        Ok(Doc::concat(words.into_iter().chain(name).chain([ends])))
    }

    /// `(..) -> (..)`
    fn ends<T>(
        &mut self,
        inputs: &[T],
        outputs: &[T],
        mut lay: impl FnMut(&mut Self, &T) -> Laid<'t>,
    ) -> Laid<'t> {
        let inputs = self.list(Style::open_parens(), inputs, &mut lay)?;
        let arrow = [Doc::text(" "), self.expect(TokenKind::Arrow)?, Doc::text(" ")];
        let outputs = self.list(Style::closed_by(TokenKind::RParen), outputs, lay)?;
        Ok(Doc::group(Doc::concat([inputs].into_iter().chain(arrow).chain([outputs]))))
    }
}
