//! Which hypervisor holds which scope, and what is in it.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::sync::Arc;

use openflow::{Flow, Group};

use crate::chassis::Delta;

/// What came and went in one scope.
#[derive(Debug, Default)]
pub(super) struct ScopeChange {
    pub(super) flows: Delta<Flow>,
    pub(super) groups: Delta<Group>,
    /// Hypervisors that hold it from now on.
    pub(super) gained: Vec<Arc<str>>,
    /// Hypervisors that hold it no longer.
    pub(super) lost: Vec<Arc<str>>,
}

/// All scopes. What is in one is kept once.
#[derive(Debug, Default)]
pub(super) struct Scopes {
    /// By the text of the value that the rules name it by.
    scopes: HashMap<String, Scope>,
}

/// What changes for one hypervisor.
#[derive(Debug, Default)]
pub(super) struct ChassisChange {
    pub(super) flows: Delta<Flow>,
    pub(super) groups: Delta<Group>,
}

#[derive(Debug, Default)]
struct Scope {
    flows: HashSet<Arc<Flow>>,
    groups: HashSet<Arc<Group>>,
    holders: BTreeSet<Arc<str>>,
}

impl Scopes {
    /// Takes a commit; gives what it means for each hypervisor: all of a scope it gained, as it is after, all of a scope
    /// it lost, as it was before, and the difference of those it keeps.
    pub(super) fn apply(
        &mut self,
        changes: HashMap<String, ScopeChange>,
    ) -> BTreeMap<Arc<str>, ChassisChange> {
        let mut effects: BTreeMap<Arc<str>, ChassisChange> = BTreeMap::new();
        for (name, change) in changes {
            let scope = self.scopes.entry(name.clone()).or_default();
            for chassis in &change.lost {
                scope.holders.remove(chassis);
                let effect = effects.entry(Arc::clone(chassis)).or_default();
                effect.flows.removed.extend(scope.flows.iter().cloned());
                effect.groups.removed.extend(scope.groups.iter().cloned());
            }
            let flows = exchange(&mut scope.flows, change.flows);
            let groups = exchange(&mut scope.groups, change.groups);
            for chassis in &scope.holders {
                let effect = effects.entry(Arc::clone(chassis)).or_default();
                effect.flows.extend(&flows);
                effect.groups.extend(&groups);
            }
            for chassis in change.gained {
                let effect = effects.entry(Arc::clone(&chassis)).or_default();
                effect.flows.added.extend(scope.flows.iter().cloned());
                effect.groups.added.extend(scope.groups.iter().cloned());
                scope.holders.insert(chassis);
            }
            if scope.flows.is_empty() && scope.groups.is_empty() && scope.holders.is_empty() {
                self.scopes.remove(&name);
            }
        }
        effects.retain(|_, effect| !effect.flows.is_empty() || !effect.groups.is_empty());
        effects
    }

    /// Flows in all scopes together.
    pub(super) fn n_flows(&self) -> usize {
        self.scopes.values().map(|scope| scope.flows.len()).sum()
    }
}

/// Takes a difference into a set; what goes is given as the set had it.
fn exchange<T: Eq + std::hash::Hash>(set: &mut HashSet<Arc<T>>, delta: Delta<T>) -> Delta<T> {
    let removed = delta.removed.into_iter().map(|item| set.take(&item).unwrap_or(item)).collect();
    set.extend(delta.added.iter().cloned());
    Delta { removed, added: delta.added }
}

#[cfg(test)]
mod tests {
    use openflow::{Instructions, Match};

    use super::*;

    fn flow(priority: u16) -> Arc<Flow> {
        Arc::new(Flow::new(0, priority, Match::any(), Instructions::default()))
    }

    fn scope(n: u32, change: ScopeChange) -> HashMap<String, ScopeChange> {
        HashMap::from([(n.to_string(), change)])
    }

    fn flows(removed: &[u16], added: &[u16]) -> Delta<Flow> {
        let of = |priorities: &[u16]| priorities.iter().map(|priority| flow(*priority)).collect();
        Delta { removed: of(removed), added: of(added) }
    }

    /// For each hypervisor, priorities that go and priorities that come.
    fn seen(effects: BTreeMap<Arc<str>, ChassisChange>) -> Vec<(String, Vec<u16>, Vec<u16>)> {
        let priorities = |flows: &[Arc<Flow>]| {
            let mut all: Vec<u16> = flows.iter().map(|flow| flow.priority).collect();
            all.sort_unstable();
            all
        };
        let line = |(name, effect): (Arc<str>, ChassisChange)| {
            (name.to_string(), priorities(&effect.flows.removed), priorities(&effect.flows.added))
        };
        effects.into_iter().map(line).collect()
    }

    #[test]
    fn gained_is_all_after_lost_is_all_before_and_kept_is_the_difference() {
        let mut scopes = Scopes::default();
        let gained = vec!["a".into(), "b".into()];
        let start = ScopeChange { flows: flows(&[], &[1, 2]), gained, ..ScopeChange::default() };
        let both = vec![("a".to_owned(), vec![], vec![1, 2]), ("b".to_owned(), vec![], vec![1, 2])];
        assert_eq!(seen(scopes.apply(scope(1, start))), both);
        let change = ScopeChange {
            flows: flows(&[1], &[3]),
            gained: vec!["c".into()],
            lost: vec!["b".into()],
            ..ScopeChange::default()
        };
        let expected = vec![
            ("a".to_owned(), vec![1], vec![3]),
            ("b".to_owned(), vec![1, 2], vec![]),
            ("c".to_owned(), vec![], vec![2, 3]),
        ];
        assert_eq!(seen(scopes.apply(scope(1, change))), expected);
        assert_eq!(scopes.n_flows(), 2);
        let end = ScopeChange {
            flows: flows(&[2, 3], &[]),
            lost: vec!["a".into(), "c".into()],
            ..ScopeChange::default()
        };
        assert_eq!(seen(scopes.apply(scope(1, end))).len(), 2);
        assert!(scopes.scopes.is_empty(), "nothing is kept of a scope that nobody holds and nothing is in");
    }
}
