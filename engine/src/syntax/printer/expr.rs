//! Expressions and patterns, with no more parentheses than needed to read the same tree back.

use super::Printer;
use crate::syntax::ast::{BinaryOp, ConstructArgs, Expr, ExprKind, Ident, Param, StringPart, UnaryOp, Width};

/// How tightly what surrounds an expression binds; looser expressions need parentheses.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Tightness(u8);

/// Anything may stand here.
const LOOSE: Tightness = Tightness(0);
/// Either side of `=`.
const ASSIGNED: Tightness = Tightness(1);
/// The operand of a prefix operator.
const PREFIX: Tightness = Tightness(13);
/// Before a selection or call.
const POSTFIX: Tightness = Tightness(14);
/// Where only a term may stand.
const TERM: Tightness = Tightness(15);
/// Where even a term needs parentheses.
const OVER: Tightness = Tightness(16);

/// The level of comparisons, which do not chain.
const COMPARISON: u8 = 8;

impl Printer {
    pub(super) fn expr(&mut self, expr: &Expr) {
        self.expr_in(expr, LOOSE);
    }

    /// The left side of `= FlatMap(..)`.
    pub(super) fn assigned(&mut self, expr: &Expr) {
        self.expr_in(expr, ASSIGNED);
    }

    fn expr_in(&mut self, expr: &Expr, context: Tightness) {
        if tightness(&expr.kind) < context {
            self.push("(");
            self.kind(&expr.kind);
            self.push(")");
        } else {
            self.kind(&expr.kind);
        }
    }

    /// An operand; a type at its end would swallow the operator that follows.
    fn operand(&mut self, expr: &Expr, context: Tightness) {
        match expr.kind {
            ExprKind::Cast(..) | ExprKind::Ascribe(..) => self.expr_in(expr, OVER),
            _ => self.expr_in(expr, context),
        }
    }

    fn kind(&mut self, kind: &ExprKind) {
        match kind {
            ExprKind::Bool(value) => self.push(if *value { "true" } else { "false" }),
            ExprKind::Int(value, width) => match width {
                Width::Bit(width) => self.push(&format!("{width}'d{value}")),
                Width::Signed(width) => self.push(&format!("{width}'sd{value}")),
                Width::Inferred => self.push(&value.to_string()),
            },
            ExprKind::Float(value, width) => {
                let prefix = width.map(|width| format!("{width}'f")).unwrap_or_default();
                self.push(&format!("{prefix}{value:?}"));
            }
            ExprKind::String { parts, interned } => self.string(parts, *interned),
            ExprKind::Name(path) => self.push(&path.to_string()),
            ExprKind::Wildcard | ExprKind::Error => self.push("_"),
            ExprKind::Var(name) => {
                self.push("var ");
                self.push(&name.name);
            }
            ExprKind::Construct(path, arguments) => {
                self.push(&path.to_string());
                match arguments {
                    ConstructArgs::None => {}
                    ConstructArgs::Positional(arguments) => self.delimited("{", arguments, "}"),
                    ConstructArgs::Named(arguments) => self.named("{", arguments, "}"),
                }
            }
            ExprKind::Tuple(elements) => self.delimited("(", elements, ")"),
            ExprKind::VecLiteral(elements) => self.delimited("[", elements, "]"),
            ExprKind::MapLiteral(pairs) => {
                self.push("[");
                self.commas(pairs, |p, (key, value)| {
                    p.expr(key);
                    p.push(" -> ");
                    p.expr(value);
                });
                self.push("]");
            }
            ExprKind::Call(function, arguments) => {
                self.receiver(function);
                self.delimited("(", arguments, ")");
            }
            ExprKind::Method(receiver, function, arguments) => {
                self.receiver(receiver);
                self.push(".");
                self.push(&function.to_string());
                self.delimited("(", arguments, ")");
            }
            ExprKind::Field(record, field) => {
                self.receiver(record);
                self.push(".");
                self.push(&field.name);
            }
            ExprKind::TupleField(tuple, index) => {
                self.receiver(tuple);
                self.push(&format!(".{index}"));
            }
            ExprKind::Slice(bits, high, low) => {
                self.receiver(bits);
                self.push(&format!("[{high}:{low}]"));
            }
            ExprKind::Try(operand) => {
                self.receiver(operand);
                self.push("?");
            }
            ExprKind::Ascribe(operand, ty) => {
                self.receiver(operand);
                self.push(": ");
                self.type_expr(ty);
            }
            ExprKind::Cast(operand, ty) => {
                self.receiver(operand);
                self.push(" as ");
                self.type_expr(ty);
            }
            ExprKind::Unary(op, operand) => {
                self.push(match op {
                    UnaryOp::Neg => "-",
                    UnaryOp::BitNot => "~",
                    UnaryOp::Not => "not ",
                });
                // Two signs in a row would be one operator.
                let doubled = *op == UnaryOp::Neg && matches!(operand.kind, ExprKind::Unary(UnaryOp::Neg, _));
                self.operand(operand, if doubled { TERM } else { PREFIX });
            }
            ExprKind::Binary(op, left, right) => {
                let (text, level) = operator(*op);
                let comparison = level == COMPARISON;
                self.operand(left, Tightness(if comparison { level + 1 } else { level }));
                self.push(&format!(" {text} "));
                self.operand(right, Tightness(level + 1));
            }
            ExprKind::Ref(operand) => {
                self.push("&");
                self.operand(operand, PREFIX);
            }
            ExprKind::At(name, pattern) => {
                self.push(&name.name);
                self.push(" @ ");
                self.expr_in(pattern, ASSIGNED);
            }
            ExprKind::Assign(left, right) => {
                self.assigned(left);
                self.push(" = ");
                match right.kind {
                    // These reach as far to the right as they can.
                    ExprKind::Closure(..) | ExprKind::Return(_) => self.expr(right),
                    _ => self.assigned(right),
                }
            }
            ExprKind::Block(done, last) => self.block(done, last.as_deref()),
            ExprKind::If(condition, then, otherwise) => {
                self.push("if (");
                self.expr(condition);
                self.push(") ");
                self.branch(then);
                if let Some(otherwise) = otherwise {
                    self.push(" else ");
                    self.expr_in(otherwise, TERM);
                }
            }
            ExprKind::Match(subject, arms) => {
                self.push("match (");
                self.expr(subject);
                self.push(") ");
                self.lines(arms, ",", |p, (pattern, value)| {
                    p.expr(pattern);
                    p.push(" -> ");
                    p.expr(value);
                });
            }
            ExprKind::For(pattern, collection, body) => {
                self.push("for (");
                self.expr(pattern);
                self.push(" in ");
                self.expr(collection);
                self.push(") ");
                self.branch(body);
            }
            ExprKind::Break => self.push("break"),
            ExprKind::Continue => self.push("continue"),
            ExprKind::Return(None) => self.push("return"),
            ExprKind::Return(Some(value)) => {
                self.push("return ");
                self.expr(value);
            }
            ExprKind::Closure(params, ret, body) => {
                self.push("|");
                self.commas(params, Self::param);
                self.push("|");
                if let Some(ret) = ret {
                    self.push(": ");
                    self.type_expr(ret);
                }
                self.push(" ");
                self.expr(body);
            }
        }
    }

    /// What is called or selected from; `1.0` would be a number, `C(x)` and `C[7:0]` relations.
    fn receiver(&mut self, expr: &Expr) {
        let taken = matches!(expr.kind, ExprKind::Int(..) | ExprKind::Float(..) | ExprKind::Construct(..));
        self.expr_in(expr, if taken { OVER } else { POSTFIX });
    }

    /// What an `else` could follow.
    fn branch(&mut self, expr: &Expr) {
        let open = matches!(expr.kind, ExprKind::If(..) | ExprKind::For(..));
        self.expr_in(expr, if open { OVER } else { TERM });
    }

    /// `{ e; e }`
    pub(super) fn block(&mut self, done: &[Expr], last: Option<&Expr>) {
        if let (true, Some(last)) = (done.is_empty(), last) {
            self.push("{ ");
            self.expr(last);
            return self.push(" }");
        }
        self.push("{");
        self.indent += 1;
        for expr in done {
            self.line();
            self.expr(expr);
            self.push(";");
        }
        if let Some(last) = last {
            self.line();
            self.expr(last);
        }
        self.indent -= 1;
        if !done.is_empty() {
            self.line();
        }
        self.push("}");
    }

    pub(super) fn delimited(&mut self, open: &str, elements: &[Expr], close: &str) {
        self.push(open);
        self.commas(elements, Self::expr);
        self.push(close);
    }

    pub(super) fn named(&mut self, open: &str, arguments: &[(Ident, Expr)], close: &str) {
        self.push(open);
        self.commas(arguments, |p, (name, value)| {
            p.push(&format!(".{} = ", name.name));
            p.expr(value);
        });
        self.push(close);
    }

    /// `x` or `x: mut T`
    pub(super) fn param(&mut self, param: &Param) {
        self.attributes(&param.attributes, " ");
        self.push(&param.name.name);
        if let Some(ty) = &param.ty {
            self.push(": ");
            self.maybe_mutable(param.mutable, ty);
        }
    }

    fn string(&mut self, parts: &[StringPart], interned: bool) {
        if interned {
            self.push("i");
        }
        // Only a raw literal can hold what looks like an interpolation.
        if let [StringPart::Text(text)] = parts
            && text.contains("${")
        {
            return self.push(&format!("[|{text}|]"));
        }
        let mut plain = String::new();
        for part in parts {
            match part {
                StringPart::Text(text) => plain.push_str(text),
                StringPart::Interpolated(expr) => plain.push_str(&format!("${{{expr}}}")),
            }
        }
        self.push("\"");
        for character in plain.chars() {
            match character {
                '"' => self.push("\\\""),
                '\\' => self.push("\\\\"),
                '\n' => self.push("\\n"),
                '\t' => self.push("\\t"),
                _ if character.is_control() => self.push(&character.escape_unicode().to_string()),
                _ => self.text.push(character),
            }
        }
        self.push("\"");
    }
}

fn tightness(kind: &ExprKind) -> Tightness {
    match kind {
        ExprKind::Assign(..) | ExprKind::Closure(..) | ExprKind::Return(_) | ExprKind::At(..) => LOOSE,
        ExprKind::Binary(op, ..) => Tightness(operator(*op).1),
        ExprKind::Unary(..) | ExprKind::Ref(_) => PREFIX,
        ExprKind::Call(..)
        | ExprKind::Method(..)
        | ExprKind::Field(..)
        | ExprKind::TupleField(..)
        | ExprKind::Slice(..)
        | ExprKind::Try(_)
        | ExprKind::Ascribe(..)
        | ExprKind::Cast(..) => POSTFIX,
        ExprKind::Bool(_)
        | ExprKind::Int(..)
        | ExprKind::Float(..)
        | ExprKind::String { .. }
        | ExprKind::Name(_)
        | ExprKind::Wildcard
        | ExprKind::Var(_)
        | ExprKind::Construct(..)
        | ExprKind::Tuple(_)
        | ExprKind::VecLiteral(_)
        | ExprKind::MapLiteral(_)
        | ExprKind::Block(..)
        | ExprKind::If(..)
        | ExprKind::Match(..)
        | ExprKind::For(..)
        | ExprKind::Break
        | ExprKind::Continue
        | ExprKind::Error => TERM,
    }
}

fn operator(op: BinaryOp) -> (&'static str, u8) {
    match op {
        BinaryOp::Implies => ("=>", 2),
        BinaryOp::Or => ("or", 3),
        BinaryOp::And => ("and", 4),
        BinaryOp::BitOr => ("|", 5),
        BinaryOp::BitXor => ("^", 6),
        BinaryOp::BitAnd => ("&", 7),
        BinaryOp::Eq => ("==", COMPARISON),
        BinaryOp::Ne => ("!=", COMPARISON),
        BinaryOp::Lt => ("<", COMPARISON),
        BinaryOp::Le => ("<=", COMPARISON),
        BinaryOp::Gt => (">", COMPARISON),
        BinaryOp::Ge => (">=", COMPARISON),
        BinaryOp::Concat => ("++", 9),
        BinaryOp::Shl => ("<<", 10),
        BinaryOp::Shr => (">>", 10),
        BinaryOp::Add => ("+", 11),
        BinaryOp::Sub => ("-", 11),
        BinaryOp::Mul => ("*", 12),
        BinaryOp::Div => ("/", 12),
        BinaryOp::Mod => ("%", 12),
    }
}
