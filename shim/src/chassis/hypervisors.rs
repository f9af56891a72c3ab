//! The registry of hypervisors: what the driver sees of all their sessions.

use std::collections::{HashMap, HashSet};
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use openflow::PacketIn;
use ovsdb::client::Remote;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;

use super::config::HypervisorConfig;
use super::database;
use super::door::{Door, Permit};
use super::entry::Chassis;
use super::event::ChassisEvent;
use super::identity::Identity;
use super::leadership::{Elections, Leadership};
use super::library::{Conflict, ScopeChange, SharedShelf};
use super::listen::{Arrival, Direction, Incoming, Listener};
use super::metrics::{ChassisMetrics, Counters};
use super::packets::{PuntedPacket, ToSwitch};
use super::patches::Patch;
use super::switch;
use crate::transport::dial;

/// All hypervisors, each by its system-id.
#[derive(Debug)]
pub struct Hypervisors {
    pub(super) config: HypervisorConfig,
    events: mpsc::UnboundedSender<ChassisEvent>,
    chassis: Mutex<HashMap<Arc<str>, Arc<Chassis>>>,
    /// What they should have.
    shelf: Arc<SharedShelf>,
    /// Whether the engine holds the whole intent.
    pub(super) gate: watch::Sender<bool>,
    pub(super) elections: Elections,
    /// Changes when another hypervisor's identity becomes known.
    identities: watch::Sender<u64>,
    /// Where switches can reach us; known once the listeners are bound.
    openflow_port: watch::Sender<Option<(&'static str, u16)>>,
    pub(super) counters: Counters,
    /// Who takes packets that switches hand over.
    packets: Mutex<Option<mpsc::Sender<PuntedPacket>>>,
    /// Peers already complained about.
    complaints: Mutex<HashSet<String>>,
}

/// Whom [`Hypervisors::ask`] asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Audience<'chassis> {
    /// Everyone.
    All,
    /// This one.
    One(&'chassis str),
}

/// How many conflicts of one commit are logged; all are counted.
const MAX_CONFLICTS_LOGGED: usize = 100;

/// How long to wait before dialing again, or accepting again after an error.
const PAUSE: Duration = Duration::from_secs(1);

/// How many complaints are remembered; after that many the log repeats itself.
const MAX_COMPLAINTS: usize = 4096;

impl Hypervisors {
    /// No hypervisors yet. What happens to them goes to `events`.
    pub fn new(config: HypervisorConfig, events: mpsc::UnboundedSender<ChassisEvent>) -> Arc<Self> {
        Arc::new(Hypervisors {
            config,
            events,
            chassis: Mutex::default(),
            shelf: Arc::default(),
            gate: watch::Sender::new(false),
            elections: Elections::default(),
            identities: watch::Sender::new(0),
            openflow_port: watch::Sender::new(None),
            counters: Counters::default(),
            packets: Mutex::default(),
            complaints: Mutex::default(),
        })
    }

    /// Listens and dials, for ever. Returns only if it cannot listen. Dropping the future ends all sessions; the
    /// switches go on forwarding.
    pub async fn serve(self: Arc<Self>) -> io::Result<()> {
        let mut tasks = JoinSet::new();
        let mut openflow = Vec::new();
        for listen in &self.config.listen_openflow {
            openflow.push(Listener::bind(listen, self.config.tls.as_ref()).await?);
            tracing::info!(%listen, "listening for switches");
        }
        self.openflow_port.send_replace(openflow.iter().find_map(Listener::called_by));
        for listen in &self.config.listen_ovsdb {
            let listener = Listener::bind(listen, self.config.tls.as_ref()).await?;
            tracing::info!(%listen, "listening for hypervisors");
            tasks.spawn(Arc::clone(&self).accept_databases(listener));
        }
        for listener in openflow {
            tasks.spawn(Arc::clone(&self).accept_switches(listener));
        }
        for remote in self.config.dial.clone() {
            tasks.spawn(Arc::clone(&self).dial(remote));
        }
        tasks.spawn(Arc::clone(&self).watch_absence());
        while tasks.join_next().await.is_some() {}
        Ok(())
    }

    /// Takes the commit of `epoch`: what changes in scopes, by the rules' names for them, and who holds them. All of an
    /// epoch in one call, and one call per epoch, even if there are no changes. Never waits for a switch; hypervisors need
    /// not be connected, nor even known. Gives the hypervisors known that it concerns.
    pub fn apply(
        &self,
        epoch: u64,
        changes: impl IntoIterator<Item = (String, ScopeChange)>,
    ) -> HashSet<Arc<str>> {
        let (conflicts, mut concerned) = {
            let mut shelf = self.shelf.write();
            shelf.epoch = shelf.epoch.max(epoch);
            // Nobody begins to follow before the shelf is given back, and misses a change.
            shelf.library.apply(changes, &self.lock())
        };
        self.counters.conflicting_flows.add(conflicts.len());
        for Conflict { chassis, scope, key } in conflicts.iter().take(MAX_CONFLICTS_LOGGED) {
            let chassis = chassis.as_deref().unwrap_or("all that hold the scope");
            tracing::warn!(
                chassis,
                scope,
                key,
                "different things are wanted for one key; the smallest is used"
            );
        }
        let chassis = self.lock();
        concerned.retain(|name| chassis.contains_key(name));
        for entry in concerned.iter().filter_map(|name| chassis.get(name)) {
            entry.wake();
            entry.confirm_if_in_step(epoch);
        }
        concerned
    }

    /// Hypervisors of which somebody wants to know whether they have `epoch` and that it did not concern: those with
    /// nothing to push confirm it at once, the others when they have pushed.
    pub fn ask(&self, epoch: u64, whom: Audience) {
        match whom {
            Audience::All => self.all().iter().for_each(|chassis| chassis.confirm_if_in_step(epoch)),
            Audience::One(chassis) => {
                let entry = self.lock().get(chassis).cloned();
                entry.into_iter().for_each(|chassis| chassis.confirm_if_in_step(epoch));
            }
        }
    }

    /// Flows of all scopes, each counted once.
    pub fn n_flows(&self) -> usize {
        self.shelf.read().library.n_flows()
    }

    /// A hypervisor known from an earlier run will call. If it does not for too long, it has left like any other.
    pub fn expect(&self, chassis: &str) {
        self.entry(chassis).expect();
    }

    /// This process has been elected to change switches. Before this, it computes and sends nothing.
    pub fn lead(&self) {
        let before = self.leadership();
        let generation = self.elections.win();
        if before == self.leadership() {
            return;
        }
        tracing::info!(generation, "this process leads: it brings switches up to date");
        // What only the one that leads writes to their databases.
        self.all().iter().for_each(|chassis| chassis.marks_changed.notify_one());
    }

    /// Another process leads, or nobody does. The sessions end and begin anew, as listeners.
    pub fn stand_by(&self) {
        if self.leadership() != Leadership::Standby {
            tracing::warn!("another process leads: this one stands by, and sends nothing");
        }
        self.elections.lose();
    }

    /// Whether this process leads.
    pub fn leadership(&self) -> Leadership {
        self.elections.state()
    }

    /// The engine now holds the whole intent. Before this, no switch is sent anything.
    pub fn open_gate(&self) {
        self.gate.send_replace(true);
    }

    /// Whether [`Hypervisors::open_gate`] was called.
    pub fn is_open(&self) -> bool {
        *self.gate.borrow()
    }

    /// The engine now holds the facts of this hypervisor, and what follows from them has been given to
    /// [`Hypervisors::apply`]. Before this, its switch is sent nothing: with its interfaces unknown, its flows would all
    /// seem superfluous. Stays in force until the hypervisor has left.
    pub fn admit(&self, chassis: &str) {
        self.entry(chassis).admitted.send_replace(true);
    }

    /// Marks the interfaces of a logical port with `external_ids:ovn-installed=true`, or takes the mark away.
    pub fn mark_installed(&self, chassis: &str, iface_id: &str, installed: bool) {
        self.entry(chassis).mark(iface_id, installed);
    }

    /// Joins the integration bridge to another, or no longer.
    pub fn want_patch(&self, chassis: &str, patch: Patch, wanted: bool) {
        self.entry(chassis).want_patch(patch, wanted);
    }

    /// Ends the sessions of a hypervisor and forgets all about it but the scopes it holds: those the engine takes away.
    pub fn forget(&self, chassis: &str) {
        let entry = self.lock().remove(chassis);
        if let Some(entry) = entry {
            entry.leave();
        }
    }

    /// From now on, packets that switches hand over come out here. At most `capacity` of them wait; those that find no
    /// room are dropped and counted. There is one receiver: a new one takes the place of the one before.
    pub fn packets(&self, capacity: usize) -> mpsc::Receiver<PuntedPacket> {
        let (sender, receiver) = mpsc::channel(capacity);
        *self.packets.lock().unwrap_or_else(PoisonError::into_inner) = Some(sender);
        receiver
    }

    /// Tells the switch of a hypervisor something. False if it cannot be told: not connected, or too slow. Never blocks.
    pub fn tell(&self, chassis: &str, what: ToSwitch) -> bool {
        let entry = self.lock().get(chassis).cloned();
        entry.and_then(|entry| entry.outlet()).is_some_and(|outlet| outlet.offer(&what.into()))
    }

    /// What has been counted so far.
    pub fn metrics(&self) -> ChassisMetrics {
        self.counters.snapshot()
    }

    /// A switch hands a packet over.
    pub(super) fn hand_over(&self, chassis: &Arc<str>, packet: PacketIn) {
        let packets = self.packets.lock().unwrap_or_else(PoisonError::into_inner);
        let punted = PuntedPacket { chassis: Arc::clone(chassis), packet };
        let taken = packets.as_ref().is_some_and(|packets| packets.try_send(punted).is_ok());
        self.counters.dropped_packets.add(usize::from(!taken));
    }

    /// What is kept of a hypervisor.
    pub(super) fn entry(&self, chassis: &str) -> Arc<Chassis> {
        let mut all = self.lock();
        if let Some(entry) = all.get(chassis) {
            return Arc::clone(entry);
        }
        let name: Arc<str> = Arc::from(chassis);
        let entry = Arc::new(Chassis::new(Arc::clone(&name), self.events.clone(), Arc::clone(&self.shelf)));
        all.insert(name, Arc::clone(&entry));
        entry
    }

    /// An identity has become known.
    pub(super) fn identity_known(&self) {
        self.identities.send_modify(|n| *n += 1);
    }

    /// The hypervisor whose switch this is. Waits for it, since after a restart switches may call before databases do.
    pub(super) async fn find(&self, identity: &Identity) -> Option<Arc<Chassis>> {
        let mut known = self.identities.subscribe();
        let found = async {
            loop {
                known.borrow_and_update();
                let found =
                    self.all().into_iter().find(|chassis| chassis.identity().as_ref() == Some(identity));
                if found.is_some() {
                    return found;
                }
                if known.changed().await.is_err() {
                    return None;
                }
            }
        };
        tokio::time::timeout(self.config.stranger_patience, found).await.unwrap_or_default()
    }

    /// What a switch is to be told, given the address at which its database reached us.
    pub(super) fn openflow_target(&self, incoming: &Incoming) -> Option<String> {
        if let Some(target) = &self.config.openflow_target {
            return Some(target.clone());
        }
        let (kind, port) = (*self.openflow_port.borrow())?;
        let host = incoming.reached.map_or_else(|| "127.0.0.1".to_owned(), |reached| host(reached.ip()));
        Some(format!("{kind}:{host}:{port}"))
    }

    /// Whether this has not been complained about before.
    pub(super) fn is_new_complaint(&self, complaint: String) -> bool {
        let mut complaints = self.complaints.lock().unwrap_or_else(PoisonError::into_inner);
        if complaints.len() >= MAX_COMPLAINTS {
            complaints.clear();
        }
        complaints.insert(complaint)
    }

    async fn accept_databases(self: Arc<Self>, listener: Listener) {
        let (mut sessions, mut door) = (JoinSet::new(), self.door());
        loop {
            let arrival = self.accept(&listener, &mut door, &mut sessions).await;
            let hypervisors = Arc::clone(&self);
            sessions.spawn(async move {
                if let Some((incoming, _permit)) = hypervisors.greet(arrival).await {
                    database::serve(hypervisors, incoming).await;
                }
            });
        }
    }

    async fn accept_switches(self: Arc<Self>, listener: Listener) {
        let (mut sessions, mut door) = (JoinSet::new(), self.door());
        loop {
            let arrival = self.accept(&listener, &mut door, &mut sessions).await;
            let hypervisors = Arc::clone(&self);
            sessions.spawn(async move {
                if let Some((incoming, _permit)) = hypervisors.greet(arrival).await {
                    switch::serve(hypervisors, incoming).await;
                }
            });
        }
    }

    fn door(&self) -> Door {
        Door::new(self.config.max_connections, self.config.connections_per_second)
    }

    /// The next connection that may stay. Meanwhile, sessions that have ended are cleared away.
    async fn accept(&self, listener: &Listener, door: &mut Door, sessions: &mut JoinSet<()>) -> Arrival {
        loop {
            tokio::select! {
                accepted = door.next(listener) => match accepted {
                    Ok(arrival) if arrival.permit.is_some() => return arrival,
                    Ok(arrival) => {
                        self.counters.refused_connections.add(1);
                        if self.is_new_complaint("too many connections".to_owned()) {
                            let limit = self.config.max_connections;
                            tracing::warn!(peer = arrival.peer, limit, "connection refused: too many at once");
                        }
                    }
                    Err(error) => {
                        // Out of file descriptors, most likely: sessions that end will free some.
                        tracing::error!(%error, "cannot accept a connection");
                        tokio::time::sleep(PAUSE).await;
                    }
                },
                Some(_) = sessions.join_next() => {}
            }
        }
    }

    /// Shakes hands, where there is TLS, and counts who does not.
    async fn greet(&self, mut arrival: Arrival) -> Option<(Incoming, Option<Permit>)> {
        let (peer, permit) = (arrival.peer.clone(), arrival.permit.take());
        match arrival.greet().await {
            Ok(incoming) => Some((incoming, permit)),
            Err(error) => {
                self.counters.refused_handshakes.add(1);
                // Without the port, which differs from try to try.
                let host = peer.rsplit_once(':').map_or(peer.as_str(), |(host, _)| host);
                if self.is_new_complaint(format!("handshake {host} {error}")) {
                    tracing::warn!(peer, %error, "connection refused");
                }
                None
            }
        }
    }

    async fn dial(self: Arc<Self>, remote: Remote) {
        loop {
            match dial(&remote, self.config.tls.as_deref()).await {
                Ok(dialed) => {
                    let incoming = Incoming {
                        stream: dialed.stream,
                        peer: remote.to_string(),
                        reached: dialed.local,
                        direction: Direction::WeCalled,
                        names: dialed.names,
                    };
                    database::serve(Arc::clone(&self), incoming).await;
                }
                Err(error) if self.is_new_complaint(format!("dial {remote}")) => {
                    tracing::warn!(%remote, %error, "hypervisor cannot be reached; trying every second");
                }
                Err(error) => tracing::debug!(%remote, %error, "hypervisor cannot be reached"),
            }
            tokio::time::sleep(PAUSE).await;
        }
    }

    async fn watch_absence(self: Arc<Self>) {
        let leave_after = self.config.leave_after;
        let step = (leave_after / 4).clamp(Duration::from_millis(20), Duration::from_secs(5));
        loop {
            tokio::time::sleep(step).await;
            for chassis in self.all() {
                if chassis.is_away(leave_after, Instant::now()) {
                    chassis.leave();
                }
            }
        }
    }

    fn all(&self) -> Vec<Arc<Chassis>> {
        self.lock().values().cloned().collect()
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Arc<str>, Arc<Chassis>>> {
        self.chassis.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn host(address: std::net::IpAddr) -> String {
    match address.to_canonical() {
        std::net::IpAddr::V4(address) => address.to_string(),
        std::net::IpAddr::V6(address) => format!("[{address}]"),
    }
}
