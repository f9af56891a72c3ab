//! Base64.

use base64::{DecodeError, Engine, engine::general_purpose::STANDARD};

use super::Builtin;
use super::net::numbers;
use crate::eval::val::Val;

pub(super) fn find(name: &str) -> Option<Builtin> {
    Some(match name {
        "encode" => |call| {
            let bytes: Vec<u8> = numbers(call).into_iter().map(|byte| byte as u8).collect();
            Ok(Val::str(STANDARD.encode(bytes)))
        },
        "decode" => |call| {
            let bytes = STANDARD.decode(call.text(0));
            let bytes =
                bytes.map(|bytes| Val::items(bytes.into_iter().map(|byte| Val::Int(byte.into())).collect()));
            Ok(Val::result(bytes.map_err(|error| Val::str(message(&error)))))
        },
        _ => return None,
    })
}

fn message(error: &DecodeError) -> String {
    match error {
        DecodeError::InvalidByte(position, byte) => format!("Invalid byte {byte} at position {position}"),
        DecodeError::InvalidLastSymbol(position, byte) => {
            format!("Invalid last byte {byte} at position {position}")
        }
        DecodeError::InvalidLength(_) => "Invalid length".into(),
        DecodeError::InvalidPadding => "Invalid padding".into(),
    }
}
