//! Rows under named columns.

use weir_engine::ir::{Program, RelationId, TypeId};
use weir_engine::value::Value;

/// A column's name, and the type of what stands in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Column {
    pub(crate) name: String,
    pub(crate) ty: TypeId,
}

/// Rows of values with their counts, or with how their counts changed.
#[derive(Debug, Clone)]
pub(crate) struct Sheet {
    /// The relation, if the rows are its records.
    pub(crate) relation: Option<(String, TypeId)>,
    pub(crate) columns: Vec<Column>,
    pub(crate) rows: Vec<(Vec<Value>, i64)>,
    /// The records behind the rows, if they are records.
    pub(crate) records: Vec<Value>,
}

impl Sheet {
    /// A record's fields under their names; other values in a column named by the relation.
    pub(crate) fn of_relation(program: &Program, relation: RelationId, records: &[(Value, i64)]) -> Sheet {
        let declared = &program.relations[relation.0 as usize];
        let columns: Vec<Column> = match program.types.struct_fields(declared.record) {
            Some(fields) if !fields.is_empty() => {
                fields.iter().map(|field| Column { name: field.name.to_string(), ty: field.ty }).collect()
            }
            _ => vec![Column { name: declared.name.to_string(), ty: declared.record }],
        };
        let fields = |record: &Value| match record {
            Value::Struct { fields, .. }
                if fields.len() == columns.len() && !is_whole(&columns, declared.record) =>
            {
                fields.iter().map(|(_, value)| value.clone()).collect()
            }
            other => vec![other.clone()],
        };
        Sheet {
            relation: Some((declared.name.to_string(), declared.record)),
            rows: records.iter().map(|(record, weight)| (fields(record), *weight)).collect(),
            records: records.iter().map(|(record, _)| record.clone()).collect(),
            columns,
        }
    }

    /// Rows under these columns.
    pub(crate) fn of_rows(
        columns: impl Iterator<Item = (String, TypeId)>,
        rows: Vec<(Vec<Value>, i64)>,
    ) -> Sheet {
        let columns = columns.map(|(name, ty)| Column { name, ty }).collect();
        Sheet { relation: None, columns, rows, records: Vec::new() }
    }

    /// Whether some row is not there exactly once.
    pub(crate) fn has_counts(&self) -> bool {
        self.rows.iter().any(|(_, weight)| *weight != 1)
    }
}

/// Whether the one column is the whole record.
fn is_whole(columns: &[Column], record: TypeId) -> bool {
    matches!(columns, [column] if column.ty == record)
}

/// A value without quotes around a text: for cells.
pub(crate) fn plain(value: &Value) -> String {
    match value {
        Value::Str(text) => text.to_string(),
        other => other.to_string(),
    }
}

/// Whether it stands at the right of its column.
pub(crate) fn is_number(value: &Value) -> bool {
    matches!(value, Value::Int(_) | Value::BigInt(_) | Value::Double(_) | Value::Float(_))
}
