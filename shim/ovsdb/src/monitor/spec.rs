use std::collections::BTreeSet;

use crate::transact::Condition;

/// What of a database is to be monitored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MonitorSpec {
    /// The database's name.
    pub database: String,
    /// The tables. [`MonitorSpec::all`] leaves the list empty and means every table.
    pub tables: Vec<TableSpec>,
}

/// What of a table is to be monitored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TableSpec {
    /// The table's name.
    pub table: String,
    /// The columns that must be there; `None` for every column that the schema has.
    pub columns: Option<BTreeSet<String>>,
    /// Columns that are monitored if the schema has them.
    pub optional_columns: BTreeSet<String>,
    /// Whether a schema without the table is fine.
    pub optional: bool,
    /// Rows that satisfy any of these; all rows if empty. A server without conditional monitoring sends all rows.
    pub conditions: Vec<Condition>,
}

impl MonitorSpec {
    /// Every column of every table.
    pub fn all(database: impl Into<String>) -> Self {
        MonitorSpec { database: database.into(), tables: Vec::new() }
    }

    /// These tables.
    pub fn of(database: impl Into<String>, tables: impl IntoIterator<Item = TableSpec>) -> Self {
        MonitorSpec { database: database.into(), tables: tables.into_iter().collect() }
    }

    /// Puts other conditions on the rows of a table, and gives out those before; `None` if the table is not listed.
    pub fn replace_conditions(&mut self, table: &str, conditions: Vec<Condition>) -> Option<Vec<Condition>> {
        let listed = self.tables.iter_mut().find(|listed| listed.table == table)?;
        Some(std::mem::replace(&mut listed.conditions, conditions))
    }
}

impl TableSpec {
    /// All columns of all rows.
    pub fn all(table: impl Into<String>) -> Self {
        TableSpec {
            table: table.into(),
            columns: None,
            optional_columns: BTreeSet::new(),
            optional: false,
            conditions: Vec::new(),
        }
    }

    /// These columns of all rows.
    pub fn columns<'name>(table: impl Into<String>, columns: impl IntoIterator<Item = &'name str>) -> Self {
        TableSpec { columns: Some(columns.into_iter().map(str::to_owned).collect()), ..TableSpec::all(table) }
    }

    /// And these, if the schema has them.
    pub fn optional_columns<'name>(mut self, columns: impl IntoIterator<Item = &'name str>) -> Self {
        self.optional_columns.extend(columns.into_iter().map(str::to_owned));
        self
    }

    /// If the schema has the table.
    pub fn optional(mut self) -> Self {
        self.optional = true;
        self
    }

    /// Rows that satisfy this, and those that satisfy another such condition.
    pub fn or_where(mut self, condition: Condition) -> Self {
        self.conditions.push(condition);
        self
    }
}
