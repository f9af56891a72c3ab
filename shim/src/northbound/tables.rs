//! Which Northbound tables and columns the rules use, and rows of them as records of the rules' input relations.
//!
//! The relations of the module `nb` are the Northbound's tables (`rules/nb.dl`). A table that no rule reads is not
//! monitored; a column that no rule reads may be missing from the server's schema.

use std::collections::BTreeSet;
use std::sync::Arc;

use ovsdb::monitor::{Change, ChangeSet, MonitorSpec, TableSpec};
use ovsdb::schema::DatabaseSchema;
use ovsdb::value::{Atom, Datum, Row, Uuid};
use thiserror::Error;
use weir_engine::engine::Update;
use weir_engine::ir::{
    ClauseKind, Pattern, PatternKind, Program, RelationId, RelationRole, Type, TypeId, TypeTable,
};
use weir_engine::value::Value;

/// The database that is read.
pub const DATABASE: &str = "OVN_Northbound";

/// Columns that Weir writes, and so wants to see, whatever the rules read.
const WRITTEN: &[(&str, &[&str])] = &[("Logical_Switch_Port", &["up"]), ("NB_Global", &["sb_cfg", "hv_cfg"])];

/// The tables the rules read.
#[derive(Debug)]
pub struct NorthboundTables {
    types: TypeTable,
    tables: Vec<Table>,
}

#[derive(Debug)]
struct Table {
    name: String,
    relation: RelationId,
    constructor: Arc<str>,
    columns: Vec<Column>,
}

#[derive(Debug)]
struct Column {
    field: Arc<str>,
    name: Arc<str>,
    ty: TypeId,
    used: bool,
}

/// A row that does not fit the relation of its table.
#[derive(Debug, Error)]
#[error("table {table}, row {row}, column {column}: {problem}")]
pub struct RowError {
    /// Table.
    pub table: String,
    /// Row.
    pub row: Uuid,
    /// Column.
    pub column: String,
    /// What is wrong.
    pub problem: String,
}

impl NorthboundTables {
    /// Finds the input relations of the module `nb` that some rule reads.
    pub fn of(program: &Program) -> NorthboundTables {
        let tables = program
            .relations
            .iter()
            .enumerate()
            .filter(|(_, relation)| relation.role == RelationRole::Input)
            .filter_map(|(id, relation)| {
                let name = relation.name.strip_prefix("nb::")?.to_owned();
                let id = RelationId(id as u32);
                let used = used_fields(program, id)?;
                let fields = program.types.struct_fields(relation.record)?;
                let columns = fields
                    .iter()
                    .enumerate()
                    .map(|(i, field)| Column {
                        field: Arc::clone(&field.name),
                        name: Arc::clone(field.original.as_ref().unwrap_or(&field.name)),
                        ty: field.ty,
                        used: used.contains(&i),
                    })
                    .collect();
                Some(Table { name, relation: id, constructor: Arc::clone(&relation.name), columns })
            })
            .collect();
        NorthboundTables { types: program.types.clone(), tables }
    }

    /// What to monitor: every table that is read, if the server has it; the columns that are read (their lack is an error)
    /// and the others if the server has them.
    pub fn monitor_spec(&self) -> MonitorSpec {
        let tables = self.tables.iter().map(|table| {
            let written = WRITTEN.iter().filter(|(name, _)| *name == table.name).flat_map(|(_, c)| *c);
            let named = |used: bool| {
                table
                    .columns
                    .iter()
                    .filter(move |column| column.used == used && &*column.name != "_uuid")
                    .map(|column| &*column.name)
            };
            TableSpec::columns(&table.name, named(true))
                .optional_columns(named(false).chain(written.copied()))
                .optional()
        });
        MonitorSpec::of(DATABASE, tables)
    }

    /// The tables that are read and that a server with this schema does not have: an older one, most likely.
    pub fn missing<'a>(&'a self, schema: &'a DatabaseSchema) -> impl Iterator<Item = &'a str> {
        self.tables.iter().map(|table| table.name.as_str()).filter(|name| !schema.tables.contains_key(*name))
    }

    /// A change set as updates, in order.
    ///
    /// # Errors
    /// When a row does not fit its relation; then nothing of the set is to be used.
    pub fn updates(&self, changes: &ChangeSet) -> Result<Vec<Update>, RowError> {
        changes.into_iter().filter_map(|change| self.update(change).transpose()).collect()
    }

    fn update(&self, change: &Change) -> Result<Option<Update>, RowError> {
        let Some(table) = self.tables.iter().find(|table| table.name == *change.table) else {
            return Ok(None);
        };
        Ok(Some(match &change.new {
            Some(row) => Update::InsertOrUpdate {
                relation: table.relation,
                record: self.record(table, change.uuid, row)?,
            },
            None => Update::DeleteKey { relation: table.relation, key: uuid_value(change.uuid) },
        }))
    }

    fn record(&self, table: &Table, uuid: Uuid, row: &Row) -> Result<Value, RowError> {
        let mut fields = Vec::with_capacity(table.columns.len());
        for column in &table.columns {
            let value = if &*column.name == "_uuid" {
                uuid_value(uuid)
            } else {
                match row.column(&column.name) {
                    Some(datum) => self.value(column.ty, datum).map_err(|problem| RowError {
                        table: table.name.clone(),
                        row: uuid,
                        column: column.name.to_string(),
                        problem,
                    })?,
                    None => self.absent(column.ty),
                }
            };
            fields.push((Arc::clone(&column.field), value));
        }
        Ok(Value::Struct { ctor: Arc::clone(&table.constructor), fields })
    }

    fn value(&self, ty: TypeId, datum: &Datum) -> Result<Value, String> {
        let types = &self.types;
        match types.ty(types.strip(ty)) {
            Type::Set(_) | Type::Vec(_) => Ok(Value::Set(datum.atoms().iter().map(atom_value).collect())),
            Type::Map(..) => Ok(Value::Map(
                datum.pairs().iter().map(|(key, value)| (atom_value(key), atom_value(value))).collect(),
            )),
            Type::Union(_) => Ok(option_value(datum.as_atom().map(atom_value))),
            _ => datum
                .as_atom()
                .map(atom_value)
                .ok_or_else(|| format!("expected one value, found {}", datum.to_json())),
        }
    }

    /// The value of a column that the server does not have.
    fn absent(&self, ty: TypeId) -> Value {
        let types = &self.types;
        match types.ty(types.strip(ty)) {
            Type::Set(_) | Type::Vec(_) => Value::Set(Vec::new()),
            Type::Map(..) => Value::Map(Vec::new()),
            Type::Union(_) => option_value(None),
            Type::Bool => Value::Bool(false),
            Type::String => Value::Str("".into()),
            Type::Double => Value::Double(0.0),
            _ => Value::Int(0),
        }
    }
}

fn atom_value(atom: &Atom) -> Value {
    match atom {
        Atom::Integer(number) => Value::Int(i128::from(*number)),
        Atom::Real(number) => Value::Double(number.get()),
        Atom::Boolean(flag) => Value::Bool(*flag),
        Atom::String(text) => Value::Str(Arc::clone(text)),
        Atom::Uuid(uuid) => uuid_value(*uuid),
        // Servers send no named UUIDs.
        Atom::NamedUuid(name) => Value::Str(Arc::clone(name)),
    }
}

fn uuid_value(uuid: Uuid) -> Value {
    Value::integer(uuid.as_u128())
}

fn option_value(value: Option<Value>) -> Value {
    match value {
        Some(value) => Value::Struct { ctor: "ddlog_std::Some".into(), fields: vec![("x".into(), value)] },
        None => Value::Struct { ctor: "ddlog_std::None".into(), fields: Vec::new() },
    }
}

/// The fields of a relation that some rule looks at; `None` if no rule reads the relation.
fn used_fields(program: &Program, relation: RelationId) -> Option<BTreeSet<usize>> {
    let patterns = program.rules.iter().flat_map(|rule| &rule.body).filter_map(|clause| match &clause.kind {
        ClauseKind::Atom { relation: read, pattern, .. }
        | ClauseKind::Not { relation: read, pattern, .. }
            if *read == relation =>
        {
            Some(pattern)
        }
        _ => None,
    });
    let mut used = None;
    for pattern in patterns {
        mark_used(pattern, used.get_or_insert_with(BTreeSet::new));
    }
    used
}

fn mark_used(pattern: &Pattern, used: &mut BTreeSet<usize>) {
    match &pattern.kind {
        PatternKind::Variant(_, fields) => {
            let looked_at =
                fields.iter().enumerate().filter(|(_, f)| !matches!(f.kind, PatternKind::Wildcard));
            used.extend(looked_at.map(|(i, _)| i));
        }
        PatternKind::At(_, inner) => mark_used(inner, used),
        // The record as a whole: what of it is read cannot be told from here, so nothing is demanded of the server.
        PatternKind::Bind(_) | PatternKind::Equal(_) | PatternKind::Wildcard | PatternKind::Tuple(_) => {}
    }
}

#[cfg(test)]
mod tests {
    use ovsdb::monitor::MonitorPlan;
    use serde_json::json;

    use super::*;

    const RULES: &str = "
        input relation Unused(_uuid: bit<128>) primary key (x) x._uuid
        output relation Up(name: string)
        Up(name) :- nb::Port(.name = name, .enabled = Some{true}).
    ";
    const NB: &str = "
        input relation Port(
            _uuid: bit<128>, name: string, enabled: Option<bool>, #[original = \"type\"] __type: string,
            ports: Set<bit<128>>, options: Map<string, string>, tag: signed<64>
        ) primary key (x) x._uuid
        input relation Ignored(_uuid: bit<128>) primary key (x) x._uuid
    ";

    fn tables() -> NorthboundTables {
        let directory = tempfile::tempdir().unwrap();
        std::fs::write(directory.path().join("nb.dl"), NB).unwrap();
        let text = format!("import nb\n{RULES}");
        let (program, _) =
            weir_engine::compile::compile_text("test.dl", &text, &[directory.path().to_owned()]).unwrap();
        NorthboundTables::of(&program)
    }

    fn schema(columns: serde_json::Value) -> DatabaseSchema {
        DatabaseSchema::from_json(&json!({
            "name": DATABASE, "version": "1.0.0", "tables": {"Port": {"columns": columns}}
        }))
        .unwrap()
    }

    #[test]
    fn only_what_the_rules_read_is_demanded_of_the_server() {
        let spec = tables().monitor_spec();
        let names: Vec<&str> = spec.tables.iter().map(|table| &*table.table).collect();
        assert_eq!(names, ["Port"]);
        let optional = json!({"key": "boolean", "min": 0});
        let schema_ok = schema(json!({"name": {"type": "string"}, "enabled": {"type": optional}}));
        MonitorPlan::new(&spec, &schema_ok).unwrap();
        let lacking = schema(json!({"name": {"type": "string"}}));
        let error = MonitorPlan::new(&spec, &lacking).unwrap_err().to_string();
        assert!(error.contains("enabled") && error.contains("Port"), "{error}");
        let older = DatabaseSchema::from_json(&json!({"name": DATABASE, "tables": {}})).unwrap();
        assert!(MonitorPlan::new(&spec, &older).is_ok());
        assert_eq!(tables().missing(&older).collect::<Vec<_>>(), ["Port"]);
    }

    #[test]
    fn a_row_becomes_a_record_and_a_missing_column_its_default() {
        let tables = tables();
        let set = json!({"key": "uuid", "min": 0, "max": "unlimited"});
        let map = json!({"key": "string", "value": "string", "min": 0, "max": "unlimited"});
        let schema = schema(json!({
            "name": {"type": "string"}, "enabled": {"type": {"key": "boolean", "min": 0}},
            "type": {"type": "string"}, "ports": {"type": set}, "options": {"type": map},
        }));
        let plan = MonitorPlan::new(&tables.monitor_spec(), &schema).unwrap();
        let row = json!({
            "name": "p", "enabled": true, "type": "router",
            "ports": ["uuid", "00000000-0000-0000-0000-000000000005"],
            "options": ["map", [["a", "b"]]],
        });
        let row = Arc::new(Row::from_json(plan.layout("Port").unwrap(), &row).unwrap());
        let uuid = Uuid::from_u128(7);
        let change = |new| Change { table: "Port".into(), uuid, old: None, new };
        let changes = ChangeSet { changes: vec![change(Some(row)), change(None)] };
        let updates = tables.updates(&changes).unwrap();
        let [Update::InsertOrUpdate { record, .. }, Update::DeleteKey { key, .. }] = updates.as_slice()
        else {
            panic!("{updates:?}")
        };
        assert_eq!(
            record.to_string(),
            "nb::Port{._uuid = 7, .name = \"p\", .enabled = ddlog_std::Some{.x = true}, .__type = \"router\", \
             .ports = [5], .options = [(\"a\", \"b\")], .tag = 0}"
        );
        assert_eq!(*key, Value::Int(7));
    }
}
