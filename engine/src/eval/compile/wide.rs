//! Arithmetic of integers above 64 bits.

use std::rc::Rc;

use num_bigint::{BigInt, Sign};
use num_traits::Zero;

use super::arithmetic::DIVISION_BY_ZERO;
use super::number::{Number, Width, low_bits_wide, wrap_big};
use super::{Code, Compiler};
use crate::eval::repr::{big, wide_bits};
use crate::eval::val::Val;
use crate::ir::{BinaryOp, Expr, TypeId, UnaryOp};
use crate::source::Span;

impl Compiler<'_> {
    pub(super) fn unary_wide(&self, op: UnaryOp, operand: &Expr, width: Width) -> Code<Val> {
        let operand = self.val(operand);
        Box::new(move |env| {
            let value = wide_bits(env.interner, width.signed, &operand(env)?);
            let value = if op == UnaryOp::Neg { value.wrapping_neg() } else { !value };
            Ok(Val::Wide(Rc::new(width.wrap_wide(value))))
        })
    }

    pub(super) fn unary_big(&self, op: UnaryOp, operand: &Expr, bits: Option<u32>) -> Code<Val> {
        let operand = self.val(operand);
        Box::new(move |env| {
            let value = big(env.interner, &operand(env)?);
            let value = if op == UnaryOp::Neg { -value } else { -value - 1 };
            Ok(big_val(bits, value))
        })
    }

    pub(super) fn arithmetic_wide(
        &self,
        op: BinaryOp,
        left: &Expr,
        right: &Expr,
        width: Width,
        span: Span,
    ) -> Code<Val> {
        let left = self.val(left);
        if let BinaryOp::Shl | BinaryOp::Shr = op {
            let amount = self.int(right);
            return Box::new(move |env| {
                let value = wide_bits(env.interner, width.signed, &left(env)?);
                let amount = amount(env)? as u32 & (width.shift_modulus() - 1);
                let value = match op {
                    BinaryOp::Shl => value << amount,
                    _ if width.signed => (value as i128 >> amount) as u128,
                    _ => value >> amount,
                };
                Ok(Val::Wide(Rc::new(width.wrap_wide(value))))
            });
        }
        let right = self.val(right);
        Box::new(move |env| {
            let a = left(env)?;
            let b = right(env)?;
            let a = wide_bits(env.interner, width.signed, &a);
            let b = wide_bits(env.interner, width.signed, &b);
            let value = match op {
                BinaryOp::Add => a.wrapping_add(b),
                BinaryOp::Sub => a.wrapping_sub(b),
                BinaryOp::Mul => a.wrapping_mul(b),
                BinaryOp::BitAnd => a & b,
                BinaryOp::BitOr => a | b,
                BinaryOp::BitXor => a ^ b,
                _ if b == 0 => return Err(env.trap(span, DIVISION_BY_ZERO)),
                BinaryOp::Div if width.signed => (a as i128).wrapping_div(b as i128) as u128,
                BinaryOp::Div => a / b,
                _ if width.signed => (a as i128).wrapping_rem(b as i128) as u128,
                _ => a % b,
            };
            Ok(Val::Wide(Rc::new(width.wrap_wide(value))))
        })
    }

    /// `bits`: the width of a bit vector, none for `bigint`.
    pub(super) fn arithmetic_big(
        &self,
        op: BinaryOp,
        left: &Expr,
        right: &Expr,
        bits: Option<u32>,
        span: Span,
    ) -> Code<Val> {
        let left = self.val(left);
        if let BinaryOp::Shl | BinaryOp::Shr = op {
            let amount = self.int(right);
            return Box::new(move |env| {
                let value = big(env.interner, &left(env)?);
                let amount = amount(env)?;
                if op == BinaryOp::Shr {
                    return Ok(big_val(bits, value >> amount));
                }
                match bits {
                    Some(bits) if amount >= u64::from(bits) => Ok(big_val(Some(bits), BigInt::zero())),
                    None if value.bits().saturating_add(amount) > MAX_BITS && !value.is_zero() => {
                        Err(env.trap(span, format!("a bigint shifted by {amount} bits is too large")))
                    }
                    bits => Ok(big_val(bits, value << amount)),
                }
            });
        }
        let right = self.val(right);
        Box::new(move |env| {
            let a = left(env)?;
            let b = right(env)?;
            let (a, b) = (big(env.interner, &a), big(env.interner, &b));
            let value = match op {
                BinaryOp::Add => a + b,
                BinaryOp::Sub => a - b,
                BinaryOp::Mul if a.bits() + b.bits() > MAX_BITS && bits.is_none() => {
                    let message = format!("a bigint of more than {MAX_BITS} bits is too large");
                    return Err(env.trap(span, message));
                }
                BinaryOp::Mul => a * b,
                BinaryOp::BitAnd => a & b,
                BinaryOp::BitOr => a | b,
                BinaryOp::BitXor => a ^ b,
                _ if b.sign() == Sign::NoSign => return Err(env.trap(span, DIVISION_BY_ZERO)),
                BinaryOp::Div => a / b,
                _ => a % b,
            };
            Ok(big_val(bits, value))
        })
    }

    /// `left ++ right` of bit vectors with more than 64 bits together.
    pub(super) fn join_bits_wide(&self, left: &Expr, right: &Expr, ty: TypeId) -> Code<Val> {
        let low_bits = match self.number(right.ty) {
            Some(Number::Small(width) | Number::Wide(width)) => width.bits,
            Some(Number::BigBits(bits)) => bits,
            _ => return self.not_an_operation(right),
        };
        let (left, right) = (self.any_bits(left), self.any_bits(right));
        self.wrapped(ty, Box::new(move |env| Ok(left(env)? << low_bits | right(env)?)))
    }

    /// `bits[high:low]` with more than 64 bits.
    pub(super) fn slice_wide(&self, bits: &Expr, high: u32, low: u32, ty: TypeId) -> Code<Val> {
        let n_bits = (high + 1).saturating_sub(low);
        let bits = self.any_bits(bits);
        self.wrapped(ty, Box::new(move |env| Ok(wrap_big(n_bits, bits(env)? >> low))))
    }

    /// `value as T` for a type `T` that is not a small integer.
    pub(super) fn cast_val(&self, value: &Expr, ty: TypeId) -> Code<Val> {
        match (self.number(ty), self.number(value.ty)) {
            (Some(Number::Float), Some(Number::Float | Number::Double)) => {
                let value = self.val(value);
                Box::new(move |env| {
                    let value = super::float::float(&value(env)?);
                    Ok(Val::Float(f64::from(value as f32)))
                })
            }
            (Some(Number::Double), Some(Number::Float | Number::Double)) => self.val(value),
            (Some(Number::Float), Some(_)) => {
                let value = self.any_bits(value);
                Box::new(move |env| {
                    let value = num_traits::ToPrimitive::to_f32(&value(env)?);
                    Ok(Val::Float(f64::from(value.unwrap_or(f32::NAN))))
                })
            }
            (Some(Number::Double), Some(_)) => {
                let value = self.any_bits(value);
                Box::new(move |env| {
                    let value = num_traits::ToPrimitive::to_f64(&value(env)?);
                    Ok(Val::Float(value.unwrap_or(f64::NAN)))
                })
            }
            (Some(_), Some(Number::Float | Number::Double)) => {
                let value = self.val(value);
                let truncated: Code<BigInt> = Box::new(move |env| {
                    let value = super::float::float(&value(env)?);
                    Ok(num_traits::FromPrimitive::from_f64(value).unwrap_or_default())
                });
                self.wrapped(ty, truncated)
            }
            (Some(_), Some(_)) => {
                let value = self.any_bits(value);
                self.wrapped(ty, value)
            }
            _ => self.not_an_operation(value),
        }
    }

    /// Any integer as a big one.
    fn any_bits(&self, expr: &Expr) -> Code<BigInt> {
        match self.number(expr.ty) {
            Some(Number::Small(width)) => {
                let code = self.int(expr);
                Box::new(move |env| {
                    let value = code(env)?;
                    Ok(if width.signed { BigInt::from(value as i64) } else { BigInt::from(value) })
                })
            }
            Some(Number::Wide(width)) => {
                let code = self.val(expr);
                Box::new(move |env| {
                    let value = wide_bits(env.interner, width.signed, &code(env)?);
                    Ok(if width.signed { BigInt::from(value as i128) } else { BigInt::from(value) })
                })
            }
            Some(Number::Big | Number::BigBits(_)) => {
                let code = self.val(expr);
                Box::new(move |env| {
                    let value = code(env)?;
                    Ok(big(env.interner, &value))
                })
            }
            Some(Number::Float | Number::Double) | None => self.not_an_operation(expr),
        }
    }

    /// A big integer as the type says.
    fn wrapped(&self, ty: TypeId, code: Code<BigInt>) -> Code<Val> {
        match self.number(ty) {
            Some(Number::Wide(width)) => {
                Box::new(move |env| Ok(Val::Wide(Rc::new(width.wrap_wide(low_bits_wide(&code(env)?))))))
            }
            Some(Number::BigBits(bits)) => Box::new(move |env| Ok(big_val(Some(bits), code(env)?))),
            Some(Number::Small(width)) => {
                Box::new(move |env| Ok(Val::Int(width.wrap(low_bits_wide(&code(env)?) as u64))))
            }
            Some(Number::Big | Number::Float | Number::Double) | None => {
                Box::new(move |env| Ok(big_val(None, code(env)?)))
            }
        }
    }
}

/// Bits of a `bigint` beyond which no program means it: arithmetic and printing take longer than anybody waits.
pub(crate) const MAX_BITS: u64 = 1 << 22;

fn big_val(bits: Option<u32>, value: BigInt) -> Val {
    Val::Big(Rc::new(match bits {
        Some(bits) => wrap_big(bits, value),
        None => value,
    }))
}
