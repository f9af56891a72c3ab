use std::collections::BTreeMap;
use std::str::FromStr;

use serde_json::{Map, Value, json};
use thiserror::Error;

use super::column_type::refuse_others;
use super::{AtomicType, BaseType, ColumnType};
use crate::error::{DecodeError, decode_error, missing_member};

/// A database: its tables and their columns (RFC 7047 section 3.2).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DatabaseSchema {
    /// The database's name.
    pub name: String,
    /// Version of the schema, `x.y.z`; ovsdb-server allows it to be missing.
    pub version: Option<String>,
    /// A checksum that the schema's authors keep; its meaning is theirs.
    pub cksum: Option<String>,
    /// The tables by name.
    pub tables: BTreeMap<String, TableSchema>,
}

/// A table of a [`DatabaseSchema`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TableSchema {
    /// The columns by name, without the implicit `_uuid` and `_version`.
    pub columns: BTreeMap<String, ColumnSchema>,
    /// The most rows allowed.
    pub max_rows: Option<u64>,
    /// Whether rows stay without being referred to. A schema in which no table says so has only such tables.
    pub is_root: bool,
    /// Sets of columns whose values together occur only once.
    pub indexes: Vec<Vec<String>>,
}

/// A column of a [`TableSchema`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ColumnSchema {
    /// What the column can hold.
    pub column_type: ColumnType,
    /// Whether its contents may be lost when the server restarts.
    pub ephemeral: bool,
    /// Whether it may change after the row was inserted.
    pub mutable: bool,
}

/// A schema that cannot be read.
#[derive(Debug, Error)]
pub enum SchemaError {
    /// Not JSON at all.
    #[error("schema is not JSON: {0}")]
    Json(#[from] serde_json::Error),
    /// JSON, but not a schema.
    #[error("not a database schema: {0}")]
    Decode(#[from] DecodeError),
}

impl DatabaseSchema {
    /// Reads a `<database-schema>`, as `get_schema` returns it and `.ovsschema` files hold it.
    pub fn from_json(json: &Value) -> Result<Self, DecodeError> {
        let members = object(json, "a database schema")?;
        // ovsdb-server adds members of its own, such as `_uuid`; the underscore marks them.
        let visible: Map<String, Value> = members
            .iter()
            .filter(|(name, _)| !name.starts_with('_'))
            .map(|(n, v)| (n.clone(), v.clone()))
            .collect();
        refuse_others(&visible, &["name", "version", "cksum", "tables"])?;
        let name = identifier(members.get("name").ok_or_else(|| missing_member("a database name", "name"))?)
            .map_err(|error| error.inside("name"))?;
        let text = |member: &str| match members.get(member) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text.clone())),
            Some(other) => Err(decode_error("a string", other).inside(member)),
        };
        let tables = members.get("tables").ok_or_else(|| missing_member("tables", "tables"))?;
        let tables = named(tables, "tables", TableSchema::from_json)?;
        let mut schema = DatabaseSchema { name, version: text("version")?, cksum: text("cksum")?, tables };
        if schema.tables.values().all(|table| !table.is_root) {
            schema.tables.values_mut().for_each(|table| table.is_root = true);
        }
        schema.check_references()?;
        Ok(schema)
    }

    /// The schema as JSON: what `ovsdb-tool create` accepts.
    pub fn to_json(&self) -> Value {
        let mut members = Map::new();
        members.insert("name".to_owned(), json!(self.name));
        if let Some(version) = &self.version {
            members.insert("version".to_owned(), json!(version));
        }
        if let Some(cksum) = &self.cksum {
            members.insert("cksum".to_owned(), json!(cksum));
        }
        let tables = self.tables.iter().map(|(name, table)| (name.clone(), table.to_json())).collect();
        members.insert("tables".to_owned(), Value::Object(tables));
        Value::Object(members)
    }

    fn check_references(&self) -> Result<(), DecodeError> {
        for (table_name, table) in &self.tables {
            for (column_name, column) in &table.columns {
                let bases = [Some(&column.column_type.key), column.column_type.value.as_ref()];
                for reference in bases.into_iter().flatten().filter_map(BaseType::reference) {
                    if !self.tables.contains_key(reference.table.as_ref()) {
                        let error = decode_error("the name of a table", &json!(reference.table.as_ref()));
                        let path = ["tables", table_name, "columns", column_name, "type", "refTable"];
                        return Err(path.iter().rev().fold(error, |error, member| error.inside(member)));
                    }
                }
            }
        }
        Ok(())
    }
}

impl FromStr for DatabaseSchema {
    type Err = SchemaError;

    fn from_str(text: &str) -> Result<Self, SchemaError> {
        Ok(DatabaseSchema::from_json(&serde_json::from_str(text)?)?)
    }
}

impl TableSchema {
    fn from_json(json: &Value) -> Result<Self, DecodeError> {
        let members = object(json, "a table schema")?;
        refuse_others(members, &["columns", "maxRows", "isRoot", "indexes"])?;
        let columns = members.get("columns").ok_or_else(|| missing_member("columns", "columns"))?;
        let columns = named(columns, "columns", ColumnSchema::from_json)?;
        let max_rows = match members.get("maxRows") {
            None => None,
            Some(count) => match count.as_u64() {
                Some(rows) if rows > 0 => Some(rows),
                _ => return Err(decode_error("a positive count", count).inside("maxRows")),
            },
        };
        let indexes = match members.get("indexes") {
            None => Vec::new(),
            Some(sets) => index_sets(sets, &columns).map_err(|error| error.inside("indexes"))?,
        };
        Ok(TableSchema { columns, max_rows, is_root: flag(members, "isRoot", false)?, indexes })
    }

    fn to_json(&self) -> Value {
        let columns = self.columns.iter().map(|(name, column)| (name.clone(), column.to_json())).collect();
        let mut members = Map::new();
        members.insert("columns".to_owned(), Value::Object(columns));
        if let Some(rows) = self.max_rows {
            members.insert("maxRows".to_owned(), json!(rows));
        }
        if self.is_root {
            members.insert("isRoot".to_owned(), json!(true));
        }
        if !self.indexes.is_empty() {
            members.insert("indexes".to_owned(), json!(self.indexes));
        }
        Value::Object(members)
    }

    /// The type of a column, which may be one of the implicit `_uuid` and `_version`.
    pub fn column_type(&self, column: &str) -> Option<ColumnType> {
        match column {
            "_uuid" | "_version" => Some(ColumnType::scalar(BaseType::any(AtomicType::Uuid))),
            _ => self.columns.get(column).map(|column| column.column_type.clone()),
        }
    }
}

impl ColumnSchema {
    fn from_json(json: &Value) -> Result<Self, DecodeError> {
        let members = object(json, "a column schema")?;
        refuse_others(members, &["type", "ephemeral", "mutable"])?;
        let column_type = members.get("type").ok_or_else(|| missing_member("a type", "type"))?;
        Ok(ColumnSchema {
            column_type: ColumnType::from_json(column_type).map_err(|error| error.inside("type"))?,
            ephemeral: flag(members, "ephemeral", false)?,
            mutable: flag(members, "mutable", true)?,
        })
    }

    fn to_json(&self) -> Value {
        let mut members = Map::new();
        members.insert("type".to_owned(), self.column_type.to_json());
        if self.ephemeral {
            members.insert("ephemeral".to_owned(), json!(true));
        }
        if !self.mutable {
            members.insert("mutable".to_owned(), json!(false));
        }
        Value::Object(members)
    }
}

fn object<'json>(
    json: &'json Value,
    expected: &'static str,
) -> Result<&'json Map<String, Value>, DecodeError> {
    json.as_object().ok_or_else(|| decode_error(expected, json))
}

/// The members of `json`, each read by `read`; the names must be identifiers that do not start with an underscore.
fn named<T>(
    json: &Value,
    member: &str,
    read: impl Fn(&Value) -> Result<T, DecodeError>,
) -> Result<BTreeMap<String, T>, DecodeError> {
    object(json, "an object")
        .map_err(|error| error.inside(member))?
        .iter()
        .map(|(name, value)| {
            if !is_identifier(name) || name.starts_with('_') {
                return Err(
                    decode_error("an identifier without leading underscore", &json!(name)).inside(member)
                );
            }
            let item = read(value).map_err(|error| error.inside(name).inside(member))?;
            Ok((name.clone(), item))
        })
        .collect()
}

fn index_sets(
    json: &Value,
    columns: &BTreeMap<String, ColumnSchema>,
) -> Result<Vec<Vec<String>>, DecodeError> {
    let list = |json: &Value| json.as_array().cloned().ok_or_else(|| decode_error("a list of columns", json));
    list(json)?
        .iter()
        .map(|set| {
            list(set)?
                .iter()
                .map(|column| match column.as_str() {
                    Some(name) if columns.contains_key(name) => Ok(name.to_owned()),
                    _ => Err(decode_error("a column of the table", column)),
                })
                .collect()
        })
        .collect()
}

fn flag(members: &Map<String, Value>, name: &str, otherwise: bool) -> Result<bool, DecodeError> {
    match members.get(name) {
        None => Ok(otherwise),
        Some(value) => value.as_bool().ok_or_else(|| decode_error("a boolean", value).inside(name)),
    }
}

fn identifier(json: &Value) -> Result<String, DecodeError> {
    match json.as_str() {
        Some(name) if is_identifier(name) => Ok(name.to_owned()),
        _ => Err(decode_error("an identifier", json)),
    }
}

fn is_identifier(name: &str) -> bool {
    let mut characters = name.chars();
    characters.next().is_some_and(|first| first.is_ascii_alphabetic() || first == '_')
        && characters.all(|character| character.is_ascii_alphanumeric() || character == '_')
}
