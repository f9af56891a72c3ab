//! The registry of hypervisors: what the driver sees of all their sessions.

use std::collections::{HashMap, HashSet};
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use openflow::{Flow, Group, PacketIn};
use ovsdb::client::Remote;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;

use super::config::HypervisorConfig;
use super::database;
use super::door::{Door, Permit};
use super::entry::Chassis;
use super::event::ChassisEvent;
use super::identity::Identity;
use super::listen::{Arrival, Direction, Incoming, Listener};
use super::metrics::{ChassisMetrics, Counters};
use super::packets::{PuntedPacket, ToSwitch};
use super::step::Delta;
use super::switch;
use crate::transport::dial;

/// All hypervisors, each by its system-id.
#[derive(Debug)]
pub struct Hypervisors {
    pub(super) config: HypervisorConfig,
    events: mpsc::UnboundedSender<ChassisEvent>,
    chassis: Mutex<HashMap<Arc<str>, Arc<Chassis>>>,
    /// Whether the engine holds the whole intent.
    pub(super) gate: watch::Sender<bool>,
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
            gate: watch::Sender::new(false),
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

    /// Takes a change of the flows a hypervisor should have, after the commit of `epoch`: all changes of one epoch in
    /// one call. Never blocks; the hypervisor need not be connected, nor even known.
    pub fn apply(&self, chassis: &str, epoch: u64, removed: Vec<Arc<Flow>>, added: Vec<Arc<Flow>>) {
        self.apply_with_groups(chassis, epoch, Delta::default(), Delta { removed, added });
    }

    /// Like [`Hypervisors::apply`] for an epoch that also changes groups. A group is set before flows that use it, and
    /// goes after them.
    pub fn apply_with_groups(&self, chassis: &str, epoch: u64, groups: Delta<Group>, flows: Delta<Flow>) {
        // What a forgotten hypervisor was to have has been forgotten with it.
        if groups.only_removes() && flows.only_removes() && !self.lock().contains_key(chassis) {
            return;
        }
        let conflicts = self.entry(chassis).apply(epoch, groups, flows);
        self.counters.conflicting_flows.add(conflicts);
    }

    /// A hypervisor known from an earlier run will call. If it does not for too long, it has left like any other.
    pub fn expect(&self, chassis: &str) {
        self.entry(chassis).expect();
    }

    /// Every change up to `epoch` has been given. Hypervisors without anything to push confirm it at once.
    pub fn advance(&self, epoch: u64) {
        for chassis in self.all() {
            chassis.advance(epoch);
        }
    }

    /// The engine now holds the whole intent. Before this, no switch is sent anything.
    pub fn open_gate(&self) {
        self.gate.send_replace(true);
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

    /// Ends the sessions of a hypervisor and forgets all about it, its desired flows too.
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
        let entry = Arc::new(Chassis::new(Arc::clone(&name), self.events.clone()));
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
