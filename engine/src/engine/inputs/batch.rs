//! The updates of a transaction, for all workers of a process.

use std::collections::BTreeSet;
use std::sync::{PoisonError, RwLock, RwLockReadGuard};

use crate::engine::commit::Update;
use crate::ir::RelationId;

/// From so many updates on each worker puts some of them into words.
const PARTED_FROM: usize = 64;

/// Updates of a transaction, in order.
pub(in crate::engine) struct Batch {
    /// One part, or one for each worker of the process; with the number of its first update.
    parts: Vec<(usize, RwLock<Vec<Update>>)>,
    /// Every worker there is looks at all updates.
    pub(super) for_all: bool,
    /// Relations of which records are modified: what an update does depends on more than its own key.
    pub(super) modified: BTreeSet<RelationId>,
}

impl Batch {
    /// For so many workers of this process; `more` if there are others elsewhere.
    pub(in crate::engine) fn new(mut updates: Vec<Update>, workers: usize, more: bool) -> Self {
        let alone = workers == 1 && !more;
        let modifies = |update: &&Update| !alone && matches!(update, Update::Modify { .. });
        let modified: BTreeSet<RelationId> = updates.iter().filter(modifies).map(Update::relation).collect();
        if workers == 1 || updates.len() < PARTED_FROM || !modified.is_empty() {
            return Batch { parts: vec![(0, RwLock::new(updates))], for_all: !more, modified };
        }
        let share = updates.len().div_ceil(workers);
        let mut parts = Vec::with_capacity(workers);
        for worker in (1..workers).rev() {
            let from = (worker * share).min(updates.len());
            parts.push((from, RwLock::new(updates.split_off(from))));
        }
        parts.push((0, RwLock::new(updates)));
        parts.reverse();
        Batch { parts, for_all: false, modified }
    }

    /// For the workers of a process to which no updates are given: which relations have records modified.
    pub(in crate::engine) fn of_others(modified: BTreeSet<RelationId>) -> Self {
        Batch { parts: Vec::new(), for_all: false, modified }
    }

    /// Relations of which records are modified.
    pub(in crate::engine) fn modified(&self) -> impl ExactSizeIterator<Item = &RelationId> {
        self.modified.iter()
    }

    /// A worker's part, with the number of its first update.
    pub(in crate::engine) fn part(&self, worker: usize) -> Option<(usize, RwLockReadGuard<'_, Vec<Update>>)> {
        let (from, part) = self.parts.get(worker)?;
        Some((*from, part.read().unwrap_or_else(PoisonError::into_inner)))
    }

    /// Forgets what only this worker has put into words.
    pub(in crate::engine) fn forget_part(&self, worker: usize) {
        if let (Some((_, part)), false) = (self.parts.get(worker), self.for_all) {
            *part.write().unwrap_or_else(PoisonError::into_inner) = Vec::new();
        }
    }

    /// An update by its number.
    pub(super) fn update(&self, number: usize) -> Option<Update> {
        let (from, part) = self.parts.iter().rev().find(|(from, _)| *from <= number)?;
        part.read().unwrap_or_else(PoisonError::into_inner).get(number - from).cloned()
    }
}
