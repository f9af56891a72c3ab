//! Groups over rounds: the values of a key together, anew in every round in which one of them changes.

use std::collections::BTreeMap;

use super::super::changes::Changes;
use super::super::code::GroupCode;
use super::super::index::{Batch, Epoch, Weight, keys};
use super::super::pairs::Pairs;
use super::super::reduce::{joined, parted};
use super::history::{History, Round};
use super::inbox::Inbox;
use crate::eval::Trap;
use crate::value::Word;

/// The groups of a stage.
pub(super) struct Groups {
    code: GroupCode,
    /// What each group gave, by its key: rows of key and value in one, the key's width first.
    pub(super) results: History,
    /// Keys to look at again in later rounds.
    again: BTreeMap<Round, Changes>,
}

impl Groups {
    pub(super) fn new(code: GroupCode) -> Self {
        Groups { code, results: History::default(), again: BTreeMap::new() }
    }

    /// Looks at the groups with a value that changes in this round (`fresh`), and at those that are due.
    pub(super) fn update(
        &mut self,
        values: &History,
        fresh: Option<&Batch>,
        (epoch, round): (Epoch, Round),
        out: &mut Inbox,
    ) -> Result<(), Trap> {
        let mut due = self.again.remove(&round).unwrap_or_default();
        fresh.into_iter().flat_map(keys).for_each(|(key, _)| due.push(key, 1));
        due.consolidate();
        let (mut values, mut results) = (values.now(), self.results.before());
        let mut changes = Pairs::default();
        for (key, _) in due.iter() {
            let (mut group, mut next): (Vec<(Word, Weight)>, Option<Round>) = (Vec::new(), None);
            let mut later = |at: Round| next = Some(next.map_or(at, |next| next.min(at)));
            if values.seek(key) {
                values.values(|value, updates| {
                    let mut weight = 0;
                    for (at, change) in updates {
                        if *at <= round { weight += change } else { later(*at) }
                    }
                    if let (Some(word), true) = (value.first(), weight > 0) {
                        group.push((*word, weight));
                    }
                });
            }
            let mut change = Changes::new();
            if results.seek(key) {
                results.values(|result, updates| {
                    let mut weight = 0;
                    for (at, change) in updates {
                        if *at <= round { weight += change } else { later(*at) }
                    }
                    change.push_pair(key, result, -weight);
                });
            }
            if !group.is_empty() {
                self.code.run(epoch, key, &group, &mut |next_key, next_value| {
                    change.push_pair(key, &joined(&next_key, &next_value), 1);
                })?;
            }
            change.consolidate();
            if self.code.inspects() && !change.is_empty() && !group.is_empty() {
                self.code.show(epoch, key, &group, 1)?;
            }
            for (row, weight) in change.iter() {
                let (next_key, next_value) = parted(&row[key.len()..]);
                out.push(round, &next_key, &next_value, weight);
                changes.push(key, &row[key.len()..], weight);
            }
            if let Some(next) = next {
                self.again.entry(next).or_default().push(key, 1);
            }
        }
        self.results.publish(changes, round);
        self.results.settle();
        Ok(())
    }

    /// The next round in which there is something to look at again.
    pub(super) fn next_round(&self) -> Option<Round> {
        self.again.keys().next().copied()
    }

    /// Ends the transaction.
    pub(super) fn end(&mut self, done: bool) {
        self.again.clear();
        self.results.end(done);
    }
}
