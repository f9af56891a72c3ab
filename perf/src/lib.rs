//! Measurements: of the engine beside others, of the rules at scale, on real switches. Timings live here and never in tests.

pub mod growth;
pub mod northd;
mod outcome;
mod percentiles;
mod process;
pub mod report;
pub mod workload;

pub use outcome::Outcome;
pub use percentiles::{Latency, Percentiles};
pub use process::{busiest_thread_seconds, cpu_seconds, peak_megabytes, resident_megabytes};
