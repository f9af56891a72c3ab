//! The life of a session with a hypervisor's switch, from the first byte to the last.
//!
//! ```text
//!  accepted ---> greeted ---> authenticated ---> prepared ---> admitted ---> followed <---> pushing
//!     |             |  no such hypervisor  |                      ^             |   ^
//!     | no 1.5      +--> refused           +-- replaced by a      |             v   | others' changes,
//!     +--> refused                             newer session      |           audit-+ audit
//!                                              (any state)   gate open, and the engine has its facts
//! ```
//!
//! Until a switch is followed it is only asked, never told: its flows go on forwarding.

mod attempts;
mod exchange;
mod greeting;
mod inbox;
mod link;
mod push;
mod tunnel_options;

use std::collections::VecDeque;
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use openflow::{
    DecodeError, EncodeError, Flow, FlowMonitorFlags, FlowMonitorRequest, Match, Message, MultipartRequest,
    MultipartRequestBody, PacketInFormat, PortNo, SwitchConfig,
};
use thiserror::Error;
use tokio::time::Instant;

use self::inbox::Inbox;
pub(super) use self::link::Outlet;
use self::link::{Link, LinkError};
use self::push::Ground;
use super::desired::ChangeKind;
use super::entry::{Batch, Chassis};
use super::hypervisors::Hypervisors;
use super::listen::Incoming;
use super::seat::Turn;

/// How long a peer may take to say who it is.
const GREETING_TIMEOUT: Duration = Duration::from_secs(10);

/// Number of our flow monitor.
const MONITOR: u32 = 1;

/// Why a session ended.
#[derive(Debug, Error)]
enum Error {
    #[error(transparent)]
    Link(#[from] LinkError),
    #[error("message cannot be read: {0}")]
    Malformed(#[from] DecodeError),
    #[error("message cannot be sent: {0}")]
    Encode(#[from] EncodeError),
    #[error("switch speaks OpenFlow versions {0}, not 1.5")]
    Version(String),
    #[error("message of type {message_type} where {wanted} was expected")]
    Unexpected { message_type: u8, wanted: &'static str },
    #[error("switch refuses: {what}: {reason}")]
    Refused { what: &'static str, reason: String },
    #[error("no answer in time")]
    NoReply,
    #[error("datapath {datapath_id:016x} is not the bridge of any known hypervisor")]
    Stranger { datapath_id: u64, serial: String },
    #[error("replaced by a newer session, or no longer wanted")]
    Superseded,
}

impl Error {
    fn unexpected(message: &Message, wanted: &'static str) -> Error {
        Error::Unexpected { message_type: message.message_type(), wanted }
    }

    /// Whether the peer does not speak the protocol.
    fn is_malformed(&self) -> bool {
        matches!(self, Error::Link(LinkError::Frame(_)) | Error::Malformed(_) | Error::Unexpected { .. })
    }
}

/// Serves a switch that called, until the connection ends.
pub(super) async fn serve(hypervisors: Arc<Hypervisors>, incoming: Incoming) {
    let mut link = Link::new(incoming.stream, hypervisors.config.probe_interval);
    let peer = incoming.peer;
    let (chassis, software) = match authenticate(&hypervisors, &mut link).await {
        Ok(known) => known,
        Err(error) => return turn_away(&hypervisors, &peer, &error),
    };
    link.trust();
    let (turn, was_taken) = chassis.switch.take();
    if was_taken {
        tracing::info!(chassis = %chassis.name, peer, "a newer session of this hypervisor's switch replaces the older one");
    }
    tracing::info!(chassis = %chassis.name, peer, software, "switch connected");
    let mut session = Session {
        hypervisors: &hypervisors,
        inbox: Inbox::new(Arc::clone(&hypervisors), Arc::clone(&chassis)),
        chassis: &chassis,
        link,
        turn,
    };
    let end = tokio::select! {
        end = session.live() => end,
        () = chassis.switch.lost(turn) => Err(Error::Superseded),
    };
    chassis.unfollow(turn);
    chassis.switch.leave(turn);
    let Err(error) = end;
    match error {
        Error::Superseded => tracing::info!(chassis = %chassis.name, peer, "switch session replaced"),
        error if error.is_malformed() => {
            hypervisors.counters.malformed_messages.add(1);
            tracing::warn!(chassis = %chassis.name, peer, %error, "switch session closed: not the protocol");
        }
        error => {
            tracing::warn!(chassis = %chassis.name, peer, %error, "switch session ended; it goes on forwarding")
        }
    }
}

/// Finds out whose switch this is: it must know what was written into the hypervisor's database.
async fn authenticate(hypervisors: &Hypervisors, link: &mut Link) -> Result<(Arc<Chassis>, String), Error> {
    let greeted = tokio::time::timeout(GREETING_TIMEOUT, greeting::greet(link)).await;
    let greeted = greeted.unwrap_or(Err(Error::NoReply))?;
    let search = hypervisors.find(&greeted.identity);
    tokio::pin!(search);
    let found = loop {
        tokio::select! {
            found = &mut search => break found,
            // Keeps the connection alive; nothing of it is of interest yet.
            received = link.receive() => drop(received?.message?),
        }
    };
    let stranger = || Error::Stranger {
        datapath_id: greeted.identity.datapath_id,
        serial: greeted.identity.serial.clone(),
    };
    Ok((found.ok_or_else(stranger)?, greeted.software))
}

/// Logs and counts a peer that did not become a session.
fn turn_away(hypervisors: &Hypervisors, peer: &str, error: &Error) {
    match error {
        Error::Stranger { datapath_id, serial } => {
            hypervisors.counters.refused_strangers.add(1);
            if hypervisors.is_new_complaint(format!("stranger {datapath_id:016x} {serial}")) {
                tracing::warn!(peer, %error, "switch refused");
            }
        }
        error if error.is_malformed() => {
            hypervisors.counters.malformed_messages.add(1);
            tracing::warn!(peer, %error, "connection closed: not the protocol");
        }
        error => tracing::warn!(peer, %error, "connection of a switch came to nothing"),
    }
}

/// An authenticated session.
struct Session<'session> {
    hypervisors: &'session Hypervisors,
    chassis: &'session Chassis,
    link: Link,
    turn: Turn,
    inbox: Inbox,
}

impl Session<'_> {
    async fn live(&mut self) -> Result<Infallible, Error> {
        self.prepare().await?;
        self.chassis.reach(self.turn, self.link.outlet());
        self.wait_for_admission().await?;
        self.synchronise().await?;
        let _up = self.hypervisors.counters.switches_up.hold();
        self.run().await
    }

    /// What a new connection needs before flows can be spoken of.
    async fn prepare(&mut self) -> Result<(), Error> {
        self.link.send(&Message::SetConfig(SwitchConfig::WHOLE_PACKETS))?;
        self.link.send(&Message::SetPacketInFormat(PacketInFormat::Nicira2))?;
        tunnel_options::ensure(&mut self.link, &mut self.inbox).await
    }

    /// Waits until the engine knows all there is to know: what it does not know it cannot want.
    async fn wait_for_admission(&mut self) -> Result<(), Error> {
        let (mut gate, mut admitted) = (self.hypervisors.gate.subscribe(), self.chassis.admitted.subscribe());
        let admission = async {
            // The senders live as long as the session: waiting cannot fail.
            let _ = gate.wait_for(|open| *open).await;
            let _ = admitted.wait_for(|admitted| *admitted).await;
        };
        exchange::meanwhile(&mut self.link, &mut self.inbox, admission).await
    }

    /// Asks what the switch has, and sends the difference.
    async fn synchronise(&mut self) -> Result<(), Error> {
        self.monitor().await?;
        let (installed, ground) = match exchange::dump(&mut self.link, &mut self.inbox, None).await {
            Ok(flows) => (flows, Ground::Known),
            Err(Error::Malformed(error)) => {
                tracing::warn!(chassis = %self.chassis.name, %error, "switch has flows that cannot be read; replacing all");
                (Vec::new(), Ground::Unknown)
            }
            Err(error) => return Err(error),
        };
        let n_installed = installed.len();
        let batch = self.chassis.follow(self.turn, installed);
        self.inbox.followed();
        let count = |kind| batch.changes.iter().filter(|change| change.kind == kind).count();
        let (added, modified, deleted) =
            (count(ChangeKind::Add), count(ChangeKind::Modify), count(ChangeKind::Delete));
        self.push(batch, ground).await?;
        tracing::info!(
            chassis = %self.chassis.name,
            found = n_installed, flows = self.chassis.n_flows(), added, modified, deleted,
            "switch in step"
        );
        Ok(())
    }

    /// Pushes what changes, puts right what others change.
    async fn run(&mut self) -> Result<Infallible, Error> {
        let mut audits = Audits::new(self.hypervisors.config.audit_every);
        loop {
            if self.chassis.is_dirty() {
                let batch = self.chassis.take(self.turn);
                self.push(batch, Ground::Known).await?;
            }
            let release = self.inbox.release_at();
            tokio::select! {
                () = self.chassis.work.notified() => {}
                received = self.link.receive() => self.inbox.take(received?),
                () = until(release) => self.inbox.release(),
                () = tokio::time::sleep_until(audits.next_at) => self.audit(&mut audits).await?,
            }
            if self.inbox.take_missed() {
                audits.hurry();
            }
        }
    }

    /// Sends a batch, if there is anything in it, and tells the driver what came of it.
    async fn push(&mut self, batch: Batch, ground: Ground) -> Result<(), Error> {
        if batch.changes.is_empty() && ground == Ground::Known {
            self.chassis.settle(self.turn, &batch, 0);
            return Ok(());
        }
        let pushed = push::push(&mut self.link, &mut self.inbox, &batch.changes, ground).await?;
        let counters = &self.hypervisors.counters;
        let (mut added, mut modified, mut deleted, mut repairs) = (0, 0, 0, 0);
        for change in &pushed.accepted {
            match change.kind {
                ChangeKind::Add => added += 1,
                ChangeKind::Modify => modified += 1,
                ChangeKind::Delete => deleted += 1,
            }
            repairs += usize::from(change.repair);
            tracing::trace!(chassis = %self.chassis.name, kind = ?change.kind, flow = %change.flow, "pushed");
        }
        counters.flows_added.add(added);
        counters.flows_modified.add(modified);
        counters.flows_deleted.add(deleted);
        counters.repairs.add(repairs);
        counters.bundles.add(pushed.n_bundles);
        counters.rejected_flows.add(pushed.rejected.len());
        let rejected = pushed.rejected.len();
        tracing::debug!(chassis = %self.chassis.name, added, modified, deleted, repairs, rejected, "pushed");
        for (change, reason) in pushed.rejected {
            tracing::error!(chassis = %self.chassis.name, flow = %change.flow, reason, "switch refuses a flow");
            self.chassis.refuse(self.turn, change, reason);
        }
        if repairs > 0 {
            self.inbox.repaired();
        }
        self.chassis.settle(self.turn, &batch, added + modified + deleted);
        Ok(())
    }

    /// Wants to be told what others change.
    async fn monitor(&mut self) -> Result<(), Error> {
        let flags = [FlowMonitorFlags::REMOVED, FlowMonitorFlags::MODIFY, FlowMonitorFlags::INSTRUCTIONS]
            .into_iter()
            .fold(FlowMonitorFlags::ADD, FlowMonitorFlags::union);
        let request = FlowMonitorRequest {
            id: MONITOR,
            flags,
            table: None,
            out_port: PortNo::ANY,
            matching: Match::any(),
        };
        let body = MultipartRequestBody::FlowMonitor(vec![request]);
        let message = Message::MultipartRequest(MultipartRequest { more: false, body });
        if let Err(fault) = exchange::command(&mut self.link, &mut self.inbox, &message).await? {
            tracing::info!(chassis = %self.chassis.name, %fault, "switch cannot report others' changes; audits will find them");
        }
        Ok(())
    }

    /// Compares one table with what it should hold.
    async fn audit(&mut self, audits: &mut Audits) -> Result<(), Error> {
        let Some(table) = audits.next(|| self.chassis.tables()) else { return Ok(()) };
        let installed: Vec<Flow> = match exchange::dump(&mut self.link, &mut self.inbox, Some(table)).await {
            Ok(flows) => flows,
            Err(Error::Malformed(error)) => {
                tracing::warn!(chassis = %self.chassis.name, table, %error, "table cannot be read");
                return Ok(());
            }
            Err(error) => return Err(error),
        };
        let differing = self.chassis.audit(self.turn, table, installed);
        if differing > 0 {
            tracing::warn!(chassis = %self.chassis.name, table, differing, "switch holds other flows than it was sent");
        }
        Ok(())
    }
}

/// Which table is compared when.
#[derive(Debug)]
struct Audits {
    every: Duration,
    pause: Duration,
    next_at: Instant,
    waiting: VecDeque<u8>,
}

impl Audits {
    /// One round of all tables takes `every`.
    fn new(every: Duration) -> Self {
        Audits { every, pause: every, next_at: Instant::now() + every, waiting: VecDeque::new() }
    }

    /// Starts a round now, and makes it a quick one.
    fn hurry(&mut self) {
        self.waiting.clear();
        self.pause = Duration::ZERO;
        self.next_at = Instant::now();
    }

    /// The table that is due.
    fn next(&mut self, tables: impl FnOnce() -> Vec<u8>) -> Option<u8> {
        if self.waiting.is_empty() {
            self.waiting = tables().into();
            let n_tables = u32::try_from(self.waiting.len()).unwrap_or(u32::MAX).max(1);
            if self.pause != Duration::ZERO {
                self.pause = self.every / n_tables;
            }
        }
        let table = self.waiting.pop_front();
        self.next_at = Instant::now() + self.pause;
        if self.waiting.is_empty() && self.pause == Duration::ZERO {
            self.pause = self.every;
            self.next_at = Instant::now() + self.every;
        }
        table
    }
}

async fn until(at: Option<Instant>) {
    match at {
        Some(at) => tokio::time::sleep_until(at).await,
        None => std::future::pending().await,
    }
}
