//! Hypervisors against real ovsdb-servers and real switches.
#![allow(clippy::unwrap_used)]

mod away;
mod elections;
mod groups;
mod harness;
mod intruders;
mod life;
mod options;
mod packets;
mod refusals;
mod slow;
mod tampering;
mod tls;
