//! Monitored rows written down by hand, for tests.
#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock};

use ovsdb::monitor::{Change, ChangeSet};
use ovsdb::schema::DatabaseSchema;
use ovsdb::value::{Layout, Row, Uuid};
use serde_json::{Map, Value, json};

use super::tables::{Tables, monitored};

/// The columns of OVS's schema that are monitored.
static SCHEMA: LazyLock<DatabaseSchema> = LazyLock::new(|| {
    let references = |table: &str| json!({"type": {"key": {"type": "uuid", "refTable": table}, "min": 0, "max": "unlimited"}});
    let texts = json!({"type": {"key": "string", "value": "string", "min": 0, "max": "unlimited"}});
    let text = json!({"type": "string"});
    let optional = |kind: &str| json!({"type": {"key": kind, "min": 0, "max": 1}});
    DatabaseSchema::from_json(&json!({"name": "Open_vSwitch", "version": "8.3.1", "tables": {
        "Open_vSwitch": {"columns": {
            "bridges": references("Bridge"), "manager_options": references("Manager"), "external_ids": texts}},
        "Bridge": {"columns": {
            "name": text, "ports": references("Port"), "controller": references("Controller"), "datapath_type": text,
            "fail_mode": optional("string"), "other_config": texts,
            "protocols": {"type": {"key": "string", "min": 0, "max": "unlimited"}}}},
        "Port": {"columns": {"name": text, "interfaces": references("Interface"), "external_ids": texts}},
        "Interface": {"columns": {
            "name": text, "type": text, "options": texts, "external_ids": texts, "ofport": optional("integer"),
            "error": optional("string")}},
        "Controller": {"columns": {
            "target": text, "connection_mode": optional("string"), "max_backoff": optional("integer"),
            "inactivity_probe": optional("integer"), "external_ids": texts}},
        "Manager": {"columns": {
            "target": text, "max_backoff": optional("integer"), "is_connected": {"type": "boolean"}}},
    }}))
    .unwrap()
});

/// `{table: [{"_id": n, column: value}]}`: numbers in reference columns are `_id`s, objects are maps, arrays sets.
pub(super) fn tables(contents: &Value) -> Tables {
    let mut changes = Vec::new();
    for (table, rows) in contents.as_object().unwrap() {
        for row in rows.as_array().unwrap() {
            changes.push(change(table, row));
        }
    }
    let mut tables = Tables::default();
    tables.apply(&ChangeSet { changes });
    tables
}

/// The UUID of the row that `_id` names.
pub(super) fn uuid(id: u64) -> Uuid {
    Uuid::from_u128(u128::from(id))
}

fn change(table: &str, row: &Value) -> Change {
    let spec = monitored().tables.into_iter().find(|spec| spec.table == table).unwrap();
    let schema = &SCHEMA.tables[table];
    let types: BTreeMap<String, _> = spec
        .columns
        .unwrap()
        .into_iter()
        .map(|name| (name.clone(), schema.columns[&name].column_type.clone()))
        .collect();
    let mut members: Map<String, Value> = row.as_object().unwrap().clone();
    let id = members.remove("_id").unwrap().as_u64().unwrap();
    let json = members.into_iter().map(|(column, value)| {
        let is_reference = schema.columns[&column].column_type.key.reference().is_some();
        (column, wire(&value, is_reference))
    });
    let json = Value::Object(json.collect());
    let layout = Arc::new(Layout::new(table, types));
    let new = Some(Arc::new(Row::from_json(&layout, &json).unwrap()));
    Change { table: Arc::from(table), uuid: uuid(id), old: None, new }
}

fn wire(value: &Value, is_reference: bool) -> Value {
    match value {
        Value::Object(map) => {
            json!(["map", map.iter().map(|(key, value)| json!([key, value])).collect::<Vec<_>>()])
        }
        Value::Array(set) => {
            json!(["set", set.iter().map(|atom| wire(atom, is_reference)).collect::<Vec<_>>()])
        }
        Value::Number(number) if is_reference => json!(["uuid", uuid(number.as_u64().unwrap()).to_string()]),
        atom => atom.clone(),
    }
}
