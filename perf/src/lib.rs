//! Churn simulation and benchmarks.
