//! What switches cannot do by flows: they hand packets over, and these services answer.
//!
//! Which packets, on whose behalf, and where the answer goes is decided by the rules (`rules/service.dl`): the bytes that
//! come with a packet say which service is asked for, and what it needs to know. Here packets are read and built, and
//! what they tell of neighbours is noted.

mod abort;
mod answer;
mod dhcp;
mod frame;
mod log;
mod neighbor;
mod request;
mod resolve;
mod run;

pub use run::{LearnedRelations, serve};
