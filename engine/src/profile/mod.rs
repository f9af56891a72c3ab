//! Where time and memory go: by rule, by relation, by index, and in the transactions that took long.
//!
//! Everything is counted all the time; a profile is what has been counted so far, or between two looks.

mod data;
mod duration;
mod html;
mod slow;
mod table;

pub use data::{IndexProfile, Profile, RelationProfile, RuleCost, RuleProfile, SlowTransaction};
pub(crate) use slow::SlowLog;
