//! A small certificate authority of files, as `ovs-pki` keeps one: for labs, tests, and sites without an authority of their
//! own.

mod authority;
mod error;
mod place;

pub use authority::{Authority, Issued, Purpose};
pub use error::PkiError;
