//! Operands of integer operators: variables and constants are read without a call.

use super::{Code, Compiler};
use crate::eval::env::{Env, Eval};
use crate::ir::{Expr, ExprKind, LocalId};

/// An operand.
pub(super) enum Operand {
    Local(LocalId),
    Constant(u64),
    Code(Code<u64>),
}

impl Compiler<'_> {
    pub(super) fn operand(&self, expr: &Expr) -> Operand {
        if let Some(column) = self.column(expr) {
            return Operand::Local(self.read(column));
        }
        match &expr.kind {
            ExprKind::Local(local) => Operand::Local(self.read(*local)),
            ExprKind::Bool(value) => Operand::Constant(u64::from(*value)),
            ExprKind::Int(value) => Operand::Constant(super::number::low_bits(value)),
            _ => Operand::Code(self.int(expr)),
        }
    }
}

impl Operand {
    fn code(self) -> Code<u64> {
        match self {
            Operand::Local(local) => Box::new(move |env| Ok(env.int(local))),
            Operand::Constant(value) => Box::new(move |_| Ok(value)),
            Operand::Code(code) => code,
        }
    }
}

/// Applies a function to one operand.
pub(super) fn apply_1(operand: Operand, f: impl Fn(u64) -> u64 + 'static) -> Code<u64> {
    match operand {
        Operand::Local(local) => Box::new(move |env| Ok(f(env.int(local)))),
        Operand::Constant(value) => {
            let value = f(value);
            Box::new(move |_| Ok(value))
        }
        Operand::Code(code) => Box::new(move |env| Ok(f(code(env)?))),
    }
}

/// Applies a function to two operands, the left one evaluated first.
pub(super) fn apply_2(left: Operand, right: Operand, f: impl Fn(u64, u64) -> u64 + 'static) -> Code<u64> {
    match (left, right) {
        (Operand::Local(left), Operand::Constant(right)) => Box::new(move |env| Ok(f(env.int(left), right))),
        (Operand::Local(left), Operand::Local(right)) => {
            Box::new(move |env| Ok(f(env.int(left), env.int(right))))
        }
        (Operand::Code(left), Operand::Constant(right)) => Box::new(move |env| Ok(f(left(env)?, right))),
        (left, right) => {
            let (left, right) = (left.code(), right.code());
            Box::new(move |env| {
                let left = left(env)?;
                Ok(f(left, right(env)?))
            })
        }
    }
}

/// As [`apply_2`], for functions that can fail.
pub(super) fn try_apply_2(
    left: Operand,
    right: Operand,
    f: impl Fn(&mut Env<'_>, u64, u64) -> Eval<u64> + 'static,
) -> Code<u64> {
    let (left, right) = (left.code(), right.code());
    Box::new(move |env| {
        let left = left(env)?;
        let right = right(env)?;
        f(env, left, right)
    })
}
