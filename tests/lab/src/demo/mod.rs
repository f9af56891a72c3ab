//! The demonstration: three hypervisors, two virtual networks and real frames, told step by step.

mod acts;
mod network;
mod story;

pub use acts::{DemoOptions, run};
