//! The flows a switch should have, and what it takes to get there.

use std::collections::HashMap;
use std::hash::BuildHasher;
use std::sync::Arc;

use hashbrown::HashTable;
use hashbrown::hash_table::Entry;
use openflow::{Flow, FlowKey, FlowMod};
use rustc_hash::FxBuildHasher;

/// The desired flow table of one switch, and its difference to what the switch holds.
///
/// Flows are shared between chassis: a table costs two words per flow. Changes that nobody has taken yet are merged,
/// so that a slow switch holds up nobody and is later sent the outcome, not the history.
#[derive(Debug, Default)]
pub(super) struct Desired {
    slots: HashTable<Slot>,
    /// Desired flows whose key has a smaller flow in its slot; in order.
    contenders: HashMap<FlowKey, Vec<Arc<Flow>>, FxBuildHasher>,
    /// Only while a session follows: without one, the next session finds the difference by asking the switch.
    followed: Option<Followed>,
}

/// The smallest desired flow of a key.
#[derive(Debug)]
struct Slot {
    hash: u64,
    flow: Arc<Flow>,
}

/// What is known of a switch that is followed: it holds the desired flows but for these keys.
#[derive(Debug, Default)]
struct Followed {
    /// To be pushed next.
    dirty: HashTable<Touched>,
    /// Refused by the switch as they are desired now.
    refused: HashTable<Touched>,
}

/// A key at which the switch may hold something else than what is desired.
#[derive(Debug)]
struct Touched {
    hash: u64,
    /// Any flow of the key.
    sample: Arc<Flow>,
    held: Held,
    /// Whether somebody else changed it.
    tampered: bool,
}

/// What a switch holds at a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Held {
    Nothing,
    Flow(Arc<Flow>),
    /// Somebody else has been at it.
    Unsure,
}

/// One flow mod to come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Change {
    pub(super) kind: ChangeKind,
    /// The desired flow; for a delete, any flow of the key.
    pub(super) flow: Arc<Flow>,
    /// What the switch holds before.
    pub(super) held: Held,
    /// Whether this puts right what somebody else changed.
    pub(super) repair: bool,
}

/// In the order of sending: what forwards comes before what stops forwarding.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum ChangeKind {
    /// Adds the flow, or replaces one of its key.
    Add,
    /// Gives the flow of the key new instructions; it keeps its counters.
    Modify,
    /// Deletes the flow of the key.
    Delete,
}

impl Desired {
    /// How many flows the switch should have.
    pub(super) fn n_flows(&self) -> usize {
        self.slots.len()
    }

    /// Takes a change of what is desired. Returns keys for which, now and not before, different flows are desired.
    pub(super) fn apply(&mut self, removed: Vec<Arc<Flow>>, added: Vec<Arc<Flow>>) -> Vec<FlowKey> {
        // First what goes, or the successor of a flow would look like its rival.
        for flow in &removed {
            self.remove(flow);
        }
        added.into_iter().filter_map(|flow| self.insert(flow)).collect()
    }

    /// Starts to follow a switch that holds `installed`, all its flows.
    ///
    /// Flows with a timeout that nobody desires are left alone: the switch made them itself, by a learn action, or
    /// somebody wants them only for a while.
    pub(super) fn follow(&mut self, installed: Vec<Flow>) {
        let mut found: HashTable<Touched> = HashTable::with_capacity(installed.len());
        for flow in installed {
            let (hash, sample) = (hash_of(&flow), Arc::new(flow));
            let held = Held::Flow(Arc::clone(&sample));
            found.insert_unique(hash, Touched { hash, sample, held, tampered: false }, |other| other.hash);
        }
        let mut followed = Followed::default();
        for slot in &self.slots {
            match found.find_entry(slot.hash, |touched| same_key(&touched.sample, &slot.flow)) {
                Ok(entry) => {
                    let (touched, _) = entry.remove();
                    if touched.sample != slot.flow {
                        followed.dirty.insert_unique(slot.hash, touched, |other| other.hash);
                    }
                }
                Err(_) => {
                    let (hash, sample) = (slot.hash, Arc::clone(&slot.flow));
                    let touched = Touched { hash, sample, held: Held::Nothing, tampered: false };
                    followed.dirty.insert_unique(hash, touched, |other| other.hash);
                }
            }
        }
        for touched in found.into_iter().filter(|touched| !is_passing(&touched.sample)) {
            followed.dirty.insert_unique(touched.hash, touched, |other| other.hash);
        }
        self.followed = Some(followed);
    }

    /// The session is over.
    pub(super) fn unfollow(&mut self) {
        self.followed = None;
    }

    /// Whether [`Desired::take`] would find something to look at.
    pub(super) fn is_dirty(&self) -> bool {
        self.followed.as_ref().is_some_and(|followed| !followed.dirty.is_empty())
    }

    /// The changes to send now, in order. From here on the switch counts as having them.
    pub(super) fn take(&mut self) -> Vec<Change> {
        let Some(followed) = &mut self.followed else { return Vec::new() };
        let dirty = std::mem::take(&mut followed.dirty);
        let mut changes = Vec::with_capacity(dirty.len());
        changes.extend(dirty.into_iter().filter_map(|touched| {
            let slot = self.slots.find(touched.hash, |slot| same_key(&slot.flow, &touched.sample));
            change(touched, slot.map(|slot| &slot.flow))
        }));
        changes.sort_by_key(|change| change.kind);
        changes
    }

    /// The switch did not take a change, and holds what it held before.
    pub(super) fn refused(&mut self, change: &Change) {
        let hash = hash_of(&change.flow);
        let Some(followed) = &mut self.followed else { return };
        match followed.dirty.find_mut(hash, |touched| same_key(&touched.sample, &change.flow)) {
            Some(touched) => touched.held = change.held.clone(),
            None => {
                let (sample, held) = (Arc::clone(&change.flow), change.held.clone());
                let touched = Touched { hash, sample, held, tampered: false };
                followed.refused.insert_unique(hash, touched, |other| other.hash);
            }
        }
    }

    /// What was refused is to be tried again.
    pub(super) fn retry_refused(&mut self) {
        let Some(followed) = &mut self.followed else { return };
        for touched in std::mem::take(&mut followed.refused) {
            followed.dirty.insert_unique(touched.hash, touched, |other| other.hash);
        }
    }

    /// Somebody else changed the flow of a key. `sample` is any flow of the key, `present` says whether the switch now
    /// holds exactly that one, or none. Returns whether it has to be put right.
    pub(super) fn tampered(&mut self, sample: Flow, present: bool) -> bool {
        let Some(followed) = &mut self.followed else { return false };
        let hash = hash_of(&sample);
        let slot = self.slots.find(hash, |slot| same_key(&slot.flow, &sample));
        let fine = match slot {
            Some(slot) => present && *slot.flow == sample,
            None => !present || is_passing(&sample),
        };
        match followed.dirty.entry(hash, |touched| same_key(&touched.sample, &sample), |touched| touched.hash)
        {
            Entry::Occupied(mut entry) => {
                let touched = entry.get_mut();
                touched.held = Held::Unsure;
                touched.tampered |= !fine;
                !fine
            }
            Entry::Vacant(_) if fine => false,
            Entry::Vacant(entry) => {
                entry.insert(Touched { hash, sample: Arc::new(sample), held: Held::Unsure, tampered: true });
                true
            }
        }
    }

    /// Compares what the switch holds in one table with what it was last sent. Returns how many keys differ.
    pub(super) fn audit(&mut self, table: u8, installed: Vec<Flow>) -> usize {
        if self.followed.is_none() {
            return 0;
        }
        let mut found: HashTable<Touched> = HashTable::with_capacity(installed.len());
        for flow in installed {
            let (hash, sample) = (hash_of(&flow), Arc::new(flow));
            found.insert_unique(hash, Touched { hash, sample, held: Held::Unsure, tampered: true }, |t| {
                t.hash
            });
        }
        let mut missing = Vec::new();
        for slot in self.slots.iter().filter(|slot| slot.flow.table == table) {
            match found.find_entry(slot.hash, |touched| same_key(&touched.sample, &slot.flow)) {
                Ok(entry) if entry.get().sample == slot.flow => drop(entry.remove()),
                Ok(_) => {}
                Err(_) => missing.push(Touched {
                    hash: slot.hash,
                    sample: Arc::clone(&slot.flow),
                    held: Held::Unsure,
                    tampered: true,
                }),
            }
        }
        let Some(followed) = &mut self.followed else { return 0 };
        let mut differing = 0;
        for touched in found.into_iter().chain(missing) {
            let is_same = |other: &Touched| same_key(&other.sample, &touched.sample);
            let undesired =
                self.slots.find(touched.hash, |slot| same_key(&slot.flow, &touched.sample)).is_none();
            // What is about to be pushed, or was refused, is known to differ.
            let known = followed.dirty.find(touched.hash, is_same).is_some()
                || followed.refused.find(touched.hash, is_same).is_some();
            if known || undesired && is_passing(&touched.sample) {
                continue;
            }
            differing += 1;
            followed.dirty.insert_unique(touched.hash, touched, |other| other.hash);
        }
        differing
    }

    /// The tables in which flows are desired, in order.
    pub(super) fn tables(&self) -> Vec<u8> {
        let mut seen = [false; 256];
        for slot in &self.slots {
            seen[usize::from(slot.flow.table)] = true;
        }
        (0..=u8::MAX).filter(|table| seen[usize::from(*table)]).collect()
    }

    fn insert(&mut self, flow: Arc<Flow>) -> Option<FlowKey> {
        let hash = hash_of(&flow);
        let mut entry = match self.slots.entry(hash, |slot| same_key(&slot.flow, &flow), |slot| slot.hash) {
            Entry::Vacant(entry) => {
                entry.insert(Slot { hash, flow: Arc::clone(&flow) });
                touch(&mut self.followed, hash, flow, Held::Nothing);
                return None;
            }
            Entry::Occupied(entry) => entry,
        };
        let rivals = self.contenders.entry(flow.key()).or_default();
        let winner = &mut entry.get_mut().flow;
        let is_new_conflict = *winner != flow && rivals.iter().all(|rival| rival == winner);
        let loser = if flow < *winner {
            let before = std::mem::replace(winner, flow);
            touch(&mut self.followed, hash, Arc::clone(&before), Held::Flow(Arc::clone(&before)));
            before
        } else {
            flow
        };
        let place = rivals.partition_point(|rival| *rival < loser);
        let key = is_new_conflict.then(|| loser.key());
        rivals.insert(place, loser);
        key
    }

    fn remove(&mut self, flow: &Arc<Flow>) {
        let hash = hash_of(flow);
        let Ok(mut entry) = self.slots.find_entry(hash, |slot| same_key(&slot.flow, flow)) else {
            // Of a hypervisor that was forgotten and is back, the engine may still withdraw what it had before.
            tracing::debug!(%flow, "a flow is withdrawn that is not desired");
            return;
        };
        if let Some(rivals) = self.contenders.get_mut(&flow.key()) {
            let at = rivals.partition_point(|rival| rival < flow);
            if rivals.get(at) == Some(flow) {
                rivals.remove(at);
            } else if entry.get().flow == *flow {
                let before = std::mem::replace(&mut entry.get_mut().flow, rivals.remove(0));
                touch(&mut self.followed, hash, Arc::clone(&before), Held::Flow(before));
            } else {
                tracing::debug!(%flow, "a flow is withdrawn that is not desired");
            }
            if self.contenders.get(&flow.key()).is_some_and(Vec::is_empty) {
                self.contenders.remove(&flow.key());
            }
        } else if entry.get().flow == *flow {
            let (slot, _) = entry.remove();
            touch(&mut self.followed, hash, Arc::clone(&slot.flow), Held::Flow(slot.flow));
        } else {
            tracing::debug!(%flow, "a flow is withdrawn that is not desired");
        }
    }
}

/// Notes that the flow of a key changes, from `held` unless the switch is known to hold something else.
fn touch(followed: &mut Option<Followed>, hash: u64, sample: Arc<Flow>, held: Held) {
    let Some(followed) = followed else { return };
    let is_same = |touched: &Touched| same_key(&touched.sample, &sample);
    let refused = match followed.refused.find_entry(hash, is_same) {
        Ok(entry) => Some(entry.remove().0),
        Err(_) => None,
    };
    if let Entry::Vacant(entry) = followed.dirty.entry(hash, is_same, |touched| touched.hash) {
        entry.insert(refused.unwrap_or(Touched { hash, sample, held, tampered: false }));
    }
}

/// What turns the flow held at a key into the one desired.
fn change(touched: Touched, desired: Option<&Arc<Flow>>) -> Option<Change> {
    let Touched { sample, held, tampered: repair, .. } = touched;
    let (kind, flow) = match (&held, desired) {
        (Held::Nothing, None) => return None,
        (Held::Flow(flow), Some(desired)) if flow == desired => return None,
        (Held::Flow(flow), Some(desired)) if differ_in_instructions_only(flow, desired) => {
            (ChangeKind::Modify, Arc::clone(desired))
        }
        (Held::Flow(_) | Held::Unsure | Held::Nothing, Some(desired)) => {
            (ChangeKind::Add, Arc::clone(desired))
        }
        (Held::Flow(_) | Held::Unsure, None) => (ChangeKind::Delete, sample),
    };
    Some(Change { kind, flow, held, repair })
}

/// A switch keeps cookie, timeouts and flags when it modifies.
fn differ_in_instructions_only(left: &Flow, right: &Flow) -> bool {
    let rest = |flow: &Flow| (flow.cookie, flow.idle_timeout, flow.hard_timeout, flow.flags);
    rest(left) == rest(right)
}

/// Whether a flow goes by itself.
fn is_passing(flow: &Flow) -> bool {
    flow.idle_timeout != 0 || flow.hard_timeout != 0
}

fn same_key(left: &Flow, right: &Flow) -> bool {
    left.table == right.table && left.priority == right.priority && left.matching == right.matching
}

fn hash_of(flow: &Flow) -> u64 {
    FxBuildHasher.hash_one((flow.table, flow.priority, &flow.matching))
}

impl Change {
    pub(super) fn to_flow_mod(&self) -> FlowMod {
        match self.kind {
            ChangeKind::Add => FlowMod::add(Flow::clone(&self.flow)),
            ChangeKind::Modify => FlowMod::modify_strict(Flow::clone(&self.flow)),
            ChangeKind::Delete => FlowMod::delete_strict(self.flow.key()),
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use openflow::{Action, Instructions, Match, PortNo};

    use super::*;

    /// A flow of key `key` that outputs to `port`.
    fn flow(key: u64, port: u32) -> Arc<Flow> {
        let matching = Match::builder().metadata(key).build().unwrap();
        Arc::new(Flow::new(8, 50, matching, Instructions::apply(vec![Action::output(PortNo(port))])))
    }

    fn cookie(flow: &Flow, cookie: u64) -> Arc<Flow> {
        Arc::new(flow.clone().with_cookie(cookie))
    }

    fn timeout(flow: &Flow) -> Flow {
        Flow { idle_timeout: 9, ..flow.clone() }
    }

    fn installed(flows: &[Arc<Flow>]) -> Vec<Flow> {
        flows.iter().map(|flow| Flow::clone(flow)).collect()
    }

    /// A table of these flows, which a switch has.
    fn followed(flows: &[Arc<Flow>]) -> Desired {
        let mut desired = Desired::default();
        desired.apply(vec![], flows.to_vec());
        desired.follow(installed(flows));
        assert_eq!(desired.take(), []);
        desired
    }

    /// Kinds and flows of the changes, which are in order of kind; within a kind they have none.
    fn taken(desired: &mut Desired) -> Vec<(ChangeKind, Arc<Flow>)> {
        let changes = desired.take();
        assert!(changes.is_sorted_by_key(|change| change.kind));
        let mut taken: Vec<_> = changes.into_iter().map(|change| (change.kind, change.flow)).collect();
        taken.sort();
        taken
    }

    use ChangeKind::{Add, Delete, Modify};

    #[test]
    fn what_the_switch_has_already_is_not_sent() {
        let mut desired = Desired::default();
        let wanted = [flow(1, 1), flow(2, 2), flow(3, 3), cookie(&flow(4, 4), 1)];
        desired.apply(vec![], wanted.to_vec());
        desired.follow(installed(&[flow(1, 1), flow(2, 9), flow(4, 4), flow(5, 5)]));
        assert!(desired.is_dirty());
        let expected =
            [(Add, flow(3, 3)), (Add, cookie(&flow(4, 4), 1)), (Modify, flow(2, 2)), (Delete, flow(5, 5))];
        assert_eq!(taken(&mut desired), expected);
        assert!(!desired.is_dirty());
    }

    #[test]
    fn flows_that_go_by_themselves_are_left_to_go_unless_their_key_is_ours() {
        let mut desired = Desired::default();
        desired.apply(vec![], vec![flow(1, 1)]);
        desired.follow(vec![timeout(&flow(1, 1)), timeout(&flow(2, 2))]);
        assert_eq!(taken(&mut desired), [(Add, flow(1, 1))]);
    }

    #[test]
    fn changes_are_merged_until_they_are_taken() {
        let mut desired = followed(&[flow(1, 1), flow(2, 2)]);
        desired.apply(vec![flow(1, 1)], vec![flow(1, 7), flow(3, 3)]);
        desired.apply(vec![flow(3, 3), flow(2, 2)], vec![]);
        desired.apply(vec![flow(1, 7)], vec![flow(1, 8), flow(2, 2)]);
        assert_eq!(taken(&mut desired), [(Modify, flow(1, 8))], "3 came and went, 2 went and came back");
    }

    #[test]
    fn nobody_follows_nothing_is_collected() {
        let mut desired = Desired::default();
        desired.apply(vec![], vec![flow(1, 1)]);
        assert!(!desired.is_dirty());
        assert_eq!(desired.take(), []);
        let mut desired = followed(&[flow(1, 1)]);
        desired.apply(vec![], vec![flow(2, 2)]);
        desired.unfollow();
        assert!(!desired.is_dirty());
        assert_eq!(desired.n_flows(), 2);
    }

    #[test]
    fn of_several_flows_for_a_key_the_smallest_is_pushed_whatever_the_order() {
        for order in [[1, 2, 3], [3, 2, 1], [2, 3, 1]] {
            let mut desired = followed(&[]);
            let conflicts: usize =
                order.iter().map(|port| desired.apply(vec![], vec![flow(1, *port)]).len()).sum();
            assert_eq!(conflicts, 1, "reported once");
            assert_eq!(taken(&mut desired), [(Add, flow(1, 1))]);
            desired.apply(vec![flow(1, 3)], vec![]);
            assert_eq!(taken(&mut desired), []);
            desired.apply(vec![flow(1, 1)], vec![]);
            assert_eq!(taken(&mut desired), [(Modify, flow(1, 2))]);
            desired.apply(vec![flow(1, 2)], vec![]);
            assert_eq!(taken(&mut desired), [(Delete, flow(1, 2))]);
            assert_eq!(desired.n_flows(), 0);
        }
    }

    #[test]
    fn a_flow_desired_twice_stays_until_it_is_withdrawn_twice() {
        let mut desired = followed(&[]);
        assert!(desired.apply(vec![], vec![flow(1, 1), flow(1, 1)]).is_empty(), "no conflict");
        assert_eq!(taken(&mut desired), [(Add, flow(1, 1))]);
        desired.apply(vec![flow(1, 1)], vec![]);
        assert_eq!(taken(&mut desired), []);
        desired.apply(vec![flow(1, 1)], vec![]);
        assert_eq!(taken(&mut desired), [(Delete, flow(1, 1))]);
    }

    #[test]
    fn a_successor_is_no_rival() {
        let mut desired = followed(&[flow(1, 1)]);
        assert!(desired.apply(vec![flow(1, 1)], vec![flow(1, 2)]).is_empty());
        assert_eq!(taken(&mut desired), [(Modify, flow(1, 2))]);
    }

    #[test]
    fn the_smaller_cookie_wins() {
        let mut desired = followed(&[]);
        desired.apply(vec![], vec![cookie(&flow(1, 1), 5), cookie(&flow(1, 1), 3)]);
        assert_eq!(taken(&mut desired), [(Add, cookie(&flow(1, 1), 3))]);
    }

    #[test]
    fn a_refused_flow_is_tried_again_when_it_changes() {
        let mut desired = followed(&[flow(1, 1)]);
        desired.apply(vec![flow(1, 1)], vec![flow(1, 2), flow(2, 2)]);
        for change in desired.take() {
            desired.refused(&change);
        }
        assert!(!desired.is_dirty(), "not by itself");
        desired.apply(vec![flow(1, 2), flow(2, 2)], vec![flow(1, 3)]);
        assert_eq!(taken(&mut desired), [(Modify, flow(1, 3))], "2 is not there to be deleted");
    }

    #[test]
    fn refused_flows_can_all_be_tried_again() {
        let mut desired = followed(&[]);
        desired.apply(vec![], vec![flow(1, 1), flow(2, 2)]);
        for change in desired.take() {
            desired.refused(&change);
        }
        desired.apply(vec![flow(1, 1)], vec![]);
        desired.retry_refused();
        assert_eq!(taken(&mut desired), [(Add, flow(2, 2))], "1 is no longer wanted, and not there");
    }

    #[test]
    fn a_refusal_that_comes_after_the_next_change_counts_for_it() {
        let mut desired = followed(&[]);
        desired.apply(vec![], vec![flow(1, 1)]);
        let changes = desired.take();
        desired.apply(vec![flow(1, 1)], vec![flow(1, 2)]);
        desired.refused(&changes[0]);
        assert_eq!(taken(&mut desired), [(Add, flow(1, 2))], "there is nothing to modify");
    }

    #[test]
    fn what_others_do_is_undone() {
        let mut desired = followed(&[flow(1, 1), flow(2, 2)]);
        assert!(desired.tampered(Flow::clone(&flow(1, 1)), false), "deleted");
        assert!(desired.tampered(Flow::clone(&flow(2, 9)), true), "changed");
        assert!(desired.tampered(Flow::clone(&flow(3, 3)), true), "added");
        assert!(!desired.tampered(timeout(&flow(4, 4)), true), "learned");
        assert!(!desired.tampered(Flow::clone(&flow(5, 5)), false), "gone, and not ours");
        let changes = desired.take();
        assert!(changes.iter().all(|change| change.repair));
        let mut kinds: Vec<_> = changes.into_iter().map(|change| (change.kind, change.flow)).collect();
        kinds.sort();
        assert_eq!(kinds, [(Add, flow(1, 1)), (Add, flow(2, 2)), (Delete, flow(3, 3))]);
    }

    #[test]
    fn what_others_do_to_a_flow_about_to_change_makes_its_push_certain() {
        let mut desired = followed(&[flow(1, 1)]);
        desired.apply(vec![flow(1, 1)], vec![flow(1, 2)]);
        desired.tampered(Flow::clone(&flow(1, 1)), false);
        assert_eq!(taken(&mut desired), [(Add, flow(1, 2))], "a modify would find nothing");
    }

    #[test]
    fn an_audit_finds_what_no_one_reported() {
        let mut desired = followed(&[flow(1, 1), flow(2, 2), flow(3, 3)]);
        assert_eq!(desired.tables(), [8]);
        assert_eq!(desired.audit(8, installed(&[flow(1, 1), flow(2, 2), flow(3, 3)])), 0);
        let mut found = installed(&[flow(1, 1), flow(2, 9), flow(7, 7)]);
        found.push(timeout(&flow(8, 8)));
        assert_eq!(desired.audit(8, found), 3);
        assert_eq!(taken(&mut desired), [(Add, flow(2, 2)), (Add, flow(3, 3)), (Delete, flow(7, 7))]);
    }

    #[test]
    fn an_audit_does_not_repeat_what_was_refused_or_is_on_its_way() {
        let mut desired = followed(&[]);
        desired.apply(vec![], vec![flow(1, 1)]);
        for change in desired.take() {
            desired.refused(&change);
        }
        desired.apply(vec![], vec![flow(2, 2)]);
        assert_eq!(desired.audit(8, vec![]), 0);
    }
}
