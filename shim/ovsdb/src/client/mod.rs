//! OVSDB over tokio streams.

mod backoff;
mod client_handle;
mod driver;
mod queue;
mod remote;
mod session;

pub use backoff::RetryConfig;
pub use client_handle::{Client, RequestError};
pub use driver::Disconnect;
pub use remote::{ConnectError, Remote, RemoteError, Stream};
pub use session::{DialConfig, Event, Session, SessionHandle};
