//! Groups: all values of a key together. If a rule only asks for aggregates, those are kept; otherwise a group is computed
//! anew when one of its values changes.

use std::rc::Rc;
use std::sync::Arc;

use super::aggregate::Aggregation;
use super::code::{Emit, GroupCode};
use super::columns::{Columns, Marking};
use super::index::{Batch, Epoch, Index, Weight, keys};
use super::memory::Held;
use super::pairs::Pairs;
use super::pulse::Pulse;
use super::reader::{AsOf, Reader};
use crate::eval::{Machine, Trap};
use crate::plan::transform::Reduction;
use crate::value::{Row, Word};

/// Groups of a stage, with what was made of them.
pub(crate) struct Groups {
    code: GroupCode,
    kept: Kept,
}

enum Kept {
    /// What each group gave, by the group's key: rows of key and value in one, the key's width first. And what the
    /// current transaction changed in it.
    Results(Box<Index>, Option<Rc<Batch>>),
    Aggregates(Box<Aggregation>),
}

impl Groups {
    /// What it takes.
    pub(crate) fn held(&self) -> Held {
        match &self.kept {
            Kept::Results(index, _) => index.held(),
            Kept::Aggregates(kept) => kept.held(),
        }
    }

    /// Without groups; the rows that a group gives are split into key and value after so many columns.
    pub(crate) fn new(machine: &Rc<Machine>, reduction: &Arc<Reduction>, key_columns: Option<usize>) -> Self {
        let kept = match &reduction.aggregates {
            Some(aggregates) => Kept::Aggregates(Box::new(Aggregation::new(machine, aggregates))),
            None => Kept::Results(Box::new(Index::new()), None),
        };
        Groups { code: GroupCode::new(machine, reduction, key_columns), kept }
    }

    /// Brings the groups up to date whose values change; `values` has the changes already.
    pub(crate) fn update(
        &mut self,
        changes: &Batch,
        values: &mut Index,
        epoch: Epoch,
        pulse: &Pulse,
        emit: &mut Emit<'_>,
    ) -> Result<(), Trap> {
        let (index, changed) = match &mut self.kept {
            Kept::Aggregates(kept) => return kept.update(changes, values, &self.code, epoch, pulse, emit),
            Kept::Results(index, changed) => (index, changed),
        };
        let mut values = values.reader();
        let mut results = index.reader();
        let mut updates = Pairs::new();
        for (key, _) in keys(changes) {
            pulse.beat()?;
            if results.seek(key) {
                results.values(AsOf::Now, |result, weight| {
                    updates.push(key, result, -weight);
                });
            }
            let is_known = values.seek(key);
            let group = if is_known { members(&values, AsOf::Now) } else { Vec::new() };
            if self.code.inspects() {
                let before = if is_known { members(&values, AsOf::Before(epoch)) } else { Vec::new() };
                show(&self.code, epoch, key, &before, &group)?;
            }
            if group.is_empty() {
                continue;
            }
            self.code.run(epoch, key, &group, &mut |next_key, next_value| {
                updates.push(key, &joined(&next_key, &next_value), 1);
            })?;
        }
        let batch = index.batch(updates, epoch);
        for (_, results) in keys(&batch) {
            for (result, weight) in results.iter() {
                let (key, value) = parted(result);
                emit(&key, &value, weight);
            }
        }
        index.insert(batch.clone());
        *changed = Some(batch);
        Ok(())
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
                show(&self.code, epoch, key, &[], &group)?;
                self.code.run(epoch, key, &group, &mut |key, value| emit(&key, &value, 1))?;
            }
        }
        Ok(())
    }

    /// What all groups give; `values` has their values.
    pub(crate) fn contents(
        &mut self,
        values: &mut Reader,
        epoch: Epoch,
        pulse: &Pulse,
        emit: &mut Emit<'_>,
    ) -> Result<(), Trap> {
        match &mut self.kept {
            Kept::Aggregates(kept) => kept.contents(values, &self.code, epoch, pulse, emit),
            Kept::Results(index, _) => {
                index.reader().all(AsOf::Now, |_, result, weight| {
                    let (row, value) = parted(result);
                    emit(&row, &value, weight);
                });
                Ok(())
            }
        }
    }

    /// Takes back what the current transaction changed, in a later one.
    pub(crate) fn undo(&mut self, epoch: Epoch) {
        match &mut self.kept {
            Kept::Aggregates(kept) => kept.undo(),
            Kept::Results(index, changed) => {
                if let Some(batch) = changed.take() {
                    index.undo(&batch, epoch);
                }
            }
        }
    }

    /// Forgets that there was a transaction.
    pub(crate) fn end(&mut self) {
        match &mut self.kept {
            Kept::Aggregates(kept) => kept.end(),
            Kept::Results(_, changed) => *changed = None,
        }
    }

    /// Gives what it keeps to the groups of the same rule and takes what those keep.
    pub(crate) fn exchange(&mut self, other: &mut Self) {
        match (&mut self.kept, &mut other.kept) {
            (Kept::Aggregates(one), Kept::Aggregates(other)) => one.exchange(other),
            (one, other) => std::mem::swap(one, other),
        }
    }

    /// Marks the values in what it keeps; `results` are the columns of what groups give.
    pub(crate) fn mark(&mut self, results: &Columns, marking: &mut Marking<'_>) {
        match &mut self.kept {
            Kept::Aggregates(kept) => kept.mark(marking),
            Kept::Results(index, _) => results.mark(marking, index.reader()),
        }
    }
}

/// Shows whoever looks on what a group gave before and what it gives now, if that is not the same.
fn show(
    code: &GroupCode,
    epoch: Epoch,
    key: &[Word],
    before: &[(Word, Weight)],
    now: &[(Word, Weight)],
) -> Result<(), Trap> {
    if !code.inspects() {
        return Ok(());
    }
    let given = |group: &[(Word, Weight)]| -> Result<Vec<(Row, Row)>, Trap> {
        let mut rows = Vec::new();
        if !group.is_empty() {
            code.run(epoch, key, group, &mut |key, value| rows.push((key, value)))?;
        }
        Ok(rows)
    };
    if given(before)? == given(now)? {
        return Ok(());
    }
    for (group, weight) in [(before, -1), (now, 1)] {
        if !group.is_empty() {
            code.show(epoch, key, group, weight)?;
        }
    }
    Ok(())
}

/// The values of the current key that are there, with their weights.
pub(super) fn members(values: &Reader, as_of: AsOf) -> Vec<(Word, Weight)> {
    let mut group = Vec::new();
    values.values(as_of, |value, weight| group.extend(member((value, weight))));
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
