//! JSON-RPC over a byte stream, without IO: frames, messages, and who answers what (RFC 7047 section 4).

mod framer;
mod json_text;
mod message;
mod rpc;

pub use framer::{Frame, FrameError, FrameLimits, Framer};
pub use json_text::JsonText;
pub use message::{Message, MessageError, ReadError};
pub use rpc::{Incoming, Probe, RequestId, Rpc, RpcConfig, RpcError};
