//! Which failure all workers hear of when several failed.

use crate::dataflow::host::Failure;
use crate::dataflow::pulse::cancelled;
use crate::eval::Trap;
use crate::source::{FileId, Span};

/// No program has that many files.
const REFUSED: FileId = FileId(u32::MAX);

/// Nor that many.
const LOST: FileId = FileId(u32::MAX - 1);

impl Failure {
    /// The one of two failures that is told.
    pub(crate) fn least(self, other: Failure) -> Failure {
        if other.rank() < self.rank() { other } else { self }
    }

    /// An update was refused, by its number, and why.
    pub(crate) fn refused(number: usize, why: u32) -> Self {
        let span = Span { file: REFUSED, start: number as u32, end: why };
        Failure { rule: None, trap: Trap::new(span, "an update was refused") }
    }

    /// The number of the update that was refused, and why it was, if that is the failure.
    pub(crate) fn refusal(&self) -> Option<(usize, u32)> {
        let span = self.trap.span;
        (span.file == REFUSED).then_some((span.start as usize, span.end))
    }

    /// A worker is gone, and all others must end.
    pub(crate) fn lost(what: &str) -> Self {
        let span = Span { file: LOST, start: 0, end: 0 };
        Failure { rule: None, trap: Trap::new(span, what) }
    }

    /// Whether a worker is gone.
    pub(crate) fn is_lost(&self) -> bool {
        self.trap.span.file == LOST
    }

    /// Whether it is none, but somebody wanted the work to end.
    pub(crate) fn is_cancelled(&self) -> bool {
        self.trap == cancelled()
    }

    fn rank(&self) -> impl Ord + '_ {
        (!self.is_cancelled(), self.refusal().is_none(), self.rule.map(|rule| rule.0), self.trap.rank())
    }
}

/// Of two outcomes the failure, or the least one.
pub(crate) fn both(one: Result<(), Failure>, other: Result<(), Failure>) -> Result<(), Failure> {
    match (one, other) {
        (Err(one), Err(other)) => Err(one.least(other)),
        (one, other) => one.and(other),
    }
}
