//! The session with a hypervisor's database: who it is, what it needs, what it has to say.
//!
//! ```text
//!  accepted --> synced --> identified --> provisioned --> followed
//!                 |  no system-id: waits      ^  |            |
//!                 +---------------------------+  +--<-changes-+
//! ```

use std::collections::HashSet;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use ovsdb::client::{Client, Disconnect, Event, Session};
use ovsdb::connection::ConnectionError;
use ovsdb::monitor::Replica;
use ovsdb::transact::TransactError;
use ovsdb::wire::{FrameLimits, RpcConfig, RpcError};
use weir_tls::PeerNames;

use super::entry::Chassis;
use super::event::Facts;
use super::hypervisors::Hypervisors;
use super::leadership::Leadership;
use super::listen::{Direction, Incoming};
use super::provision::{self, Wanted};
use super::seat::Turn;
use super::tables::{DATABASE, Tables, is_shared_tunnel, monitored};

/// How long a peer may take until its rows have come.
const SYNC_TIMEOUT: Duration = Duration::from_secs(30);

/// How long to wait after a transaction that failed.
const RETRY: Duration = Duration::from_secs(1);

/// Serves a database that called, or was called, until the connection ends.
pub(super) async fn serve(hypervisors: Arc<Hypervisors>, incoming: Incoming) {
    let peer = incoming.peer.clone();
    let Some(target) = hypervisors.openflow_target(&incoming) else {
        tracing::error!(%peer, "hypervisor turned away: no address is listened on that its switch could be given");
        return;
    };
    let Incoming { stream, reached, direction, names, .. } = incoming;
    let config = RpcConfig {
        limits: FrameLimits { length: hypervisors.config.max_message, ..FrameLimits::default() },
        probe_interval: Some(hypervisors.config.probe_interval),
    };
    let client = Client::over(stream, config);
    let mut visit = Visit {
        hypervisors: &hypervisors,
        target,
        reached,
        direction,
        names,
        session: client.watch(monitored(), Replica::new()),
        client,
        tables: Tables::default(),
        progress: Progress::Waiting,
        seated: None,
        complaint: None,
    };
    let end = visit.run().await;
    visit.close(&end, &peer);
}

/// One session.
struct Visit<'session> {
    hypervisors: &'session Hypervisors,
    /// What the switch is told.
    target: String,
    reached: Option<SocketAddr>,
    direction: Direction,
    /// Of its certificate, if it showed one.
    names: Option<PeerNames>,
    session: Session,
    client: Client,
    tables: Tables,
    progress: Progress,
    seated: Option<Seated>,
    /// What was last complained about.
    complaint: Option<String>,
}

/// Whether the rows have come.
enum Progress {
    Waiting,
    Synced,
}

/// The hypervisor this turned out to be.
struct Seated {
    chassis: Arc<Chassis>,
    turn: Turn,
    facts: Option<Facts>,
    /// The manager row by which we were called, once seen.
    manager: Option<String>,
}

/// Why a session ended.
enum End {
    /// The connection ended.
    Disconnected(Disconnect),
    /// No rows came.
    Silent,
    /// A newer session of the same hypervisor took over, or the hypervisor was forgotten.
    Superseded,
    /// It speaks for a hypervisor that its certificate does not name.
    Impostor { claimed: String },
}

/// What to do after looking at the database.
#[derive(PartialEq, Eq)]
enum Next {
    /// Wait for something to change.
    Wait,
    /// Look again after a while.
    Retry,
}

impl Visit<'_> {
    async fn run(&mut self) -> End {
        let mut next = Next::Wait;
        let patience = tokio::time::Instant::now() + SYNC_TIMEOUT;
        let mut up = None;
        loop {
            let synced = matches!(self.progress, Progress::Synced);
            tokio::select! {
                event = self.session.next() => if let Some(end) = self.follow(event) {
                    return end;
                },
                () = marks_changed(self.seated.as_ref()) => {}
                () = lost(self.seated.as_ref()) => return End::Superseded,
                () = tokio::time::sleep(RETRY), if next == Next::Retry => {}
                () = tokio::time::sleep_until(patience), if !synced => return End::Silent,
            }
            // Look only at the last of several states.
            while let Some(event) = self.session.try_next() {
                if let Some(end) = self.follow(Some(event)) {
                    return end;
                }
            }
            if matches!(self.progress, Progress::Synced) {
                if let Some(claimed) = self.false_claim() {
                    return End::Impostor { claimed };
                }
                up.get_or_insert_with(|| self.hypervisors.counters.databases_up.hold());
                next = self.settle().await;
            }
        }
    }

    /// Takes an event into the tables.
    fn follow(&mut self, event: Option<Event>) -> Option<End> {
        match event {
            Some(Event::Snapshot(changes)) => {
                self.tables.apply(&changes);
                self.progress = Progress::Synced;
                None
            }
            Some(Event::Changes(changes)) => {
                self.tables.apply(&changes);
                None
            }
            Some(Event::Disconnected { reason, .. }) => Some(End::Disconnected(reason)),
            Some(Event::Connected { .. } | Event::LockHeld(_) | Event::LockLost(_)) => None,
            None => Some(End::Disconnected(Disconnect::Dropped)),
        }
    }

    /// Brings everything in line with what the database says now.
    async fn settle(&mut self) -> Next {
        if !self.identify() {
            return Next::Wait;
        }
        let next = self.provision().await;
        self.publish();
        next
    }

    /// The hypervisor it says it is, if its certificate does not.
    fn false_claim(&self) -> Option<String> {
        let claimed = self.tables.system_id()?;
        (!Incoming::may_be(self.names.as_ref(), claimed)).then(|| claimed.to_owned())
    }

    /// Finds out which hypervisor this is. False as long as it does not say.
    fn identify(&mut self) -> bool {
        let Some(system_id) = self.tables.system_id() else {
            self.complain("no system-id", || {
                tracing::warn!(
                    "hypervisor without external_ids:system-id in its Open_vSwitch row; waiting for it"
                );
            });
            if let Some(seated) = self.seated.take() {
                seated.chassis.leave();
            }
            return false;
        };
        if self.seated.as_ref().is_some_and(|seated| *seated.chassis.name == *system_id) {
            return true;
        }
        if let Some(before) = self.seated.take() {
            before.chassis.leave();
        }
        let (chassis, turn, was_taken) = loop {
            let chassis = self.hypervisors.entry(system_id);
            let (turn, was_taken) = chassis.database.take();
            // Unless it was forgotten in between, and the seat is one of nowhere.
            if Arc::ptr_eq(&chassis, &self.hypervisors.entry(system_id)) {
                break (chassis, turn, was_taken);
            }
        };
        if was_taken {
            tracing::warn!(
                chassis = system_id,
                "a newer session of this hypervisor's database replaces the older one"
            );
        }
        self.seated = Some(Seated { chassis, turn, facts: None, manager: None });
        true
    }

    /// Writes what is missing in the database, if anything is.
    async fn provision(&mut self) -> Next {
        let manager = self.called_by();
        let Some(seated) = &mut self.seated else { return Next::Wait };
        if manager.is_some() {
            seated.manager.clone_from(&manager);
        }
        let chassis = Arc::clone(&seated.chassis);
        let bridge = self.tables.bridge().map(|(_, bridge)| bridge);
        let serial = bridge.and_then(|bridge| bridge.option("other_config", "dp-sn"));
        if serial.is_none() && self.hypervisors.leadership() == Leadership::Standby {
            // Two that make up an identity for one switch would undo each other's for ever.
            return Next::Wait;
        }
        let identity = chassis.identify(serial);
        self.hypervisors.identity_known();
        let here: HashSet<&str> = bridge
            .into_iter()
            .flat_map(|bridge| self.tables.interfaces_of(bridge))
            .filter_map(|(_, interface)| interface.option("external_ids", "iface-id"))
            .collect();
        chassis.retain_marks(|iface_id| here.contains(iface_id));
        let wanted = Wanted {
            system_id: &chassis.name,
            identity: &identity,
            target: &self.target,
            manager: manager.as_deref(),
            probe_ms: i64::try_from(self.hypervisors.config.probe_interval.as_millis()).unwrap_or(i64::MAX),
            installed: &chassis.marks(),
            patches: &chassis.patches(),
        };
        let operations = provision::operations(&self.tables, &wanted);
        if operations.is_empty() {
            return Next::Wait;
        }
        tracing::debug!(chassis = %chassis.name, operations = operations.len(), "writing to hypervisor's database");
        match self.client.transact(DATABASE, &operations).await {
            Ok(_) => {
                self.hypervisors.counters.database_writes.add(1);
                Next::Wait
            }
            // The end of the session is among its events.
            Err(TransactError::ConnectionLost) => Next::Wait,
            Err(error) => {
                self.complain(&format!("{error}"), || {
                    tracing::error!(chassis = %chassis.name, %error, "hypervisor's database refuses what it needs");
                });
                Next::Retry
            }
        }
    }

    /// Tells the driver what the database says now, if that is news.
    fn publish(&mut self) {
        let tunnel_error = self.tables.bridge().and_then(|(_, bridge)| {
            let (_, tunnel) = self.tables.interfaces_of(bridge).find(|(_, row)| is_shared_tunnel(row))?;
            tunnel.string("error").map(str::to_owned)
        });
        let Some(seated) = &mut self.seated else { return };
        let chassis = Arc::clone(&seated.chassis);
        let facts = Facts::read(&self.tables);
        if seated.facts.is_none() {
            let interfaces = facts.interfaces.len();
            tracing::info!(chassis = %chassis.name, encap_ip = facts.encap_ip, interfaces, "hypervisor joined");
        }
        if seated.facts.as_ref() != Some(&facts) {
            seated.facts = Some(facts.clone());
            chassis.publish(facts);
        }
        if let Some(error) = tunnel_error {
            self.complain(&error, || {
                tracing::error!(chassis = %chassis.name, error, "hypervisor's switch cannot make the tunnel port");
            });
        }
    }

    fn close(mut self, end: &End, peer: &str) {
        let chassis = self.seated.as_ref().map(|seated| seated.chassis.name.to_string());
        match end {
            End::Disconnected(reason) if is_malformed(reason) => {
                self.hypervisors.counters.malformed_messages.add(1);
                tracing::warn!(peer, chassis, %reason, "hypervisor's database session closed: not the protocol");
            }
            End::Disconnected(reason) => {
                tracing::info!(peer, chassis, %reason, "hypervisor's database session ended")
            }
            End::Silent => tracing::warn!(peer, "connection closed: no database rows came"),
            End::Superseded => tracing::info!(peer, chassis, "hypervisor's database session replaced"),
            End::Impostor { claimed } => {
                self.hypervisors.counters.refused_impostors.add(1);
                let names = self.names.as_ref().map(PeerNames::to_string).unwrap_or_default();
                if self.hypervisors.is_new_complaint(format!("impostor {claimed} {names}")) {
                    tracing::warn!(
                        peer,
                        certificate = names,
                        claimed,
                        "hypervisor refused: its certificate does not name the system-id it claims"
                    );
                }
            }
        }
        self.client.close();
        let manager = self.called_by();
        if let Some(seated) = self.seated.take()
            && seated.chassis.database.leave(seated.turn)
        {
            // Its operator took the manager row away: that is no failure to wait out.
            if seated.manager.is_some() && manager.is_none() {
                seated.chassis.leave();
            } else {
                seated.chassis.publish_lost();
            }
        }
    }

    /// `Manager.target` of the row by which the peer called us.
    fn called_by(&self) -> Option<String> {
        match self.direction {
            Direction::TheyCalled => called_by(&self.tables, self.reached),
            Direction::WeCalled => None,
        }
    }

    /// Complains unless the last complaint was the same.
    fn complain(&mut self, what: &str, complain: impl FnOnce()) {
        if self.complaint.as_deref() != Some(what) {
            self.complaint = Some(what.to_owned());
            complain();
        }
    }
}

async fn marks_changed(seated: Option<&Seated>) {
    match seated {
        Some(seated) => seated.chassis.marks_changed.notified().await,
        None => std::future::pending().await,
    }
}

async fn lost(seated: Option<&Seated>) {
    match seated {
        Some(seated) => seated.chassis.database.lost(seated.turn).await,
        None => std::future::pending().await,
    }
}

/// `Manager.target` of the row by which a peer called: the one that names the address it reached, or the only one.
fn called_by(tables: &Tables, reached: Option<SocketAddr>) -> Option<String> {
    let targets: Vec<&str> = tables.all("Manager").filter_map(|(_, row)| row.string("target")).collect();
    let names_us = |target: &&str| {
        let address = target.strip_prefix("tcp:").or_else(|| target.strip_prefix("ssl:"));
        address.and_then(|address| address.parse().ok()) == reached && reached.is_some()
    };
    match (targets.iter().find(|target| names_us(target)), targets.as_slice()) {
        (Some(target), _) | (None, [target]) => Some((*target).to_owned()),
        (None, _) => None,
    }
}

/// Whether the session ended because of what the peer sent.
fn is_malformed(reason: &Disconnect) -> bool {
    match reason {
        Disconnect::Connection(error) => match error {
            ConnectionError::Rpc(error) => matches!(error, RpcError::Frame(_) | RpcError::Message(_)),
            ConnectionError::Replica(_) | ConnectionError::Decode { .. } => true,
            ConnectionError::Plan(_)
            | ConnectionError::Refused { .. }
            | ConnectionError::MonitorCanceled(_) => false,
        },
        Disconnect::Connect(_) | Disconnect::Closed | Disconnect::Io(_) | Disconnect::Dropped => false,
    }
}
