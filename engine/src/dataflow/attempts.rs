//! Failures that may not be: two sides of a join that change at once can give a match and take it back.

use rustc_hash::FxHashMap;

use super::code::{Code, Emit};
use super::index::{Epoch, Weight};
use crate::eval::Trap;
use crate::value::{Row, Word};

/// Code run on the matches of one stage in one transaction. A match on which it fails counts only if it is there in
/// the end.
#[derive(Default)]
pub(super) struct Attempts {
    failed: FxHashMap<Vec<Row>, (Weight, Trap)>,
}

impl Attempts {
    /// Runs the code on a match.
    #[inline]
    pub(super) fn run(
        &mut self,
        code: &Code,
        epoch: Epoch,
        parts: &[&[Word]],
        weight: Weight,
        emit: &mut Emit<'_>,
    ) {
        if let Err(trap) = code.run(epoch, parts, weight, emit) {
            let parts = parts.iter().map(|part| Row::from(*part)).collect();
            let failed = self.failed.entry(parts).or_insert((0, trap));
            failed.0 += weight;
        }
    }

    /// The first failure on a match that is there.
    pub(super) fn result(self) -> Result<(), Trap> {
        let failed = self.failed.into_iter().filter(|(_, (weight, _))| *weight != 0);
        match failed.min_by(|(one, _), (other, _)| one.cmp(other)) {
            Some((_, (_, trap))) => Err(trap),
            None => Ok(()),
        }
    }
}
