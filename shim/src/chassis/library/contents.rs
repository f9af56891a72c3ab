//! What is in all scopes, and where else a key occurs.

use rustc_hash::FxHashMap;

use super::holdings::ScopeId;
use super::table::{Outcome, Table};
use crate::chassis::item::Item;

/// The items of one kind of all scopes.
#[derive(Debug)]
pub(crate) struct Contents<T> {
    tables: FxHashMap<ScopeId, Table<T>>,
    /// Scopes in which a key occurs, by its hash. Different keys of one hash are looked at in vain, no more.
    places: FxHashMap<u64, Places>,
}

/// Scopes in which a key occurs. Nearly all keys name a datapath or hypervisor, and occur in one.
#[derive(Debug)]
enum Places {
    One(ScopeId),
    /// How many keys of the hash each scope has.
    Several(Box<FxHashMap<ScopeId, u32>>),
}

impl<T> Default for Contents<T> {
    fn default() -> Self {
        Contents { tables: FxHashMap::default(), places: FxHashMap::default() }
    }
}

impl<T: Item> Contents<T> {
    pub(super) fn table(&self, scope: ScopeId) -> Option<&Table<T>> {
        self.tables.get(&scope)
    }

    pub(super) fn len(&self) -> usize {
        self.tables.values().map(Table::len).sum()
    }

    /// Whether a key may occur in other scopes.
    pub(super) fn is_elsewhere(&self, hash: u64, scope: ScopeId) -> bool {
        match self.places.get(&hash) {
            None => false,
            Some(Places::One(one)) => *one != scope,
            Some(Places::Several(_)) => true,
        }
    }

    /// The scopes in which a key may occur; at most `limit`, or `None`.
    pub(super) fn scopes_of(&self, hash: u64, limit: usize) -> Option<Vec<ScopeId>> {
        match self.places.get(&hash) {
            None => Some(Vec::new()),
            Some(Places::One(one)) => Some(vec![*one]),
            Some(Places::Several(several)) if several.len() <= limit => {
                Some(several.keys().copied().collect())
            }
            Some(Places::Several(_)) => None,
        }
    }

    /// Whether it has come into conflict with another item of its key in this scope.
    pub(super) fn insert(&mut self, scope: ScopeId, item: T) -> bool {
        let hash = item.hash();
        let outcome = self.tables.entry(scope).or_default().insert(hash, item);
        if outcome == Outcome::KeyChanged {
            self.enter(hash, scope);
        }
        outcome == Outcome::Conflict
    }

    /// False if it was not there.
    pub(super) fn remove(&mut self, scope: ScopeId, item: &T) -> bool {
        let hash = item.hash();
        let Some(table) = self.tables.get_mut(&scope) else { return false };
        let outcome = table.remove(hash, item);
        if table.is_empty() {
            self.tables.remove(&scope);
        }
        if outcome == Some(Outcome::KeyChanged) {
            self.leave(hash, scope);
        }
        outcome.is_some()
    }

    fn enter(&mut self, hash: u64, scope: ScopeId) {
        match self.places.get_mut(&hash) {
            None => drop(self.places.insert(hash, Places::One(scope))),
            Some(Places::Several(several)) => {
                *several.entry(scope).or_insert(0) += 1;
                self.cross(hash, scope);
            }
            Some(place) => {
                let Places::One(one) = *place else { return };
                let mut several = Box::new(FxHashMap::default());
                *several.entry(one).or_insert(0) += 1;
                *several.entry(scope).or_insert(0) += 1;
                *place = Places::Several(several);
                self.cross(hash, one);
                self.cross(hash, scope);
            }
        }
    }

    fn leave(&mut self, hash: u64, scope: ScopeId) {
        let Some(place) = self.places.get_mut(&hash) else { return };
        let Places::Several(several) = place else {
            self.places.remove(&hash);
            return;
        };
        if let Some(n) = several.get_mut(&scope) {
            *n -= 1;
            if *n == 0 {
                several.remove(&scope);
                if let Some(table) = self.tables.get_mut(&scope) {
                    table.crossing.remove(&hash);
                }
            }
        }
        let mut rest = several.iter();
        if let (Some((last, 1)), None) = (rest.next(), rest.next()) {
            let last = *last;
            *place = Places::One(last);
            if let Some(table) = self.tables.get_mut(&last) {
                table.crossing.remove(&hash);
            }
        }
    }

    fn cross(&mut self, hash: u64, scope: ScopeId) {
        if let Some(table) = self.tables.get_mut(&scope) {
            table.crossing.insert(hash);
        }
    }
}
