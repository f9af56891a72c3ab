use serde_json::{Map, Value};

use crate::error::{DecodeError, decode_error};
use crate::value::Uuid;

/// What a notification or the reply to a monitor request says of each row, by table.
#[derive(Debug, Clone, PartialEq)]
pub struct TableUpdates {
    /// In the order of the message, which is that of table names and then UUIDs' text.
    pub rows: Vec<(String, Uuid, RowUpdate)>,
}

/// What is said of one row. The rows are still JSON: only with the schema can they be read.
#[derive(Debug, Clone, PartialEq)]
pub enum RowUpdate {
    /// The row is now this. Columns left out hold their defaults.
    Whole(Value),
    /// These columns differ by this: see `update2` in ovsdb-server(7).
    Difference(Value),
    /// The row is gone.
    Gone,
}

/// The two ways of saying it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UpdateStyle {
    /// The `<table-updates>` of `monitor` and `update` (RFC 7047 section 4.1.6): rows before and after.
    OldAndNew,
    /// The `<table-updates2>` of `monitor_cond`, `monitor_cond_since`, `update2` and `update3` (ovsdb-server(7)): rows
    /// and differences.
    Differences,
}

impl TableUpdates {
    /// Reads the updates of all tables.
    pub fn read(style: UpdateStyle, json: Value) -> Result<Self, DecodeError> {
        match style {
            UpdateStyle::OldAndNew => {
                Self::read_by(json, |members| match (members.remove("old"), members.remove("new")) {
                    (_, Some(new)) => Some(RowUpdate::Whole(new)),
                    (Some(_), None) => Some(RowUpdate::Gone),
                    (None, None) => None,
                })
            }
            UpdateStyle::Differences => Self::read_by(json, |members| {
                if let Some(row) = members.remove("initial").or_else(|| members.remove("insert")) {
                    return Some(RowUpdate::Whole(row));
                }
                if let Some(difference) = members.remove("modify") {
                    return Some(RowUpdate::Difference(difference));
                }
                members.contains_key("delete").then_some(RowUpdate::Gone)
            }),
        }
    }

    fn read_by(
        json: Value,
        row_update: impl Fn(&mut Map<String, Value>) -> Option<RowUpdate>,
    ) -> Result<Self, DecodeError> {
        let Value::Object(tables) = json else { return Err(decode_error("updates of tables", &json)) };
        let mut rows = Vec::new();
        for (table, updates) in tables {
            let Value::Object(updates) = updates else {
                return Err(decode_error("updates of a table", &updates).inside(&table));
            };
            for (key, mut update) in updates {
                let refused =
                    |expected, update: &Value| decode_error(expected, update).inside(&key).inside(&table);
                let Ok(uuid) = key.parse::<Uuid>() else {
                    return Err(decode_error("a row's uuid", &Value::String(key)).inside(&table));
                };
                let Some(members) = update.as_object_mut() else {
                    return Err(refused("the update of a row", &update));
                };
                let Some(row) = row_update(members) else {
                    return Err(refused("the update of a row", &update));
                };
                rows.push((table.clone(), uuid, row));
            }
        }
        Ok(TableUpdates { rows })
    }
}
