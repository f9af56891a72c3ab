//! Primary keys that are columns of the record: the feed must tell the key of a row without running rules.

use serde_json::{Value as Json, json};
use weir_engine::ir::{Expr, ExprKind, LocalId, PrimaryKey, TypeId, TypeTable, Union};
use weir_engine::value::Value;

use super::value::{ValueError, json_name, problem, read, write};

/// How the key is made of a record.
#[derive(Debug, Clone)]
pub(super) enum Key {
    /// A column.
    Column {
        /// Its position.
        at: usize,
        /// Its type.
        ty: TypeId,
    },
    /// A tuple of columns.
    Columns(Vec<(usize, TypeId)>),
}

impl Key {
    /// The columns of a primary key; `None` if it is anything else than columns of the record.
    pub(super) fn of(key: &PrimaryKey) -> Option<Key> {
        match &key.key.kind {
            ExprKind::Tuple(parts) => parts.iter().map(column).collect::<Option<_>>().map(Key::Columns),
            _ => column(&key.key).map(|(at, ty)| Key::Column { at, ty }),
        }
    }

    /// The key of a record.
    pub(super) fn of_record(&self, fields: &[(std::sync::Arc<str>, Value)]) -> Option<Value> {
        let column = |at: usize| fields.get(at).map(|(_, value)| value.clone());
        match self {
            Key::Column { at, .. } => column(*at),
            Key::Columns(columns) => {
                columns.iter().map(|(at, _)| column(*at)).collect::<Option<_>>().map(Value::Tuple)
            }
        }
    }

    /// Whether a column is part of it.
    pub(super) fn has(&self, column: usize) -> bool {
        match self {
            Key::Column { at, .. } => *at == column,
            Key::Columns(columns) => columns.iter().any(|(at, _)| *at == column),
        }
    }

    /// A key as a line names it: the column's value, or an array of them, or an object of columns by name.
    pub(super) fn read(&self, types: &TypeTable, record: &Union, json: &Json) -> Result<Value, ValueError> {
        match self {
            Key::Column { ty, .. } => read(types, *ty, json),
            Key::Columns(columns) => {
                let parts: Vec<&Json> = match json {
                    Json::Array(parts) if parts.len() == columns.len() => parts.iter().collect(),
                    Json::Object(members) if members.len() == columns.len() => columns
                        .iter()
                        .map(|(at, _)| {
                            let name = name_of(record, *at);
                            members.get(name).ok_or_else(|| problem(format!("the key needs `{name}`")))
                        })
                        .collect::<Result<_, _>>()?,
                    _ => {
                        let names: Vec<&str> = columns.iter().map(|(at, _)| name_of(record, *at)).collect();
                        return Err(problem(format!("the key is an array: [{}]", names.join(", "))));
                    }
                };
                let part = |((_, ty), json): (&(usize, TypeId), &Json)| read(types, *ty, json);
                columns.iter().zip(parts).map(part).collect::<Result<_, _>>().map(Value::Tuple)
            }
        }
    }

    /// A key as JSON; [`Self::read`] gives it back.
    pub(super) fn write(&self, types: &TypeTable, key: &Value) -> Json {
        match (self, key) {
            (Key::Column { ty, .. }, key) => write(types, *ty, key),
            (Key::Columns(columns), Value::Tuple(parts)) => {
                columns.iter().zip(parts).map(|((_, ty), part)| write(types, *ty, part)).collect()
            }
            (Key::Columns(_), _) => json!([]),
        }
    }
}

fn column(expr: &Expr) -> Option<(usize, TypeId)> {
    match &expr.kind {
        ExprKind::Field(record, places) if matches!(record.kind, ExprKind::Local(LocalId(0))) => {
            match places.as_slice() {
                [(0, at)] => Some((*at as usize, expr.ty)),
                _ => None,
            }
        }
        _ => None,
    }
}

fn name_of(record: &Union, at: usize) -> &str {
    record.variants.first().and_then(|variant| variant.fields.get(at)).map_or("?", json_name)
}
