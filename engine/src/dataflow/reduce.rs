//! Groups: all values of a key together, computed anew when one of them changes.

use super::code::{Emit, GroupCode};
use super::index::{Batch, Epoch, Index, Weight, keys};
use super::pairs::Pairs;
use super::pulse::Pulse;
use super::reader::{AsOf, Reader};
use crate::eval::Trap;
use crate::value::{Row, Word};

/// Groups of a stage, with what was made of them.
pub(crate) struct Groups {
    code: GroupCode,
    /// What each group gave, by the group's key: rows of key and value in one, the key's width first.
    results: Index,
}

impl Groups {
    /// Without groups.
    pub(crate) fn new(code: GroupCode) -> Self {
        Groups { code, results: Index::new() }
    }

    /// Computes the groups anew whose values change; `values` has the changes already. Gives what is to be undone
    /// should the transaction fail.
    pub(crate) fn update(
        &mut self,
        changes: &Batch,
        values: &mut Index,
        epoch: Epoch,
        pulse: &Pulse,
        emit: &mut Emit<'_>,
    ) -> Result<std::rc::Rc<Batch>, Trap> {
        let mut values = values.reader();
        let mut results = self.results.reader();
        let mut updates = Pairs::new();
        for (key, _) in keys(changes) {
            pulse.beat()?;
            if results.seek(key) {
                results.values(AsOf::Now, |result, weight| {
                    updates.push(key, result, -weight);
                });
            }
            let group = members(&mut values, key, AsOf::Now);
            if self.code.inspects() {
                self.show(epoch, key, &members(&mut values, key, AsOf::Before(epoch)), &group)?;
            }
            if group.is_empty() {
                continue;
            }
            self.code.run(epoch, key, &group, &mut |next_key, next_value| {
                updates.push(key, &joined(&next_key, &next_value), 1);
            })?;
        }
        let batch = self.results.batch(updates, epoch);
        for (_, results) in keys(&batch) {
            for (result, weight) in results.iter() {
                let (key, value) = parted(result);
                emit(&key, &value, weight);
            }
        }
        self.results.insert(batch.clone());
        Ok(batch)
    }

    /// Groups of rows that live for one transaction: nothing is kept.
    pub(crate) fn once(
        &self,
        rows: &Batch,
        epoch: Epoch,
        pulse: &Pulse,
        emit: &mut Emit<'_>,
    ) -> Result<(), Trap> {
        for (key, values) in keys(rows) {
            pulse.beat()?;
            let group: Vec<(Word, Weight)> = values.iter().filter_map(member).collect();
            if !group.is_empty() {
                self.show(epoch, key, &[], &group)?;
                self.code.run(epoch, key, &group, &mut |key, value| emit(&key, &value, 1))?;
            }
        }
        Ok(())
    }

    /// Shows whoever looks on what a group gave before and what it gives now, if that is not the same.
    fn show(
        &self,
        epoch: Epoch,
        key: &[Word],
        before: &[(Word, Weight)],
        now: &[(Word, Weight)],
    ) -> Result<(), Trap> {
        if !self.code.inspects() {
            return Ok(());
        }
        let given = |group: &[(Word, Weight)]| -> Result<Vec<(Row, Row)>, Trap> {
            let mut rows = Vec::new();
            if !group.is_empty() {
                self.code.run(epoch, key, group, &mut |key, value| rows.push((key, value)))?;
            }
            Ok(rows)
        };
        if given(before)? == given(now)? {
            return Ok(());
        }
        for (group, weight) in [(before, -1), (now, 1)] {
            if !group.is_empty() {
                self.code.show(epoch, key, group, weight)?;
            }
        }
        Ok(())
    }

    /// What all groups gave.
    pub(crate) fn results(&mut self) -> &mut Index {
        &mut self.results
    }
}

/// The values of a key that are there, with their weights.
fn members(values: &mut Reader, key: &[Word], as_of: AsOf) -> Vec<(Word, Weight)> {
    let mut group = Vec::new();
    if values.seek(key) {
        values.values(as_of, |value, weight| group.extend(member((value, weight))));
    }
    group
}

fn member((value, weight): (&[Word], Weight)) -> Option<(Word, Weight)> {
    let word = value.first()?;
    (weight > 0).then_some((*word, weight))
}

/// Key and value as one row, so that a result is one value of its group.
pub(crate) fn joined(key: &[Word], value: &[Word]) -> Row {
    std::iter::once(key.len() as Word).chain(key.iter().chain(value).copied()).collect()
}

/// The key and value that [`joined`] put together.
pub(crate) fn parted(row: &[Word]) -> (Row, Row) {
    let Some((width, words)) = row.split_first() else { return Default::default() };
    let (key, value) = words.split_at((*width as usize).min(words.len()));
    (Row::from(key), Row::from(value))
}
