//! Output of rules for people.

use super::string::debug_text_of;
use super::{Builtin, Call};
use crate::eval::Message;
use crate::eval::env::Eval;
use crate::eval::val::Val;

pub(super) fn find(name: &str) -> Option<Builtin> {
    Some(match name {
        "print" => |call| {
            let text = call.text(0).to_owned();
            Ok(send(call, Message::Print(text)))
        },
        "debug" => debug,
        "log" => |call| {
            let (module, level) = (call.int(0) as i32, call.int(1) as i32);
            let text = call.text(2).to_owned();
            Ok(send(call, Message::Log { module, level, text }))
        },
        _ => return None,
    })
}

fn debug(call: &mut Call<'_, '_>) -> Eval<Val> {
    let value = call.take(0);
    let text = debug_text_of(call, &value)?;
    Ok(send(call, Message::Print(text)))
}

fn send(call: &Call<'_, '_>, message: Message) -> Val {
    call.env.machine.send(message);
    Val::ZERO
}
