//! Failures that may not be: two sides of a join that change at once can give a match and take it back.

use rustc_hash::FxHashMap;

use super::code::{Code, Emit};
use super::index::{Epoch, Weight};
use super::pulse::{Pulse, cancelled};
use crate::eval::Trap;
use crate::value::{Row, Word};

/// Code run on the matches of one stage in one transaction. A match on which it fails counts only if it is there in
/// the end.
pub(super) struct Attempts<'p> {
    pulse: &'p Pulse,
    /// Somebody wants this to end.
    stopped: bool,
    failed: FxHashMap<Vec<Row>, (Weight, Trap)>,
}

impl<'p> Attempts<'p> {
    pub(super) fn new(pulse: &'p Pulse) -> Self {
        Attempts { pulse, stopped: false, failed: FxHashMap::default() }
    }

    /// Whether there is no sense in going on.
    #[inline]
    pub(super) fn stopped(&self) -> bool {
        self.stopped
    }

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
        self.stopped |= self.pulse.stops();
        if self.stopped {
            return;
        }
        if let Err(trap) = code.run(epoch, parts, weight, emit) {
            let parts = parts.iter().map(|part| Row::from(*part)).collect();
            let failed = self.failed.entry(parts).or_insert((0, trap));
            failed.0 += weight;
        }
    }

    /// The first failure on a match that is there.
    pub(super) fn result(self) -> Result<(), Trap> {
        if self.stopped {
            return Err(cancelled());
        }
        let failed = self.failed.into_iter().filter(|(_, (weight, _))| *weight != 0);
        let mut least = Least::default();
        failed.for_each(|(_, (_, trap))| least.note(Err(trap)));
        least.result()
    }
}

/// The failure that is told of several, however rows are numbered and whoever runs the code.
#[derive(Default)]
pub(super) struct Least(Option<Trap>);

impl Least {
    /// Notes how it went for one row.
    #[inline]
    pub(super) fn note(&mut self, outcome: Result<(), Trap>) {
        if let Err(trap) = outcome {
            self.add(trap);
        }
    }

    #[cold]
    fn add(&mut self, trap: Trap) {
        self.0 = Some(match self.0.take() {
            Some(least) if least.rank() <= trap.rank() => least,
            _ => trap,
        });
    }

    /// The least failure, if there was one.
    pub(super) fn result(self) -> Result<(), Trap> {
        self.0.map_or(Ok(()), Err)
    }
}
