//! Expressions: operators and what follows a term.

use super::cursor::{Cursor, Parsed, is_upper};
use crate::syntax::ast::{BinaryOp, Expr, ExprKind, TypeExpr, TypeKind, UnaryOp};
use crate::syntax::error::SyntaxError;
use crate::syntax::literal::small;
use crate::syntax::token::{Keyword, LinePosition, TokenKind};

/// How tightly a binary operator binds; higher is tighter.
type Precedence = u8;

const COMPARISON: Precedence = 7;

const INDEXES: &str =
    "Brackets select bits. Elements: `v.nth(0)` of a `Vec`, `m.get(key)` of a `Map`; both give an `Option`.";

impl Cursor<'_> {
    /// A whole expression, perhaps an assignment.
    pub(super) fn expr(&mut self) -> Parsed<Expr> {
        self.nested(|p| {
            let left = p.operators()?;
            if p.eat(TokenKind::Assign).is_none() {
                return Ok(left);
            }
            p.assigned(left)
        })
    }

    /// What follows `left =`.
    pub(super) fn assigned(&mut self, left: Expr) -> Parsed<Expr> {
        let right = self.nested(Self::operators)?;
        if self.at(TokenKind::Assign) {
            return self.fail(SyntaxError::ChainedAssignment { span: self.peek().span });
        }
        self.grow()?;
        let span = left.span.to(right.span);
        Ok(Expr { kind: ExprKind::Assign(Box::new(left), Box::new(right)), span })
    }

    /// An expression that is no assignment.
    pub(super) fn operators(&mut self) -> Parsed<Expr> {
        self.binary(0)
    }

    fn binary(&mut self, at_least: Precedence) -> Parsed<Expr> {
        let mut left = self.unary()?;
        let mut compared = None;
        loop {
            if self.at(TokenKind::UnknownOperator) {
                return self.unknown_operator();
            }
            let Some((op, precedence)) = operator(self.kind()).filter(|&(_, p)| p >= at_least) else {
                return Ok(left);
            };
            let token = self.bump();
            if op == BinaryOp::BitAnd && self.at(TokenKind::Amp) && self.peek().span.start == token.span.end {
                let span = token.span.to(self.peek().span);
                return self.fail(SyntaxError::ForeignOperator { text: "&&", instead: "and", span });
            }
            // Orderings do not associate, neither with each other nor with the equalities.
            if precedence == COMPARISON {
                let ordering = !matches!(op, BinaryOp::Eq | BinaryOp::Ne);
                if compared.is_some_and(|before| before || ordering) {
                    return self.fail(SyntaxError::ChainedComparison { span: token.span });
                }
                compared = Some(ordering);
            }
            let right = self.nested(|p| p.binary(precedence + 1))?;
            self.grow()?;
            if op == BinaryOp::Eq && matches!(left.kind, ExprKind::Var(_)) {
                self.report(SyntaxError::ComparisonInDeclaration { span: token.span });
            }
            let span = left.span.to(right.span);
            left = Expr { kind: ExprKind::Binary(op, Box::new(left), Box::new(right)), span };
        }
    }

    fn unary(&mut self) -> Parsed<Expr> {
        let start = self.peek().span;
        let wrap: fn(Box<Expr>) -> ExprKind = match self.kind() {
            TokenKind::Amp => ExprKind::Ref,
            TokenKind::Minus => |e| ExprKind::Unary(UnaryOp::Neg, e),
            TokenKind::Tilde => |e| ExprKind::Unary(UnaryOp::BitNot, e),
            TokenKind::Keyword(Keyword::Not) => |e| ExprKind::Unary(UnaryOp::Not, e),
            _ => return self.postfix(),
        };
        self.bump();
        let operand = self.nested(Self::unary)?;
        let span = start.to(operand.span);
        Ok(Expr { kind: wrap(Box::new(operand)), span })
    }

    fn postfix(&mut self) -> Parsed<Expr> {
        let mut left = self.term()?;
        loop {
            let start = left.span;
            let kind = match self.kind() {
                TokenKind::Question => {
                    self.bump();
                    ExprKind::Try(Box::new(left))
                }
                TokenKind::LBracket if self.at_slice() => {
                    self.bump();
                    let high = self.small_number("the highest bit")?;
                    self.expect_character(':')?;
                    let low = self.small_number("the lowest bit")?;
                    self.bump();
                    ExprKind::Slice(Box::new(left), high, low)
                }
                TokenKind::LBracket if self.peek().position == LinePosition::Inside => {
                    self.bump();
                    return self.expected_hint("bits, as in `x[7:0]`", INDEXES);
                }
                TokenKind::LParen => {
                    let (arguments, _) = self.parens(Self::expr)?;
                    ExprKind::Call(Box::new(left), arguments)
                }
                TokenKind::Colon => {
                    self.bump();
                    ExprKind::Ascribe(Box::new(left), self.type_expr()?)
                }
                TokenKind::Keyword(Keyword::As) => {
                    self.bump();
                    ExprKind::Cast(Box::new(left), self.cast_type()?)
                }
                TokenKind::Dot => match self.selected()? {
                    Some(Selected::Index(index)) => ExprKind::TupleField(Box::new(left), index),
                    Some(Selected::Indexes(first, second)) => {
                        self.grow()?;
                        let inner = Expr { kind: ExprKind::TupleField(Box::new(left), first), span: start };
                        ExprKind::TupleField(Box::new(inner), second)
                    }
                    Some(Selected::Field) => {
                        ExprKind::Field(Box::new(left), self.lower_ident("a field name")?)
                    }
                    Some(Selected::Method) => {
                        let path = self.path("a function name")?;
                        let (arguments, _) = self.parens(Self::expr)?;
                        ExprKind::Method(Box::new(left), path, arguments)
                    }
                    // The `.` ends a rule.
                    None => return Ok(left),
                },
                _ => return Ok(left),
            };
            self.grow()?;
            left = Expr { kind, span: start.to(self.previous().span) };
        }
    }

    /// `[h:l]`
    fn at_slice(&self) -> bool {
        self.ahead(1).kind == TokenKind::Int
            && self.ahead(2).kind == TokenKind::Colon
            && self.ahead(3).kind == TokenKind::Int
            && self.ahead(4).kind == TokenKind::RBracket
    }

    /// The type after `as`; a `<` that opens no type arguments is a comparison.
    fn cast_type(&mut self) -> Parsed<TypeExpr> {
        let position = self.position();
        if let Some(ty) = self.attempt(Self::type_expr) {
            return Ok(ty);
        }
        if let Some((length, _)) = self.path_ahead(0)
            && self.ahead(length).kind == TokenKind::Lt
        {
            let path = self.path("a type")?;
            let span = path.span;
            return Ok(TypeExpr { kind: TypeKind::Named(path, Vec::new()), span });
        }
        debug_assert_eq!(position, self.position());
        self.type_expr()
    }

    /// Consumes the `.` of a selection and says what follows. A `.` that ends a rule stays: it is followed by another
    /// item, and those start with reserved words, relation names, `#`, `&` or `index I`.
    fn selected(&mut self) -> Parsed<Option<Selected>> {
        let next = self.ahead(1);
        let selected = match next.kind {
            TokenKind::Int => match small(next.text) {
                Some(index) => Selected::Index(index),
                None => return self.expected("a tuple position"),
            },
            // `x.0.1` is read as a name, a dot and the number 0.1.
            TokenKind::Float => {
                let parts = next.text.split_once('.').and_then(|(a, b)| Some((small(a)?, small(b)?)));
                match parts {
                    Some((first, second)) => Selected::Indexes(first, second),
                    None => return Ok(None),
                }
            }
            TokenKind::Ident => match self.path_ahead(1) {
                Some((length, last))
                    if !is_upper(last) && self.ahead(1 + length).kind == TokenKind::LParen =>
                {
                    Selected::Method
                }
                Some((1, "index")) if self.ahead(2).kind == TokenKind::Ident => return Ok(None),
                Some((1, last)) if !is_upper(last) => Selected::Field,
                _ => return Ok(None),
            },
            _ => return Ok(None),
        };
        self.bump();
        if matches!(selected, Selected::Index(_) | Selected::Indexes(..)) {
            self.bump();
        }
        Ok(Some(selected))
    }
}

/// What a `.` selects.
enum Selected {
    Index(u32),
    Indexes(u32, u32),
    Field,
    Method,
}

fn operator(kind: TokenKind) -> Option<(BinaryOp, Precedence)> {
    Some(match kind {
        TokenKind::Implies => (BinaryOp::Implies, 1),
        TokenKind::Keyword(Keyword::Or) => (BinaryOp::Or, 2),
        TokenKind::Keyword(Keyword::And) => (BinaryOp::And, 3),
        TokenKind::Pipe => (BinaryOp::BitOr, 4),
        TokenKind::Caret => (BinaryOp::BitXor, 5),
        TokenKind::Amp => (BinaryOp::BitAnd, 6),
        TokenKind::EqEq => (BinaryOp::Eq, COMPARISON),
        TokenKind::NotEq => (BinaryOp::Ne, COMPARISON),
        TokenKind::Lt => (BinaryOp::Lt, COMPARISON),
        TokenKind::Le => (BinaryOp::Le, COMPARISON),
        TokenKind::Gt => (BinaryOp::Gt, COMPARISON),
        TokenKind::Ge => (BinaryOp::Ge, COMPARISON),
        TokenKind::PlusPlus => (BinaryOp::Concat, 8),
        TokenKind::Shl => (BinaryOp::Shl, 9),
        TokenKind::Shr => (BinaryOp::Shr, 9),
        TokenKind::Plus => (BinaryOp::Add, 10),
        TokenKind::Minus => (BinaryOp::Sub, 10),
        TokenKind::Star => (BinaryOp::Mul, 11),
        TokenKind::Slash => (BinaryOp::Div, 11),
        TokenKind::Percent => (BinaryOp::Mod, 11),
        _ => return None,
    })
}
