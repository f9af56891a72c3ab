//! How much one evaluation builds, so that one that runs away ends before memory does.
//!
//! What is counted is all that code builds, also what is gone again: a measure of work that needs no bookkeeping when
//! values are dropped. Counting is per thread, because values are built in many places that know nothing else.

use std::cell::Cell;

/// When an evaluation is given up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Calls of functions in progress at one time.
    pub depth: u32,
    /// Bytes of values built while one match of a rule is evaluated, also of those that are gone again.
    pub bytes: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Limits { depth: 50_000, bytes: 4 << 30 }
    }
}

/// Bytes that one string, number or collection may have.
pub(crate) const MAX_VALUE: usize = 1 << 30;

/// Bytes that an item of a collection takes.
pub(crate) const ITEM: usize = 16;

thread_local! {
    static SPENT: Cell<u64> = const { Cell::new(0) };
}

/// An evaluation begins.
#[inline]
pub(crate) fn begin() {
    SPENT.set(0);
}

/// Something of that many bytes is built.
#[inline]
pub(crate) fn spend(bytes: usize) {
    SPENT.set(SPENT.get().saturating_add(bytes as u64));
}

/// Bytes built since the evaluation began.
#[inline]
pub(crate) fn spent() -> u64 {
    SPENT.get()
}
