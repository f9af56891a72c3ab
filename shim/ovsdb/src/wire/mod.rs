//! JSON-RPC over a byte stream, without IO: frames, messages, and who answers what (RFC 7047 section 4).

mod framer;
mod message;
mod rpc;

pub use framer::{FrameError, FrameLimits, Framer};
pub use message::{Message, MessageError};
pub use rpc::{Incoming, Probe, RequestId, Rpc, RpcConfig, RpcError};
