//! Asking declared indexes.

use std::rc::Rc;

use super::changes::Changes;
use super::code::Code;
use super::host::Host;
use super::index::Epoch;
use super::reader::AsOf;
use crate::eval::{Machine, Trap};
use crate::plan::IndexPlan;
use crate::value::{Row, Word};

/// An index of the program, ready to be asked.
pub(crate) struct Query {
    key: Code,
    plan: IndexPlan,
}

impl Query {
    /// Gets an index ready.
    pub(crate) fn new(machine: &Rc<Machine>, plan: &IndexPlan) -> Self {
        Query { key: Code::new(machine, &plan.key), plan: plan.clone() }
    }

    /// The rows for these values of the index's fields.
    pub(crate) fn rows(&self, host: &mut Host, epoch: Epoch, fields: &[Word]) -> Result<Changes, Trap> {
        let mut key = Row::default();
        self.key.run(epoch, &[fields], 1, &mut |row, _, _| key = row.into())?;
        let mut rows = Changes::new();
        let Some(mut reader) = host.arrangements[self.plan.arrangement.0 as usize].reader() else {
            return Ok(rows);
        };
        if reader.seek(&key) {
            reader.values(AsOf::Now, |value, weight| rows.push(&self.row(&key, value), weight));
        }
        Ok(rows)
    }

    /// All rows in the index.
    pub(crate) fn all(&self, host: &mut Host) -> Changes {
        let mut rows = Changes::new();
        if let Some(mut reader) = host.arrangements[self.plan.arrangement.0 as usize].reader() {
            reader.all(AsOf::Now, |key, value, weight| rows.push(&self.row(key, value), weight));
        }
        rows
    }

    fn row(&self, key: &[Word], value: &[Word]) -> Row {
        let whole =
            self.plan.key_columns.iter().zip(key).filter_map(|(column, word)| Some(((*column)?, *word)));
        let mut columns: Vec<(usize, Word)> =
            whole.chain(self.plan.value_columns.iter().copied().zip(value.iter().copied())).collect();
        columns.sort_unstable();
        columns.into_iter().map(|(_, word)| word).collect()
    }
}
