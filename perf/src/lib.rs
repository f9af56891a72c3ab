//! Measurements on real switches. Timings live here and never in tests.

mod percentiles;

pub use percentiles::Percentiles;
