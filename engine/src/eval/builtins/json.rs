//! JSON: see [`crate::value`] for what values look like.

use serde_json::Value as Json;

use super::{Builtin, Call};
use crate::eval::env::Eval;
use crate::eval::repr::{Load, store};
use crate::eval::val::Val;
use crate::value::shape::{Shape, shape};
use crate::value::{decode, encode, from_json, write_json};

pub(super) fn find(name: &str) -> Option<Builtin> {
    Some(match name {
        "_from_json_string" => |call| {
            let json = parse(call.text(0));
            Ok(result(call, json))
        },
        "_from_json_value" | "to_json_value" => |call| {
            let json = argument(call)?.and_then(|text| parse(&text));
            Ok(result(call, json))
        },
        "to_json_string" => |call| Ok(Val::result(argument(call)?.map(Val::str).map_err(Val::str))),
        _ => return None,
    })
}

fn parse(text: &str) -> Result<Json, String> {
    serde_json::from_str(text).map_err(|error| error.to_string())
}

/// The first argument as JSON text.
fn argument(call: &mut Call<'_, '_>) -> Eval<Result<String, String>> {
    let ty = call.param(0);
    let val = call.take(0);
    let (interner, types) = (call.env.interner, call.env.types);
    let Ok(word) = store(interner, types, ty, &val) else {
        return Err(call.trap("a function has no JSON"));
    };
    let mut out = String::new();
    Ok(write_json(&mut out, types, ty, &decode(interner, types, ty, word)).map(|()| out))
}

/// The `Result` of the type the function gives, of what JSON says.
fn result(call: &Call<'_, '_>, json: Result<Json, String>) -> Val {
    let (interner, types) = (call.env.interner, call.env.types);
    let ok = match shape(types, call.signature.ret) {
        Shape::Union(union) => union.variants.first().and_then(|ok| ok.fields.first()).map(|field| field.ty),
        _ => None,
    };
    let value = json.and_then(|json| {
        let ty = ok.ok_or("not a Result")?;
        let value = from_json(types, ty, &json)?;
        let word = encode(interner, types, ty, &value).map_err(|error| error.to_string())?;
        Ok(Load::of(types, ty).val(interner, word))
    });
    Val::result(value.map_err(|error: String| Val::str(error)))
}
