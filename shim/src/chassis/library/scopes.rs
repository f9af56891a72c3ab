//! Commits, and what they mean to whoever follows.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use openflow::{Flow, Group, Meter};
use rustc_hash::FxHashMap;

use super::contents::Contents;
use super::holdings::{Holdings, ScopeId};
use super::view::View;
use crate::chassis::difference::Difference;
use crate::chassis::entry::{Chassis, Differences};
use crate::chassis::item::{Item, Stored};
use crate::chassis::step::Delta;

/// What a commit changes in one scope.
#[derive(Debug, Default)]
pub struct ScopeChange {
    /// Its flows.
    pub flows: Delta<Flow>,
    /// Its groups.
    pub groups: Delta<Group>,
    /// Its meters.
    pub meters: Delta<Meter>,
    /// Hypervisors that hold it from now on.
    pub gained: Vec<Arc<str>>,
    /// Hypervisors that hold it no longer.
    pub lost: Vec<Arc<str>>,
}

/// All scopes.
#[derive(Debug, Default)]
pub(crate) struct Library {
    /// By the rules' names for them.
    numbers: HashMap<String, ScopeId>,
    names: FxHashMap<ScopeId, String>,
    unused: Vec<ScopeId>,
    holdings: Holdings,
    flows: Contents<Flow>,
    groups: Contents<Group>,
    meters: Contents<Meter>,
}

/// Different items are wanted for one key, and were not before.
#[derive(Debug)]
pub(crate) struct Conflict {
    /// Of whom; `None`: of all that hold the scope.
    pub(crate) chassis: Option<Arc<str>>,
    pub(crate) scope: String,
    pub(crate) key: String,
}

/// Where the items of one kind are, in the library and in a hypervisor's differences.
#[derive(Clone, Copy)]
struct Kind<T> {
    contents: fn(&Library) -> &Contents<T>,
    contents_mut: fn(&mut Library) -> &mut Contents<T>,
    difference: fn(&mut Differences) -> &mut Difference<T>,
    delta: fn(&ScopeChange) -> &Delta<T>,
    delta_mut: fn(&mut ScopeChange) -> &mut Delta<T>,
}

const FLOWS: Kind<Flow> = Kind {
    contents: |library| &library.flows,
    contents_mut: |library| &mut library.flows,
    difference: |differences| &mut differences.flows,
    delta: |change| &change.flows,
    delta_mut: |change| &mut change.flows,
};
const GROUPS: Kind<Group> = Kind {
    contents: |library| &library.groups,
    contents_mut: |library| &mut library.groups,
    difference: |differences| &mut differences.groups,
    delta: |change| &change.groups,
    delta_mut: |change| &mut change.groups,
};
const METERS: Kind<Meter> = Kind {
    contents: |library| &library.meters,
    contents_mut: |library| &mut library.meters,
    difference: |differences| &mut differences.meters,
    delta: |change| &change.meters,
    delta_mut: |change| &mut change.meters,
};

impl Library {
    pub(crate) fn flows(&self, chassis: &str) -> View<'_, Flow> {
        View::new(&self.flows, &self.holdings, chassis)
    }

    pub(crate) fn groups(&self, chassis: &str) -> View<'_, Group> {
        View::new(&self.groups, &self.holdings, chassis)
    }

    pub(crate) fn meters(&self, chassis: &str) -> View<'_, Meter> {
        View::new(&self.meters, &self.holdings, chassis)
    }

    /// Flows of all scopes together.
    pub(crate) fn n_flows(&self) -> usize {
        self.flows.len()
    }

    /// Takes a commit. Those of `chassis` that follow their switches are told which keys change, and what they had there
    /// before: all of a scope that is lost, as it was; all of one that is gained, as it is; the difference of what stays.
    /// Gives the conflicts that are new, and all that are concerned.
    pub(crate) fn apply(
        &mut self,
        changes: impl IntoIterator<Item = (String, ScopeChange)>,
        chassis: &HashMap<Arc<str>, Arc<Chassis>>,
    ) -> (Vec<Conflict>, HashSet<Arc<str>>) {
        let changes: Vec<(ScopeId, ScopeChange)> = changes
            .into_iter()
            .map(|(name, mut change)| {
                let id = self.number(name);
                let holds =
                    |name: &Arc<str>| self.holdings.held_by(name).is_some_and(|scopes| scopes.contains(&id));
                change.gained.retain(|name| !holds(name));
                change.lost.retain(holds);
                (id, change)
            })
            .collect();
        let mut concerned = HashSet::new();
        for (scope, change) in &changes {
            concerned.extend(self.holdings.holders(*scope).cloned());
            concerned.extend(change.gained.iter().cloned());
            self.touch(FLOWS, *scope, change, chassis);
            self.touch(GROUPS, *scope, change, chassis);
            self.touch(METERS, *scope, change, chassis);
        }
        let mut conflicts = Conflicts::default();
        let (mut flows, mut groups, mut meters) = (Vec::new(), Vec::new(), Vec::new());
        let mut gained = Vec::new();
        for (scope, mut change) in changes {
            change.lost.iter().for_each(|name| self.holdings.lose(name, scope));
            change.gained.iter().for_each(|name| self.holdings.gain(name, scope));
            flows.extend(self.exchange(FLOWS, scope, &mut change, &mut conflicts));
            groups.extend(self.exchange(GROUPS, scope, &mut change, &mut conflicts));
            meters.extend(self.exchange(METERS, scope, &mut change, &mut conflicts));
            gained.push((scope, change.gained));
        }
        self.compare(FLOWS, &flows, &gained, &mut conflicts);
        self.compare(GROUPS, &groups, &gained, &mut conflicts);
        self.compare(METERS, &meters, &gained, &mut conflicts);
        gained.into_iter().for_each(|(scope, _)| self.release(scope));
        (conflicts.found, concerned)
    }

    /// Tells those that follow which keys are about to change, and what they have there now.
    fn touch<T: Item>(
        &self,
        kind: Kind<T>,
        scope: ScopeId,
        change: &ScopeChange,
        chassis: &HashMap<Arc<str>, Arc<Chassis>>,
    ) {
        let (contents, delta) = ((kind.contents)(self), (kind.delta)(change));
        let table = contents.table(scope);
        let view = |name: &str| View::new(contents, &self.holdings, name);
        let tell = |name: &Arc<str>, tell: &mut dyn FnMut(&mut Difference<T>)| {
            if let Some(chassis) = chassis.get(name) {
                chassis.with_differences(|differences| tell((kind.difference)(differences)));
            }
        };
        if !delta.is_empty() {
            let keys: Vec<_> = delta
                .removed
                .iter()
                .chain(&delta.added)
                .map(|item| {
                    let hash = item.hash();
                    let before = table.and_then(|table| table.find(hash, item)).cloned();
                    let sample = before.clone().unwrap_or_else(|| Stored::new(item.clone()));
                    (hash, sample, before, contents.is_elsewhere(hash, scope))
                })
                .collect();
            let keepers = self.holdings.holders(scope).map(|name| (name, true));
            for (name, holds) in keepers.chain(change.gained.iter().map(|name| (name, false))) {
                let view = view(name);
                tell(name, &mut |difference| {
                    for (hash, sample, before, elsewhere) in &keys {
                        let before = match (elsewhere, holds) {
                            (true, _) => view.find(*hash, sample).cloned(),
                            (false, true) => before.clone(),
                            (false, false) => None,
                        };
                        difference.touch(*hash, Arc::clone(sample), before);
                    }
                });
            }
        }
        let Some(table) = table else { return };
        let changing = change.lost.iter().map(|name| (name, true));
        for (name, holds) in changing.chain(change.gained.iter().map(|name| (name, false))) {
            let view = view(name);
            tell(name, &mut |difference| {
                for (hash, item) in table.items(None) {
                    let before = match (table.crossing.contains(&hash), holds) {
                        (true, _) => view.find(hash, item).cloned(),
                        (false, true) => Some(Arc::clone(item)),
                        (false, false) => None,
                    };
                    difference.touch(hash, Arc::clone(item), before);
                }
            });
        }
    }

    /// Brings a scope up to date. Gives the items that came and whose keys occur elsewhere.
    fn exchange<T: Item>(
        &mut self,
        kind: Kind<T>,
        scope: ScopeId,
        change: &mut ScopeChange,
        conflicts: &mut Conflicts,
    ) -> Vec<(ScopeId, T)> {
        let delta = std::mem::take((kind.delta_mut)(change));
        let name = self.names.get(&scope).cloned().unwrap_or_default();
        let contents = (kind.contents_mut)(self);
        // First what goes, or the successor of an item would look like its rival.
        for item in &delta.removed {
            if !contents.remove(scope, item) {
                tracing::warn!(?item, scope = name, "something is withdrawn that was not there");
            }
        }
        let mut elsewhere = Vec::new();
        for item in delta.added {
            let hash = item.hash();
            if contents.is_elsewhere(hash, scope) {
                elsewhere.push((scope, item.clone()));
            }
            let key = item.key();
            if contents.insert(scope, item) {
                conflicts.add(None, hash, &name, key);
            }
        }
        elsewhere
    }

    /// Looks for conflicts between scopes.
    fn compare<T: Item>(
        &self,
        kind: Kind<T>,
        came: &[(ScopeId, T)],
        gained: &[(ScopeId, Vec<Arc<str>>)],
        conflicts: &mut Conflicts,
    ) {
        let contents = (kind.contents)(self);
        let mut compare = |chassis: &Arc<str>, scope: ScopeId, hash: u64, item: &T| {
            if View::new(contents, &self.holdings, chassis).is_new_conflict(hash, item, scope) {
                let name = self.names.get(&scope).cloned().unwrap_or_default();
                conflicts.add(Some(chassis), hash, &name, item.key());
            }
        };
        for (scope, item) in came {
            for chassis in self.holdings.holders(*scope) {
                compare(chassis, *scope, item.hash(), item);
            }
        }
        for (scope, gained) in gained {
            let Some(table) = contents.table(*scope).filter(|table| !table.crossing.is_empty()) else {
                continue;
            };
            for (hash, item) in table.items(None).filter(|(hash, _)| table.crossing.contains(hash)) {
                gained.iter().for_each(|chassis| compare(chassis, *scope, hash, item));
            }
        }
    }

    fn number(&mut self, name: String) -> ScopeId {
        if let Some(id) = self.numbers.get(&name) {
            return *id;
        }
        let next = ScopeId(u32::try_from(self.names.len()).unwrap_or(u32::MAX));
        let id = self.unused.pop().unwrap_or(next);
        self.names.insert(id, name.clone());
        self.numbers.insert(name, id);
        id
    }

    /// Forgets the number of a scope in which nothing is and that nobody holds.
    fn release(&mut self, scope: ScopeId) {
        let used = self.holdings.n_holders(scope) > 0
            || self.flows.table(scope).is_some()
            || self.groups.table(scope).is_some()
            || self.meters.table(scope).is_some();
        if !used && let Some(name) = self.names.remove(&scope) {
            self.numbers.remove(&name);
            self.unused.push(scope);
        }
    }
}

/// Conflicts found, each once for a hypervisor.
#[derive(Debug, Default)]
struct Conflicts {
    found: Vec<Conflict>,
    known: HashSet<(Option<Arc<str>>, u64)>,
}

impl Conflicts {
    fn add(&mut self, chassis: Option<&Arc<str>>, hash: u64, scope: &str, key: String) {
        if self.known.insert((chassis.cloned(), hash)) {
            self.found.push(Conflict { chassis: chassis.cloned(), scope: scope.to_owned(), key });
        }
    }
}
