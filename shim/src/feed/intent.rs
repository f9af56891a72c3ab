//! The intent that came by the feed: what its transactions mean for the engine, given what the feed holds.
//!
//! The feed changes only rows of its own. What the Northbound has put into a relation is no row of the feed: to insert one
//! with the same key is refused by the engine, to change or delete it here.

use std::collections::{HashMap, HashSet};
use std::path::Path;
use std::sync::Arc;

use serde::Serialize;
use weir_engine::engine::Update;
use weir_engine::ir::RelationId;
use weir_engine::value::Value;

use super::overlay::Overlay;
use super::session::Transaction;
use super::store::{IntentStore, StoreError};
use super::table::{Op, OpKind, Table, Tables};
use super::value::problem;

/// The store, and what is asked of it for every transaction.
#[derive(Debug)]
pub struct Intent {
    tables: Arc<Tables>,
    store: IntentStore,
    /// The last transaction of each client.
    clients: HashMap<String, u64>,
    /// Relations that have or had rows here: the others need not be looked up.
    used: HashSet<Arc<str>>,
}

/// Why a transaction was refused. Nothing has changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Rejected {
    /// The operation to blame, from 0, if it is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub op: Option<usize>,
    /// What is wrong.
    pub reason: String,
}

/// A transaction in terms of the engine and of the store.
#[derive(Debug)]
pub struct Planned {
    /// What goes into the engine.
    pub updates: Vec<Update>,
    /// Of each update, the operation it belongs to.
    pub ops: Vec<Option<usize>>,
    /// What goes into the store.
    pub overlay: Overlay,
}

impl Intent {
    /// Opens the store in the state directory.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub fn open(directory: &Path, tables: Arc<Tables>) -> Result<Intent, StoreError> {
        let store = IntentStore::open(directory)?;
        let clients = store.clients()?.into_iter().collect();
        Ok(Intent { tables, store, clients, used: HashSet::new() })
    }

    /// All stored rows as updates; and what of them does not fit the rules any more, to be told.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn restore(&mut self) -> Result<(Vec<Update>, Vec<String>), StoreError> {
        let (mut updates, mut misfits) = (Vec::new(), Vec::new());
        for (relation, key, text) in self.store.rows()? {
            match self.tables.table(&relation).and_then(|table| Ok((table, self.tables.row(table, &text)?))) {
                Ok((table, record)) => {
                    self.used.insert(Arc::clone(&table.name));
                    updates.push(Update::Insert { relation: table.relation, record });
                }
                Err(error) => misfits.push(format!("{relation} {key}: {error}")),
            }
        }
        Ok((updates, misfits))
    }

    /// The last transaction of a client that was committed, 0 if none.
    pub fn last(&self, client: &str) -> u64 {
        self.clients.get(client).copied().unwrap_or(0)
    }

    /// Whether somebody else's update is of a row that the feed has.
    pub fn owns(&self, update: &Update) -> bool {
        let table = self.tables.by_id(update.relation()).filter(|table| self.used.contains(&table.name));
        let Some(table) = table else { return false };
        let key = match update {
            Update::Insert { record, .. }
            | Update::InsertOrUpdate { record, .. }
            | Update::Delete { record, .. } => self.tables.row_key(table, record),
            Update::DeleteKey { key, .. } | Update::Modify { key, .. } => self.tables.key_text(table, key),
            Update::Clear { .. } => return false,
        };
        matches!(self.store.row(&table.name, &key), Ok(Some(_)))
    }

    /// What a transaction does after those in `group`. `None`: it has been committed before.
    ///
    /// # Errors
    /// It does not fit what the feed holds.
    pub fn plan(&self, group: &Overlay, transaction: &Transaction) -> Result<Option<Planned>, Rejected> {
        let numbered = transaction.client.as_deref().zip(transaction.seq);
        if let Some((client, seq)) = numbered
            && seq <= group.last(client).unwrap_or_else(|| self.last(client))
        {
            return Ok(None);
        }
        let ops = transaction.ops.as_ref().map_err(Clone::clone)?;
        let mut planned = self.plan_rows(group, ops, transaction.replaced.as_deref())?;
        if let Some((client, seq)) = numbered {
            planned.overlay.advance(client, seq);
        }
        Ok(Some(planned))
    }

    /// What operations do to rows; of `replaced` relations, rows that they do not insert go.
    ///
    /// # Errors
    /// As for [`Self::plan`].
    pub(super) fn plan_rows(
        &self,
        group: &Overlay,
        ops: &[Op],
        replaced: Option<&[Arc<str>]>,
    ) -> Result<Planned, Rejected> {
        let mut planned = Planned { updates: Vec::new(), ops: Vec::new(), overlay: Overlay::default() };
        if let Some(relations) = replaced {
            self.replace(group, &mut planned, relations, ops)?;
            return Ok(planned);
        }
        for (number, op) in ops.iter().enumerate() {
            let rejected = |reason| Rejected { op: Some(number), reason };
            planned.updates.extend(self.update(group, &mut planned.overlay, op).map_err(rejected)?);
            planned.ops.resize(planned.updates.len(), Some(number));
        }
        Ok(planned)
    }

    /// Makes a group durable.
    ///
    /// # Errors
    /// When the store cannot be written: nothing has changed then.
    pub fn keep(&mut self, group: Overlay) -> Result<(), StoreError> {
        let (rows, clients) = group.into_parts();
        self.store.write(&rows, &clients)?;
        for (relation, ..) in &rows {
            if !self.used.contains(relation.as_str()) {
                self.used.insert(relation.as_str().into());
            }
        }
        self.clients.extend(clients);
        Ok(())
    }

    /// What takes the changes of a group back out of the engine.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn undo(&self, group: &Overlay) -> Result<Vec<Update>, StoreError> {
        let mut updates = Vec::new();
        for (relation, key, now) in group.rows() {
            let Ok(table) = self.tables.table(relation) else { continue };
            let before = self.store.row(relation, key)?;
            let (relation, row) = (table.relation, |text: &str| self.tables.row(table, text).ok());
            match (before.as_deref().and_then(row), now.and_then(row)) {
                (Some(record), None) => updates.push(Update::Insert { relation, record }),
                (Some(record), Some(_)) if table.key.is_some() => {
                    updates.push(Update::InsertOrUpdate { relation, record });
                }
                (None, Some(record)) => updates.push(Update::Delete { relation, record }),
                (Some(_), Some(_)) | (None, None) => {}
            }
        }
        Ok(updates)
    }

    /// What an operation does to the row it names.
    fn update(&self, group: &Overlay, own: &mut Overlay, op: &Op) -> Result<Option<Update>, String> {
        let relation = op.relation;
        let table = self.tables.by_id(relation).ok_or("the relation is gone")?;
        let row_key = |record: &Value| self.tables.row_key(table, record);
        Ok(match &op.kind {
            OpKind::Insert(record) => {
                let (key, text) = (row_key(record), self.tables.row_text(table, record));
                match self.row(group, own, table, &key)? {
                    Some(_) if table.key.is_some() => return Err(format!("a row with the key {key} exists")),
                    Some(_) => None,
                    None => {
                        own.set(&table.name, key, Some(text));
                        Some(Update::Insert { relation, record: record.clone() })
                    }
                }
            }
            OpKind::Upsert(record) => self.upsert(group, own, table, record)?,
            OpKind::Modify { key, columns } => {
                let key = self.tables.key_text(table, key);
                let text = self.row(group, own, table, &key)?.ok_or_else(|| absent(&key))?;
                let mut record = self.tables.row(table, &text).map_err(|error| error.to_string())?;
                if let Value::Struct { fields, .. } = &mut record {
                    for (at, value) in columns {
                        fields[*at].1 = value.clone();
                    }
                }
                own.set(&table.name, key, Some(self.tables.row_text(table, &record)));
                Some(Update::InsertOrUpdate { relation, record })
            }
            OpKind::DeleteKey(key) => {
                let text = self.tables.key_text(table, key);
                self.row(group, own, table, &text)?.ok_or_else(|| absent(&text))?;
                own.set(&table.name, text, None);
                Some(Update::DeleteKey { relation, key: key.clone() })
            }
            OpKind::DeleteRow(record) => {
                let key = row_key(record);
                self.row(group, own, table, &key)?.ok_or_else(|| absent(&key))?;
                own.set(&table.name, key, None);
                Some(Update::Delete { relation, record: record.clone() })
            }
        })
    }

    /// A row is to be as this, whether it is there or not.
    fn upsert(
        &self,
        group: &Overlay,
        own: &mut Overlay,
        table: &Table,
        record: &Value,
    ) -> Result<Option<Update>, String> {
        let (key, text) = (self.tables.row_key(table, record), self.tables.row_text(table, record));
        let before = self.row(group, own, table, &key)?;
        if before.as_deref() == Some(&*text) {
            return Ok(None);
        }
        own.set(&table.name, key, Some(text));
        let (relation, record) = (table.relation, record.clone());
        Ok(Some(match before {
            Some(_) => Update::InsertOrUpdate { relation, record },
            // Of somebody else's row the engine must say so.
            None => Update::Insert { relation, record },
        }))
    }

    /// A snapshot: what it does not have goes, the rest is as it says.
    fn replace(
        &self,
        group: &Overlay,
        planned: &mut Planned,
        relations: &[Arc<str>],
        ops: &[Op],
    ) -> Result<(), Rejected> {
        let whole = |reason: String| Rejected { op: None, reason };
        let mut kept: HashSet<(RelationId, String)> = HashSet::new();
        let mut rows = Vec::with_capacity(ops.len());
        for (number, op) in ops.iter().enumerate() {
            let rejected = |reason: String| Rejected { op: Some(number), reason };
            let table =
                self.tables.by_id(op.relation).ok_or_else(|| rejected("the relation is gone".into()))?;
            let (OpKind::Insert(record) | OpKind::Upsert(record)) = &op.kind else {
                return Err(rejected("a snapshot has rows, to be inserted, and nothing else".into()));
            };
            if !relations.contains(&table.name) {
                return Err(rejected(format!(
                    "`{}` is not among the relations of this snapshot",
                    table.name
                )));
            }
            if !kept.insert((table.relation, self.tables.row_key(table, record))) {
                return Err(rejected("the snapshot has two rows of this key".into()));
            }
            rows.push((table, record));
        }
        for name in relations {
            let table = self.tables.table(name).map_err(|error| whole(error.to_string()))?;
            let known = self.known_keys(group, table).map_err(|error| whole(error.to_string()))?;
            for key in known.into_iter().filter(|key| !kept.contains(&(table.relation, key.clone()))) {
                let text = self.row(group, &planned.overlay, table, &key).map_err(whole)?;
                let record = text.map(|text| self.tables.row(table, &text));
                if let Some(record) = record.transpose().map_err(|error| whole(error.to_string()))? {
                    planned.updates.push(Update::Delete { relation: table.relation, record });
                    planned.ops.push(None);
                    planned.overlay.set(&table.name, key, None);
                }
            }
        }
        for (number, (table, record)) in rows.into_iter().enumerate() {
            let rejected = |reason| Rejected { op: Some(number), reason };
            let update = self.upsert(group, &mut planned.overlay, table, record).map_err(rejected)?;
            planned.updates.extend(update);
            planned.ops.resize(planned.updates.len(), Some(number));
        }
        Ok(())
    }

    /// The keys of the feed's rows in a relation, those of the group among them.
    fn known_keys(&self, group: &Overlay, table: &Table) -> Result<Vec<String>, StoreError> {
        let mut keys = self.store.keys(&table.name)?;
        let stored: HashSet<&str> = keys.iter().map(String::as_str).collect();
        let new: Vec<String> = group
            .rows()
            .filter(|(relation, key, row)| **relation == table.name && row.is_some() && !stored.contains(key))
            .map(|(_, key, _)| key.to_owned())
            .collect();
        keys.extend(new);
        Ok(keys)
    }

    fn row(
        &self,
        group: &Overlay,
        own: &Overlay,
        table: &Table,
        key: &str,
    ) -> Result<Option<String>, String> {
        for overlay in [own, group] {
            if let Some(row) = overlay.row(&table.name, key) {
                return Ok(row.map(str::to_owned));
            }
        }
        if !self.used.contains(&table.name) {
            return Ok(None);
        }
        self.store.row(&table.name, key).map_err(|error| problem(error).to_string())
    }
}

fn absent(key: &str) -> String {
    format!("the feed has no row with the key {key}")
}
