//! Functions of values of any type.

use std::rc::Rc;

use super::{Builtin, Call};
use crate::eval::env::Eval;
use crate::eval::order;
use crate::eval::repr::Load;
use crate::eval::val::Val;
use crate::value::shape::{Shape, shape, transparent};
use crate::value::{default_value, encode};

pub(super) fn find(name: &str) -> Option<Builtin> {
    Some(match name {
        "intern" | "ival" | "ref_new" | "deref" => |call| Ok(call.take(0)),
        "to_any" => |call| {
            let ty = transparent(call.types(), call.param(0));
            Ok(Val::Any(Rc::new((ty, call.take(0)))))
        },
        "from_any" => from_any,
        "default" => default,
        // The order of numbers is that of first use in the original; here it is any that equal strings share.
        "istring_ord" => |call| {
            let text = call.take(0);
            Ok(Val::Int(match text {
                Val::Str(text) => call.env.interner.intern_str(&text).into(),
                Val::Word(word) => word.into(),
                _ => 0,
            }))
        },
        _ => return None,
    })
}

fn from_any(call: &mut Call<'_, '_>) -> Eval<Val> {
    let any = call.take(0);
    let wanted = match shape(call.types(), call.signature.ret) {
        Shape::Union(option) => option.variants.get(1).and_then(|some| some.fields.first()),
        _ => None,
    };
    let inside = order::any(call.env.interner, call.types(), &any);
    let wanted = wanted.map(|field| transparent(call.types(), field.ty));
    Ok(Val::option(inside.filter(|(ty, _)| Some(*ty) == wanted).map(|(_, value)| value)))
}

fn default(call: &mut Call<'_, '_>) -> Eval<Val> {
    let (types, ty) = (call.types(), call.signature.ret);
    let word = default_value(types, ty).and_then(|value| encode(call.env.interner, types, ty, &value).ok());
    match word {
        Some(word) => Ok(Load::of(types, ty).val(call.env.interner, word)),
        None => Err(call.trap("the type has no default value")),
    }
}
