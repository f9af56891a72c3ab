//! What the tests share: a real switch, and samples of everything the codec can say.
#![allow(dead_code, unreachable_pub, clippy::unwrap_used)]

pub mod connection;
pub mod management;
pub mod samples;
pub mod switch;
