//! The groups a switch should have, and what it takes to get there.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use openflow::Group;

/// The desired groups of one switch, and their difference to what the switch holds.
///
/// Groups are few. Of several desired for one number the smallest is used, as with flows.
#[derive(Debug, Default)]
pub(super) struct DesiredGroups {
    wanted: BTreeMap<u32, Vec<Arc<Group>>>,
    /// Only while a session follows: what the switch holds where that is not what is wanted.
    followed: Option<Followed>,
}

#[derive(Debug, Default)]
struct Followed {
    /// To be pushed next, with what the switch holds.
    dirty: BTreeMap<u32, Held>,
    /// Refused by the switch as they are wanted now.
    refused: BTreeMap<u32, Held>,
}

/// What a switch holds under a number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Held {
    Nothing,
    Group(Arc<Group>),
}

/// One group mod to come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct GroupChange {
    /// The group as it is to be; `None` to remove it.
    pub(super) group: Option<Arc<Group>>,
    pub(super) id: u32,
    held: Held,
}

impl DesiredGroups {
    /// Takes a change of what is desired. Returns numbers for which, now and not before, different groups are desired.
    pub(super) fn apply(&mut self, removed: &[Arc<Group>], added: Vec<Arc<Group>>) -> Vec<u32> {
        let mut before: BTreeMap<u32, Held> = BTreeMap::new();
        let changed = removed.iter().map(|group| group.id).chain(added.iter().map(|group| group.id));
        for id in changed {
            before.entry(id).or_insert_with(|| held(self.winner(id)));
        }
        for group in removed {
            let Some(rivals) = self.wanted.get_mut(&group.id) else { continue };
            match rivals.binary_search(group) {
                Ok(at) => drop(rivals.remove(at)),
                Err(_) => tracing::debug!(%group, "a group is withdrawn that is not desired"),
            }
            if rivals.is_empty() {
                self.wanted.remove(&group.id);
            }
        }
        let mut conflicts = BTreeSet::new();
        for group in added {
            let (id, rivals) = (group.id, self.wanted.entry(group.id).or_default());
            if !rivals.is_empty() && rivals.iter().all(|rival| *rival == rivals[0] && *rival != group) {
                conflicts.insert(id);
            }
            let at = rivals.partition_point(|rival| *rival < group);
            rivals.insert(at, group);
        }
        for (id, held_before) in before {
            if held(self.winner(id)) != held_before
                && let Some(followed) = &mut self.followed
            {
                let held = followed.refused.remove(&id).unwrap_or(held_before);
                followed.dirty.entry(id).or_insert(held);
            }
        }
        conflicts.into_iter().collect()
    }

    /// Starts to follow a switch that holds `installed`, all its groups.
    pub(super) fn follow(&mut self, installed: Vec<Group>) {
        self.followed = Some(Followed { dirty: self.differing(installed), refused: BTreeMap::new() });
    }

    /// Compares all groups of the switch with what it was last sent. Returns how many differ.
    pub(super) fn audit(&mut self, installed: Vec<Group>) -> usize {
        let differing = self.differing(installed);
        let Some(followed) = &mut self.followed else { return 0 };
        let mut n_differing = 0;
        for (id, held) in differing {
            // What is about to be pushed, or was refused, is known to differ.
            if !followed.dirty.contains_key(&id) && !followed.refused.contains_key(&id) {
                followed.dirty.insert(id, held);
                n_differing += 1;
            }
        }
        n_differing
    }

    /// The session is over.
    pub(super) fn unfollow(&mut self) {
        self.followed = None;
    }

    /// Whether there may be something to push.
    pub(super) fn is_dirty(&self) -> bool {
        self.followed.as_ref().is_some_and(|followed| !followed.dirty.is_empty())
    }

    /// The changes to send now: groups to set, and groups to remove. From here on the switch counts as having them.
    pub(super) fn take(&mut self) -> (Vec<GroupChange>, Vec<GroupChange>) {
        let Some(followed) = &mut self.followed else { return Default::default() };
        let dirty = std::mem::take(&mut followed.dirty);
        let changes = dirty.into_iter().filter_map(|(id, held_now)| {
            let group = self.winner(id).cloned();
            (held(group.as_ref()) != held_now).then_some(GroupChange { group, id, held: held_now })
        });
        changes.partition(|change| change.group.is_some())
    }

    /// The switch did not take a change, and holds what it held before.
    pub(super) fn refused(&mut self, change: &GroupChange) {
        let Some(followed) = &mut self.followed else { return };
        match followed.dirty.get_mut(&change.id) {
            Some(held) => *held = change.held.clone(),
            None => drop(followed.refused.insert(change.id, change.held.clone())),
        }
    }

    /// Where the switch holds something else than what is wanted.
    fn differing(&self, installed: Vec<Group>) -> BTreeMap<u32, Held> {
        let installed: BTreeMap<u32, Arc<Group>> =
            installed.into_iter().map(|group| (group.id, Arc::new(group))).collect();
        let ids: BTreeSet<u32> = installed.keys().chain(self.wanted.keys()).copied().collect();
        ids.into_iter()
            .map(|id| (id, installed.get(&id)))
            .filter(|(id, group)| *group != self.winner(*id))
            .map(|(id, group)| (id, held(group)))
            .collect()
    }

    fn winner(&self, id: u32) -> Option<&Arc<Group>> {
        self.wanted.get(&id)?.first()
    }
}

fn held(group: Option<&Arc<Group>>) -> Held {
    group.map_or(Held::Nothing, |group| Held::Group(Arc::clone(group)))
}

#[cfg(test)]
mod tests {
    use openflow::{Action, Bucket, GroupType, PortNo};

    use super::*;

    fn group(id: u32, port: u32) -> Arc<Group> {
        let buckets = vec![Bucket { weight: 0, ..Bucket::new(0, vec![Action::output(PortNo(port))]) }];
        Arc::new(Group { id, kind: GroupType::All, selection: None, buckets })
    }

    fn installed(groups: &[Arc<Group>]) -> Vec<Group> {
        groups.iter().map(|group| Group::clone(group)).collect()
    }

    fn followed(groups: &[Arc<Group>]) -> DesiredGroups {
        let mut desired = DesiredGroups::default();
        assert!(desired.apply(&[], groups.to_vec()).is_empty());
        desired.follow(installed(groups));
        assert!(!desired.is_dirty());
        desired
    }

    fn taken(desired: &mut DesiredGroups) -> (Vec<Arc<Group>>, Vec<u32>) {
        let (set, removed) = desired.take();
        let set = set.into_iter().filter_map(|change| change.group).collect();
        (set, removed.into_iter().map(|change| change.id).collect())
    }

    #[test]
    fn only_the_difference_is_sent() {
        let mut desired = DesiredGroups::default();
        desired.apply(&[], vec![group(1, 1), group(2, 2), group(3, 3)]);
        desired.follow(installed(&[group(1, 1), group(2, 9), group(4, 4)]));
        assert_eq!(taken(&mut desired), (vec![group(2, 2), group(3, 3)], vec![4]));
        assert!(!desired.is_dirty());
    }

    #[test]
    fn changes_are_merged_until_they_are_taken() {
        let mut desired = followed(&[group(1, 1), group(2, 2)]);
        desired.apply(&[group(1, 1)], vec![group(1, 5), group(3, 3)]);
        desired.apply(&[group(1, 5), group(3, 3), group(2, 2)], vec![group(1, 6)]);
        desired.apply(&[], vec![group(2, 2)]);
        assert_eq!(taken(&mut desired), (vec![group(1, 6)], vec![]));
    }

    #[test]
    fn of_several_the_smallest_is_used() {
        let mut desired = followed(&[]);
        assert_eq!(desired.apply(&[], vec![group(1, 2), group(1, 1)]), [1]);
        assert_eq!(taken(&mut desired), (vec![group(1, 1)], vec![]));
        desired.apply(&[group(1, 1)], vec![]);
        assert_eq!(taken(&mut desired), (vec![group(1, 2)], vec![]));
        desired.apply(&[group(1, 2)], vec![]);
        assert_eq!(taken(&mut desired), (vec![], vec![1]));
    }

    #[test]
    fn a_refused_group_is_tried_again_when_it_changes() {
        let mut desired = followed(&[]);
        desired.apply(&[], vec![group(1, 1)]);
        desired.take().0.iter().for_each(|change| desired.refused(change));
        assert!(!desired.is_dirty());
        assert_eq!(desired.audit(vec![]), 0, "known to differ");
        desired.apply(&[group(1, 1)], vec![]);
        assert_eq!(taken(&mut desired), (vec![], vec![]), "it is not there to be removed");
    }

    #[test]
    fn an_audit_finds_what_others_changed() {
        let mut desired = followed(&[group(1, 1), group(2, 2)]);
        assert_eq!(desired.audit(installed(&[group(2, 3), group(4, 4)])), 3);
        assert_eq!(taken(&mut desired), (vec![group(1, 1), group(2, 2)], vec![4]));
    }
}
