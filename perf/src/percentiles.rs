//! How long things took, for people.

use std::fmt;
use std::time::Duration;

use hdrhistogram::Histogram;
use serde::{Deserialize, Serialize};

/// Durations, from a nanosecond to a minute, to three digits.
#[derive(Debug)]
pub struct Percentiles {
    histogram: Histogram<u64>,
}

/// Durations at some quantiles, in milliseconds.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Latency {
    /// Half of them were no longer.
    pub p50: f64,
    /// Nine of ten.
    pub p90: f64,
    /// 99 of a hundred.
    pub p99: f64,
    /// The longest.
    pub max: f64,
    /// How many there were.
    pub count: u64,
}

impl Percentiles {
    /// None yet.
    ///
    /// # Errors
    /// Never with these bounds; the histogram checks them.
    pub fn new() -> Result<Percentiles, hdrhistogram::CreationError> {
        Ok(Percentiles { histogram: Histogram::new_with_bounds(1, 60_000_000_000, 3)? })
    }

    /// Adds one; what is longer than a minute counts as a minute.
    pub fn add(&mut self, duration: Duration) {
        self.histogram.saturating_record(duration.as_nanos() as u64);
    }

    /// What came together.
    pub fn latency(&self) -> Latency {
        let at = |quantile| self.histogram.value_at_quantile(quantile) as f64 / 1e6;
        Latency { p50: at(0.5), p90: at(0.9), p99: at(0.99), max: at(1.0), count: self.histogram.len() }
    }
}

impl fmt::Display for Percentiles {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Latency { p50, p90, p99, max, count } = self.latency();
        write!(f, "p50 {p50:.2} ms  p90 {p90:.2} ms  p99 {p99:.2} ms  max {max:.2} ms  (n = {count})")
    }
}
