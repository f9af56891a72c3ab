//! The library, as all sessions and the driver have it.

use std::sync::{PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use super::Library;

/// The library and how far it is.
#[derive(Debug, Default)]
pub(crate) struct Shelf {
    pub(crate) library: Library,
    /// The last epoch that is in it.
    pub(crate) epoch: u64,
}

/// Whoever reads sees whole commits.
#[derive(Debug, Default)]
pub(crate) struct SharedShelf(RwLock<Shelf>);

impl SharedShelf {
    pub(crate) fn read(&self) -> RwLockReadGuard<'_, Shelf> {
        self.0.read().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn write(&self) -> RwLockWriteGuard<'_, Shelf> {
        self.0.write().unwrap_or_else(PoisonError::into_inner)
    }
}
