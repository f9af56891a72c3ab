//! JSON: see [`crate::value`] for what values look like.

use std::cell::RefCell;

use serde_json::Value as Json;

use super::{Builtin, Call};
use crate::eval::call::Callable;
use crate::eval::env::{Env, Eval, Exit};
use crate::eval::repr::{Load, store};
use crate::eval::val::Val;
use crate::ir::{FunctionId, TypeId};
use crate::source::Span;
use crate::value::shape::{Shape, shape};
use crate::value::{Keys, Value, decode, encode, read_json, read_json_value, write_json};

pub(super) fn find(name: &str) -> Option<Builtin> {
    Some(match name {
        "_from_json_string" => |call| {
            let text = call.text(0).to_owned();
            read(call, |types, keys, ty| read_json(types, keys, ty, &text))
        },
        "_from_json_value" | "to_json_value" => |call| {
            let json = written(call)?.and_then(|text| parse(&text));
            read(call, |types, keys, ty| read_json_value(types, keys, ty, json?))
        },
        "to_json_string" => |call| Ok(Val::result(written(call)?.map(Val::str).map_err(Val::str))),
        _ => return None,
    })
}

fn parse(text: &str) -> Result<Json, String> {
    serde_json::from_str(text).map_err(|error| error.to_string())
}

/// The first argument as JSON text.
fn written(call: &mut Call<'_, '_>) -> Eval<Result<String, String>> {
    let ty = call.param(0);
    let val = call.take(0);
    let (interner, types) = (call.env.interner, call.env.types);
    let word = store(interner, types, ty, &val).map_err(|error| call.trap(error.to_string()))?;
    let mut out = String::new();
    Ok(write_json(&mut out, types, ty, &decode(interner, types, ty, word)).map(|()| out))
}

/// The `Result` of the type the function gives, of what is read from JSON.
fn read(
    call: &mut Call<'_, '_>,
    read: impl FnOnce(&crate::ir::TypeTable, &dyn Keys, TypeId) -> Result<Value, String>,
) -> Eval<Val> {
    let (interner, types) = (call.env.interner, call.env.types);
    let ok = match shape(types, call.signature.ret) {
        Shape::Union(union) => union.variants.first().and_then(|ok| ok.fields.first()).map(|field| field.ty),
        _ => None,
    };
    let Some(ty) = ok else { return Err(call.trap("not a Result")) };
    let keys = FunctionKeys { env: RefCell::new((&mut *call.env, None)), span: call.span };
    let value = read(types, &keys, ty);
    if let (_, Some(exit)) = keys.env.into_inner() {
        return Err(exit);
    }
    let value = value.and_then(|value| {
        let word = encode(interner, types, ty, &value).map_err(|error| error.to_string())?;
        Ok(Load::of(types, ty).val(interner, word))
    });
    Ok(Val::result(value.map_err(Val::str)))
}

/// Makes keys by functions of the program. What one of them ends in is kept: reading goes on to its own end.
struct FunctionKeys<'e, 'm> {
    env: RefCell<(&'e mut Env<'m>, Option<Exit>)>,
    span: Span,
}

impl Keys for FunctionKeys<'_, '_> {
    fn key(&self, function: FunctionId, ty: TypeId, value: &Value) -> Result<Value, String> {
        let (env, exit) = &mut *self.env.borrow_mut();
        let (interner, types) = (env.interner, env.types);
        let Some(key_type) = env.machine.program().functions.get(function.0 as usize).map(|f| f.ret) else {
            return Err("no such function".into());
        };
        let word = encode(interner, types, ty, value).map_err(|error| error.to_string())?;
        let mut args = [Load::of(types, ty).val(interner, word)];
        match Callable::Function(function, "key".into()).call(env, &mut args, self.span) {
            Ok(key) => {
                let word = store(interner, types, key_type, &key).map_err(|error| error.to_string())?;
                Ok(decode(interner, types, key_type, word))
            }
            Err(trap) => {
                *exit = Some(trap);
                Err("the function for keys failed".into())
            }
        }
    }
}
