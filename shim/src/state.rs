//! What must outlive the process and is in no database: which hypervisors were known, what they last said, and the
//! keys that depend on who came first. Everything else is read and computed anew.

use std::path::Path;

use redb::{Database, ReadableDatabase, ReadableTable, TableDefinition};
use serde::{Deserialize, Serialize};
use thiserror::Error;

const CHASSIS: TableDefinition<'_, &str, &[u8]> = TableDefinition::new("chassis");
const KEYS: TableDefinition<'_, (&str, u128), u32> = TableDefinition::new("keys");

/// The state directory's store. Writes are durable when they return.
#[derive(Debug)]
pub struct State {
    database: Database,
}

/// What a hypervisor last said.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct KnownChassis {
    /// Host name.
    pub hostname: String,
    /// Tunnel end point.
    pub encap_ip: String,
    /// OpenFlow number of its Geneve port.
    pub tunnel_ofport: Option<u32>,
    /// Its physical networks, as it writes them.
    #[serde(default)]
    pub bridge_mappings: String,
    /// Its claimed interfaces.
    pub interfaces: Vec<KnownInterface>,
}

/// An interface with an iface-id.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KnownInterface {
    /// Name in Open vSwitch.
    pub name: String,
    /// Logical port it stands for.
    pub iface_id: String,
    /// OpenFlow port number.
    pub ofport: u32,
    /// Order of the claim over all hypervisors.
    pub claimed: u64,
}

/// The store cannot be used.
#[derive(Debug, Error)]
pub enum StateError {
    /// The directory cannot be made.
    #[error("cannot make the state directory {path}: {source}")]
    Directory {
        /// Path.
        path: String,
        /// Why.
        source: std::io::Error,
    },
    /// The file cannot be opened: damaged, or in use by another process.
    #[error(
        "cannot open {path}: {source}; another weir may be using it, or it is damaged (moving it away loses only the order of earlier claims)"
    )]
    Open {
        /// Path.
        path: String,
        /// Why.
        source: redb::DatabaseError,
    },
    /// Reading or writing failed.
    #[error("state store: {0}")]
    Store(#[from] redb::Error),
}

/// What a restart begins with.
#[derive(Debug, Default)]
pub struct Remembered {
    /// Hypervisors by system-id.
    pub chassis: Vec<(String, KnownChassis)>,
    /// Displaced keys: space, owner, key.
    pub keys: Vec<(String, u128, u32)>,
}

/// A change to the store.
#[derive(Debug, Clone)]
pub enum Change {
    /// The hypervisor is known and said this.
    PutChassis(String, KnownChassis),
    /// The hypervisor left for good.
    RemoveChassis(String),
    /// The owner holds a key that is not its hash.
    PutKey(String, u128, u32),
    /// It holds it no more.
    RemoveKey(String, u128),
}

impl State {
    /// Opens or makes the store in `directory`, which is made if need be.
    ///
    /// # Errors
    /// When the directory or file cannot be used, also when another process holds it.
    pub fn open(directory: &Path) -> Result<State, StateError> {
        std::fs::create_dir_all(directory)
            .map_err(|source| StateError::Directory { path: directory.display().to_string(), source })?;
        let path = directory.join("weir.redb");
        let database = Database::create(&path)
            .map_err(|source| StateError::Open { path: path.display().to_string(), source })?;
        let state = State { database };
        state.write(&[])?;
        Ok(state)
    }

    /// Everything that is remembered. Records of an unreadable form are left out: they are learned anew.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn load(&self) -> Result<Remembered, StateError> {
        self.read().map_err(StateError::Store)
    }

    /// Makes the changes, all or none.
    ///
    /// # Errors
    /// When the store cannot be written.
    pub fn write(&self, changes: &[Change]) -> Result<(), StateError> {
        self.apply(changes).map_err(StateError::Store)
    }

    fn read(&self) -> Result<Remembered, redb::Error> {
        let transaction = self.database.begin_read()?;
        let mut remembered = Remembered::default();
        for entry in transaction.open_table(CHASSIS)?.iter()? {
            let (name, facts) = entry?;
            if let Ok(facts) = serde_json::from_slice(facts.value()) {
                remembered.chassis.push((name.value().to_owned(), facts));
            }
        }
        for entry in transaction.open_table(KEYS)?.iter()? {
            let (owner, key) = entry?;
            let (space, owner) = owner.value();
            remembered.keys.push((space.to_owned(), owner, key.value()));
        }
        Ok(remembered)
    }

    fn apply(&self, changes: &[Change]) -> Result<(), redb::Error> {
        let transaction = self.database.begin_write()?;
        {
            let mut chassis = transaction.open_table(CHASSIS)?;
            let mut keys = transaction.open_table(KEYS)?;
            for change in changes {
                match change {
                    Change::PutChassis(name, facts) => {
                        let text = serde_json::to_vec(facts).unwrap_or_default();
                        chassis.insert(name.as_str(), text.as_slice())?;
                    }
                    Change::RemoveChassis(name) => {
                        chassis.remove(name.as_str())?;
                    }
                    Change::PutKey(space, owner, key) => {
                        keys.insert((space.as_str(), *owner), *key)?;
                    }
                    Change::RemoveKey(space, owner) => {
                        keys.remove((space.as_str(), *owner))?;
                    }
                }
            }
        }
        transaction.commit()?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_written_is_there_after_reopening() {
        let directory = tempfile::tempdir().unwrap();
        let facts = KnownChassis { hostname: "h".into(), encap_ip: "192.0.2.1".into(), ..Default::default() };
        {
            let state = State::open(directory.path()).unwrap();
            state
                .write(&[
                    Change::PutChassis("hv1".into(), facts.clone()),
                    Change::PutChassis("hv2".into(), KnownChassis::default()),
                    Change::PutKey("d".into(), 7, 9),
                    Change::PutKey("d".into(), 8, 10),
                ])
                .unwrap();
            state.write(&[Change::RemoveChassis("hv2".into()), Change::RemoveKey("d".into(), 8)]).unwrap();
        }
        let remembered = State::open(directory.path()).unwrap().load().unwrap();
        assert_eq!(remembered.chassis, [("hv1".to_owned(), facts)]);
        assert_eq!(remembered.keys, [("d".to_owned(), 7, 9)]);
    }

    #[test]
    fn a_store_in_use_is_refused_by_name() {
        let directory = tempfile::tempdir().unwrap();
        let _first = State::open(directory.path()).unwrap();
        let error = State::open(directory.path()).unwrap_err().to_string();
        assert!(error.contains("weir.redb"), "{error}");
    }

    #[test]
    fn a_damaged_store_is_an_error_not_a_panic() {
        let directory = tempfile::tempdir().unwrap();
        std::fs::write(directory.path().join("weir.redb"), b"not a database").unwrap();
        assert!(matches!(State::open(directory.path()), Err(StateError::Open { .. })));
    }
}
