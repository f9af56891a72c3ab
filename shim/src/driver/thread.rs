//! The driver's loop: gather inputs, commit, give the effects out.

use std::collections::HashSet;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::{Duration, Instant};

use thiserror::Error;
use tokio::sync::{broadcast, mpsc as tokio_mpsc, oneshot};
use tracing::{debug, error, info, warn};
use weir_engine::engine::{Commit, Engine, Update};

use super::chassis_facts::{ChassisFacts, FactChange};
use super::effects::{CommitRecord, Effects, WantedKeys, owner_number};
use super::group::Part;
use super::relations::{KeyRelations, Relations};
use crate::chassis::{Audience, ChassisEvent, Hypervisors, ScopeChange};
use crate::feed::{Installing, Intent, StoreError, Submission};
use crate::flow::FlowReader;
use crate::keys::KeyAllocator;
use crate::northbound::{NorthboundInput, Notice};
use crate::state::{Change, State, StateError};

/// Inputs committed as one transaction at most.
const GROUP: usize = 4096;

/// Something that happened outside.
#[derive(Debug)]
pub enum Input {
    /// The Northbound.
    Northbound(NorthboundInput),
    /// A hypervisor.
    Chassis(ChassisEvent),
    /// A feed.
    Feed(Submission),
    /// What the services learned from packets.
    Learned(Vec<Update>),
    /// Somebody asks whether the driver lives: to be answered in its turn.
    Ping(oneshot::Sender<()>),
    /// The daemon ends.
    Stop,
}

/// What the driver works with.
pub struct DriverConfig {
    /// Where [`State`] lies.
    pub state: PathBuf,
    /// How long after the start to wait for hypervisors known from before.
    pub settle: Duration,
    /// Whether there is a Northbound to be read before anything is pushed.
    pub northbound: bool,
}

/// Owner of the transactions.
pub struct Driver {
    pub(super) engine: Arc<Engine>,
    relations: Relations,
    reader: FlowReader,
    facts: ChassisFacts,
    keys: KeyAllocator,
    state: State,
    hypervisors: Arc<Hypervisors>,
    notices: tokio_mpsc::UnboundedSender<Notice>,
    commits: broadcast::Sender<Arc<CommitRecord>>,
    gate: Gate,
    /// What came by feeds.
    pub(super) intent: Intent,
    /// Whom to tell that it is on the switches.
    pub(super) installing: Installing,
}

/// Why there is no driver.
#[derive(Debug, Error)]
pub enum DriverError {
    /// What is remembered of hypervisors and keys cannot be used.
    #[error(transparent)]
    State(#[from] StateError),
    /// What came by feeds cannot be used.
    #[error(transparent)]
    Intent(#[from] StoreError),
}

/// What a transaction came to, with the answers to the keys it wanted.
pub(super) struct Outcome {
    pub(super) record: Arc<CommitRecord>,
    /// Hypervisors whose flows or groups it changes.
    pub(super) concerned: HashSet<Arc<str>>,
}

/// Nothing is pushed before all that is known has been read.
struct Gate {
    open: bool,
    northbound_read: bool,
    awaited: HashSet<String>,
    deadline: Instant,
}

impl Driver {
    /// Opens the state store and takes up what it and `intent` remember.
    ///
    /// # Errors
    /// When a store cannot be used.
    pub fn new(
        config: DriverConfig,
        engine: Arc<Engine>,
        relations: Relations,
        intent: Intent,
        hypervisors: Arc<Hypervisors>,
        notices: tokio_mpsc::UnboundedSender<Notice>,
        commits: broadcast::Sender<Arc<CommitRecord>>,
    ) -> Result<Driver, DriverError> {
        let state = State::open(&config.state)?;
        let remembered = state.load()?;
        let mut keys = KeyAllocator::default();
        for (space, owner, key) in &remembered.keys {
            keys.remember(space, *owner, *key);
        }
        let gate = Gate {
            open: false,
            northbound_read: !config.northbound,
            awaited: remembered.chassis.iter().map(|(name, _)| name.clone()).collect(),
            deadline: Instant::now() + config.settle,
        };
        let mut driver = Driver {
            engine,
            relations,
            reader: FlowReader::default(),
            facts: ChassisFacts::default(),
            keys,
            state,
            hypervisors,
            notices,
            commits,
            gate,
            intent,
            installing: Installing::default(),
        };
        for name in &driver.gate.awaited {
            driver.hypervisors.expect(name);
        }
        let restored = driver.facts.restore(remembered.chassis);
        let updates = driver.chassis_updates(restored);
        let (intent, misfits) = driver.intent.restore()?;
        for misfit in misfits {
            error!(row = misfit, "a row that came by a feed does not fit the rules and is left out");
        }
        driver.begin(updates, intent);
        Ok(driver)
    }

    /// Runs until [`Input::Stop`] or until nobody can send inputs any more.
    pub fn run(mut self, inputs: &Receiver<Input>) {
        self.open_gate_when_ready();
        loop {
            let first = match self.gate.wait() {
                None => match inputs.recv() {
                    Ok(input) => Some(input),
                    Err(_) => return,
                },
                Some(wait) => match inputs.recv_timeout(wait) {
                    Ok(input) => Some(input),
                    Err(RecvTimeoutError::Timeout) => None,
                    Err(RecvTimeoutError::Disconnected) => return,
                },
            };
            let mut parts = Vec::new();
            let mut spoken = Vec::new();
            let waiting = first.into_iter().chain(std::iter::from_fn(|| inputs.try_recv().ok())).take(GROUP);
            for input in waiting {
                match input {
                    Input::Stop => return,
                    Input::Northbound(input) => parts.push(Part::Updates(self.northbound(input))),
                    Input::Ping(answer) => {
                        let _ = answer.send(());
                    }
                    Input::Feed(Submission::Hello { client, last }) => {
                        // Those before it in the queue may be its own.
                        self.commit_group(std::mem::take(&mut parts));
                        let _ = last.send(self.intent.last(&client));
                    }
                    Input::Feed(Submission::Transaction(transaction)) => parts.push(Part::Feed(transaction)),
                    Input::Learned(learned) => parts.push(Part::Updates(learned)),
                    Input::Chassis(event) => {
                        if let ChassisEvent::Facts { chassis, .. } = &event {
                            spoken.push(Arc::clone(chassis));
                        }
                        parts.push(Part::Updates(self.chassis(event)));
                    }
                }
            }
            self.commit_group(parts);
            for chassis in spoken {
                self.hypervisors.admit(&chassis);
            }
            self.open_gate_when_ready();
        }
    }

    fn northbound(&mut self, input: NorthboundInput) -> Vec<Update> {
        let mut updates = match input {
            NorthboundInput::Snapshot(updates) => {
                self.gate.northbound_read = true;
                updates
            }
            NorthboundInput::Changes(updates) => updates,
        };
        updates.retain(|update| {
            let owned = self.intent.owns(update);
            if owned {
                error!(?update, "a row of this key came by a feed: the Northbound's is left out");
            }
            !owned
        });
        updates
    }

    fn chassis(&mut self, event: ChassisEvent) -> Vec<Update> {
        match event {
            ChassisEvent::Facts { chassis, facts } => {
                self.gate.awaited.remove(&*chassis);
                let changes = self.facts.update(&chassis, &facts);
                if !changes.is_empty()
                    && let Some(known) = self.facts.known(&chassis).cloned()
                {
                    self.remember(&[Change::PutChassis(chassis.to_string(), known)]);
                }
                self.chassis_updates(changes)
            }
            ChassisEvent::Left { chassis } => {
                self.gate.awaited.remove(&*chassis);
                let changes = self.facts.remove(&chassis);
                self.remember(&[Change::RemoveChassis(chassis.to_string())]);
                self.hypervisors.forget(&chassis);
                self.installing.leave(&chassis, Instant::now());
                self.chassis_updates(changes)
            }
            ChassisEvent::Lost { chassis } => {
                debug!(%chassis, "hypervisor session lost; what it said stands");
                Vec::new()
            }
            ChassisEvent::Confirmed { chassis, epoch, sent, took } => {
                debug!(%chassis, epoch, sent, ?took, "confirmed");
                self.installing.confirm(&chassis, epoch, Instant::now());
                self.notify(Notice::Confirmed { chassis: chassis.to_string(), epoch });
                Vec::new()
            }
            ChassisEvent::Rejected { chassis, flow, error } => {
                error!(%chassis, %flow, error, cookie = flow.cookie, "switch rejected a flow");
                Vec::new()
            }
        }
    }

    fn chassis_updates(&mut self, changes: Vec<FactChange>) -> Vec<Update> {
        for change in &changes {
            match change {
                FactChange::PutChassis { name, .. } => self.notify(Notice::ChassisKnown(name.clone())),
                FactChange::RemoveChassis { name } => self.notify(Notice::ChassisLeft(name.clone())),
                _ => {}
            }
        }
        changes.into_iter().filter_map(|change| self.relations.fact(change)).collect()
    }

    /// Facts of the program itself, and what an earlier run remembered.
    fn begin(&mut self, hypervisors: Vec<Update>, intent: Vec<Update>) {
        let initial = self.engine.initial();
        self.follow_up(initial, 0, Instant::now());
        self.commit_group(vec![Part::Updates(hypervisors)]);
        // Should the rules have become stricter, all rows but those that they refuse are taken.
        if let Err((parts, _)) = self.commit_together(vec![Part::Updates(intent)]) {
            for part in parts {
                if let Part::Updates(rows) = part {
                    rows.into_iter().for_each(|row| self.commit_group(vec![Part::Updates(vec![row])]));
                }
            }
        }
    }

    /// Answers the wanted keys until no more are wanted, then gives the effects of it all out as one.
    pub(super) fn follow_up(&mut self, commit: Commit, n_updates: usize, start: Instant) -> Outcome {
        let mut effects = Effects::default();
        let mut deltas = Vec::new();
        let mut next = Some(commit);
        let mut epoch = 0;
        while let Some(commit) = next.take() {
            epoch = commit.epoch;
            let mut answers = Vec::new();
            for delta in commit.deltas {
                match self.relations.keys {
                    Some(keys) if keys.wanted == delta.relation => {
                        answers.extend(self.answer(keys, WantedKeys::of(&delta)));
                    }
                    _ => effects.add(&delta, epoch, &self.relations, &self.reader),
                }
                deltas.push(delta);
            }
            if !answers.is_empty() {
                match self.engine.commit(answers) {
                    Ok(commit) => next = Some(commit),
                    Err(error) => error!(%error, "allocated keys refused"),
                }
            }
        }
        let took = start.elapsed();
        self.publish(effects.finish(), CommitRecord { epoch, deltas, n_updates, took })
    }

    fn publish(&mut self, effects: Effects, record: CommitRecord) -> Outcome {
        let epoch = record.epoch;
        let count = |pick: fn(&ScopeChange) -> usize| effects.scopes.values().map(pick).sum::<usize>();
        let removed = count(|change| change.flows.removed.len());
        let added = count(|change| change.flows.added.len());
        let scopes = effects.scopes.len();
        let concerned = self.hypervisors.apply(epoch, effects.scopes);
        if scopes > 0 {
            info!(epoch, updates = record.n_updates, added, removed, scopes, chassis = concerned.len(), took = ?record.took, "commit");
        } else {
            debug!(epoch, updates = record.n_updates, took = ?record.took, "commit");
        }
        // Whoever waits for an answer has to get one from hypervisors too that the commit does not concern.
        for notice in &effects.notices {
            match notice {
                Notice::Requested { .. } => self.hypervisors.ask(epoch, Audience::All),
                Notice::Plugged { chassis, .. } => self.hypervisors.ask(epoch, Audience::One(chassis)),
                _ => {}
            }
        }
        for (chassis, patch, wanted) in effects.patches {
            self.hypervisors.want_patch(&chassis, patch, wanted);
        }
        for notice in effects.notices {
            self.notify(notice);
        }
        // Nobody watching is fine.
        let record = Arc::new(record);
        let _ = self.commits.send(Arc::clone(&record));
        Outcome { record, concerned }
    }

    fn answer(&mut self, relations: KeyRelations, wanted: WantedKeys) -> Vec<Update> {
        let mut updates = Vec::new();
        let mut changes = Vec::new();
        for (space, owner) in wanted.released {
            let (Some(number), name) = (owner_number(&owner), space.to_string()) else { continue };
            if let Some(allocation) = self.keys.release(&name, number) {
                if allocation.displaced {
                    changes.push(Change::RemoveKey(name, number));
                }
                updates.push(relations.released(space, owner));
            }
        }
        for (space, owner, low, high) in wanted.wanted {
            let (Some(number), name) = (owner_number(&owner), space.to_string()) else { continue };
            match self.keys.allocate(&name, number, low, high) {
                Ok(allocation) => {
                    if allocation.displaced {
                        changes.push(Change::PutKey(name, number, allocation.key));
                    }
                    updates.push(relations.allocated(space, owner, allocation.key));
                }
                Err(error) => error!(%error, "its traffic will not flow"),
            }
        }
        // Before any switch hears of the keys.
        self.remember(&changes);
        updates
    }

    fn remember(&mut self, changes: &[Change]) {
        if !changes.is_empty()
            && let Err(error) = self.state.write(changes)
        {
            error!(%error, "not remembered; a restart will have to learn it anew");
        }
    }

    fn open_gate_when_ready(&mut self) {
        if self.gate.open || !self.gate.northbound_read {
            return;
        }
        if !self.gate.awaited.is_empty() {
            if Instant::now() < self.gate.deadline {
                return;
            }
            warn!(missing = ?self.gate.awaited, "hypervisors known from before have not come back yet; what they last said stands");
        }
        self.gate.open = true;
        let forgotten = self.keys.forget_unclaimed();
        self.remember(
            &forgotten.into_iter().map(|(space, owner)| Change::RemoveKey(space, owner)).collect::<Vec<_>>(),
        );
        info!(
            flows = self.hypervisors.n_flows(),
            "the whole intent is computed; switches are brought up to date"
        );
        self.notify(Notice::Computed);
        self.hypervisors.open_gate();
    }

    fn notify(&self, notice: Notice) {
        // The receiver goes only when the daemon ends.
        let _ = self.notices.send(notice);
    }
}

impl Gate {
    /// How long to wait for an input before looking at the gate again.
    fn wait(&self) -> Option<Duration> {
        (!self.open && self.northbound_read && !self.awaited.is_empty())
            .then(|| self.deadline.saturating_duration_since(Instant::now()))
    }
}
