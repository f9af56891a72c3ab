//! Rows on their way to a stage or a relation, by the round in which they count.

use std::collections::BTreeMap;

use super::super::index::Weight;
use super::super::pairs::Pairs;
use super::history::Round;
use crate::value::Word;

/// What waits for one receiver.
#[derive(Default)]
pub(super) struct Inbox {
    round: Round,
    /// For that round.
    now: Pairs,
    /// For later ones.
    later: BTreeMap<Round, Pairs>,
    received: usize,
}

impl Inbox {
    /// The round that begins; those before are over.
    pub(super) fn begin(&mut self, round: Round) {
        self.round = round;
        if let Some(due) = self.later.remove(&round) {
            self.now.append(due);
        }
    }

    /// Adds a change that counts from a round on: this one or a later one.
    #[inline]
    pub(super) fn push(&mut self, round: Round, key: &[Word], value: &[Word], weight: Weight) {
        self.received += 1;
        if round <= self.round {
            self.now.push(key, value, weight);
        } else {
            self.later.entry(round).or_default().push(key, value, weight);
        }
    }

    /// What has come for this round.
    pub(super) fn take(&mut self) -> Pairs {
        std::mem::take(&mut self.now)
    }

    /// Changes that have come in this transaction.
    pub(super) fn received(&self) -> usize {
        self.received
    }

    /// The next round for which something is there.
    pub(super) fn next_round(&self) -> Option<Round> {
        self.later.keys().next().copied()
    }

    /// Forgets everything.
    pub(super) fn clear(&mut self) {
        *self = Inbox::default();
    }
}
