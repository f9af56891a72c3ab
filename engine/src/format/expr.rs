//! Expressions and patterns.

use super::doc::Doc;
use super::list::Style;
use super::source::{Laid, Lost, Source};
use crate::syntax::ast::{BinaryOp, ConstructArgs, Expr, ExprKind, Ident, Path, UnaryOp};
use crate::syntax::token::{Keyword, Quoting, StringForm, TokenKind};

/// Stack left when more is taken, and how much is taken: trees are up to 512 levels high.
const STACK_RED_ZONE: usize = 128 * 1024;
const STACK_SEGMENT: usize = 2 * 1024 * 1024;

impl<'t> Source<'t> {
    pub(super) fn expr(&mut self, expr: &Expr) -> Laid<'t> {
        stacker::maybe_grow(STACK_RED_ZONE, STACK_SEGMENT, || {
            let own = usize::from(matches!(expr.kind, ExprKind::Tuple(_)));
            self.parenthesised(first_child(&expr.kind), own, |source| source.bare(expr))
        })
    }

    /// Parentheses that left no trace in the tree, and what they are around. `first` is where its first part starts, if
    /// parentheses could stand there, too; `own` is how many parentheses before it are its own.
    pub(super) fn parenthesised(
        &mut self,
        first: Option<u32>,
        own: usize,
        bare: impl FnOnce(&mut Self) -> Laid<'t>,
    ) -> Laid<'t> {
        let n_open = (0..)
            .take_while(|&n| {
                let token = self.ahead(n);
                token.kind == TokenKind::LParen && first.is_none_or(|first| token.span.start < first)
            })
            .count();
        let mut around = Vec::new();
        for _ in own..n_open {
            let open = self.take();
            around.push((open, self.starts_line(), self.leading(0)));
        }
        let mut doc = bare(self)?;
        while let Some((open, broken, leading)) = around.pop() {
            let comma = self.take_if(TokenKind::Comma).unwrap_or(Doc::nil());
            let trailing = self.leading(0);
            let close = self.expect(TokenKind::RParen)?;
            let inner = Doc::concat([Doc::soft_line(), leading, doc, comma, trailing]);
            doc =
                Doc::group(Doc::concat([open, Doc::nest(inner), Doc::soft_line(), close])).broken_if(broken);
        }
        Ok(doc)
    }

    fn bare(&mut self, expr: &Expr) -> Laid<'t> {
        match &expr.kind {
            ExprKind::Bool(_) | ExprKind::Int(..) | ExprKind::Float(..) | ExprKind::Wildcard => {
                Ok(self.take())
            }
            ExprKind::Break | ExprKind::Continue => Ok(self.take()),
            ExprKind::String { .. } => Ok(self.string()),
            ExprKind::Name(path) => self.path(path),
            ExprKind::Var(name) => {
                Ok(Doc::concat([self.keyword(Keyword::Var)?, Doc::text(" "), self.word(&name.name)?]))
            }
            ExprKind::Construct(path, arguments) => {
                let name = self.path(path)?;
                let arguments = match arguments {
                    ConstructArgs::None => Doc::nil(),
                    ConstructArgs::Positional(arguments) => self.arguments(TokenKind::RBrace, arguments)?,
                    ConstructArgs::Named(arguments) => self.named_arguments(TokenKind::RBrace, arguments)?,
                };
                Ok(Doc::concat([name, arguments]))
            }
            ExprKind::Tuple(elements) => self.arguments(TokenKind::RParen, elements),
            ExprKind::VecLiteral(elements) => self.arguments(TokenKind::RBracket, elements),
            ExprKind::MapLiteral(pairs) => {
                self.list(Style::closed_by(TokenKind::RBracket), pairs, |source, (key, value)| {
                    let key = source.expr(key)?;
                    let arrow = source.expect(TokenKind::Arrow)?;
                    Ok(Doc::concat([key, Doc::text(" "), arrow, source.after(value)?]))
                })
            }
            ExprKind::Call(..)
            | ExprKind::Method(..)
            | ExprKind::Field(..)
            | ExprKind::TupleField(..)
            | ExprKind::Slice(..)
            | ExprKind::Try(_)
            | ExprKind::Ascribe(..)
            | ExprKind::Cast(..) => self.chain(expr),
            ExprKind::Unary(op, operand) => self.unary(*op, operand),
            ExprKind::Binary(op, ..) => self.binary(*op, expr),
            ExprKind::Ref(inner) => Ok(Doc::concat([self.expect(TokenKind::Amp)?, self.expr(inner)?])),
            ExprKind::At(name, pattern) => Ok(Doc::concat([
                self.word(&name.name)?,
                Doc::text(" "),
                self.expect(TokenKind::At)?,
                Doc::text(" "),
                self.expr(pattern)?,
            ])),
            ExprKind::Assign(left, right) => {
                let left = self.expr(left)?;
                let sign = self.expect(TokenKind::Assign)?;
                Ok(Doc::concat([left, Doc::text(" "), sign, self.after(right)?]))
            }
            ExprKind::Block(..) => Ok(Doc::group(self.block(expr)?)),
            ExprKind::If(..) => Ok(Doc::group(self.if_expr(expr)?)),
            ExprKind::Match(subject, arms) => self.match_expr(subject, arms),
            ExprKind::For(pattern, collection, body) => self.for_expr(pattern, collection, body),
            ExprKind::Return(value) => {
                let word = self.keyword(Keyword::Return)?;
                match value {
                    Some(value) => Ok(Doc::concat([word, Doc::text(" "), self.expr(value)?])),
                    None => Ok(word),
                }
            }
            ExprKind::Closure(params, ret, body) => self.closure(params, ret.as_ref(), body),
            ExprKind::Error => Err(Lost(expr.span)),
        }
    }

    /// What stands at the right of a `=` or `->`, with what separates it from that.
    pub(super) fn after(&mut self, expr: &Expr) -> Laid<'t> {
        let plain = matches!(
            expr.kind,
            ExprKind::Bool(_)
                | ExprKind::Int(..)
                | ExprKind::Float(..)
                | ExprKind::String { .. }
                | ExprKind::Name(_)
                | ExprKind::Field(..)
                | ExprKind::Construct(_, ConstructArgs::None)
        );
        // Text of several lines starts where it can.
        let tall = self.peek().text.contains('\n');
        if (plain && !tall) || self.has_leading() {
            let leading = self.leading(0);
            return Ok(Doc::group(Doc::nest(Doc::concat([Doc::line(), leading, self.expr(expr)?]))));
        }
        Ok(Doc::concat([Doc::text(" "), self.expr(expr)?]))
    }

    /// `a::b::C`
    pub(super) fn path(&mut self, path: &Path) -> Laid<'t> {
        let mut parts = Vec::new();
        for (at, segment) in path.segments.iter().enumerate() {
            if at > 0 {
                parts.push(self.expect(TokenKind::PathSep)?);
            }
            parts.push(self.word(&segment.name)?);
        }
        Ok(Doc::concat(parts))
    }

    /// Expressions between delimiters.
    pub(super) fn arguments(&mut self, close: TokenKind, arguments: &[Expr]) -> Laid<'t> {
        let hug = arguments.last().is_some_and(|last| hugs(last, arguments.len() == 1));
        self.list(Style::closed_by(close).hugging(hug), arguments, Self::expr)
    }

    /// `.f = a, .g = b` between delimiters.
    pub(super) fn named_arguments(&mut self, close: TokenKind, arguments: &[(Ident, Expr)]) -> Laid<'t> {
        self.list(Style::closed_by(close), arguments, |source, (field, value)| {
            let dot = source.character('.')?;
            let field = source.word(&field.name)?;
            let sign = source.expect(TokenKind::Assign)?;
            Ok(Doc::concat([dot, field, Doc::text(" "), sign, source.after(value)?]))
        })
    }

    /// A string literal, as written; it may be in several pieces.
    fn string(&mut self) -> Doc<'t> {
        let joins = matches!(self.kind(), TokenKind::String(form) if form.quoting == Quoting::Quoted);
        let first = self.take();
        let following = TokenKind::String(StringForm { quoting: Quoting::Quoted, interned: false });
        let mut rest = Vec::new();
        while joins && self.kind() == following {
            let separator = if self.starts_line() { Doc::hard_line() } else { Doc::line() };
            rest.extend([separator, self.take()]);
        }
        match rest.is_empty() {
            true => first,
            false => Doc::group(Doc::concat([first, Doc::nest(Doc::concat(rest))])),
        }
    }

    fn unary(&mut self, op: UnaryOp, operand: &Expr) -> Laid<'t> {
        let sign = self.take();
        // Operator characters that touch are read as one.
        let touches = op == UnaryOp::Neg && "!:%*-+./=|<>".contains(&self.peek().text[..1]);
        let separate = op == UnaryOp::Not || touches;
        let separator = if separate { Doc::text(" ") } else { Doc::nil() };
        Ok(Doc::concat([sign, separator, self.expr(operand)?]))
    }

    /// Operators that bind alike stand at the starts of lines of their own.
    fn binary(&mut self, op: BinaryOp, expr: &Expr) -> Laid<'t> {
        let mut operands = Vec::new();
        let mut first = expr;
        while let ExprKind::Binary(inner, left, right) = &first.kind
            && level(*inner) == level(op)
            && (std::ptr::eq(first, expr) || left.span.start == first.span.start)
        {
            operands.push(&**right);
            first = left;
        }
        let first = self.expr(first)?;
        let mut rest = Vec::new();
        for operand in operands.into_iter().rev() {
            rest.extend([Doc::line(), self.leading(0), self.take(), Doc::text(" "), self.expr(operand)?]);
        }
        Ok(Doc::group(Doc::concat([first, Doc::nest(Doc::concat(rest))])))
    }
}

/// Where the first part of an expression starts, for those that begin with another expression.
pub(super) fn first_child(kind: &ExprKind) -> Option<u32> {
    match kind {
        ExprKind::Binary(_, first, _)
        | ExprKind::Assign(first, _)
        | ExprKind::Call(first, _)
        | ExprKind::Method(first, ..)
        | ExprKind::Field(first, _)
        | ExprKind::TupleField(first, _)
        | ExprKind::Slice(first, ..)
        | ExprKind::Try(first)
        | ExprKind::Ascribe(first, _)
        | ExprKind::Cast(first, _) => Some(first.span.start),
        ExprKind::Tuple(elements) => elements.first().map(|first| first.span.start),
        _ => None,
    }
}

/// Whether the last argument of a call may open its delimiters on the line of the call.
pub(super) fn hugs(expr: &Expr, alone: bool) -> bool {
    match &expr.kind {
        ExprKind::Block(..) | ExprKind::Match(..) => true,
        ExprKind::Closure(_, _, body) => matches!(body.kind, ExprKind::Block(..) | ExprKind::Match(..)),
        ExprKind::Construct(_, ConstructArgs::Positional(_) | ConstructArgs::Named(_))
        | ExprKind::VecLiteral(_)
        | ExprKind::MapLiteral(_)
        | ExprKind::Tuple(_)
        | ExprKind::String { .. }
        | ExprKind::Call(..) => alone,
        _ => false,
    }
}

fn level(op: BinaryOp) -> u8 {
    match op {
        BinaryOp::Mul | BinaryOp::Div | BinaryOp::Mod => 0,
        BinaryOp::Add | BinaryOp::Sub => 1,
        BinaryOp::Shr | BinaryOp::Shl => 2,
        BinaryOp::Concat => 3,
        BinaryOp::Eq | BinaryOp::Ne | BinaryOp::Lt | BinaryOp::Le | BinaryOp::Gt | BinaryOp::Ge => 4,
        BinaryOp::BitAnd => 5,
        BinaryOp::BitXor => 6,
        BinaryOp::BitOr => 7,
        BinaryOp::And => 8,
        BinaryOp::Or => 9,
        BinaryOp::Implies => 10,
    }
}
