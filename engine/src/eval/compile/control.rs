//! Conditions, blocks, loops.

use super::pattern::PatternCode;
use super::{Code, Compiler, Kind};
use crate::eval::env::Exit;
use crate::eval::val::Val;
use crate::ir::{Arm, Expr, Pattern, PatternKind};
use crate::source::Span;

impl Compiler<'_> {
    pub(super) fn compile_if<T: Kind>(
        &self,
        condition: &Expr,
        then: &Expr,
        otherwise: Option<&Expr>,
    ) -> Code<T> {
        let condition = self.int(condition);
        let Some(otherwise) = otherwise else {
            let then = self.effect(then);
            return Box::new(move |env| {
                if condition(env)? != 0 {
                    then(env)?;
                }
                Ok(T::unit())
            });
        };
        let (then, otherwise) = (T::compile(self, then), T::compile(self, otherwise));
        Box::new(move |env| if condition(env)? != 0 { then(env) } else { otherwise(env) })
    }

    pub(super) fn compile_match<T: Kind>(&self, subject: &Expr, arms: &[Arm], span: Span) -> Code<T> {
        let compile_arm = |arm: &Arm| {
            let (pattern, body) = (self.pattern(&arm.pattern), T::compile(self, &arm.body));
            (pattern, body, self.written_through(subject, &arm.pattern))
        };
        let arms: Vec<(PatternCode, Code<T>, _)> = arms.iter().map(compile_arm).collect();
        let subject = self.val(subject);
        Box::new(move |env| {
            let subject = subject(env)?;
            for (pattern, body, written) in &arms {
                if pattern.matches(env, &subject)? {
                    drop(subject);
                    let result = body(env);
                    for (variable, place) in written {
                        let val = env.local(*variable).clone();
                        place.put_back(env, val)?;
                    }
                    return result;
                }
            }
            Err(env.trap(span, "no pattern matches the value"))
        })
    }

    pub(super) fn block<T: Kind>(&self, exprs: &[Expr]) -> Code<T> {
        let Some((last, before)) = exprs.split_last() else { return Box::new(|_| Ok(T::unit())) };
        let last = T::compile(self, last);
        let before: Vec<Code<()>> = before.iter().map(|expr| self.effect(expr)).collect();
        match <[Code<()>; 1]>::try_from(before) {
            Ok([first]) => Box::new(move |env| {
                first(env)?;
                last(env)
            }),
            Err(before) if before.is_empty() => last,
            Err(before) => Box::new(move |env| {
                for expr in &before {
                    expr(env)?;
                }
                last(env)
            }),
        }
    }

    /// An expression whose value nobody looks at.
    pub(crate) fn effect(&self, expr: &Expr) -> Code<()> {
        if self.load(expr.ty).is_int() {
            let code = self.int(expr);
            Box::new(move |env| code(env).map(drop))
        } else {
            let code = self.val(expr);
            Box::new(move |env| code(env).map(drop))
        }
    }

    pub(super) fn compile_let(&self, pattern: &Pattern, value: &Expr) -> Code<Val> {
        if let PatternKind::Bind(local) = pattern.kind {
            let value = self.val(value);
            return Box::new(move |env| {
                let value = value(env)?;
                env.set(local, value);
                Ok(Val::ZERO)
            });
        }
        let span = pattern.span;
        let (pattern, value) = (self.pattern(pattern), self.val(value));
        Box::new(move |env| {
            let value = value(env)?;
            if pattern.matches(env, &value)? {
                Ok(Val::ZERO)
            } else {
                Err(env.trap(span, "the value does not match the pattern"))
            }
        })
    }

    pub(super) fn compile_for(&self, pattern: &Pattern, items: &Expr, body: &Expr) -> Code<Val> {
        let span = items.span;
        let each = self.each(pattern, items.ty);
        let (items, body) = (self.val(items), self.effect(body));
        Box::new(move |env| {
            let items = items(env)?;
            let elements = each.start(env, items);
            for i in 0..elements.len() {
                env.pulse(span)?;
                if !each.bind(env, &elements, i)? {
                    continue;
                }
                match body(env) {
                    Ok(()) | Err(Exit::CONTINUE) => {}
                    Err(Exit::BREAK) => break,
                    Err(exit) => return Err(exit),
                }
            }
            Ok(Val::ZERO)
        })
    }
}
