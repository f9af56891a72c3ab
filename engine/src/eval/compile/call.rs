//! Functions, closures and their calls.

use std::rc::Rc;

use smallvec::SmallVec;

use super::place::PlaceCode;
use super::{Code, Compiler, Kind};
use crate::eval::Machine;
use crate::eval::builtins::{Call, Signature};
use crate::eval::call::{Body, Callable, LambdaCode, enter};
use crate::eval::env::{Env, Eval};
use crate::eval::val::Val;
use crate::ir::{Arg, Expr, ExprKind, FunctionBody, FunctionId, Lambda, Program};

/// Arguments of most calls.
pub(super) type Args = SmallVec<[Val; 4]>;

/// A compiled function.
pub(crate) struct FunctionCode {
    pub(crate) n_locals: usize,
    pub(crate) body: Body,
}

impl FunctionCode {
    /// Code of a function that has a body.
    pub(crate) fn compile(machine: &Machine, function: FunctionId) -> FunctionCode {
        match machine.program().functions.get(function.0 as usize).map(|function| &function.body) {
            Some(FunctionBody::Code { locals, body }) => {
                let compiler = Compiler::new(machine, locals);
                FunctionCode { n_locals: locals.len(), body: compiler.body(body) }
            }
            Some(FunctionBody::Extern) | None => {
                FunctionCode { n_locals: 0, body: Body::Val(Box::new(|_| Ok(Val::ZERO))) }
            }
        }
    }
}

/// The function that does the work: one that only passes its parameters on is skipped.
pub(crate) fn resolve_forwarding(program: &Program, mut id: FunctionId) -> FunctionId {
    // Two functions that only call each other never come to an end: running them will find that out.
    for _ in 0..16 {
        match program.functions.get(id.0 as usize).map(|function| (&function.params, &function.body)) {
            Some((params, FunctionBody::Code { body, .. })) => match &strip_block(body).kind {
                ExprKind::Call(callee, args) if forwards(args, params) => id = *callee,
                _ => break,
            },
            _ => break,
        }
    }
    id
}

fn strip_block(mut expr: &Expr) -> &Expr {
    while let ExprKind::Block(exprs) = &expr.kind {
        match exprs.as_slice() {
            [only] => expr = only,
            _ => break,
        }
    }
    expr
}

/// Whether the arguments are exactly the parameters, in order and passed on the same way.
fn forwards(args: &[Arg], params: &[crate::ir::FunctionParam]) -> bool {
    args.len() == params.len()
        && args.iter().zip(params).enumerate().all(|(i, (arg, param))| match arg {
            Arg::Value(expr) => {
                !param.mutable && matches!(&expr.kind, ExprKind::Local(local) if local.0 as usize == i)
            }
            Arg::Mut(place) => param.mutable && place.path.is_empty() && place.local.0 as usize == i,
        })
}

enum ArgCode {
    Val(Code<Val>),
    Mut(PlaceCode),
}

impl Compiler<'_> {
    pub(crate) fn body(&self, expr: &Expr) -> Body {
        if self.load(expr.ty).is_int() { Body::Int(self.int(expr)) } else { Body::Val(self.val(expr)) }
    }

    pub(super) fn call<T: Kind>(&self, function: FunctionId, args: &[Arg], expr: &Expr) -> Code<T> {
        let inner = self.identity(expr);
        if !std::ptr::eq(inner, expr) {
            return T::compile(self, inner);
        }
        let id = resolve_forwarding(self.machine.program(), function);
        let Some(function) = self.machine.program().functions.get(id.0 as usize) else {
            return self.not_an_operation(expr);
        };
        let arg_codes = self.arg_codes(args);
        let span = expr.span;
        if let FunctionBody::Code { .. } = function.body {
            let name = function.name.clone();
            return Box::new(move |env| {
                let start = env.stack.len();
                if let Err(exit) = push_args(env, &arg_codes) {
                    env.stack.truncate(start);
                    return Err(exit);
                }
                let code = env.machine.function(id);
                env.stack.resize(start + code.n_locals, Val::ZERO);
                let result = enter(env, &code.body, start, span);
                if let Err(exit) = &result {
                    env.trapped_in(*exit, &name, span);
                }
                let written = write_back(env, &arg_codes, start);
                env.stack.truncate(start);
                let result = result?;
                written?;
                Ok(result)
            });
        }
        let Some(implementation) = self.machine.implementation(function) else {
            let message = format!("extern function `{}` has no implementation", function.name);
            return Box::new(move |env| Err(env.trap(span, message.as_str())));
        };
        let signature = Signature::of(function);
        Box::new(move |env| {
            let mut args = take_args(env, &arg_codes)?;
            let result = implementation.run(&mut Call { env, signature: &signature, args: &mut args, span });
            put_args(env, &arg_codes, &mut args)?;
            result.map(T::from_val)
        })
    }

    pub(super) fn call_value<T: Kind>(&self, function: &Expr, args: &[Arg]) -> Code<T> {
        let span = function.span;
        let function = self.val(function);
        let arg_codes = self.arg_codes(args);
        Box::new(move |env| {
            let function = function(env)?;
            let Some(function) = env.machine.callable(&function) else {
                return Err(env.trap(span, "not a function"));
            };
            let mut args = take_args(env, &arg_codes)?;
            let result = function.call(env, &mut args, span);
            put_args(env, &arg_codes, &mut args)?;
            result.map(T::from_val)
        })
    }

    pub(super) fn function_value(&self, function: FunctionId) -> Code<Val> {
        let id = resolve_forwarding(self.machine.program(), function);
        let callable = Rc::new(self.machine.function_value(id));
        Box::new(move |_| Ok(Val::Function(callable.clone())))
    }

    pub(super) fn closure(&self, lambda: &Lambda) -> Code<Val> {
        let code = self.machine.lambda(lambda, |name| LambdaCode {
            number: 0,
            name,
            n_locals: lambda.locals.len(),
            captures: lambda
                .captures
                .iter()
                .map(|(_, inner)| (*inner, lambda.locals[inner.0 as usize].ty))
                .collect(),
            params: lambda.params.clone(),
            body: Compiler::new(self.machine, &lambda.locals).body(&lambda.body),
        });
        let captured: Vec<_> = lambda.captures.iter().map(|(outer, _)| self.read(*outer)).collect();
        Box::new(move |env| {
            let captured = captured.iter().map(|outer| env.local(*outer).clone()).collect();
            Ok(Val::Function(Rc::new(Callable::Closure(code.clone(), captured))))
        })
    }

    fn arg_codes(&self, args: &[Arg]) -> Vec<ArgCode> {
        args.iter()
            .map(|arg| match arg {
                Arg::Value(expr) => ArgCode::Val(self.val(expr)),
                Arg::Mut(place) => ArgCode::Mut(self.place(place)),
            })
            .collect()
    }
}

/// Values first: what is passed by reference is moved out, and must be seen unmoved by the others.
fn take_args(env: &mut Env<'_>, codes: &[ArgCode]) -> Eval<Args> {
    let mut args = Args::with_capacity(codes.len());
    for code in codes {
        args.push(match code {
            ArgCode::Val(code) => code(env)?,
            ArgCode::Mut(_) => Val::ZERO,
        });
    }
    for (arg, code) in args.iter_mut().zip(codes) {
        if let ArgCode::Mut(place) = code {
            *arg = place.take(env)?;
        }
    }
    Ok(args)
}

fn put_args(env: &mut Env<'_>, codes: &[ArgCode], args: &mut [Val]) -> Eval<()> {
    for (arg, code) in args.iter_mut().zip(codes) {
        if let ArgCode::Mut(place) = code {
            place.put(env, std::mem::take(arg))?;
        }
    }
    Ok(())
}

/// As [`take_args`], onto the stack.
fn push_args(env: &mut Env<'_>, codes: &[ArgCode]) -> Eval<()> {
    let start = env.stack.len();
    for code in codes {
        let val = match code {
            ArgCode::Val(code) => code(env)?,
            ArgCode::Mut(_) => Val::ZERO,
        };
        env.stack.push(val);
    }
    for (i, code) in codes.iter().enumerate() {
        if let ArgCode::Mut(place) = code {
            let val = place.take(env)?;
            env.stack[start + i] = val;
        }
    }
    Ok(())
}

fn write_back(env: &mut Env<'_>, codes: &[ArgCode], start: usize) -> Eval<()> {
    for (i, code) in codes.iter().enumerate() {
        if let ArgCode::Mut(place) = code {
            let val = std::mem::take(&mut env.stack[start + i]);
            place.put(env, val)?;
        }
    }
    Ok(())
}
