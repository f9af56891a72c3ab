//! From rules to an explicit plan: what is arranged by what, joined in which order, in which stratum.

pub mod transform;
