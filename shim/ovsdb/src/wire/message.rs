use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Value, json};
use thiserror::Error;

use super::framer::Frame;
use super::{FrameError, JsonText};
use crate::error::{DecodeError, decode_error, missing_member};

/// A JSON-RPC 1.0 message from a peer. What it carries is not read yet.
#[derive(Debug, Clone, PartialEq)]
pub enum Message {
    /// Wants a reply with the same id.
    Request {
        /// Chosen by the sender; not null.
        id: Value,
        /// What is asked for.
        method: String,
        /// A list of arguments.
        params: JsonText,
    },
    /// Wants none.
    Notification {
        /// What is told.
        method: String,
        /// A list of arguments.
        params: JsonText,
    },
    /// Answers a request.
    Reply {
        /// The request's id.
        id: Value,
        /// The result, or the error.
        result: Result<JsonText, JsonText>,
    },
}

/// A JSON object that is no JSON-RPC message.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("not a JSON-RPC message: {0}")]
pub struct MessageError(#[from] pub DecodeError);

/// Text that is no message.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ReadError {
    /// It is not JSON.
    #[error(transparent)]
    Frame(#[from] FrameError),
    /// It is JSON, but no message.
    #[error(transparent)]
    Message(#[from] MessageError),
}

impl Message {
    /// Reads a message. A member that should be null may be missing, and members not known are skipped.
    pub fn read(frame: &Frame) -> Result<Self, ReadError> {
        let members: Members<'_> =
            serde_json::from_slice(&frame.text).map_err(|error| frame.malformed(&error))?;
        let piece = |raw: &RawValue| JsonText::piece_of(&frame.text, raw);
        let params = || match members.params.map(piece) {
            None => Ok(JsonText::NULL),
            Some(params) if params.is_list() => Ok(params),
            Some(params) => {
                let error = params.value().map_or_else(|error| error, |value| decode_error("a list", &value));
                Err(MessageError(error.inside("params")))
            }
        };
        let read =
            |raw: &RawValue, member| piece(raw).value().map_err(|error| MessageError(error.inside(member)));
        let id = members.id.map(|raw| read(raw, "id")).transpose()?;
        let method = members.method.map(|raw| read(raw, "method")).transpose()?;
        match (method, id) {
            (None, None) => Err(MessageError(missing_member("a method or an id", "id")).into()),
            (None, Some(id)) => {
                let result = match members.error.map(piece) {
                    Some(error) => Err(error),
                    None => Ok(members.result.map_or(JsonText::NULL, piece)),
                };
                Ok(Message::Reply { id, result })
            }
            (Some(Value::String(method)), None) => Ok(Message::Notification { method, params: params()? }),
            (Some(Value::String(method)), Some(id)) => Ok(Message::Request { id, method, params: params()? }),
            (Some(other), _) => {
                Err(MessageError(decode_error("the name of a method", &other).inside("method")).into())
            }
        }
    }
}

/// The text of a request.
pub(super) fn request_text(id: &Value, method: &str, params: &Value) -> String {
    json!({"id": id, "method": method, "params": params}).to_string()
}

/// The text of a notification.
pub(super) fn notification_text(method: &str, params: &Value) -> String {
    json!({"id": null, "method": method, "params": params}).to_string()
}

/// The text of a reply.
pub(super) fn reply_text(id: &Value, result: &Result<Value, Value>) -> String {
    match result {
        Ok(result) => json!({"id": id, "result": result, "error": null}).to_string(),
        Err(error) => json!({"id": id, "result": null, "error": error}).to_string(),
    }
}

#[derive(Deserialize)]
struct Members<'text> {
    #[serde(borrow)]
    id: Option<&'text RawValue>,
    #[serde(borrow)]
    method: Option<&'text RawValue>,
    #[serde(borrow)]
    params: Option<&'text RawValue>,
    #[serde(borrow)]
    result: Option<&'text RawValue>,
    #[serde(borrow)]
    error: Option<&'text RawValue>,
}
