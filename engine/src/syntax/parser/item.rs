//! Items: what a file consists of.

use super::cursor::{Cursor, Parsed, is_upper};
use crate::source::Span;
use crate::syntax::ast::{
    Apply, Attribute, Constructor, Expr, FieldDecl, Function, Ident, Import, Index, Item, ItemKind, Module,
    Param, Relation, RelationBody, RelationRole, RelationSemantics, Transformer, Typedef, TypedefBody,
};
use crate::syntax::error::{Context, SyntaxError};
use crate::syntax::token::{Keyword, TokenKind};

impl Cursor<'_> {
    /// The whole file.
    pub(super) fn module(&mut self) -> Module {
        let mut module =
            Module { path: Vec::new(), file: self.origin.file, imports: Vec::new(), items: Vec::new() };
        while !self.at(TokenKind::Eof) {
            let from = self.position();
            self.start_tree();
            if self.item(&mut module).is_err() {
                self.skip_item(from);
            }
        }
        module
    }

    fn item(&mut self, module: &mut Module) -> Parsed<()> {
        let start = self.peek().span;
        let attributes = self.attributes()?;
        let attributed = (!attributes.is_empty()).then(|| start.to(self.previous().span));
        if self.at_keyword(Keyword::Import) {
            self.refuse_attributes(attributed, "imports");
            let import = self.import()?;
            module.imports.push(import);
            return Ok(());
        }
        let kind = self.item_kind()?;
        let bare = match kind {
            ItemKind::Typedef(_) | ItemKind::Function(_) | ItemKind::Relation(_) => None,
            ItemKind::Index(_) => Some("indexes"),
            ItemKind::Rule(_) | ItemKind::For(_) => Some("rules"),
            ItemKind::Apply(_) => Some("`apply`"),
            ItemKind::Transformer(_) => Some("transformers"),
        };
        if let Some(what) = bare {
            self.refuse_attributes(attributed, what);
        }
        module.items.push(Item { attributes, kind, span: start.to(self.previous().span) });
        Ok(())
    }

    fn refuse_attributes(&mut self, span: Option<Span>, what: &'static str) {
        if let Some(span) = span {
            self.report(SyntaxError::AttributesNotAllowed { what, span });
        }
    }

    fn item_kind(&mut self) -> Parsed<ItemKind> {
        match self.kind() {
            TokenKind::Keyword(Keyword::Typedef) => Ok(ItemKind::Typedef(self.typedef()?)),
            TokenKind::Keyword(Keyword::Function) => Ok(ItemKind::Function(self.function()?)),
            TokenKind::Keyword(Keyword::Extern) => self.external(),
            TokenKind::Keyword(
                Keyword::Input | Keyword::Output | Keyword::Relation | Keyword::Multiset | Keyword::Stream,
            ) => Ok(ItemKind::Relation(self.relation()?)),
            TokenKind::Keyword(Keyword::Apply) => Ok(ItemKind::Apply(self.apply()?)),
            TokenKind::Keyword(Keyword::For) => Ok(ItemKind::For(self.for_rule()?)),
            TokenKind::Keyword(Keyword::Transformer) => {
                self.expected_hint("`extern transformer`", "Transformers are built in; declare them with `extern`.")
            }
            TokenKind::Ident if self.at_word("index") && self.ahead(1).kind == TokenKind::Ident => {
                Ok(ItemKind::Index(self.index()?))
            }
            TokenKind::Ident | TokenKind::Amp if self.could_start_item() => Ok(ItemKind::Rule(self.rule()?)),
            TokenKind::Amp => Ok(ItemKind::Rule(self.rule()?)),
            _ => self.expected_hint(
                "an item",
                "Items are `import`, `typedef`, `function`, `extern`, relations, `index`, `apply`, rules and `for`.",
            ),
        }
    }

    /// `#[name]`, `#[name = e]`
    fn attributes(&mut self) -> Parsed<Vec<Attribute>> {
        let mut attributes = Vec::new();
        while self.eat(TokenKind::Hash).is_some() {
            let opener = self.expect(TokenKind::LBracket)?;
            let name = self.ident("an attribute name")?;
            let value = self.eat(TokenKind::Assign).map(|_| self.expr()).transpose()?;
            self.expect_close(TokenKind::RBracket, opener)?;
            attributes.push(Attribute { name, value });
        }
        Ok(attributes)
    }

    fn import(&mut self) -> Parsed<Import> {
        let start = self.bump().span;
        let path = self.path("a module name")?;
        let alias = self.eat_keyword(Keyword::As).map(|_| self.path("a module name")).transpose()?;
        Ok(Import { path, alias, span: start.to(self.previous().span) })
    }

    /// `extern type`, `extern function`, `extern transformer`
    fn external(&mut self) -> Parsed<ItemKind> {
        self.bump();
        match self.kind() {
            TokenKind::Keyword(Keyword::Type) => {
                self.bump();
                let name = self.ident("a type name")?;
                let params = self.type_params()?;
                Ok(ItemKind::Typedef(Typedef { name, params, body: TypedefBody::Extern }))
            }
            TokenKind::Keyword(Keyword::Function) => {
                let function = self.signature()?;
                Ok(ItemKind::Function(function))
            }
            TokenKind::Keyword(Keyword::Transformer) => Ok(ItemKind::Transformer(self.transformer()?)),
            _ => self.expected("`type`, `function` or `transformer`"),
        }
    }

    fn typedef(&mut self) -> Parsed<Typedef> {
        let start = self.bump().span;
        let name = self.ident("a type name")?;
        let params = self.type_params()?;
        if !self.at(TokenKind::Assign) {
            let context = Context { span: start.to(name.span), what: "type definition" };
            return self.expected_in("`=`", Some(context), None);
        }
        self.bump();
        let body = match self.at_constructor() {
            true => TypedefBody::Union(self.constructors()?),
            false => TypedefBody::Alias(self.type_expr()?),
        };
        Ok(Typedef { name, params, body })
    }

    /// `<'A, 'B>` or nothing
    fn type_params(&mut self) -> Parsed<Vec<Ident>> {
        let Some(opener) = self.eat_character('<') else { return Ok(Vec::new()) };
        let mut params = Vec::new();
        while self.eat(TokenKind::Tick).is_some() {
            params.push(self.upper_ident("a type variable")?);
            if self.eat(TokenKind::Comma).is_none() {
                break;
            }
        }
        if self.eat_character('>').is_some() {
            return Ok(params);
        }
        if params.is_empty() {
            return self.expected_hint("a type variable", "Type variables are written with a quote: `'A`.");
        }
        self.unclosed('<', opener)
    }

    /// Whether `C{` or `C |` follows; a lone name is an alias.
    fn at_constructor(&self) -> bool {
        self.at(TokenKind::Hash)
            || (self.at(TokenKind::Ident)
                && is_upper(self.peek().text)
                && matches!(self.ahead(1).kind, TokenKind::LBrace | TokenKind::Pipe))
    }

    fn constructors(&mut self) -> Parsed<Vec<Constructor>> {
        let mut constructors = vec![self.constructor()?];
        while self.eat(TokenKind::Pipe).is_some() {
            constructors.push(self.constructor()?);
        }
        Ok(constructors)
    }

    fn constructor(&mut self) -> Parsed<Constructor> {
        let start = self.peek().span;
        let attributes = self.attributes()?;
        let name = self.upper_ident("a constructor name")?;
        let fields = match self.eat(TokenKind::LBrace) {
            Some(opener) => self.list(TokenKind::RBrace, opener, Self::field)?.0,
            None => Vec::new(),
        };
        Ok(Constructor { attributes, name, fields, span: start.to(self.previous().span) })
    }

    /// `#[..] name: T`
    pub(super) fn field(&mut self) -> Parsed<FieldDecl> {
        let attributes = self.attributes()?;
        let name = self.lower_ident("a field name")?;
        self.expect_character(':')?;
        Ok(FieldDecl { attributes, name, ty: self.type_expr()? })
    }

    /// `function f(x: T): R { e }` or `= e`
    fn function(&mut self) -> Parsed<Function> {
        let start = self.peek().span;
        let mut function = self.signature()?;
        function.body = Some(match self.kind() {
            TokenKind::LBrace => self.braced_body()?,
            TokenKind::Assign => {
                self.bump();
                self.expr()?
            }
            _ => {
                let context = Context { span: start.to(function.name.span), what: "function" };
                return self.expected_in("`{` or `=`", Some(context), None);
            }
        });
        Ok(function)
    }

    /// `function f(x: T): R`
    fn signature(&mut self) -> Parsed<Function> {
        self.bump();
        let name = self.lower_ident("a function name")?;
        let (params, _) = self.parens(Self::param)?;
        let ret = self.eat_character(':').map(|_| self.type_expr()).transpose()?;
        Ok(Function { name, params, ret, body: None })
    }

    /// `#[..] x: [mut] T`
    fn param(&mut self) -> Parsed<Param> {
        let attributes = self.attributes()?;
        let name = self.lower_ident("a parameter name")?;
        if matches!(self.kind(), TokenKind::Comma | TokenKind::RParen) {
            // The checker asks for it.
            return Ok(Param { attributes, name, mutable: false, ty: None });
        }
        self.expect_character(':')?;
        let mutable = self.eat_keyword(Keyword::Mut).is_some();
        Ok(Param { attributes, name, mutable, ty: Some(self.type_expr()?) })
    }

    fn relation(&mut self) -> Parsed<Relation> {
        let role = match self.kind() {
            TokenKind::Keyword(Keyword::Input) => RelationRole::Input,
            TokenKind::Keyword(Keyword::Output) => RelationRole::Output,
            _ => RelationRole::Internal,
        };
        if role != RelationRole::Internal {
            self.bump();
        }
        let semantics = match self.kind() {
            TokenKind::Keyword(Keyword::Relation) => RelationSemantics::Relation,
            TokenKind::Keyword(Keyword::Multiset) => RelationSemantics::Multiset,
            TokenKind::Keyword(Keyword::Stream) => RelationSemantics::Stream,
            _ => return self.expected("`relation`, `stream` or `multiset`"),
        };
        self.bump();
        let by_ref = self.eat(TokenKind::Amp).is_some();
        let name = self.upper_ident("a relation name")?;
        let body = match self.kind() {
            TokenKind::LBracket => {
                let opener = self.bump().span;
                let element = self.type_expr()?;
                self.expect_close(TokenKind::RBracket, opener)?;
                RelationBody::Type(element)
            }
            TokenKind::LParen => RelationBody::Fields(self.parens(Self::field)?.0),
            _ => return self.expected("`(` or `[`"),
        };
        let primary_key = match self.at_word("primary") {
            true => Some(self.primary_key()?),
            false => None,
        };
        Ok(Relation { role, semantics, by_ref, name, body, primary_key })
    }

    /// `primary key (x) e`
    fn primary_key(&mut self) -> Parsed<(Ident, Expr)> {
        self.bump();
        if !self.at_word("key") {
            return self.expected("`key`");
        }
        self.bump();
        let opener = self.expect(TokenKind::LParen)?;
        let variable = self.lower_ident("a variable name")?;
        self.expect_close(TokenKind::RParen, opener)?;
        Ok((variable, self.expr()?))
    }

    /// `index I(a: T, ..) on R(pattern)`
    fn index(&mut self) -> Parsed<Index> {
        self.bump();
        let name = self.ident("an index name")?;
        let (fields, _) = self.parens(Self::field)?;
        if !self.at_word("on") {
            return self.expected("`on`");
        }
        self.bump();
        Ok(Index { name, fields, atom: self.atom()? })
    }

    /// `apply m::Xf(R, f) -> (S)`
    fn apply(&mut self) -> Parsed<Apply> {
        self.bump();
        let transformer = self.upper_path("a transformer name")?;
        let (inputs, _) = self.parens(|p| p.path("a relation or function"))?;
        self.expect(TokenKind::Arrow)?;
        let (outputs, _) = self.parens(|p| p.upper_path("a relation name"))?;
        Ok(Apply { transformer, inputs, outputs })
    }

    /// `transformer Xf(..) -> (..)`
    fn transformer(&mut self) -> Parsed<Transformer> {
        self.bump();
        let name = self.upper_ident("a transformer name")?;
        let (inputs, _) = self.parens(Self::transformer_field)?;
        self.expect(TokenKind::Arrow)?;
        let (outputs, _) = self.parens(Self::transformer_field)?;
        Ok(Transformer { name, inputs, outputs })
    }

    fn transformer_field(&mut self) -> Parsed<FieldDecl> {
        let name = self.ident("an argument name")?;
        self.expect_character(':')?;
        Ok(FieldDecl { attributes: Vec::new(), name, ty: self.type_expr()? })
    }
}
