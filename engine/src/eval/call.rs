//! Frames, and functions as values.

use std::sync::Arc;

use super::builtins::{Call, Signature};
use super::compile::Code;
use super::compile::Kind;
use super::env::{Env, Eval, Exit};
use super::externs::Extern;
use super::val::Val;
use crate::ir::{FunctionId, LocalId, TypeId};
use crate::source::Span;

/// Native stack that a function's code may need between two checks, and how much is added when there is less.
pub(super) const STACK_RED_ZONE: usize = 256 << 10;
pub(super) const STACK_SEGMENT: usize = 4 << 20;

/// The code of a function.
pub(crate) enum Body {
    Int(Code<u64>),
    Val(Code<Val>),
}

/// A function value.
pub(crate) enum Callable {
    Function(FunctionId, Arc<str>),
    Extern(FunctionId, Option<Extern>, Signature, Arc<str>),
    /// Code, and the captured values in the order of its captures.
    Closure(std::rc::Rc<LambdaCode>, Vec<Val>),
}

/// The code of a closure.
pub(crate) struct LambdaCode {
    /// Its number among those of the machine.
    pub(crate) number: u32,
    /// What it is called by where it is printed.
    pub(crate) name: Arc<str>,
    pub(crate) n_locals: usize,
    pub(crate) captures: Vec<(LocalId, TypeId)>,
    pub(crate) params: Vec<(LocalId, bool)>,
    pub(crate) body: Body,
}

impl Callable {
    /// Calls it. Arguments by reference have their final value afterwards; the others may be gone.
    pub(crate) fn call(&self, env: &mut Env<'_>, args: &mut [Val], span: Span) -> Eval<Val> {
        let start = env.stack.len();
        match self {
            Callable::Extern(_, Some(function), signature, _) => {
                function.run(&mut Call { env, signature, args, span })
            }
            Callable::Extern(_, None, _, name) => {
                Err(env.trap(span, format!("extern function `{name}` has no implementation")))
            }
            Callable::Function(function, _) => {
                let code = env.machine.function(*function);
                env.stack.extend(args.iter_mut().map(std::mem::take));
                env.stack.resize(start + code.n_locals, Val::ZERO);
                let result = enter(env, &code.body, start, span);
                if let Err(exit) = &result {
                    self.trapped(env, *exit, span);
                }
                for (arg, local) in args.iter_mut().zip(&mut env.stack[start..]) {
                    *arg = std::mem::take(local);
                }
                env.stack.truncate(start);
                result
            }
            Callable::Closure(code, captured) => {
                env.stack.resize(start + code.n_locals, Val::ZERO);
                for ((local, _), val) in code.captures.iter().zip(captured) {
                    env.stack[start + local.0 as usize] = val.clone();
                }
                for ((local, _), arg) in code.params.iter().zip(args.iter_mut()) {
                    env.stack[start + local.0 as usize] = std::mem::take(arg);
                }
                let result = enter(env, &code.body, start, span);
                if let Err(exit) = &result {
                    self.trapped(env, *exit, span);
                }
                for ((local, by_reference), arg) in code.params.iter().zip(args.iter_mut()) {
                    if *by_reference {
                        *arg = std::mem::take(&mut env.stack[start + local.0 as usize]);
                    }
                }
                env.stack.truncate(start);
                result
            }
        }
    }
}

impl Callable {
    #[cold]
    fn trapped(&self, env: &mut Env<'_>, exit: Exit, span: Span) {
        match self {
            Callable::Function(_, name) | Callable::Extern(_, _, _, name) => {
                env.trapped_in(exit, name, span);
            }
            Callable::Closure(..) => env.trapped_in(exit, &"closure".into(), span),
        }
    }
}

/// Runs a function's code in the frame that begins at `start` of the stack.
pub(crate) fn enter<T: Kind>(env: &mut Env<'_>, body: &Body, start: usize, span: Span) -> Eval<T> {
    let limit = env.machine.control().limits().depth;
    if env.depth >= limit {
        return Err(env.trap(span, format!("functions call each other more than {limit} deep")));
    }
    env.pulse(span)?;
    let base = std::mem::replace(&mut env.base, start);
    env.depth += 1;
    let result = stacker::maybe_grow(STACK_RED_ZONE, STACK_SEGMENT, || match body {
        Body::Int(code) => code(env).map(T::from_int),
        Body::Val(code) => code(env).map(T::from_val),
    });
    env.depth -= 1;
    env.base = base;
    match result {
        Err(Exit::RETURN) => Ok(T::from_val(std::mem::take(&mut env.returned))),
        other => other,
    }
}
