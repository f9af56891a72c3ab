//! Hooks of a debugger: events are messages.

use std::rc::Rc;

use super::{Builtin, Call};
use crate::eval::Message;
use crate::eval::env::Eval;
use crate::eval::repr::{group, part, store};
use crate::eval::val::{GroupVal, Val};
use crate::value::shape::{Shape, shape};
use crate::value::{compare, decode};

pub(super) fn find(name: &str) -> Option<Builtin> {
    Some(match name {
        "debug_event" | "debug_event_join" => event,
        "debug_split_group" => split_group,
        _ => return None,
    })
}

fn event(call: &mut Call<'_, '_>) -> Eval<Val> {
    let mut parts = Vec::with_capacity(call.args.len());
    for i in 0..call.args.len() {
        let (ty, val) = (call.param(i), call.take(i));
        let word = store(call.env.interner, call.env.types, ty, &val);
        let word = word.map_err(|error| call.trap(error.to_string()))?;
        parts.push(decode(call.env.interner, call.env.types, ty, word).to_string());
    }
    call.env.machine.send(Message::Print(parts.join(", ")));
    Ok(Val::ZERO)
}

/// A group of pairs as the first halves and a group of the second.
fn split_group(call: &mut Call<'_, '_>) -> Eval<Val> {
    let (interner, types) = (call.env.interner, call.env.types);
    let (key_type, pair_type) = call.key_value(call.param(0));
    let Shape::Tuple(&[first, second]) = shape(types, pair_type) else {
        return Err(call.trap("not a group of pairs"));
    };
    let (first_load, second_load) = (call.load(first), call.load(second));
    let whole = group(interner, call.load(key_type), &call.args[0]);
    let members = whole.members(|a, b| compare(interner, types, pair_type, a, b));
    let mut inputs = Vec::with_capacity(members.len());
    let mut values = Vec::with_capacity(members.len());
    for (word, weight) in members {
        let pair = Val::Word(*word);
        inputs.push(part(interner, 0, 0, first_load, &pair));
        let value = part(interner, 0, 1, second_load, &pair);
        match store(interner, types, second, &value) {
            Ok(word) => values.push((word, *weight)),
            Err(error) => return Err(call.trap(error.to_string())),
        }
    }
    let group = GroupVal::new(whole.key.clone(), values.into());
    Ok(Val::tuple([Val::items(inputs), Val::Group(Rc::new(group))]))
}
