//! OVSDB over tokio streams.

mod backoff;
mod client_handle;
mod connector;
mod dial;
mod driver;
mod leader;
mod passive;
mod queue;
mod remote;
mod session;

pub use backoff::RetryConfig;
pub use client_handle::{Client, RequestError};
pub use connector::{Connector, Remotes};
pub use dial::{DialConfig, ServerChoice};
pub use driver::Disconnect;
pub use passive::{Listener, Passive};
pub use remote::{ConnectError, Remote, RemoteError, Stream};
pub use session::{Event, Session, SessionHandle};
