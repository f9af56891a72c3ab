//! Arithmetic of integers up to 64 bits.

use super::number::{Number, Width};
use super::operand::{apply_1, apply_2, try_apply_2};
use super::{Code, Compiler};
use crate::eval::repr::{big, wide_bits};
use crate::ir::{BinaryOp, Expr, TypeId};
use crate::source::Span;

impl Compiler<'_> {
    pub(super) fn arithmetic_int(
        &self,
        op: BinaryOp,
        left: &Expr,
        right: &Expr,
        width: Width,
        span: Span,
    ) -> Code<u64> {
        let (a, b) = (self.operand(left), self.operand(right));
        // One closure for each way to wrap, so that the common full-width and unsigned cases do not test the sign.
        macro_rules! wrapping {
            ($f:expr) => {{
                let f = $f;
                match width {
                    Width { bits: 64, .. } => apply_2(a, b, f),
                    Width { signed: false, bits } => {
                        let mask = (1u64 << bits) - 1;
                        apply_2(a, b, move |a, b| f(a, b) & mask)
                    }
                    width => apply_2(a, b, move |a, b| width.wrap(f(a, b))),
                }
            }};
        }
        let modulus = width.shift_modulus() as u64 - 1;
        match op {
            BinaryOp::Add => wrapping!(u64::wrapping_add),
            BinaryOp::Sub => wrapping!(u64::wrapping_sub),
            BinaryOp::Mul => wrapping!(u64::wrapping_mul),
            BinaryOp::BitAnd => apply_2(a, b, |a, b| a & b),
            BinaryOp::BitOr => apply_2(a, b, |a, b| a | b),
            BinaryOp::BitXor => apply_2(a, b, |a, b| a ^ b),
            BinaryOp::Shl => wrapping!(move |a: u64, b: u64| a << (b & modulus)),
            BinaryOp::Shr if width.signed => apply_2(a, b, move |a, b| (a as i64 >> (b & modulus)) as u64),
            BinaryOp::Shr => apply_2(a, b, move |a, b| a >> (b & modulus)),
            BinaryOp::Div if width.signed => try_apply_2(a, b, move |env, a, b| match b {
                0 => Err(env.trap(span, DIVISION_BY_ZERO)),
                b => Ok(width.wrap((a as i64).wrapping_div(b as i64) as u64)),
            }),
            BinaryOp::Div => try_apply_2(a, b, move |env, a, b| {
                a.checked_div(b).ok_or_else(|| env.trap(span, DIVISION_BY_ZERO))
            }),
            BinaryOp::Mod if width.signed => try_apply_2(a, b, move |env, a, b| match b {
                0 => Err(env.trap(span, DIVISION_BY_ZERO)),
                b => Ok((a as i64).wrapping_rem(b as i64) as u64),
            }),
            BinaryOp::Mod => try_apply_2(a, b, move |env, a, b| {
                a.checked_rem(b).ok_or_else(|| env.trap(span, DIVISION_BY_ZERO))
            }),
            BinaryOp::Concat
            | BinaryOp::Eq
            | BinaryOp::Ne
            | BinaryOp::Lt
            | BinaryOp::Le
            | BinaryOp::Gt
            | BinaryOp::Ge
            | BinaryOp::And
            | BinaryOp::Or
            | BinaryOp::Implies => self.not_an_operation(left),
        }
    }

    /// `left ++ right` of bit vectors with at most 64 bits together.
    pub(super) fn join_bits_int(&self, left: &Expr, right: &Expr) -> Code<u64> {
        let Some(Number::Small(low)) = self.number(right.ty) else { return self.not_an_operation(right) };
        apply_2(self.operand(left), self.operand(right), move |high_bits, low_bits| {
            high_bits << (low.bits & 63) | low_bits
        })
    }

    /// `bits[high:low]` with at most 64 bits.
    pub(super) fn slice_int(&self, bits: &Expr, high: u32, low: u32) -> Code<u64> {
        let width = Width { bits: (high + 1).saturating_sub(low), signed: false };
        match self.number(bits.ty) {
            Some(Number::Small(_)) => {
                apply_1(self.operand(bits), move |value| width.wrap(value >> (low & 63)))
            }
            Some(Number::Wide(_)) => {
                let bits = self.val(bits);
                Box::new(move |env| {
                    let value = bits(env)?;
                    Ok(width.wrap((wide_bits(env.interner, false, &value) >> (low & 127)) as u64))
                })
            }
            _ => {
                let bits = self.val(bits);
                Box::new(move |env| {
                    let value = bits(env)?;
                    Ok(width.wrap(super::number::low_bits(&(big(env.interner, &value) >> low))))
                })
            }
        }
    }

    /// `value as T` for a small integer type `T`.
    pub(super) fn cast_int(&self, value: &Expr, ty: TypeId) -> Code<u64> {
        let Some(Number::Small(to)) = self.number(ty) else { return self.not_an_operation(value) };
        match self.number(value.ty) {
            Some(Number::Small(_)) => apply_1(self.operand(value), move |value| to.wrap(value)),
            Some(Number::Wide(from)) => {
                let value = self.val(value);
                Box::new(move |env| {
                    let value = value(env)?;
                    Ok(to.wrap(wide_bits(env.interner, from.signed, &value) as u64))
                })
            }
            Some(Number::Big | Number::BigBits(_)) => {
                let value = self.val(value);
                Box::new(move |env| {
                    let value = value(env)?;
                    Ok(to.wrap(super::number::low_bits(&big(env.interner, &value))))
                })
            }
            Some(Number::Float | Number::Double) => {
                let value = self.val(value);
                Box::new(move |env| {
                    let value = super::float::float(&value(env)?);
                    Ok(to.wrap(if to.signed { value as i64 as u64 } else { value as u64 }))
                })
            }
            None => self.not_an_operation(value),
        }
    }
}

pub(super) const DIVISION_BY_ZERO: &str = "division by zero";
