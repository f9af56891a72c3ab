//! Where a switch differs from what it should hold.

use std::sync::Arc;

use hashbrown::HashTable;
use hashbrown::hash_table::Entry;

use super::item::{Item, Stored};
use super::library::View;

/// The difference between what a hypervisor should have (a [`View`]) and what its switch holds. Only while a session
/// follows the switch: without one, the next session finds the difference by asking it.
///
/// A switch costs memory only where it differs. Changes that nobody has taken yet are merged, so that a slow switch holds
/// up nobody and is later sent the outcome, not the history.
#[derive(Debug)]
pub(super) struct Difference<T> {
    followed: Option<Followed<T>>,
}

/// What is known of a switch that is followed: it holds what is desired but for these keys.
#[derive(Debug)]
struct Followed<T> {
    /// To be pushed next.
    dirty: HashTable<Touched<T>>,
    /// Refused by the switch as they are desired now.
    refused: HashTable<Touched<T>>,
}

/// A key at which the switch may hold something else than what is desired.
#[derive(Debug)]
struct Touched<T> {
    hash: u64,
    /// Any item of the key.
    sample: Arc<Stored<T>>,
    held: Held<T>,
    /// Whether somebody else changed it.
    tampered: bool,
}

/// What a switch holds at a key.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Held<T> {
    Nothing,
    Item(Arc<Stored<T>>),
    /// Somebody else has been at it.
    Unsure,
}

/// One message to come.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Change<T> {
    pub(super) kind: ChangeKind,
    /// What is desired; for a delete, any item of the key.
    pub(super) item: Arc<Stored<T>>,
    /// What the switch holds before.
    held: Held<T>,
    /// Whether this puts right what somebody else changed.
    pub(super) repair: bool,
}

/// In the order of sending: what forwards comes before what stops forwarding.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum ChangeKind {
    /// Adds it, or replaces what is there.
    Add,
    /// Gives what is there a new content; a flow keeps its counters.
    Modify,
    /// Deletes it.
    Delete,
}

impl<T> Default for Difference<T> {
    /// Of a switch that nobody follows.
    fn default() -> Self {
        Difference { followed: None }
    }
}

impl<T> Clone for Held<T> {
    fn clone(&self) -> Self {
        match self {
            Held::Nothing => Held::Nothing,
            Held::Item(item) => Held::Item(Arc::clone(item)),
            Held::Unsure => Held::Unsure,
        }
    }
}

impl<T: Item> Difference<T> {
    /// Starts to follow a switch that holds `installed`, all its items.
    ///
    /// What goes by itself and nobody desires is left alone: the switch made it itself, by a learn action, or somebody
    /// wants it only for a while.
    pub(super) fn follow(&mut self, desired: &View<'_, T>, installed: Vec<T>) {
        let mut found = gather(installed, |item| Held::Item(Arc::clone(item)), false);
        let mut dirty = HashTable::new();
        for (hash, item) in desired.items(None) {
            match found.find_entry(hash, |touched| touched.sample.same_key(item)) {
                Ok(entry) => {
                    let (touched, _) = entry.remove();
                    if touched.sample != *item {
                        put(&mut dirty, touched);
                    }
                }
                Err(_) => {
                    let (sample, held) = (Arc::clone(item), Held::Nothing);
                    put(&mut dirty, Touched { hash, sample, held, tampered: false });
                }
            }
        }
        for touched in found.into_iter().filter(|touched| !touched.sample.is_passing()) {
            put(&mut dirty, touched);
        }
        self.followed = Some(Followed { dirty, refused: HashTable::new() });
    }

    /// The session is over.
    pub(super) fn unfollow(&mut self) {
        self.followed = None;
    }

    /// Whether a session follows.
    pub(super) fn is_followed(&self) -> bool {
        self.followed.is_some()
    }

    /// Whether [`Difference::take`] would find something to look at.
    pub(super) fn is_dirty(&self) -> bool {
        self.followed.as_ref().is_some_and(|followed| !followed.dirty.is_empty())
    }

    /// What is desired at a key is about to change: now it is `before`. `sample` is any item of the key.
    pub(super) fn touch(&mut self, hash: u64, sample: Arc<Stored<T>>, before: Option<Arc<Stored<T>>>) {
        let Some(followed) = &mut self.followed else { return };
        let is_same = |touched: &Touched<T>| touched.sample.same_key(&sample);
        let refused = match followed.refused.find_entry(hash, is_same) {
            Ok(entry) => Some(entry.remove().0),
            Err(_) => None,
        };
        if let Entry::Vacant(entry) = followed.dirty.entry(hash, is_same, |touched| touched.hash) {
            let held = before.map_or(Held::Nothing, Held::Item);
            entry.insert(refused.unwrap_or(Touched { hash, sample, held, tampered: false }));
        }
    }

    /// The changes to send now, in order. From here on the switch counts as having them.
    pub(super) fn take(&mut self, desired: &View<'_, T>) -> Vec<Change<T>> {
        let Some(followed) = &mut self.followed else { return Vec::new() };
        let dirty = std::mem::take(&mut followed.dirty);
        let mut changes = Vec::with_capacity(dirty.len());
        changes.extend(dirty.into_iter().filter_map(|touched| {
            let item = desired.find(touched.hash, &touched.sample);
            change(touched, item)
        }));
        changes.sort_by_key(|change| change.kind);
        changes
    }

    /// The switch did not take a change, and holds what it held before.
    pub(super) fn refused(&mut self, change: &Change<T>) {
        let hash = change.item.hash();
        let Some(followed) = &mut self.followed else { return };
        match followed.dirty.find_mut(hash, |touched| touched.sample.same_key(&change.item)) {
            Some(touched) => touched.held = change.held.clone(),
            None => {
                let (sample, held) = (Arc::clone(&change.item), change.held.clone());
                put(&mut followed.refused, Touched { hash, sample, held, tampered: false });
            }
        }
    }

    /// What was refused is to be tried again.
    pub(super) fn retry_refused(&mut self) {
        let Some(followed) = &mut self.followed else { return };
        for touched in std::mem::take(&mut followed.refused) {
            put(&mut followed.dirty, touched);
        }
    }

    /// Somebody else changed the item of a key. `sample` is any item of the key, `present` says whether the switch now
    /// holds exactly that one, or none. Returns whether it has to be put right.
    pub(super) fn tampered(&mut self, desired: &View<'_, T>, sample: T, present: bool) -> bool {
        let Some(followed) = &mut self.followed else { return false };
        let hash = sample.hash();
        let fine = match desired.find(hash, &sample) {
            Some(item) => present && ***item == sample,
            None => !present || sample.is_passing(),
        };
        match followed.dirty.entry(hash, |touched| touched.sample.same_key(&sample), |touched| touched.hash) {
            Entry::Occupied(mut entry) => {
                let touched = entry.get_mut();
                touched.held = Held::Unsure;
                touched.tampered |= !fine;
                !fine
            }
            Entry::Vacant(_) if fine => false,
            Entry::Vacant(entry) => {
                let sample = Stored::new(sample);
                entry.insert(Touched { hash, sample, held: Held::Unsure, tampered: true });
                true
            }
        }
    }

    /// Compares what the switch holds in one part with what it was last sent. Returns how many keys differ.
    pub(super) fn audit(&mut self, desired: &View<'_, T>, part: u8, installed: Vec<T>) -> usize {
        let Some(followed) = &mut self.followed else { return 0 };
        let mut found = gather(installed, |item| T::seen(Some(Arc::clone(item))), true);
        let mut differing = Vec::new();
        for (hash, item) in desired.items(Some(part)) {
            match found.find_entry(hash, |touched| touched.sample.same_key(item)) {
                Ok(entry) => {
                    let (touched, _) = entry.remove();
                    if touched.sample != *item {
                        differing.push(touched);
                    }
                }
                Err(_) => {
                    let (sample, held) = (Arc::clone(item), T::seen(None));
                    differing.push(Touched { hash, sample, held, tampered: true });
                }
            }
        }
        differing.extend(found.into_iter().filter(|touched| !touched.sample.is_passing()));
        // What is about to be pushed, or was refused, is known to differ.
        differing.retain(|touched| {
            let is_same = |other: &Touched<T>| other.sample.same_key(&touched.sample);
            followed.dirty.find(touched.hash, is_same).is_none()
                && followed.refused.find(touched.hash, is_same).is_none()
        });
        let n_differing = differing.len();
        differing.into_iter().for_each(|touched| put(&mut followed.dirty, touched));
        n_differing
    }
}

/// What a switch has, by key.
fn gather<T: Item>(
    installed: Vec<T>,
    held: impl Fn(&Arc<Stored<T>>) -> Held<T>,
    tampered: bool,
) -> HashTable<Touched<T>> {
    let mut found = HashTable::with_capacity(installed.len());
    for item in installed {
        let (hash, sample) = (item.hash(), Stored::new(item));
        let held = held(&sample);
        put(&mut found, Touched { hash, sample, held, tampered });
    }
    found
}

fn put<T>(table: &mut HashTable<Touched<T>>, touched: Touched<T>) {
    table.insert_unique(touched.hash, touched, |other| other.hash);
}

/// What turns the item held at a key into the one desired.
fn change<T: Item>(touched: Touched<T>, desired: Option<&Arc<Stored<T>>>) -> Option<Change<T>> {
    let Touched { sample, held, tampered: repair, .. } = touched;
    let (kind, item) = match (&held, desired) {
        (Held::Nothing, None) => return None,
        (Held::Item(item), Some(desired)) if item == desired => return None,
        (Held::Item(item), Some(desired)) if item.can_become(desired) => {
            (ChangeKind::Modify, Arc::clone(desired))
        }
        (Held::Item(_) | Held::Unsure | Held::Nothing, Some(desired)) => {
            (ChangeKind::Add, Arc::clone(desired))
        }
        (Held::Item(_) | Held::Unsure, None) => (ChangeKind::Delete, sample),
    };
    Some(Change { kind, item, held, repair })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::collections::HashMap;

    use openflow::{Action, Flow, Instructions, Match, PortNo};

    use super::*;
    use crate::chassis::entry::{Chassis, Differences};
    use crate::chassis::library::{ScopeChange, SharedShelf};
    use crate::chassis::step::Delta;

    /// One hypervisor that holds the scopes "a" and "b".
    struct Desired {
        shelf: Arc<SharedShelf>,
        chassis: HashMap<Arc<str>, Arc<Chassis>>,
    }

    impl Default for Desired {
        fn default() -> Self {
            let (shelf, name) = (Arc::<SharedShelf>::default(), Arc::<str>::from("hv"));
            let (events, _) = tokio::sync::mpsc::unbounded_channel();
            let entry = Arc::new(Chassis::new(Arc::clone(&name), events, Arc::clone(&shelf)));
            let chassis = HashMap::from([(Arc::clone(&name), entry)]);
            for scope in ["a", "b"] {
                let change = ScopeChange { gained: vec![Arc::clone(&name)], ..ScopeChange::default() };
                shelf.write().library.apply([(scope.to_owned(), change)], &chassis);
            }
            Desired { shelf, chassis }
        }
    }

    impl Desired {
        /// How many conflicts are new.
        fn apply(&mut self, removed: Vec<Flow>, added: Vec<Flow>) -> usize {
            self.change("a", ScopeChange { flows: Delta { removed, added }, ..ScopeChange::default() })
        }

        fn change(&mut self, scope: &str, change: ScopeChange) -> usize {
            self.shelf.write().library.apply([(scope.to_owned(), change)], &self.chassis).0.len()
        }

        fn with<R>(&self, work: impl FnOnce(&mut Difference<Flow>, &View<'_, Flow>) -> R) -> R {
            let shelf = self.shelf.read();
            self.chassis["hv"]
                .differences(|Differences { flows, .. }| work(flows, &shelf.library.flows("hv")))
        }

        fn follow(&mut self, installed: Vec<Flow>) {
            self.with(|difference, view| difference.follow(view, installed));
        }

        fn unfollow(&mut self) {
            self.with(|difference, _| difference.unfollow());
        }

        fn take(&mut self) -> Vec<Change<Flow>> {
            self.with(Difference::take)
        }

        fn is_dirty(&self) -> bool {
            self.with(|difference, _| difference.is_dirty())
        }

        fn refused(&mut self, change: &Change<Flow>) {
            self.with(|difference, _| difference.refused(change));
        }

        fn retry_refused(&mut self) {
            self.with(|difference, _| difference.retry_refused());
        }

        fn tampered(&mut self, sample: Flow, present: bool) -> bool {
            self.with(|difference, view| difference.tampered(view, sample, present))
        }

        fn audit(&mut self, table: u8, installed: Vec<Flow>) -> usize {
            self.with(|difference, view| difference.audit(view, table, installed))
        }

        fn n_flows(&self) -> usize {
            self.with(|_, view| view.len())
        }

        fn tables(&self) -> Vec<u8> {
            self.with(|_, view| view.parts())
        }
    }

    /// A flow of key `key` that outputs to `port`.
    fn flow(key: u64, port: u32) -> Flow {
        let matching = Match::builder().metadata(key).build().unwrap();
        Flow::new(8, 50, matching, Instructions::apply(vec![Action::output(PortNo(port))]))
    }

    fn cookie(flow: &Flow, cookie: u64) -> Flow {
        flow.clone().with_cookie(cookie)
    }

    fn timeout(flow: &Flow) -> Flow {
        Flow { idle_timeout: 9, ..flow.clone() }
    }

    /// A table of these flows, which a switch has.
    fn followed(flows: &[Flow]) -> Desired {
        let mut desired = Desired::default();
        desired.apply(vec![], flows.to_vec());
        desired.follow(flows.to_vec());
        assert!(desired.take().is_empty());
        desired
    }

    /// Kinds and flows of the changes, which are in order of kind; within a kind they have none.
    fn taken(desired: &mut Desired) -> Vec<(ChangeKind, Flow)> {
        let changes = desired.take();
        assert!(changes.is_sorted_by_key(|change| change.kind));
        let mut taken: Vec<_> =
            changes.into_iter().map(|change| (change.kind, Flow::clone(&change.item))).collect();
        taken.sort();
        taken
    }

    use ChangeKind::{Add, Delete, Modify};

    #[test]
    fn what_the_switch_has_already_is_not_sent() {
        let mut desired = Desired::default();
        let wanted = [flow(1, 1), flow(2, 2), flow(3, 3), cookie(&flow(4, 4), 1)];
        desired.apply(vec![], wanted.to_vec());
        desired.follow(vec![flow(1, 1), flow(2, 9), flow(4, 4), flow(5, 5)]);
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
        assert!(desired.take().is_empty());
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
            let conflicts: usize = order.iter().map(|port| desired.apply(vec![], vec![flow(1, *port)])).sum();
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
        assert_eq!(desired.apply(vec![], vec![flow(1, 1), flow(1, 1)]), 0, "no conflict");
        assert_eq!(taken(&mut desired), [(Add, flow(1, 1))]);
        desired.apply(vec![flow(1, 1)], vec![]);
        assert_eq!(taken(&mut desired), []);
        desired.apply(vec![flow(1, 1)], vec![]);
        assert_eq!(taken(&mut desired), [(Delete, flow(1, 1))]);
    }

    #[test]
    fn a_successor_is_no_rival() {
        let mut desired = followed(&[flow(1, 1)]);
        assert_eq!(desired.apply(vec![flow(1, 1)], vec![flow(1, 2)]), 0);
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
        assert!(desired.tampered(flow(1, 1), false), "deleted");
        assert!(desired.tampered(flow(2, 9), true), "changed");
        assert!(desired.tampered(flow(3, 3), true), "added");
        assert!(!desired.tampered(timeout(&flow(4, 4)), true), "learned");
        assert!(!desired.tampered(flow(5, 5), false), "gone, and not ours");
        let changes = desired.take();
        assert!(changes.iter().all(|change| change.repair));
        let mut kinds: Vec<_> =
            changes.into_iter().map(|change| (change.kind, Flow::clone(&change.item))).collect();
        kinds.sort();
        assert_eq!(kinds, [(Add, flow(1, 1)), (Add, flow(2, 2)), (Delete, flow(3, 3))]);
    }

    #[test]
    fn what_others_do_to_a_flow_about_to_change_makes_its_push_certain() {
        let mut desired = followed(&[flow(1, 1)]);
        desired.apply(vec![flow(1, 1)], vec![flow(1, 2)]);
        desired.tampered(flow(1, 1), false);
        assert_eq!(taken(&mut desired), [(Add, flow(1, 2))], "a modify would find nothing");
    }

    #[test]
    fn an_audit_finds_what_no_one_reported() {
        let mut desired = followed(&[flow(1, 1), flow(2, 2), flow(3, 3)]);
        assert_eq!(desired.tables(), [8]);
        assert_eq!(desired.audit(8, vec![flow(1, 1), flow(2, 2), flow(3, 3)]), 0);
        let mut found = vec![flow(1, 1), flow(2, 9), flow(7, 7)];
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

    fn gained(scopes: &mut Desired, scope: &str, flows: Vec<Flow>) {
        let flows = Delta { removed: vec![], added: flows };
        let gained = vec!["hv".into()];
        scopes.change(scope, ScopeChange { flows, gained, ..ScopeChange::default() });
    }

    fn lost() -> ScopeChange {
        ScopeChange { lost: vec!["hv".into()], ..ScopeChange::default() }
    }

    #[test]
    fn a_scope_comes_whole_as_it_is_and_goes_whole_as_it_was() {
        let mut desired = followed(&[flow(1, 1)]);
        desired.change(
            "c",
            ScopeChange {
                flows: Delta { removed: vec![], added: vec![flow(2, 2), flow(3, 3)] },
                ..ScopeChange::default()
            },
        );
        assert!(!desired.is_dirty(), "it is not ours");
        gained(&mut desired, "c", vec![flow(4, 4)]);
        assert_eq!(taken(&mut desired), [(Add, flow(2, 2)), (Add, flow(3, 3)), (Add, flow(4, 4))]);
        let flows = Delta { removed: vec![flow(2, 2)], added: vec![flow(5, 5)] };
        desired.change("c", ScopeChange { flows, ..lost() });
        assert_eq!(taken(&mut desired), [(Delete, flow(2, 2)), (Delete, flow(3, 3)), (Delete, flow(4, 4))]);
        assert_eq!(desired.n_flows(), 1);
    }

    #[test]
    fn a_scope_lost_and_gained_again_before_anybody_looked_changes_nothing() {
        let mut desired = followed(&[flow(1, 1)]);
        desired.change("a", lost());
        assert_eq!(desired.n_flows(), 0);
        gained(&mut desired, "a", vec![]);
        assert!(taken(&mut desired).is_empty());
    }

    #[test]
    fn of_flows_of_one_key_in_several_scopes_the_smallest_counts() {
        let mut desired = followed(&[]);
        let in_b = |removed, added| ScopeChange { flows: Delta { removed, added }, ..ScopeChange::default() };
        assert_eq!(desired.apply(vec![], vec![flow(1, 5)]), 0);
        assert_eq!(desired.change("b", in_b(vec![], vec![flow(1, 3)])), 1, "reported");
        assert_eq!(desired.change("b", in_b(vec![], vec![flow(2, 2)])), 0);
        assert_eq!(taken(&mut desired), [(Add, flow(1, 3)), (Add, flow(2, 2))]);
        assert_eq!(desired.n_flows(), 2);
        assert_eq!(desired.audit(8, vec![flow(1, 3), flow(2, 2)]), 0);
        desired.change("b", lost());
        assert_eq!(taken(&mut desired), [(Modify, flow(1, 5)), (Delete, flow(2, 2))]);
        assert_eq!(
            desired.change("b", ScopeChange { gained: vec!["hv".into()], ..ScopeChange::default() }),
            1
        );
        assert_eq!(taken(&mut desired), [(Add, flow(2, 2)), (Modify, flow(1, 3))]);
        desired.change("b", in_b(vec![flow(1, 3)], vec![]));
        assert_eq!(taken(&mut desired), [(Modify, flow(1, 5))]);
        assert_eq!(desired.apply(vec![flow(1, 5)], vec![flow(1, 6)]), 0, "nobody else has the key now");
    }

    #[test]
    fn the_same_flow_in_two_scopes_stays_until_it_is_in_neither() {
        let mut desired = followed(&[]);
        gained(&mut desired, "c", vec![flow(1, 1)]);
        assert_eq!(desired.apply(vec![], vec![flow(1, 1)]), 0, "no conflict");
        assert_eq!(taken(&mut desired), [(Add, flow(1, 1))]);
        desired.change("c", lost());
        assert!(taken(&mut desired).is_empty());
        desired.apply(vec![flow(1, 1)], vec![]);
        assert_eq!(taken(&mut desired), [(Delete, flow(1, 1))]);
    }
}
