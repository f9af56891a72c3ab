//! What one hypervisor should have.

use std::collections::BTreeSet;
use std::sync::Arc;

use hashbrown::HashTable;
use hashbrown::hash_table::Entry;
use rustc_hash::FxHashSet;

use super::contents::Contents;
use super::holdings::{Holdings, ScopeId};
use super::table::Table;
use crate::chassis::item::{Item, Stored};

/// The items of one kind in all scopes that one hypervisor holds. Of several of one key the smallest counts.
#[derive(Debug)]
pub(crate) struct View<'library, T> {
    contents: &'library Contents<T>,
    held: Option<&'library FxHashSet<ScopeId>>,
}

impl<'library, T: Item> View<'library, T> {
    pub(super) fn new(contents: &'library Contents<T>, holdings: &'library Holdings, chassis: &str) -> Self {
        View { contents, held: holdings.held_by(chassis) }
    }

    /// The item of the key of `sample`.
    pub(crate) fn find(&self, hash: u64, sample: &T) -> Option<&'library Arc<Stored<T>>> {
        let held = self.held?;
        // Whichever is less to look through.
        match self.contents.scopes_of(hash, held.len()) {
            Some(scopes) => {
                let held = scopes.into_iter().filter(|scope| held.contains(scope));
                held.filter_map(|scope| self.contents.table(scope)?.find(hash, sample)).min()
            }
            None => self.tables().filter_map(|table| table.find(hash, sample)).min(),
        }
    }

    /// Whether there are different items for the key of `item`, all of the others the same.
    pub(super) fn is_new_conflict(&self, hash: u64, item: &T, scope: ScopeId) -> bool {
        let Some(held) = self.held else { return false };
        let scopes =
            self.contents.scopes_of(hash, held.len()).unwrap_or_else(|| held.iter().copied().collect());
        let others = scopes.into_iter().filter(|other| *other != scope && held.contains(other));
        let mut others = others.filter_map(|other| self.contents.table(other)?.find(hash, item));
        others.next().is_some_and(|first| ***first != *item && others.all(|other| other == first))
    }

    /// Every key once, with the item that counts; of one part or of all.
    pub(crate) fn items(&self, part: Option<u8>) -> impl Iterator<Item = (u64, &'library Arc<Stored<T>>)> {
        let mut crossing: HashTable<(u64, &'library Arc<Stored<T>>)> = HashTable::new();
        for table in self.tables().filter(|table| !table.crossing.is_empty()) {
            for (hash, item) in table.items(part).filter(|(hash, _)| table.crossing.contains(hash)) {
                match crossing.entry(hash, |(_, other)| other.same_key(item), |(hash, _)| *hash) {
                    Entry::Occupied(mut other) if item < other.get().1 => other.get_mut().1 = item,
                    Entry::Occupied(_) => {}
                    Entry::Vacant(entry) => drop(entry.insert((hash, item))),
                }
            }
        }
        let alone = self
            .tables()
            .flat_map(move |table| table.items(part).filter(|(hash, _)| !table.crossing.contains(hash)));
        alone.chain(crossing)
    }

    /// How many keys there are.
    pub(crate) fn len(&self) -> usize {
        self.items(None).count()
    }

    /// The parts of a switch in which something should be, in order.
    pub(crate) fn parts(&self) -> Vec<u8> {
        let parts: BTreeSet<u8> = self.tables().flat_map(Table::parts).collect();
        parts.into_iter().collect()
    }

    fn tables(&self) -> impl Iterator<Item = &'library Table<T>> {
        let contents = self.contents;
        self.held.into_iter().flatten().filter_map(move |scope| contents.table(*scope))
    }
}
