//! Expressions whose value is known before anything runs.

use smallvec::SmallVec;

use super::Compiler;
use crate::eval::builtins::is_identity;
use crate::ir::{Arg, Expr, ExprKind, TypeId};
use crate::value::shape::{Shape, is_transparent_struct, shape};
use crate::value::{Value, Word, encode};

impl Compiler<'_> {
    /// The word of a constant; `None` if the expression is not one.
    pub(crate) fn constant(&self, expr: &Expr) -> Option<Word> {
        let expr = self.identity(expr);
        let word = match &expr.kind {
            ExprKind::Bool(value) => Word::from(*value),
            ExprKind::Int(value) => self.encode(expr.ty, &Value::integer(value.clone()))?,
            ExprKind::Float(value) => self.encode(expr.ty, &Value::Double(*value))?,
            ExprKind::String(text) => self.encode(expr.ty, &Value::Str(text.clone()))?,
            ExprKind::Tuple(parts) => self.constant_run(&[], parts)?,
            ExprKind::Construct(_, fields) if is_transparent_struct(self.machine.types(), expr.ty) => {
                self.constant(fields.first()?)?
            }
            ExprKind::Construct(variant, fields) => {
                match (shape(self.machine.types(), expr.ty), fields.as_slice()) {
                    (Shape::Union(_), []) => *variant,
                    (Shape::Union(union), fields) if union.variants.len() > 1 => {
                        self.constant_run(&[*variant], fields)?
                    }
                    (Shape::Union(_), fields) => self.constant_run(&[], fields)?,
                    _ => return None,
                }
            }
            _ => return None,
        };
        Some(self.keep(expr.ty, word))
    }

    /// The expression inside calls that give their argument back: interning, references.
    pub(crate) fn identity<'e>(&self, mut expr: &'e Expr) -> &'e Expr {
        while let ExprKind::Call(function, args) = &expr.kind {
            let function = super::resolve_forwarding(self.machine.program(), *function);
            let name =
                self.machine.program().functions.get(function.0 as usize).map(|function| &function.name);
            match (name, args.as_slice()) {
                (Some(name), [Arg::Value(inner)]) if is_identity(name) => expr = inner,
                _ => break,
            }
        }
        expr
    }

    fn encode(&self, ty: TypeId, value: &Value) -> Option<Word> {
        encode(&self.machine.interner(), self.machine.types(), ty, value).ok()
    }

    fn constant_run(&self, prefix: &[Word], parts: &[Expr]) -> Option<Word> {
        let mut words: SmallVec<[Word; 8]> = SmallVec::from_slice(prefix);
        for part in parts {
            words.push(self.constant(part)?);
        }
        Some(if words.is_empty() { 0 } else { self.machine.interner().intern_words(&words) })
    }
}
