use serde_json::{Value, json};
use thiserror::Error;

use crate::error::{DecodeError, decode_error, missing_member};

/// A JSON-RPC 1.0 message.
#[derive(Debug, Clone, PartialEq)]
pub enum Message {
    /// Wants a reply with the same id.
    Request {
        /// Chosen by the sender; not null.
        id: Value,
        /// What is asked for.
        method: String,
        /// A list of arguments.
        params: Value,
    },
    /// Wants none.
    Notification {
        /// What is told.
        method: String,
        /// A list of arguments.
        params: Value,
    },
    /// Answers a request.
    Reply {
        /// The request's id.
        id: Value,
        /// The result, or the error.
        result: Result<Value, Value>,
    },
}

/// A JSON object that is no JSON-RPC message.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("not a JSON-RPC message: {0}")]
pub struct MessageError(#[from] pub DecodeError);

impl Message {
    /// Reads a message. A member that should be null may be missing, and members not known are skipped.
    pub fn from_json(mut json: Value) -> Result<Self, MessageError> {
        let Some(members) = json.as_object_mut() else {
            return Err(decode_error("an object", &json).into());
        };
        let mut take = |name: &str| members.remove(name).unwrap_or(Value::Null);
        let (id, method, params) = (take("id"), take("method"), take("params"));
        let (result, error) = (take("result"), take("error"));
        match (method, id) {
            (Value::Null, Value::Null) => Err(missing_member("a method or an id", "id").into()),
            (Value::Null, id) => {
                let result = if error.is_null() { Ok(result) } else { Err(error) };
                Ok(Message::Reply { id, result })
            }
            (Value::String(method), id) => {
                if !params.is_array() && !params.is_null() {
                    return Err(decode_error("a list", &params).inside("params").into());
                }
                Ok(match id {
                    Value::Null => Message::Notification { method, params },
                    id => Message::Request { id, method, params },
                })
            }
            (other, _) => Err(decode_error("the name of a method", &other).inside("method").into()),
        }
    }

    /// The message as JSON.
    pub fn into_json(self) -> Value {
        match self {
            Message::Request { id, method, params } => json!({"id": id, "method": method, "params": params}),
            Message::Notification { method, params } => {
                json!({"id": null, "method": method, "params": params})
            }
            Message::Reply { id, result: Ok(result) } => json!({"id": id, "result": result, "error": null}),
            Message::Reply { id, result: Err(error) } => json!({"id": id, "result": null, "error": error}),
        }
    }
}
