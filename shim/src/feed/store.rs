//! The intent that came by the feed, on disk: rows by relation and key, and how far each client has come.
//!
//! One write transaction of the embedded store per group of the feed's transactions: durable when it returns, whole or not
//! at all, whatever moment the process is killed at.

use std::path::{Path, PathBuf};

use redb::{Database, ReadableDatabase, ReadableTable, TableDefinition};
use thiserror::Error;

const ROWS: TableDefinition<'_, (&str, &str), &str> = TableDefinition::new("rows");
const CLIENTS: TableDefinition<'_, &str, u64> = TableDefinition::new("clients");

/// The file `intent.redb` of the state directory.
#[derive(Debug)]
pub struct IntentStore {
    database: Database,
    path: PathBuf,
}

/// The store cannot be used.
#[derive(Debug, Error)]
pub enum StoreError {
    /// The directory cannot be made.
    #[error("cannot make the state directory {path}: {source}")]
    Directory {
        /// Path.
        path: String,
        /// Why.
        source: std::io::Error,
    },
    /// The file cannot be opened: damaged, or in use by another process.
    #[error("cannot open {path}: {source}; another weir may be using it")]
    Open {
        /// Path.
        path: String,
        /// Why.
        source: redb::DatabaseError,
    },
    /// Reading or writing failed.
    #[error("intent store {path}: {source}")]
    Store {
        /// Path.
        path: String,
        /// Why.
        source: Box<redb::Error>,
    },
}

/// A change of a row: relation, key, the row or its removal; all as text.
pub(super) type RowChange = (String, String, Option<String>);

/// Relation, key and row, as JSON text.
pub(super) type StoredRow = (String, String, String);

impl IntentStore {
    /// Opens it, or makes it.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub fn open(directory: &Path) -> Result<IntentStore, StoreError> {
        let path = directory.join("intent.redb");
        std::fs::create_dir_all(directory)
            .map_err(|source| StoreError::Directory { path: directory.display().to_string(), source })?;
        let database = Database::create(&path)
            .map_err(|source| StoreError::Open { path: path.display().to_string(), source })?;
        let store = IntentStore { database, path };
        // So that reading an empty store finds its tables.
        store.write(&[], &[])?;
        Ok(store)
    }

    /// All rows, in order of relation and key.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub(super) fn rows(&self) -> Result<Vec<StoredRow>, StoreError> {
        self.reading(|read| {
            let table = read.open_table(ROWS)?;
            let mut rows = Vec::new();
            for entry in table.iter()? {
                let (at, row) = entry?;
                let (relation, key) = at.value();
                rows.push((relation.to_owned(), key.to_owned(), row.value().to_owned()));
            }
            Ok(rows)
        })
    }

    /// The keys of a relation's rows.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub(super) fn keys(&self, relation: &str) -> Result<Vec<String>, StoreError> {
        self.reading(|read| {
            let table = read.open_table(ROWS)?;
            let mut keys = Vec::new();
            for entry in table.range((relation, "")..)? {
                let (at, _) = entry?;
                let (of, key) = at.value();
                if of != relation {
                    break;
                }
                keys.push(key.to_owned());
            }
            Ok(keys)
        })
    }

    /// The row of a key.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub(super) fn row(&self, relation: &str, key: &str) -> Result<Option<String>, StoreError> {
        self.reading(|read| {
            Ok(read.open_table(ROWS)?.get((relation, key))?.map(|row| row.value().to_owned()))
        })
    }

    /// The last transaction of each client.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn clients(&self) -> Result<Vec<(String, u64)>, StoreError> {
        self.reading(|read| {
            let table = read.open_table(CLIENTS)?;
            let mut clients = Vec::new();
            for entry in table.iter()? {
                let (client, last) = entry?;
                clients.push((client.value().to_owned(), last.value()));
            }
            Ok(clients)
        })
    }

    /// Makes changes durable, all or none.
    ///
    /// # Errors
    /// When they could not be written: nothing has changed then.
    pub(super) fn write(&self, rows: &[RowChange], clients: &[(String, u64)]) -> Result<(), StoreError> {
        let written = || -> Result<(), redb::Error> {
            let write = self.database.begin_write()?;
            {
                let mut table = write.open_table(ROWS)?;
                for (relation, key, row) in rows {
                    let at = (relation.as_str(), key.as_str());
                    match row {
                        Some(row) => drop(table.insert(at, row.as_str())?),
                        None => drop(table.remove(at)?),
                    }
                }
                let mut table = write.open_table(CLIENTS)?;
                for (client, last) in clients {
                    table.insert(client.as_str(), last)?;
                }
            }
            Ok(write.commit()?)
        };
        written().map_err(|source| self.failed(source))
    }

    /// Gives back to the file system what the file no longer needs. Whether it could be made smaller.
    ///
    /// # Errors
    /// When the store cannot be written.
    pub fn compact(&mut self) -> Result<bool, StoreError> {
        match self.database.compact() {
            Ok(smaller) => Ok(smaller),
            Err(source) => Err(self.failed(source.into())),
        }
    }

    fn reading<T>(
        &self,
        read: impl FnOnce(&redb::ReadTransaction) -> Result<T, redb::Error>,
    ) -> Result<T, StoreError> {
        let done =
            self.database.begin_read().map_err(redb::Error::from).and_then(|transaction| read(&transaction));
        done.map_err(|source| self.failed(source))
    }

    fn failed(&self, source: redb::Error) -> StoreError {
        StoreError::Store { path: self.path.display().to_string(), source: Box::new(source) }
    }
}
