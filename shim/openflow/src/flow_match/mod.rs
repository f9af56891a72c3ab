//! What packets a flow applies to.

mod builder;
mod codec;
mod normalise;
mod prerequisite;
mod scan;
mod text;
mod value;

pub use builder::MatchBuilder;
pub(crate) use codec::Prerequisites;
pub use value::{Match, MatchField};
