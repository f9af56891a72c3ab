//! What other threads may see of and say to an engine at work: how far it is, and that it should stop.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, AtomicUsize, Ordering};

use crate::eval::Limits;
use crate::ir::RuleId;

/// No rule.
const NONE: u32 = u32::MAX;

/// Shared by an engine's thread and all who hold the engine.
#[derive(Debug)]
pub(crate) struct Control {
    /// The number of the piece of work under way; 0 between two.
    running: AtomicU64,
    /// The piece of work that is to stop.
    cancelled: AtomicU64,
    /// Pieces of work so far.
    started: AtomicU64,
    rows: AtomicU64,
    rule: AtomicU32,
    /// Workers with work that must be done to its end: they take changes back.
    shielded: AtomicUsize,
    /// The piece of work under way was cancelled at some time.
    seen: AtomicBool,
    limits: Limits,
}

/// Stops what an engine is doing. May be sent to other threads and outlives the engine.
#[derive(Clone, Debug)]
pub struct Canceller(Arc<Control>);

/// How far an engine is with what it is doing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    /// Whether it is doing anything.
    pub running: bool,
    /// Rows read and derived in the transaction or question under way, or in the last one if there is none.
    pub rows: u64,
    /// The rule that runs, by its number in the program of the engine. A recursion is named by one of its rules.
    pub rule: Option<RuleId>,
}

impl Control {
    pub(crate) fn new(limits: Limits) -> Self {
        Control {
            running: AtomicU64::new(0),
            cancelled: AtomicU64::new(0),
            started: AtomicU64::new(0),
            rows: AtomicU64::new(0),
            rule: AtomicU32::new(NONE),
            shielded: AtomicUsize::new(0),
            seen: AtomicBool::new(false),
            limits,
        }
    }

    /// When an evaluation is given up.
    pub(crate) fn limits(&self) -> Limits {
        self.limits
    }

    /// A piece of work begins.
    pub(crate) fn begin(&self) {
        self.rows.store(0, Ordering::Relaxed);
        self.seen.store(false, Ordering::Relaxed);
        let number = self.started.fetch_add(1, Ordering::Relaxed) + 1;
        self.running.store(number, Ordering::Release);
    }

    /// It is done, or has been given up.
    pub(crate) fn end(&self) {
        self.running.store(0, Ordering::Release);
        self.rule.store(NONE, Ordering::Relaxed);
    }

    /// Whether the work under way is to stop.
    #[inline]
    pub(crate) fn is_cancelled(&self) -> bool {
        let cancelled = self.cancelled.load(Ordering::Relaxed);
        cancelled != 0
            && cancelled == self.running.load(Ordering::Relaxed)
            && self.shielded.load(Ordering::Relaxed) == 0
    }

    /// Whether somebody wanted the work under way to stop, be it that it has stopped already.
    pub(crate) fn was_cancelled(&self) -> bool {
        self.seen.load(Ordering::Relaxed) || self.is_cancelled()
    }

    /// Until further notice the work is not to stop.
    pub(crate) fn shield(&self) {
        self.seen.fetch_or(self.is_cancelled(), Ordering::Relaxed);
        self.shielded.fetch_add(1, Ordering::Relaxed);
    }

    /// From here on it may stop again.
    pub(crate) fn unshield(&self) {
        self.shielded.fetch_sub(1, Ordering::Relaxed);
    }

    /// Rows have been read or derived.
    #[inline]
    pub(crate) fn count(&self, rows: usize) {
        self.rows.fetch_add(rows as u64, Ordering::Relaxed);
    }

    /// A rule begins to run.
    #[inline]
    pub(crate) fn enter(&self, rule: RuleId) {
        self.rule.store(rule.0, Ordering::Relaxed);
    }

    pub(crate) fn progress(&self) -> Progress {
        let rule = self.rule.load(Ordering::Relaxed);
        Progress {
            running: self.running.load(Ordering::Acquire) != 0,
            rows: self.rows.load(Ordering::Relaxed),
            rule: (rule != NONE).then_some(RuleId(rule)),
        }
    }
}

impl Default for Control {
    fn default() -> Self {
        Control::new(Limits::default())
    }
}

impl Canceller {
    pub(crate) fn new(control: Arc<Control>) -> Self {
        Canceller(control)
    }

    /// Makes what the engine is doing now end soon, as [`crate::CommitError::Cancelled`] and with nothing changed. Does
    /// nothing if the engine is idle; what is asked for afterwards is not affected.
    pub fn cancel(&self) {
        self.0.cancelled.store(self.0.running.load(Ordering::Acquire), Ordering::Release);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_work_under_way_is_cancelled() {
        let control = Arc::new(Control::default());
        let canceller = Canceller::new(control.clone());
        canceller.cancel();
        control.begin();
        assert!(!control.is_cancelled());
        canceller.cancel();
        assert!(control.is_cancelled());
        control.end();
        assert!(!control.is_cancelled());
        control.begin();
        assert!(!control.is_cancelled());
    }
}
