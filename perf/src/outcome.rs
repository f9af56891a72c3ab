//! What a run came to.

use serde::{Deserialize, Serialize};

use crate::Latency;

/// What a run came to, in a process of its own.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Outcome {
    /// Rows of all output relations after the facts.
    pub rows: i64,
    /// Rows that came and went over all transactions. None for an engine that knows no transactions.
    pub changed: Option<i64>,
    /// Seconds from the first fact to the complete result.
    pub load: f64,
    /// Of that, from updates handed to the engine to its answer: without the time to put facts into the form that it takes.
    /// None if that is not known apart from the rest.
    pub load_inside: Option<f64>,
    /// CPU seconds of that, all threads.
    pub load_cpu: f64,
    /// CPU seconds of the busiest thread, from the start of the process on: what is left if all others ran beside it.
    pub busiest: f64,
    /// The most memory until then, in megabytes.
    pub load_megabytes: f64,
    /// Of transactions of one fact.
    pub latency: Option<Latency>,
}
