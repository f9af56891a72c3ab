//! Which hypervisor holds which scope.

use std::collections::HashMap;
use std::sync::Arc;

use rustc_hash::{FxHashMap, FxHashSet};

/// A scope's number; another's once nothing is in it and nobody holds it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct ScopeId(pub(super) u32);

/// Who holds what, both ways round.
#[derive(Debug, Default)]
pub(crate) struct Holdings {
    of_chassis: HashMap<Arc<str>, FxHashSet<ScopeId>>,
    of_scope: FxHashMap<ScopeId, FxHashSet<Arc<str>>>,
}

impl Holdings {
    /// The scopes a hypervisor holds.
    pub(super) fn held_by(&self, chassis: &str) -> Option<&FxHashSet<ScopeId>> {
        self.of_chassis.get(chassis)
    }

    /// The hypervisors that hold a scope.
    pub(super) fn holders(&self, scope: ScopeId) -> impl Iterator<Item = &Arc<str>> {
        self.of_scope.get(&scope).into_iter().flatten()
    }

    pub(super) fn n_holders(&self, scope: ScopeId) -> usize {
        self.of_scope.get(&scope).map_or(0, FxHashSet::len)
    }

    pub(super) fn gain(&mut self, chassis: &Arc<str>, scope: ScopeId) {
        self.of_chassis.entry(Arc::clone(chassis)).or_default().insert(scope);
        self.of_scope.entry(scope).or_default().insert(Arc::clone(chassis));
    }

    pub(super) fn lose(&mut self, chassis: &str, scope: ScopeId) {
        if let Some(scopes) = self.of_chassis.get_mut(chassis) {
            scopes.remove(&scope);
            if scopes.is_empty() {
                self.of_chassis.remove(chassis);
            }
        }
        if let Some(holders) = self.of_scope.get_mut(&scope) {
            holders.remove(chassis);
            if holders.is_empty() {
                self.of_scope.remove(&scope);
            }
        }
    }
}
