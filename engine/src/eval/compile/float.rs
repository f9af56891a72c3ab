//! Arithmetic of floating point numbers.

use super::{Code, Compiler};
use crate::eval::val::Val;
use crate::ir::{BinaryOp, Expr};

impl Compiler<'_> {
    pub(super) fn unary_float(&self, operand: &Expr) -> Code<Val> {
        let operand = self.val(operand);
        Box::new(move |env| Ok(Val::Float(-float(&operand(env)?))))
    }

    /// `single`: rounds to `float` after each operation. Double rounding cannot be seen: 53 bits are more than twice 24.
    pub(super) fn arithmetic_float(
        &self,
        op: BinaryOp,
        left: &Expr,
        right: &Expr,
        single: bool,
    ) -> Code<Val> {
        let compute: fn(f64, f64) -> f64 = match op {
            BinaryOp::Add => |a, b| a + b,
            BinaryOp::Sub => |a, b| a - b,
            BinaryOp::Mul => |a, b| a * b,
            BinaryOp::Div => |a, b| a / b,
            BinaryOp::Mod => |a, b| a % b,
            _ => return self.not_an_operation(left),
        };
        let (left, right) = (self.val(left), self.val(right));
        Box::new(move |env| {
            let left = float(&left(env)?);
            let value = compute(left, float(&right(env)?));
            Ok(Val::Float(if single { f64::from(value as f32) } else { value }))
        })
    }
}

pub(super) fn float(val: &Val) -> f64 {
    match val {
        Val::Float(value) => *value,
        _ => 0.0,
    }
}
