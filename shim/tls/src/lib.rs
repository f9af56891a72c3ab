#![doc = include_str!("../README.md")]

mod credentials;
mod error;
mod files;
mod peer;
pub mod pki;
mod subject;
mod tls;
mod verifier;

pub use error::{HandshakeError, TlsError};
pub use files::TlsFiles;
pub use peer::PeerNames;
pub use tls::{Secured, Tls};
