//! Which relations the feed may change, and lines' operations on them as typed values.

use std::collections::HashMap;
use std::sync::Arc;

use serde::Deserialize;
use serde_json::{Map, Value as Json};
use weir_engine::ir::{Program, Relation, RelationId, RelationRole, RelationSemantics, Type, Union};
use weir_engine::value::Value;

use super::intent::Rejected;
use super::key::Key;
use super::value::{ValueError, named_fields, problem, read_fields, write};

/// The input relations that a CMS may write.
#[derive(Debug)]
pub struct Tables {
    pub(super) program: Arc<Program>,
    tables: HashMap<Arc<str>, Table>,
}

/// One of them.
#[derive(Debug)]
pub(super) struct Table {
    pub(super) relation: RelationId,
    pub(super) name: Arc<str>,
    pub(super) key: Option<Key>,
    /// Why the feed cannot write it.
    refused: Option<&'static str>,
}

/// An operation of a line, by the names of its members.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct OpLine {
    insert: Option<String>,
    upsert: Option<String>,
    modify: Option<String>,
    delete: Option<String>,
    row: Option<Map<String, Json>>,
    key: Option<Json>,
}

/// An operation, typed.
#[derive(Debug, Clone, PartialEq)]
pub struct Op {
    pub(super) relation: RelationId,
    pub(super) kind: OpKind,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) enum OpKind {
    /// A row that is not there.
    Insert(Value),
    /// A row that is there or not.
    Upsert(Value),
    /// Columns, by position, of the row with this key.
    Modify { key: Value, columns: Vec<(usize, Value)> },
    /// The row with this key.
    DeleteKey(Value),
    /// Exactly this row; of a relation without a primary key.
    DeleteRow(Value),
}

impl Tables {
    /// Those of a program, less the ones that `taken` says somebody else fills.
    pub fn of(program: &Arc<Program>, taken: impl Fn(&str) -> bool) -> Tables {
        let inputs = program.relations.iter().enumerate();
        let inputs = inputs.filter(|(_, relation)| relation.role == RelationRole::Input);
        let table = |(id, relation): (usize, &Relation)| {
            let key = relation.primary_key.as_ref().and_then(Key::of);
            let refused = if taken(&relation.name) {
                Some("Weir itself fills it")
            } else if relation.primary_key.is_some() && key.is_none() {
                Some("its primary key is computed; make it columns of the record")
            } else if relation.semantics != RelationSemantics::Relation {
                Some("it is a stream or multiset, which cannot be kept over restarts")
            } else if program.types.struct_fields(relation.record).is_none() {
                Some("its records are not structs")
            } else {
                None
            };
            let name = Arc::clone(&relation.name);
            (Arc::clone(&name), Table { relation: RelationId(id as u32), name, key, refused })
        };
        Tables { program: Arc::clone(program), tables: inputs.map(table).collect() }
    }

    /// The names of those that can be written, in order.
    pub(super) fn names(&self) -> Vec<&str> {
        let mut names: Vec<&str> =
            self.tables.values().filter(|table| table.refused.is_none()).map(|table| &*table.name).collect();
        names.sort_unstable();
        names
    }

    /// The relation of that name.
    ///
    /// # Errors
    /// No input relation is called so, or the feed may not write it.
    pub(super) fn table(&self, name: &str) -> Result<&Table, ValueError> {
        let table =
            self.tables.get(name).ok_or_else(|| problem(format!("`{name}` is not an input relation")))?;
        match table.refused {
            None => Ok(table),
            Some(why) => Err(problem(format!("`{name}` cannot be written by a feed: {why}"))),
        }
    }

    /// The table of a relation that an operation was made for.
    pub(super) fn by_id(&self, relation: RelationId) -> Option<&Table> {
        self.tables.get(&self.program.relations.get(relation.0 as usize)?.name)
    }

    /// Reads the operations of a line.
    ///
    /// # Errors
    /// The first that does not fit, by its number.
    pub(super) fn read_all(&self, lines: &[OpLine]) -> Result<Vec<Op>, Rejected> {
        let numbered = lines.iter().enumerate();
        let read = |(number, line): (usize, &OpLine)| {
            self.read(line).map_err(|error| Rejected { op: Some(number), reason: error.to_string() })
        };
        numbered.map(read).collect()
    }

    fn read(&self, line: &OpLine) -> Result<Op, ValueError> {
        let verbs = [&line.insert, &line.upsert, &line.modify, &line.delete];
        let mut named =
            verbs.iter().enumerate().filter_map(|(verb, name)| name.as_deref().map(|name| (verb, name)));
        let (Some((verb, name)), None) = (named.next(), named.next()) else {
            return Err(problem("an operation is one of insert, upsert, modify, delete"));
        };
        let table = self.table(name)?;
        let types = &self.program.types;
        let record = self.record(table).ok_or_else(|| problem(format!("`{name}` has no columns")))?;
        let variant = record.variants.first().ok_or_else(|| problem(format!("`{name}` has no columns")))?;
        let row = || line.row.as_ref().ok_or_else(|| problem("`row` is missing"));
        let whole = || read_fields(types, variant, row()?).map_err(|error| error.within(".row".to_owned()));
        let key = || match (&table.key, &line.key) {
            (Some(key), Some(json)) => {
                key.read(types, record, json).map_err(|error| error.within(".key".to_owned()))
            }
            (Some(_), None) => Err(problem("`key` is missing")),
            (None, _) => Err(problem(format!("`{name}` has no primary key: say the whole `row`"))),
        };
        let kind = match verb {
            0 => OpKind::Insert(whole()?),
            1 if table.key.is_none() => OpKind::Insert(whole()?),
            1 => OpKind::Upsert(whole()?),
            2 => {
                let columns =
                    named_fields(types, variant, row()?).map_err(|error| error.within(".row".to_owned()))?;
                if let Some(key) = &table.key
                    && columns.iter().any(|(at, _)| key.has(*at))
                {
                    return Err(problem(
                        "a column of the key cannot be modified: delete the row and insert another",
                    ));
                }
                OpKind::Modify { key: key()?, columns }
            }
            _ if line.key.is_none() && table.key.is_none() => OpKind::DeleteRow(whole()?),
            _ => OpKind::DeleteKey(key()?),
        };
        Ok(Op { relation: table.relation, kind })
    }

    /// The record type of a table.
    pub(super) fn record(&self, table: &Table) -> Option<&Union> {
        let types = &self.program.types;
        let relation = self.program.relations.get(table.relation.0 as usize)?;
        match types.ty(types.strip(relation.record)) {
            Type::Union(union) => Some(types.union(*union)),
            _ => None,
        }
    }

    /// How the journal knows a row: its key, or the whole row if it has none; as JSON text.
    pub(super) fn row_key(&self, table: &Table, record: &Value) -> String {
        match (&table.key, record) {
            (Some(key), Value::Struct { fields, .. }) => {
                key.of_record(fields).map(|value| self.key_text(table, &value)).unwrap_or_default()
            }
            _ => self.row_text(table, record),
        }
    }

    /// A key's JSON text.
    pub(super) fn key_text(&self, table: &Table, key: &Value) -> String {
        table.key.as_ref().map(|shape| shape.write(&self.program.types, key).to_string()).unwrap_or_default()
    }

    /// A row's JSON text.
    pub(super) fn row_text(&self, table: &Table, record: &Value) -> String {
        let relation = self.program.relations.get(table.relation.0 as usize);
        relation
            .map(|relation| write(&self.program.types, relation.record, record).to_string())
            .unwrap_or_default()
    }

    /// The row of a JSON text.
    ///
    /// # Errors
    /// It is not a row of the relation (any more).
    pub(super) fn row(&self, table: &Table, text: &str) -> Result<Value, ValueError> {
        let members: Map<String, Json> = serde_json::from_str(text).map_err(problem)?;
        let variant = self.record(table).and_then(|record| record.variants.first());
        let variant = variant.ok_or_else(|| problem(format!("`{}` has no columns", table.name)))?;
        read_fields(&self.program.types, variant, &members)
    }
}
