use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use serde_json::Value;
use thiserror::Error;

use super::read::Updates;
use super::{Change, ChangeSet, MonitorPlan, RowUpdate, TableUpdates, UpdateStyle};
use crate::error::{DecodeError, decode_error};
use crate::schema::ColumnType;
use crate::transact::Condition;
use crate::value::{AtomMap, Datum, Layout, Row, Uuid};
use crate::wire::JsonText;

/// A copy of the monitored rows, kept across connections.
///
/// Every message either turns into one [`ChangeSet`] and is in the copy afterwards, or is an error and leaves the copy
/// as it was. After an error the copy may no longer be what the server believes it to be, so the next connection is
/// given all rows again, and their difference to the copy is the change set.
#[derive(Debug, Clone, Default)]
pub struct Replica {
    plan: Option<MonitorPlan>,
    tables: BTreeMap<Arc<str>, HashMap<Uuid, Arc<Row>>>,
    last_transaction: Uuid,
}

/// A message that cannot be applied.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ReplicaError {
    /// It cannot be read.
    #[error("update of monitored tables: {0}")]
    Decode(#[from] DecodeError),
    /// It is about a table that is not monitored.
    #[error("update of table `{0}`, which is not monitored")]
    UnknownTable(String),
    /// It should be all rows, but does not have this one as a whole.
    #[error("row {uuid} of table `{table}` does not come as a whole")]
    NotWhole {
        /// The table.
        table: String,
        /// The row.
        uuid: Uuid,
    },
    /// It has two changes of one row.
    #[error("update has row {uuid} of table `{table}` twice")]
    Twice {
        /// The table.
        table: String,
        /// The row.
        uuid: Uuid,
    },
    /// It changes columns of a row that is not there.
    #[error("update modifies row {uuid} of table `{table}`, which is not there")]
    UnknownRow {
        /// The table.
        table: String,
        /// The row.
        uuid: Uuid,
    },
}

impl Replica {
    /// A copy of nothing.
    pub fn new() -> Self {
        Replica::default()
    }

    /// Prepares for a connection, whose rows will come as `plan` has it. Returns the transaction to resume after: zero if
    /// there is none, or if the columns or conditions are not those of the connection before.
    pub fn start(&mut self, plan: MonitorPlan) -> Uuid {
        if self.plan.as_ref() != Some(&plan) {
            self.last_transaction = Uuid::ZERO;
            self.plan = Some(plan);
        }
        self.last_transaction
    }

    /// Forgets which transaction was last, so that the next connection is given all rows.
    pub fn distrust(&mut self) {
        self.last_transaction = Uuid::ZERO;
    }

    /// Notes the transaction that the copy now includes; zero if the server does not say.
    pub fn set_last_transaction(&mut self, transaction: Uuid) {
        self.last_transaction = transaction;
    }

    /// Notes that the rows of a table are from now on those that satisfy any of these conditions: those that do and were not
    /// here, and those that were here and do not, have come and gone as changes. False if the table is not monitored.
    pub fn set_conditions(&mut self, table: &str, conditions: Vec<Condition>) -> bool {
        self.plan.as_mut().is_some_and(|plan| plan.set_conditions(table, conditions))
    }

    /// Applies what happened since the message before.
    pub fn apply(&mut self, updates: &TableUpdates) -> Result<ChangeSet, ReplicaError> {
        let deltas = self.deltas(updates)?;
        self.apply_deltas(deltas)
    }

    /// Replaces the contents by what `updates` has, and returns what that changes.
    pub fn reset(&mut self, updates: &TableUpdates) -> Result<ChangeSet, ReplicaError> {
        let deltas = self.deltas(updates)?;
        self.reset_to(deltas)
    }

    /// Like [`Replica::apply`], from the text of a `<table-updates>` or `<table-updates2>`.
    pub fn apply_text(&mut self, style: UpdateStyle, updates: &JsonText) -> Result<ChangeSet, ReplicaError> {
        let deltas = self.read(style, updates)?;
        self.apply_deltas(deltas)
    }

    /// Like [`Replica::reset`], from the text of a `<table-updates>` or `<table-updates2>`.
    pub fn reset_text(&mut self, style: UpdateStyle, updates: &JsonText) -> Result<ChangeSet, ReplicaError> {
        let deltas = self.read(style, updates)?;
        self.reset_to(deltas)
    }

    /// What is monitored, once there has been a connection.
    pub fn plan(&self) -> Option<&MonitorPlan> {
        self.plan.as_ref()
    }

    /// A row.
    pub fn row(&self, table: &str, uuid: Uuid) -> Option<&Arc<Row>> {
        self.tables.get(table)?.get(&uuid)
    }

    /// The rows of a table, in no order.
    pub fn rows(&self, table: &str) -> impl Iterator<Item = (Uuid, &Arc<Row>)> {
        self.tables.get(table).into_iter().flatten().map(|(uuid, row)| (*uuid, row))
    }

    /// All rows, in order of table.
    pub fn all_rows(&self) -> impl Iterator<Item = (&Arc<str>, Uuid, &Arc<Row>)> {
        self.tables.iter().flat_map(|(table, rows)| rows.iter().map(move |(uuid, row)| (table, *uuid, row)))
    }

    /// How many rows there are.
    pub fn n_rows(&self) -> usize {
        self.tables.values().map(HashMap::len).sum()
    }

    /// The last transaction included; zero if not known.
    pub fn last_transaction(&self) -> Uuid {
        self.last_transaction
    }

    /// Reads the text quickly, or else slowly, to say what is wrong with it.
    fn read(&self, style: UpdateStyle, updates: &JsonText) -> Result<Vec<RowDelta>, ReplicaError> {
        if let Some(plan) = &self.plan
            && let Ok(deltas) = updates.read(Updates::new(style, plan))
        {
            return Ok(deltas);
        }
        let updates = TableUpdates::read(style, updates.value()?)?;
        self.deltas(&updates)
    }

    fn deltas(&self, updates: &TableUpdates) -> Result<Vec<RowDelta>, ReplicaError> {
        updates
            .rows
            .iter()
            .map(|(table, uuid, update)| {
                let layout = self.plan.as_ref().and_then(|plan| plan.layout(table));
                let layout = layout.ok_or_else(|| ReplicaError::UnknownTable(table.clone()))?;
                let at = |error: DecodeError| error.inside(&uuid.to_string()).inside(table);
                let delta = match update {
                    RowUpdate::Whole(json) => Delta::Whole(Row::from_json(layout, json).map_err(at)?),
                    RowUpdate::Difference(json) => Delta::Difference(differences(layout, json).map_err(at)?),
                    RowUpdate::Gone => Delta::Gone,
                };
                Ok(RowDelta { layout: Arc::clone(layout), uuid: *uuid, delta })
            })
            .collect()
    }

    fn apply_deltas(&mut self, deltas: Vec<RowDelta>) -> Result<ChangeSet, ReplicaError> {
        let mut changes = Vec::with_capacity(deltas.len());
        for RowDelta { layout, uuid, delta } in deltas {
            let table = layout.table();
            let old = self.row(table, uuid);
            let new = match delta {
                Delta::Whole(row) => Some(Arc::new(row)),
                Delta::Gone => None,
                Delta::Difference(differences) => {
                    let unknown = || ReplicaError::UnknownRow { table: table.to_string(), uuid };
                    Some(Arc::new(differ(old.ok_or_else(unknown)?, differences)))
                }
            };
            if old != new.as_ref() {
                changes.push(Change { table: Arc::clone(table), uuid, old: old.cloned(), new });
            }
        }
        self.commit(changes)
    }

    fn reset_to(&mut self, deltas: Vec<RowDelta>) -> Result<ChangeSet, ReplicaError> {
        let mut changes = Vec::new();
        let mut present: BTreeMap<Arc<str>, HashSet<Uuid>> = BTreeMap::new();
        for RowDelta { layout, uuid, delta } in deltas {
            let table = layout.table();
            let Delta::Whole(row) = delta else {
                return Err(ReplicaError::NotWhole { table: table.to_string(), uuid });
            };
            present.entry(Arc::clone(table)).or_default().insert(uuid);
            let old = self.row(table, uuid);
            if old.is_none_or(|old| **old != row) {
                let (old, new) = (old.cloned(), Some(Arc::new(row)));
                changes.push(Change { table: Arc::clone(table), uuid, old, new });
            }
        }
        for (table, rows) in &self.tables {
            let still = present.get(table);
            for (uuid, row) in rows.iter().filter(|(uuid, _)| still.is_none_or(|still| !still.contains(uuid)))
            {
                let table = Arc::clone(table);
                changes.push(Change { table, uuid: *uuid, old: Some(Arc::clone(row)), new: None });
            }
        }
        self.commit(changes)
    }

    fn commit(&mut self, mut changes: Vec<Change>) -> Result<ChangeSet, ReplicaError> {
        changes.sort_by(|left, right| (&left.table, left.uuid).cmp(&(&right.table, right.uuid)));
        let same = |pair: &[Change]| pair[0].table == pair[1].table && pair[0].uuid == pair[1].uuid;
        if let Some(pair) = changes.windows(2).find(|pair| same(pair)) {
            return Err(ReplicaError::Twice { table: pair[0].table.to_string(), uuid: pair[0].uuid });
        }
        for change in &changes {
            let rows = self.tables.entry(Arc::clone(&change.table)).or_default();
            match &change.new {
                Some(row) => rows.insert(change.uuid, Arc::clone(row)),
                None => rows.remove(&change.uuid),
            };
        }
        Ok(ChangeSet { changes })
    }
}

/// What an update says of one row, read by the row's layout.
#[derive(Debug)]
pub(super) struct RowDelta {
    pub(super) layout: Arc<Layout>,
    pub(super) uuid: Uuid,
    pub(super) delta: Delta,
}

#[derive(Debug)]
pub(super) enum Delta {
    Whole(Row),
    /// By how much columns differ, with their places in the layout.
    Difference(Vec<(usize, Datum)>),
    Gone,
}

/// The columns of a `modify`.
fn differences(layout: &Layout, json: &Value) -> Result<Vec<(usize, Datum)>, DecodeError> {
    let members = json.as_object().ok_or_else(|| decode_error("changed columns", json))?;
    members
        .iter()
        .map(|(name, value)| {
            let position = layout
                .position(name)
                .ok_or_else(|| decode_error("a column of the monitored ones", value).inside(name))?;
            let column_type = &layout.columns()[position].column_type;
            Ok((position, Datum::from_json(value, column_type).map_err(|error| error.inside(name))?))
        })
        .collect()
}

/// The row after a `modify`.
fn differ(row: &Row, differences: Vec<(usize, Datum)>) -> Row {
    let mut new = row.clone();
    for (position, difference) in differences {
        let column_type = &row.layout().columns()[position].column_type;
        new.replace(position, combine(&row.values()[position], difference, column_type));
    }
    new
}

/// The value that differs from `old` by `difference` as `update2` defines it.
fn combine(old: &Datum, difference: Datum, column_type: &ColumnType) -> Datum {
    if column_type.is_sent_whole() {
        return difference;
    }
    match (old, difference) {
        (Datum::Set(old), Datum::Set(difference)) => Datum::Set(old.symmetric_difference(&difference)),
        (Datum::Map(old), Datum::Map(difference)) => {
            let untouched = old.iter().filter(|(key, _)| difference.value(key).is_none());
            // A pair that is there already is a pair to be taken away.
            let added = difference.iter().filter(|(key, value)| old.value(key) != Some(value));
            Datum::Map(untouched.chain(added).cloned().collect::<AtomMap>())
        }
        (_, difference) => difference,
    }
}
