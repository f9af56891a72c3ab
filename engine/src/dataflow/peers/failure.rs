//! Which failure all workers hear of when several failed.

use crate::dataflow::host::Failure;

impl Failure {
    /// The one of two failures that is told.
    pub(crate) fn least(self, other: Failure) -> Failure {
        if other.rank() < self.rank() { other } else { self }
    }

    fn rank(&self) -> impl Ord + '_ {
        let span = self.trap.span;
        (self.rule.map(|rule| rule.0), (span.file.0, span.start, span.end), &self.trap.message)
    }
}

/// Of two outcomes the failure, or the least one.
pub(crate) fn both(one: Result<(), Failure>, other: Result<(), Failure>) -> Result<(), Failure> {
    match (one, other) {
        (Err(one), Err(other)) => Err(one.least(other)),
        (one, other) => one.and(other),
    }
}
