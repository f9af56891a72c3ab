//! What comes and goes in groups, and how to take it back.

use crate::value::Word;

/// A value of a group that comes or goes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Change<'a> {
    pub(super) value: Word,
    pub(super) comes: bool,
    /// What aggregates look at; `None` if that cannot be computed.
    pub(super) features: Option<&'a [Word]>,
}

/// All changes of a transaction, group by group, in the order in which they were made.
#[derive(Debug, Default)]
pub(super) struct Log {
    width: usize,
    n_features: usize,
    /// By group.
    keys: Vec<Word>,
    /// By group: where its changes begin.
    starts: Vec<usize>,
    changes: Vec<Logged>,
    /// By change.
    features: Vec<Word>,
}

#[derive(Clone, Copy, Debug)]
struct Logged {
    value: Word,
    comes: bool,
    fails: bool,
}

impl Log {
    /// What is pushed next are changes of this group.
    pub(super) fn begin(&mut self, key: &[Word], n_features: usize) {
        (self.width, self.n_features) = (key.len(), n_features);
        self.keys.extend_from_slice(key);
        self.starts.push(self.changes.len());
    }

    pub(super) fn push(&mut self, change: Change<'_>) {
        let fails = change.features.is_none();
        self.changes.push(Logged { value: change.value, comes: change.comes, fails });
        let rest = self.changes.len() * self.n_features;
        self.features.extend_from_slice(change.features.unwrap_or_default());
        self.features.resize(rest, 0);
    }

    /// The changes of the newest group.
    pub(super) fn newest(&self) -> impl Iterator<Item = Change<'_>> {
        let from = self.starts.last().copied().unwrap_or(self.changes.len());
        (from..self.changes.len()).map(|at| {
            let Logged { value, comes, fails } = self.changes[at];
            let features = &self.features[at * self.n_features..][..self.n_features];
            Change { value, comes, features: (!fails).then_some(features) }
        })
    }

    /// The key of the newest group.
    pub(super) fn newest_key(&self) -> &[Word] {
        &self.keys[self.keys.len().saturating_sub(self.width)..]
    }

    /// Takes the newest group off; whether there was one.
    pub(super) fn pop(&mut self) -> bool {
        let Some(start) = self.starts.pop() else { return false };
        self.keys.truncate(self.keys.len() - self.width);
        self.changes.truncate(start);
        self.features.truncate(start * self.n_features);
        true
    }

    pub(super) fn is_empty(&self) -> bool {
        self.starts.is_empty()
    }

    pub(super) fn clear(&mut self) {
        *self = Log::default();
    }
}

impl Change<'_> {
    /// What takes it back.
    pub(super) fn opposite(self) -> Self {
        Change { comes: !self.comes, ..self }
    }

    /// A feature; only of changes that have them.
    #[inline]
    pub(super) fn feature(self, column: usize) -> Word {
        self.features.and_then(|features| features.get(column)).copied().unwrap_or_default()
    }
}
