//! Failures on matches that may not be there in the end: two sides of a join that change in one transaction can give a
//! match and take it back.

use rustc_hash::FxHashMap;

use super::super::index::Weight;
use super::history::Round;
use crate::eval::Trap;
use crate::ir::RuleId;
use crate::value::{Row, Word};

/// Where and when: a rule and one of its stages, the rows that met, and the round.
type Match = (RuleId, usize, Vec<Row>, Round);

/// What code has failed on in a transaction.
#[derive(Default)]
pub(super) struct Failures {
    matches: FxHashMap<Match, (Weight, Trap)>,
}

impl Failures {
    /// The code of a stage has failed on a match that comes or goes in a round.
    #[cold]
    pub(super) fn add(
        &mut self,
        (rule, stage): (RuleId, usize),
        parts: &[&[Word]],
        round: Round,
        weight: Weight,
        trap: Trap,
    ) {
        let parts = parts.iter().map(|part| Row::from(*part)).collect();
        self.matches.entry((rule, stage, parts, round)).or_insert((0, trap)).0 += weight;
    }

    /// The first failure on a match that is there. Forgets all.
    pub(super) fn take(&mut self) -> Option<(RuleId, Trap)> {
        let there = self.matches.drain().filter(|(_, (weight, _))| *weight != 0);
        let first = there.min_by(|(one, _), (other, _)| (one.3, one).cmp(&(other.3, other)))?;
        Some((first.0.0, first.1.1))
    }
}
