//! Terms: what operators stand between.

use super::cursor::{Cursor, Parsed, is_upper};
use crate::source::Span;
use crate::syntax::ast::{ConstructArgs, Expr, ExprKind, Ident, Param};
use crate::syntax::error::SyntaxError;
use crate::syntax::token::{Keyword, LinePosition, TokenKind};

const BRANCHES: &str =
    "A branch of `if` is a term: put calls and operators in braces, as in `if (c) { f(x) } else { -x }`.";

/// How many tokens of a branch are looked through for its `else`.
const MOST_OF_A_BRANCH: usize = 64;

/// Arguments by position or by name, before it is known what they belong to.
pub(super) enum Arguments {
    Positional(Vec<Expr>),
    Named(Vec<(Ident, Expr)>),
}

impl Cursor<'_> {
    /// A term: no operator and no selection around it.
    pub(super) fn term(&mut self) -> Parsed<Expr> {
        self.nested(|p| {
            let start = p.peek().span;
            let kind = p.term_kind(start)?;
            Ok(Expr { kind, span: start.to(p.previous().span) })
        })
    }

    fn term_kind(&mut self, start: Span) -> Parsed<ExprKind> {
        match self.kind() {
            TokenKind::Ident if !self.at_rule_start() => self.named_term(),
            TokenKind::Int | TokenKind::Float | TokenKind::String(_) => self.literal(),
            TokenKind::LParen => {
                let (mut elements, _) = self.parens(Self::expr)?;
                Ok(match elements.len() {
                    1 => elements.remove(0).kind,
                    _ => ExprKind::Tuple(elements),
                })
            }
            TokenKind::LBracket => self.collection(start),
            TokenKind::LBrace => self.block(),
            TokenKind::Keyword(keyword) => self.keyword_term(keyword),
            TokenKind::Reserved => self.ident("an expression").map(|_| ExprKind::Error),
            _ if self.at_character('|') => {
                self.eat_character('|');
                let params = self.piped(start, Self::closure_param)?;
                let ret = self.eat_character(':').map(|_| self.type_expr()).transpose()?;
                let body = self.expr()?;
                Ok(ExprKind::Closure(params, ret, Box::new(body)))
            }
            _ => self.expected("an expression"),
        }
    }

    fn keyword_term(&mut self, keyword: Keyword) -> Parsed<ExprKind> {
        match keyword {
            Keyword::Underscore => {
                self.bump();
                Ok(ExprKind::Wildcard)
            }
            Keyword::True | Keyword::False => {
                self.bump();
                Ok(ExprKind::Bool(keyword == Keyword::True))
            }
            Keyword::Var => {
                self.bump();
                Ok(ExprKind::Var(self.lower_ident("a variable name")?))
            }
            Keyword::Match => self.match_expr(),
            Keyword::If => self.if_expr(),
            Keyword::For => self.for_expr(),
            Keyword::Break => {
                self.bump();
                Ok(ExprKind::Break)
            }
            Keyword::Continue => {
                self.bump();
                Ok(ExprKind::Continue)
            }
            Keyword::Return => {
                self.bump();
                let value = if self.at_expr() { Some(Box::new(self.expr()?)) } else { None };
                Ok(ExprKind::Return(value))
            }
            Keyword::Function => {
                self.bump();
                let (params, _) = self.parens(Self::closure_param)?;
                let ret = self.eat_character(':').map(|_| self.type_expr()).transpose()?;
                let body = self.braced_body()?;
                Ok(ExprKind::Closure(params, ret, Box::new(body)))
            }
            Keyword::FlatMap | Keyword::Aggregate | Keyword::Inspect => {
                let span = self.peek().span;
                self.fail(SyntaxError::MisplacedClause { word: keyword.text(), span })
            }
            _ => self.expected("an expression"),
        }
    }

    /// `{ e; e }` as the body of a function or closure.
    pub(super) fn braced_body(&mut self) -> Parsed<Expr> {
        let start = self.peek().span;
        let kind = self.block()?;
        Ok(Expr { kind, span: start.to(self.previous().span) })
    }

    /// `x`, `f`, `a::f`, `x @ pattern`, `C`, `C{..}`
    fn named_term(&mut self) -> Parsed<ExprKind> {
        if self.ahead(1).kind == TokenKind::At {
            let name = self.lower_ident("a variable name")?;
            self.bump();
            return Ok(ExprKind::At(name, Box::new(self.nested(Self::operators)?)));
        }
        let path = self.path("a name")?;
        if !path.segments.last().is_some_and(|last| is_upper(&last.name)) {
            return Ok(ExprKind::Name(path));
        }
        let arguments = self.construct_arguments(Self::expr)?;
        Ok(ExprKind::Construct(path, arguments))
    }

    /// What follows a constructor's name: nothing, `{a, b}` or `{.f = a}`. Empty braces name no field.
    pub(super) fn construct_arguments(
        &mut self,
        read: impl FnMut(&mut Self) -> Parsed<Expr>,
    ) -> Parsed<ConstructArgs> {
        let Some(opener) = self.eat(TokenKind::LBrace) else { return Ok(ConstructArgs::None) };
        Ok(match self.arguments(TokenKind::RBrace, opener, read)? {
            Arguments::Positional(arguments) => ConstructArgs::Positional(arguments),
            Arguments::Named(arguments) => ConstructArgs::Named(arguments),
        })
    }

    /// `a, b` or `.f = a, .g = b` up to the closing delimiter; none at all counts as named.
    pub(super) fn arguments(
        &mut self,
        close: TokenKind,
        opener: Span,
        mut read: impl FnMut(&mut Self) -> Parsed<Expr>,
    ) -> Parsed<Arguments> {
        let first = self.peek().span;
        let mut positional = Vec::new();
        let mut named = Vec::new();
        self.list(close, opener, |p| {
            let span = p.peek().span;
            if p.eat_character('.').is_some() {
                let field = p.lower_ident("a field name")?;
                p.expect(TokenKind::Assign)?;
                named.push((field, read(p)?));
            } else {
                positional.push(read(p)?);
            }
            if !named.is_empty() && !positional.is_empty() {
                p.report(SyntaxError::MixedArguments { first, span });
            }
            Ok(())
        })?;
        Ok(if positional.is_empty() { Arguments::Named(named) } else { Arguments::Positional(positional) })
    }

    /// `[a, b]` or `[k -> v]`
    fn collection(&mut self, opener: Span) -> Parsed<ExprKind> {
        self.bump();
        let mut elements = Vec::new();
        let mut pairs = Vec::new();
        self.list(TokenKind::RBracket, opener, |p| {
            let key = p.expr()?;
            if !pairs.is_empty() || (elements.is_empty() && p.at(TokenKind::Arrow)) {
                p.expect(TokenKind::Arrow)?;
                pairs.push((key, p.expr()?));
            } else {
                elements.push(key);
            }
            Ok(())
        })?;
        Ok(if pairs.is_empty() { ExprKind::VecLiteral(elements) } else { ExprKind::MapLiteral(pairs) })
    }

    /// `{ e; e }`
    fn block(&mut self) -> Parsed<ExprKind> {
        let opener = self.expect(TokenKind::LBrace)?;
        let mut done = Vec::new();
        loop {
            if self.eat(TokenKind::RBrace).is_some() {
                return Ok(ExprKind::Block(done, None));
            }
            let start = self.peek().span;
            match self.block_expr(opener) {
                Ok((expr, true)) => done.push(expr),
                Ok((expr, false)) => return Ok(ExprKind::Block(done, Some(Box::new(expr)))),
                Err(reported) => {
                    if !self.skip_in_block() {
                        return Err(reported);
                    }
                    done.push(Expr { kind: ExprKind::Error, span: start.to(self.previous().span) });
                    self.eat(TokenKind::Semi);
                }
            }
        }
    }

    /// An expression of a block, and whether a `;` followed; otherwise the closing brace did.
    fn block_expr(&mut self, opener: Span) -> Parsed<(Expr, bool)> {
        let expr = self.expr()?;
        if self.eat(TokenKind::Semi).is_some() {
            return Ok((expr, true));
        }
        if self.eat(TokenKind::RBrace).is_some() {
            return Ok((expr, false));
        }
        if self.at(TokenKind::Eof) || self.at_item_start() {
            return self.unclosed('{', opener);
        }
        self.expected_hint("`;` or `}`", "Expressions of a block are separated by `;`, also after a `}`.")
    }

    /// `match (e) { pattern -> e, .. }`
    fn match_expr(&mut self) -> Parsed<ExprKind> {
        self.bump();
        let opener = self.expect(TokenKind::LParen)?;
        let subject = self.expr()?;
        self.expect_close(TokenKind::RParen, opener)?;
        let opener = self.expect(TokenKind::LBrace)?;
        let (arms, _) = self.list(TokenKind::RBrace, opener, |p| {
            let pattern = p.pattern()?;
            p.expect(TokenKind::Arrow)?;
            Ok((pattern, p.expr()?))
        })?;
        Ok(ExprKind::Match(Box::new(subject), arms))
    }

    /// `if term term [else term]`: terms, so that `if (a) {b} else {c} ++ d` goes on after the `else` part.
    fn if_expr(&mut self) -> Parsed<ExprKind> {
        self.bump();
        let condition = self.term()?;
        if matches!(condition.kind, ExprKind::Assign(..)) {
            self.report(SyntaxError::AssignmentInCondition { span: condition.span });
        }
        if !self.at_expr()
            && !matches!(self.kind(), TokenKind::Eof | TokenKind::Bad | TokenKind::UnknownOperator)
        {
            let span = self.peek().span;
            return self.fail(SyntaxError::BareCondition { condition: condition.span, span });
        }
        let call = self.at(TokenKind::LParen) && matches!(condition.kind, ExprKind::Name(_));
        let then = self.branch()?;
        if call && self.at(TokenKind::LBrace) {
            // `if f(x) {`
            let span = self.peek().span;
            return self.fail(SyntaxError::BareCondition { condition: condition.span.to(then.span), span });
        }
        if !self.at_keyword(Keyword::Else) && self.else_follows() {
            return self.expected_hint("`else`", BRANCHES);
        }
        let otherwise = self.eat_keyword(Keyword::Else).map(|_| self.branch()).transpose()?;
        Ok(ExprKind::If(Box::new(condition), Box::new(then), otherwise.map(Box::new)))
    }

    /// A term, where authors may have meant more than that.
    fn branch(&mut self) -> Parsed<Expr> {
        let operator = matches!(
            self.kind(),
            TokenKind::Minus | TokenKind::Tilde | TokenKind::Amp | TokenKind::Keyword(Keyword::Not)
        );
        if operator { self.expected_hint("a term", BRANCHES) } else { self.term() }
    }

    /// Whether an `else` follows what stands between here and the end of the expression: a call or an operator.
    fn else_follows(&self) -> bool {
        let mut open = 0usize;
        for ahead in 0..MOST_OF_A_BRANCH {
            let token = self.ahead(ahead);
            match token.kind {
                _ if token.position == LinePosition::Margin => return false,
                TokenKind::Keyword(Keyword::Else) if open == 0 => return true,
                TokenKind::LParen | TokenKind::LBracket | TokenKind::LBrace => open += 1,
                TokenKind::RParen | TokenKind::RBracket | TokenKind::RBrace if open > 0 => open -= 1,
                TokenKind::RParen | TokenKind::RBracket | TokenKind::RBrace => return false,
                // Another `if` may have the `else`.
                TokenKind::Keyword(Keyword::If) | TokenKind::Semi | TokenKind::Comma if open == 0 => {
                    return false;
                }
                TokenKind::Eof => return false,
                _ => {}
            }
        }
        false
    }

    /// `for (pattern in e) term`
    fn for_expr(&mut self) -> Parsed<ExprKind> {
        self.bump();
        let opener = self.expect(TokenKind::LParen)?;
        let pattern = self.pattern()?;
        self.expect(TokenKind::Keyword(Keyword::In))?;
        let collection = self.expr()?;
        self.expect_close(TokenKind::RParen, opener)?;
        let body = self.term()?;
        Ok(ExprKind::For(Box::new(pattern), Box::new(collection), Box::new(body)))
    }

    /// `x` or `x: [mut] T`
    fn closure_param(&mut self) -> Parsed<Param> {
        let name = self.lower_ident("a parameter name")?;
        if self.eat_character(':').is_none() {
            return Ok(Param { attributes: Vec::new(), name, mutable: false, ty: None });
        }
        let mutable = self.eat_keyword(Keyword::Mut).is_some();
        Ok(Param { attributes: Vec::new(), name, mutable, ty: Some(self.type_expr()?) })
    }

    /// Whether an expression could start here.
    fn at_expr(&self) -> bool {
        match self.kind() {
            TokenKind::Ident
            | TokenKind::Int
            | TokenKind::Float
            | TokenKind::String(_)
            | TokenKind::LParen
            | TokenKind::LBracket
            | TokenKind::LBrace
            | TokenKind::Amp
            | TokenKind::Minus
            | TokenKind::Tilde => true,
            TokenKind::Keyword(keyword) => matches!(
                keyword,
                Keyword::Underscore
                    | Keyword::True
                    | Keyword::False
                    | Keyword::Var
                    | Keyword::Match
                    | Keyword::If
                    | Keyword::For
                    | Keyword::Break
                    | Keyword::Continue
                    | Keyword::Return
                    | Keyword::Function
                    | Keyword::Not
            ),
            _ => self.at_character('|'),
        }
    }
}
