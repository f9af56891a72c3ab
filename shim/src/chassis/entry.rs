//! What is kept of one hypervisor, whether it is connected or not.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use openflow::{Flow, Group, Meter};
use tokio::sync::{Notify, mpsc, watch};

use super::difference::{Change, ChangeKind, Difference};
use super::event::{ChassisEvent, Facts};
use super::identity::Identity;
use super::library::{SharedShelf, Shelf};
use super::patches::Patch;
use super::seat::{Seat, Turn};
use super::step::{MeterSteps, Step};
use super::switch::Outlet;

/// One hypervisor, by its system-id.
#[derive(Debug)]
pub(super) struct Chassis {
    pub(super) name: Arc<str>,
    events: mpsc::UnboundedSender<ChassisEvent>,
    /// What all hypervisors should have. Locked before `state`.
    shelf: Arc<SharedShelf>,
    state: Mutex<State>,
    /// The session with its database.
    pub(super) database: Seat,
    /// The session with its switch.
    pub(super) switch: Seat,
    /// Whether the engine holds its facts.
    pub(super) admitted: watch::Sender<bool>,
    /// There may be flows to push.
    pub(super) work: Notify,
    /// There may be marks or patches to write.
    pub(super) marks_changed: Notify,
}

#[derive(Debug, Default)]
struct State {
    differences: Differences,
    /// The last epoch that the present session has confirmed.
    confirmed: u64,
    progress: Progress,
    /// The session that follows; one that it has replaced may still be about to notice.
    follower: Option<Turn>,
    /// The way to the switch.
    outlet: Option<Outlet>,
    identity: Option<Identity>,
    /// For logical ports: whether their interfaces are to be marked as installed.
    marks: HashMap<String, bool>,
    /// Patches to other bridges, by the name of their port: wanted, or not any more.
    patches: BTreeMap<String, (Patch, bool)>,
    /// Whether the driver has been told of it, and not that it left.
    joined: bool,
    away_since: Option<Instant>,
}

/// Where its switch differs from what it should hold.
#[derive(Debug, Default)]
pub(super) struct Differences {
    pub(super) flows: Difference<Flow>,
    pub(super) groups: Difference<Group>,
    pub(super) meters: Difference<Meter>,
}

/// What a switch holds.
#[derive(Debug, Default)]
pub(super) struct Installed {
    pub(super) flows: Vec<Flow>,
    pub(super) groups: Vec<Group>,
    pub(super) meters: Vec<Meter>,
}

/// How far the session with the switch is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Progress {
    /// No session, or one that does not know yet what the switch holds.
    #[default]
    Unknown,
    /// Changes are on their way.
    Pushing,
    /// Everything taken has been confirmed.
    InStep,
}

/// Changes taken for a push.
#[derive(Debug)]
pub(super) struct Batch {
    pub(super) steps: Vec<Step>,
    pub(super) meters: MeterSteps,
    /// The last epoch they cover.
    epoch: u64,
    taken_at: Instant,
}

impl Chassis {
    pub(super) fn new(
        name: Arc<str>,
        events: mpsc::UnboundedSender<ChassisEvent>,
        shelf: Arc<SharedShelf>,
    ) -> Self {
        Chassis {
            name,
            events,
            shelf,
            state: Mutex::default(),
            database: Seat::default(),
            switch: Seat::default(),
            admitted: watch::Sender::new(false),
            work: Notify::new(),
            marks_changed: Notify::new(),
        }
    }

    /// Does something with what is known of its switch, if a session follows that.
    pub(super) fn with_differences(&self, work: impl FnOnce(&mut Differences)) {
        let mut state = self.lock();
        if state.differences.flows.is_followed() {
            work(&mut state.differences);
        }
    }

    #[cfg(test)]
    pub(super) fn differences<R>(&self, work: impl FnOnce(&mut Differences) -> R) -> R {
        work(&mut self.lock().differences)
    }

    /// There may be something to push.
    pub(super) fn wake(&self) {
        self.work.notify_one();
    }

    /// Confirms `epoch`, if there is nothing to push.
    pub(super) fn confirm_if_in_step(&self, epoch: u64) {
        let mut state = self.lock();
        if state.progress == Progress::InStep && !state.differences.is_dirty() {
            self.confirm(&mut state, epoch, 0, Duration::ZERO);
        }
    }

    /// Its switch can be told things.
    pub(super) fn reach(&self, turn: Turn, outlet: Outlet) {
        let mut state = self.lock();
        if self.switch.is_held(turn) {
            state.outlet = Some(outlet);
        }
    }

    /// The way to its switch, if that is connected.
    pub(super) fn outlet(&self) -> Option<Outlet> {
        self.lock().outlet.clone()
    }

    /// Starts to follow a switch that holds these and no others.
    pub(super) fn follow(&self, turn: Turn, installed: Installed) -> Batch {
        let shelf = self.shelf.read();
        let mut state = self.lock();
        if self.switch.is_held(turn) {
            state.follower = Some(turn);
            let Differences { flows, groups, meters } = &mut state.differences;
            flows.follow(&shelf.library.flows(&self.name), installed.flows);
            groups.follow(&shelf.library.groups(&self.name), installed.groups);
            meters.follow(&shelf.library.meters(&self.name), installed.meters);
            state.confirmed = 0;
        }
        self.take_from(&shelf, &mut state, turn)
    }

    /// The changes to push now; none for a session that has been replaced.
    pub(super) fn take(&self, turn: Turn) -> Batch {
        let shelf = self.shelf.read();
        self.take_from(&shelf, &mut self.lock(), turn)
    }

    /// The switch has confirmed a batch, for which it was sent that many flow mods.
    pub(super) fn settle(&self, turn: Turn, batch: &Batch, sent: usize) {
        let shelf = self.shelf.read();
        let mut state = self.lock();
        if state.follower != Some(turn) {
            return;
        }
        state.progress = Progress::InStep;
        // Later epochs that did not concern this hypervisor are confirmed with it.
        let epoch = if state.differences.is_dirty() { batch.epoch } else { shelf.epoch };
        self.confirm(&mut state, epoch, sent, batch.taken_at.elapsed());
    }

    /// The switch does not take a step.
    pub(super) fn refuse(&self, turn: Turn, step: &Step, error: String) {
        let mut state = self.lock();
        if state.follower != Some(turn) {
            return;
        }
        match step {
            Step::Flow(change) => {
                state.differences.flows.refused(change);
                let flow = Flow::clone(&change.item);
                self.send(ChassisEvent::Rejected { chassis: Arc::clone(&self.name), flow, error });
            }
            Step::SetGroup(change) | Step::RemoveGroup(change) => state.differences.groups.refused(change),
        }
    }

    /// The switch does not take a meter.
    pub(super) fn refuse_meter(&self, turn: Turn, change: &Change<Meter>) {
        let mut state = self.lock();
        if state.follower == Some(turn) {
            state.differences.meters.refused(change);
        }
    }

    /// Groups or meters have changed: flows that were refused may be fine now.
    pub(super) fn retry_refused(&self, turn: Turn) {
        let mut state = self.lock();
        if state.follower == Some(turn) {
            state.differences.flows.retry_refused();
            self.work.notify_one();
        }
    }

    /// Somebody else changed a flow: see [`Difference::tampered`].
    pub(super) fn tampered(&self, sample: Flow, present: bool) -> bool {
        let shelf = self.shelf.read();
        self.lock().differences.flows.tampered(&shelf.library.flows(&self.name), sample, present)
    }

    /// See [`Difference::audit`].
    pub(super) fn audit(&self, turn: Turn, table: u8, installed: Vec<Flow>) -> usize {
        let shelf = self.shelf.read();
        let mut state = self.lock();
        if state.follower != Some(turn) {
            return 0;
        }
        state.differences.flows.audit(&shelf.library.flows(&self.name), table, installed)
    }

    /// See [`Difference::audit`].
    pub(super) fn audit_groups(&self, turn: Turn, groups: Vec<Group>, meters: Vec<Meter>) -> usize {
        let shelf = self.shelf.read();
        let mut state = self.lock();
        if state.follower != Some(turn) {
            return 0;
        }
        let differing = state.differences.groups.audit(&shelf.library.groups(&self.name), 0, groups);
        differing + state.differences.meters.audit(&shelf.library.meters(&self.name), 0, meters)
    }

    /// The tables in which flows are desired.
    pub(super) fn tables(&self) -> Vec<u8> {
        self.shelf.read().library.flows(&self.name).parts()
    }

    /// How many flows are desired.
    pub(super) fn n_flows(&self) -> usize {
        self.shelf.read().library.flows(&self.name).len()
    }

    /// Whether there is anything to push.
    pub(super) fn is_dirty(&self) -> bool {
        self.lock().differences.is_dirty()
    }

    /// The session with the switch is over.
    pub(super) fn unfollow(&self, turn: Turn) {
        let mut state = self.lock();
        if self.switch.is_held(turn) || !self.switch.is_taken() {
            state.outlet = None;
        }
        if state.follower == Some(turn) {
            state.follower = None;
            state.differences.flows.unfollow();
            state.differences.groups.unfollow();
            state.differences.meters.unfollow();
            state.progress = Progress::Unknown;
        }
    }

    /// What its switch must prove to be: what it already is, or what its database said, or a new one.
    pub(super) fn identify(&self, present_serial: Option<&str>) -> Identity {
        self.lock().identity.get_or_insert_with(|| Identity::of(&self.name, present_serial)).clone()
    }

    /// What its switch must prove to be, if that is known.
    pub(super) fn identity(&self) -> Option<Identity> {
        self.lock().identity.clone()
    }

    /// Wants the interfaces of a logical port marked as installed, or not.
    pub(super) fn mark(&self, iface_id: &str, installed: bool) {
        self.lock().marks.insert(iface_id.to_owned(), installed);
        self.marks_changed.notify_one();
    }

    /// Wants a patch to another bridge, or no longer.
    pub(super) fn want_patch(&self, patch: Patch, wanted: bool) {
        self.lock().patches.insert(patch.port.clone(), (patch, wanted));
        self.marks_changed.notify_one();
    }

    /// The patches wanted, and those that are not any more.
    pub(super) fn patches(&self) -> Vec<(Patch, bool)> {
        self.lock().patches.values().cloned().collect()
    }

    /// The marks wanted.
    pub(super) fn marks(&self) -> HashMap<String, bool> {
        self.lock().marks.clone()
    }

    /// Forgets the marks of logical ports that are not here; whoever plugs one in again starts without.
    pub(super) fn retain_marks(&self, is_here: impl Fn(&str) -> bool) {
        self.lock().marks.retain(|iface_id, _| is_here(iface_id));
    }

    /// Tells the driver what its database says.
    pub(super) fn publish(&self, facts: Facts) {
        self.lock().joined = true;
        self.send(ChassisEvent::Facts { chassis: Arc::clone(&self.name), facts });
    }

    /// Counts as joined, though it has not been heard of yet.
    pub(super) fn expect(&self) {
        self.lock().joined = true;
    }

    /// Tells the driver that its database is out of reach.
    pub(super) fn publish_lost(&self) {
        if self.lock().joined {
            self.send(ChassisEvent::Lost { chassis: Arc::clone(&self.name) });
        }
    }

    /// Ends its sessions and tells the driver that it has left.
    pub(super) fn leave(&self) {
        let joined = {
            let mut state = self.lock();
            state.identity = None;
            state.away_since = None;
            state.marks.clear();
            std::mem::take(&mut state.joined)
        };
        self.admitted.send_replace(false);
        self.database.evict();
        self.switch.evict();
        if joined {
            tracing::info!(chassis = %self.name, "hypervisor left");
            self.send(ChassisEvent::Left { chassis: Arc::clone(&self.name) });
        }
    }

    /// Whether it has been without any session for that long.
    pub(super) fn is_away(&self, leave_after: Duration, now: Instant) -> bool {
        let present = self.database.is_taken() || self.switch.is_taken();
        let mut state = self.lock();
        if present || !state.joined {
            state.away_since = None;
            return false;
        }
        now.saturating_duration_since(*state.away_since.get_or_insert(now)) >= leave_after
    }

    fn take_from(&self, shelf: &Shelf, state: &mut State, turn: Turn) -> Batch {
        let mut batch = Batch {
            steps: Vec::new(),
            meters: MeterSteps::default(),
            epoch: shelf.epoch,
            taken_at: Instant::now(),
        };
        if state.follower == Some(turn) {
            state.progress = Progress::Pushing;
            let is_set = |kind: ChangeKind| kind != ChangeKind::Delete;
            let Differences { flows, groups, meters } = &mut state.differences;
            let meters = meters.take(&shelf.library.meters(&self.name)).into_iter();
            (batch.meters.set, batch.meters.removed) = meters.partition(|change| is_set(change.kind));
            let groups = groups.take(&shelf.library.groups(&self.name)).into_iter();
            let (set, removed): (Vec<_>, Vec<_>) = groups.partition(|change| is_set(change.kind));
            let flows = flows.take(&shelf.library.flows(&self.name));
            batch.steps.reserve_exact(set.len() + flows.len() + removed.len());
            batch.steps.extend(set.into_iter().map(Step::SetGroup));
            batch.steps.extend(flows.into_iter().map(Step::Flow));
            batch.steps.extend(removed.into_iter().map(Step::RemoveGroup));
        }
        batch
    }

    fn confirm(&self, state: &mut State, epoch: u64, sent: usize, took: Duration) {
        if epoch > state.confirmed || sent > 0 {
            state.confirmed = epoch;
            self.send(ChassisEvent::Confirmed { chassis: Arc::clone(&self.name), epoch, sent, took });
        }
    }

    fn send(&self, event: ChassisEvent) {
        // The driver gone means that all is coming down.
        let _ = self.events.send(event);
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Differences {
    fn is_dirty(&self) -> bool {
        self.flows.is_dirty() || self.groups.is_dirty() || self.meters.is_dirty()
    }
}
