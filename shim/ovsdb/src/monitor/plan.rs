use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::{Map, Value, json};
use thiserror::Error;

use super::{MonitorSpec, TableSpec};
use crate::schema::{DatabaseSchema, TableSchema};
use crate::transact::Condition;
use crate::value::Layout;

/// A [`MonitorSpec`] fitted to a schema: the columns that will arrive, in their order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MonitorPlan {
    database: String,
    tables: BTreeMap<Arc<str>, PlannedTable>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct PlannedTable {
    layout: Arc<Layout>,
    conditions: Vec<Condition>,
}

/// A schema that does not have what is to be monitored.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum PlanError {
    /// The schema is of another database.
    #[error("schema of database `{found}` where `{wanted}` is to be monitored")]
    OtherDatabase {
        /// The database asked for.
        wanted: String,
        /// The schema's.
        found: String,
    },
    /// A table is missing.
    #[error("database `{database}` (schema {version}) has no table `{table}`")]
    MissingTable {
        /// The database.
        database: String,
        /// The version of its schema.
        version: String,
        /// The table.
        table: String,
    },
    /// A column is missing.
    #[error("table `{table}` of database `{database}` (schema {version}) has no column `{column}`")]
    MissingColumn {
        /// The database.
        database: String,
        /// The version of its schema.
        version: String,
        /// The table.
        table: String,
        /// The column.
        column: String,
    },
}

impl MonitorPlan {
    /// Fits `spec` to `schema`; tables and columns that are optional and missing are left out.
    pub fn new(spec: &MonitorSpec, schema: &DatabaseSchema) -> Result<Self, PlanError> {
        if spec.database != schema.name {
            let (wanted, found) = (spec.database.clone(), schema.name.clone());
            return Err(PlanError::OtherDatabase { wanted, found });
        }
        let everything: Vec<TableSpec>;
        let table_specs = if spec.tables.is_empty() {
            everything = schema.tables.keys().map(TableSpec::all).collect();
            &everything
        } else {
            &spec.tables
        };
        let version = || schema.version.clone().unwrap_or_else(|| "without version".to_owned());
        let mut tables = BTreeMap::new();
        for table_spec in table_specs {
            let Some(table) = schema.tables.get(&table_spec.table) else {
                if table_spec.optional {
                    continue;
                }
                let (database, table) = (schema.name.clone(), table_spec.table.clone());
                return Err(PlanError::MissingTable { database, version: version(), table });
            };
            let layout = layout(table_spec, table).map_err(|column| PlanError::MissingColumn {
                database: schema.name.clone(),
                version: version(),
                table: table_spec.table.clone(),
                column,
            })?;
            let planned =
                PlannedTable { layout: Arc::new(layout), conditions: table_spec.conditions.clone() };
            tables.insert(Arc::clone(planned.layout.table()), planned);
        }
        Ok(MonitorPlan { database: spec.database.clone(), tables })
    }

    /// The database monitored.
    pub fn database(&self) -> &str {
        &self.database
    }

    /// The layout of a monitored table's rows.
    pub fn layout(&self, table: &str) -> Option<&Arc<Layout>> {
        self.tables.get(table).map(|planned| &planned.layout)
    }

    /// The layouts of all monitored tables, in order of name.
    pub fn layouts(&self) -> impl Iterator<Item = &Arc<Layout>> {
        self.tables.values().map(|planned| &planned.layout)
    }

    /// The `<monitor-cond-requests>` of `monitor_cond` and `monitor_cond_since`.
    pub fn conditional_requests(&self) -> Value {
        self.requests(|request, planned| {
            if !planned.conditions.is_empty() {
                let conditions = planned.conditions.iter().map(Condition::to_json).collect();
                request.insert("where".to_owned(), Value::Array(conditions));
            }
        })
    }

    /// Notes that rows of a table are monitored by other conditions from now on. False if the table is not monitored.
    pub fn set_conditions(&mut self, table: &str, conditions: Vec<Condition>) -> bool {
        let planned = self.tables.get_mut(table);
        planned.map(|planned| planned.conditions = conditions).is_some()
    }

    /// The `<monitor-requests>` of `monitor`, which knows no conditions.
    pub fn plain_requests(&self) -> Value {
        self.requests(|_, _| {})
    }

    fn requests(&self, narrow: impl Fn(&mut Map<String, Value>, &PlannedTable)) -> Value {
        let tables = self.tables.iter().map(|(table, planned)| {
            let columns: Vec<&str> =
                planned.layout.columns().iter().map(|column| column.name.as_ref()).collect();
            let mut request = Map::new();
            request.insert("columns".to_owned(), json!(columns));
            narrow(&mut request, planned);
            (table.to_string(), Value::Array(vec![Value::Object(request)]))
        });
        Value::Object(tables.collect())
    }
}

/// The layout of the columns asked for, or the name of one that is missing.
fn layout(spec: &TableSpec, table: &TableSchema) -> Result<Layout, String> {
    let mut columns = Vec::new();
    match &spec.columns {
        None => columns
            .extend(table.columns.iter().map(|(name, column)| (name.clone(), column.column_type.clone()))),
        Some(names) => {
            for name in names {
                let column_type = table.column_type(name).ok_or_else(|| name.clone())?;
                columns.push((name.clone(), column_type));
            }
        }
    }
    for name in &spec.optional_columns {
        columns.extend(table.column_type(name).map(|column_type| (name.clone(), column_type)));
    }
    Ok(Layout::new(&spec.table, columns))
}
