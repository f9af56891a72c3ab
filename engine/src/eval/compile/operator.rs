//! Operators, by the kind of their operands.

use std::cmp::Ordering;

use super::number::Number;
use super::operand::{Operand, apply_1};
use super::{Code, Compiler};
use crate::eval::order::{order, same};
use crate::eval::val::Val;
use crate::ir::{BinaryOp, Expr, TypeId, UnaryOp};

impl Compiler<'_> {
    pub(super) fn number(&self, ty: TypeId) -> Option<Number> {
        Number::of(self.machine.types(), ty)
    }

    /// Unary operators with a small integer or `bool` as the result.
    pub(super) fn unary_int(&self, op: UnaryOp, operand: &Expr) -> Code<u64> {
        let Some(Number::Small(width)) = self.number(operand.ty) else {
            return self.not_an_operation(operand);
        };
        let operand = self.operand(operand);
        match op {
            UnaryOp::Neg => apply_1(operand, move |value| width.wrap(value.wrapping_neg())),
            UnaryOp::BitNot => apply_1(operand, move |value| width.wrap(!value)),
            UnaryOp::Not => apply_1(operand, |value| value ^ 1),
        }
    }

    /// Other unary operators.
    pub(super) fn unary_val(&self, op: UnaryOp, operand: &Expr, ty: TypeId) -> Code<Val> {
        match self.number(ty) {
            Some(Number::Wide(width)) => self.unary_wide(op, operand, width),
            Some(Number::BigBits(bits)) => self.unary_big(op, operand, Some(bits)),
            Some(Number::Big) => self.unary_big(op, operand, None),
            Some(Number::Float | Number::Double) => self.unary_float(operand),
            Some(Number::Small(_)) | None => self.not_an_operation(operand),
        }
    }

    /// Binary operators with a small integer or `bool` as the result.
    pub(super) fn binary_int(&self, op: BinaryOp, left: &Expr, right: &Expr, expr: &Expr) -> Code<u64> {
        use BinaryOp::{And, Concat, Eq, Ge, Gt, Implies, Le, Lt, Ne, Or};
        match op {
            And | Or | Implies => self.logical(op, left, right),
            Eq | Ne | Lt | Le | Gt | Ge => self.comparison(op, left, right),
            Concat => self.join_bits_int(left, right),
            _ => match self.number(left.ty) {
                Some(Number::Small(width)) => self.arithmetic_int(op, left, right, width, expr.span),
                _ => self.not_an_operation(expr),
            },
        }
    }

    /// Other binary operators.
    pub(super) fn binary_val(&self, op: BinaryOp, left: &Expr, right: &Expr, expr: &Expr) -> Code<Val> {
        if op == BinaryOp::Concat {
            return self.join_bits_wide(left, right, expr.ty);
        }
        match self.number(expr.ty) {
            Some(Number::Wide(width)) => self.arithmetic_wide(op, left, right, width, expr.span),
            Some(Number::BigBits(bits)) => self.arithmetic_big(op, left, right, Some(bits), expr.span),
            Some(Number::Big) => self.arithmetic_big(op, left, right, None, expr.span),
            Some(Number::Float) => self.arithmetic_float(op, left, right, true),
            Some(Number::Double) => self.arithmetic_float(op, left, right, false),
            Some(Number::Small(_)) | None => self.not_an_operation(expr),
        }
    }

    fn logical(&self, op: BinaryOp, left: &Expr, right: &Expr) -> Code<u64> {
        let (left, right) = (self.int(left), self.int(right));
        match op {
            BinaryOp::And => Box::new(move |env| if left(env)? == 0 { Ok(0) } else { right(env) }),
            BinaryOp::Or => Box::new(move |env| if left(env)? != 0 { Ok(1) } else { right(env) }),
            _ => Box::new(move |env| if left(env)? == 0 { Ok(1) } else { right(env) }),
        }
    }

    fn comparison(&self, op: BinaryOp, left: &Expr, right: &Expr) -> Code<u64> {
        match self.number(left.ty) {
            Some(Number::Small(width)) => {
                let (left, right) = (self.operand(left), self.operand(right));
                if width.signed { compare_signed(op, left, right) } else { compare_unsigned(op, left, right) }
            }
            _ => self.comparison_val(op, left, right),
        }
    }

    fn comparison_val(&self, op: BinaryOp, left: &Expr, right: &Expr) -> Code<u64> {
        let ty = left.ty;
        // Comparing with a constant variant or string is the most common test of all: mostly one comparison of words.
        if let (BinaryOp::Eq | BinaryOp::Ne, Some(word)) = (op, self.constant(right)) {
            let wanted = op == BinaryOp::Eq;
            let constant = self.load(ty).val(&self.machine.interner(), word);
            let left = self.val(left);
            return Box::new(move |env| {
                let left = left(env)?;
                Ok(u64::from(same(env.interner, env.types, ty, &left, &constant) == wanted))
            });
        }
        let (left, right) = (self.val(left), self.val(right));
        match op {
            BinaryOp::Eq | BinaryOp::Ne => {
                let wanted = op == BinaryOp::Eq;
                Box::new(move |env| {
                    let left = left(env)?;
                    let right = right(env)?;
                    Ok(u64::from(same(env.interner, env.types, ty, &left, &right) == wanted))
                })
            }
            _ => {
                let holds: fn(Ordering) -> bool = match op {
                    BinaryOp::Lt => Ordering::is_lt,
                    BinaryOp::Le => Ordering::is_le,
                    BinaryOp::Gt => Ordering::is_gt,
                    _ => Ordering::is_ge,
                };
                Box::new(move |env| {
                    let left = left(env)?;
                    let right = right(env)?;
                    Ok(u64::from(holds(order(env.interner, env.types, ty, &left, &right))))
                })
            }
        }
    }

    /// For what the checker does not let through.
    pub(super) fn not_an_operation<T: 'static>(&self, expr: &Expr) -> Code<T> {
        let span = expr.span;
        Box::new(move |env| Err(env.trap(span, "operator is not defined for this type")))
    }
}

fn compare_unsigned(op: BinaryOp, left: Operand, right: Operand) -> Code<u64> {
    use super::operand::apply_2;
    match op {
        BinaryOp::Eq => apply_2(left, right, |a, b| u64::from(a == b)),
        BinaryOp::Ne => apply_2(left, right, |a, b| u64::from(a != b)),
        BinaryOp::Lt => apply_2(left, right, |a, b| u64::from(a < b)),
        BinaryOp::Le => apply_2(left, right, |a, b| u64::from(a <= b)),
        BinaryOp::Gt => apply_2(left, right, |a, b| u64::from(a > b)),
        _ => apply_2(left, right, |a, b| u64::from(a >= b)),
    }
}

fn compare_signed(op: BinaryOp, left: Operand, right: Operand) -> Code<u64> {
    use super::operand::apply_2;
    match op {
        BinaryOp::Eq => apply_2(left, right, |a, b| u64::from(a == b)),
        BinaryOp::Ne => apply_2(left, right, |a, b| u64::from(a != b)),
        BinaryOp::Lt => apply_2(left, right, |a, b| u64::from((a as i64) < b as i64)),
        BinaryOp::Le => apply_2(left, right, |a, b| u64::from(a as i64 <= b as i64)),
        BinaryOp::Gt => apply_2(left, right, |a, b| u64::from(a as i64 > b as i64)),
        _ => apply_2(left, right, |a, b| u64::from(a as i64 >= b as i64)),
    }
}
