//! Functions that well-known programs declare and expect to be brought along. Known by name and types.

use std::fs::OpenOptions;
use std::io::Write;

use super::Externs;
use crate::eval::builtins::{Builtin, Call};
use crate::eval::env::Eval;
use crate::eval::val::Val;
use crate::ir::{Function, TypeTable};
use crate::value::type_name;

/// The ready-made implementation of a function, if it is declared with the types that it has.
pub(super) fn find(externs: &Externs, types: &TypeTable, function: &Function) -> Option<Builtin> {
    let name = |ty| type_name(types, ty);
    let params: Vec<String> = function.params.iter().map(|param| name(param.ty)).collect();
    let params: Vec<&str> = params.iter().map(String::as_str).collect();
    let path: Vec<&str> = function.name.split("::").collect();
    match (path.as_slice(), params.as_slice(), &*name(function.ret)) {
        ([.., "string_slice" | "string_slice_unsafe"], ["string", "bit<64>", "bit<64>"], "string") => {
            Some(string_slice)
        }
        ([.., "inspect_log", "log"], ["string", "string"], "()") if externs.writes_files() => {
            Some(append_line)
        }
        _ => None,
    }
}

fn string_slice(call: &mut Call<'_, '_>) -> Eval<Val> {
    let (from, to) = (call.int(1), call.int(2));
    let range = usize::try_from(from).ok().zip(usize::try_from(to).ok());
    match range.and_then(|(from, to)| call.text(0).get(from..to)) {
        Some(slice) => Ok(Val::str(slice)),
        None => {
            let message = format!("{:?} has no slice of bytes {from} to {to}", call.text(0));
            Err(call.trap(message))
        }
    }
}

fn append_line(call: &mut Call<'_, '_>) -> Eval<Val> {
    let line = format!("{}\n", call.text(1));
    let file = OpenOptions::new().append(true).create(true).open(call.text(0));
    match file.and_then(|mut file| file.write_all(line.as_bytes())) {
        Ok(()) => Ok(Val::ZERO),
        Err(error) => {
            let message = format!("cannot write to {:?}: {error}", call.text(0));
            Err(call.trap(message))
        }
    }
}
