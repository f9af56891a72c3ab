//! String building: parts are written into one buffer.

use std::fmt::Write;

use super::number::{Number, Width};
use super::{Code, Compiler, resolve_forwarding};
use crate::eval::env::{Env, Eval};
use crate::eval::repr::text;
use crate::eval::val::Val;
use crate::ir::{Arg, Expr, ExprKind};
use crate::source::{FileId, Span};
use crate::value::shape::{Shape, shape};

/// Bytes of a text from which on it is worth looking whether there is room for more.
const LARGE: usize = 1 << 20;

/// Code that appends to a buffer.
type Writer = Box<dyn Fn(&mut Env<'_>, &mut String) -> Eval<()>>;

impl Compiler<'_> {
    pub(super) fn concat(&self, parts: &[Expr]) -> Code<Val> {
        let span = parts.first().map_or(Span { file: FileId(0), start: 0, end: 0 }, |part| part.span);
        let mut writers = Vec::with_capacity(parts.len());
        parts.iter().for_each(|part| self.writers(part, &mut writers));
        Box::new(move |env| {
            let mut out = String::with_capacity(48);
            for writer in &writers {
                writer(env, &mut out)?;
                if out.len() > LARGE {
                    env.room(span, out.len())?;
                }
            }
            Ok(Val::str(out))
        })
    }

    fn writers(&self, expr: &Expr, out: &mut Vec<Writer>) {
        let expr = self.identity(expr);
        out.push(match &expr.kind {
            ExprKind::Concat(parts) => return parts.iter().for_each(|part| self.writers(part, out)),
            ExprKind::String(constant) => {
                let constant = constant.clone();
                Box::new(move |_, out| {
                    out.push_str(&constant);
                    Ok(())
                })
            }
            ExprKind::Call(function, args) => match (self.small_to_string(*function), args.as_slice()) {
                (true, [Arg::Value(number)]) => match self.number(number.ty) {
                    Some(Number::Small(width)) => self.write_small(number, width),
                    _ => self.write_string(expr),
                },
                _ => self.write_string(expr),
            },
            _ => self.write_string(expr),
        });
    }

    fn write_string(&self, expr: &Expr) -> Writer {
        let code = self.val(expr);
        Box::new(move |env, out| {
            let value = code(env)?;
            out.push_str(text(env.interner, &value));
            Ok(())
        })
    }

    fn write_small(&self, number: &Expr, width: Width) -> Writer {
        let code = self.int(number);
        Box::new(move |env, out| {
            let value = code(env)?;
            // Writing to a string cannot fail.
            _ = if width.signed { write!(out, "{}", value as i64) } else { write!(out, "{value}") };
            Ok(())
        })
    }

    /// Whether a function is the built-in text of a number up to 64 bits.
    fn small_to_string(&self, function: crate::ir::FunctionId) -> bool {
        let program = self.machine.program();
        let function = resolve_forwarding(program, function);
        program.functions.get(function.0 as usize).is_some_and(|function| {
            &*function.name == "ddlog_std::__builtin_2string"
                && function.params.first().is_some_and(|param| {
                    matches!(shape(self.machine.types(), param.ty), Shape::Bit(..=64) | Shape::Signed(..=64))
                })
        })
    }
}
