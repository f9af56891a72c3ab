//! Measurements: of the engine beside others, of the rules at scale, on real switches. Timings live here and never in tests.

mod percentiles;
mod process;
pub mod workload;

pub use percentiles::Percentiles;
pub use process::{cpu_seconds, peak_megabytes, resident_megabytes};
