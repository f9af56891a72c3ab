//! What operators' tools ask for over HTTP: Prometheus metrics, and whether the daemon lives and is ready.

mod http;
mod registry;

pub use http::Page;
pub use registry::Observed;
