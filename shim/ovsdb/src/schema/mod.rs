//! Database schemas (RFC 7047 section 3.2).

mod column_type;
mod database;

pub use column_type::{AtomicType, BaseType, Bounds, ColumnType, RefKind, RefTable};
pub use database::{ColumnSchema, DatabaseSchema, SchemaError, TableSchema};
