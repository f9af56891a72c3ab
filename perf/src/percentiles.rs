//! How long things took, for people.

use std::fmt;
use std::time::Duration;

use hdrhistogram::Histogram;

/// Durations, from a microsecond to a minute, to three digits.
#[derive(Debug)]
pub struct Percentiles {
    histogram: Histogram<u64>,
}

impl Percentiles {
    /// None yet.
    ///
    /// # Errors
    /// Never with these bounds; the histogram checks them.
    pub fn new() -> Result<Percentiles, hdrhistogram::CreationError> {
        Ok(Percentiles { histogram: Histogram::new_with_bounds(1, 60_000_000, 3)? })
    }

    /// Adds one; what is longer than a minute counts as a minute.
    pub fn add(&mut self, duration: Duration) {
        self.histogram.saturating_record(duration.as_micros() as u64);
    }
}

impl fmt::Display for Percentiles {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let at = |quantile| self.histogram.value_at_quantile(quantile) as f64 / 1000.0;
        write!(
            f,
            "p50 {:.2} ms  p90 {:.2} ms  p99 {:.2} ms  max {:.2} ms  (n = {})",
            at(0.5),
            at(0.9),
            at(0.99),
            at(1.0),
            self.histogram.len()
        )
    }
}
