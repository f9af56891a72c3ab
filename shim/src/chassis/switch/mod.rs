//! The life of a session with a hypervisor's switch, from the first byte to the last.
//!
//! ```text
//!  accepted ---> greeted ---> authenticated ---> prepared ---> admitted ---> followed <---> pushing
//!     |             |  no such hypervisor  |                      ^             |   ^
//!     | no 1.5      +--> refused           +-- replaced by a      |             v   | others' changes,
//!     +--> refused                             newer session      |           audit-+ audit
//!                                              (any state)   gate open, the engine has its facts, and we lead
//! ```
//!
//! Until a switch is followed it is only asked, never told: its flows go on forwarding.

mod attempts;
mod audits;
mod exchange;
mod greeting;
mod inbox;
mod link;
mod push;
mod role;
mod tally;
mod tunnel_options;

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use openflow::{
    DecodeError, EncodeError, FlowMonitorFlags, FlowMonitorRequest, Message, Meter, MultipartRequest,
    MultipartRequestBody, PacketInFormat, SwitchConfig,
};
use thiserror::Error;
use tokio::time::Instant;
use weir_tls::PeerNames;

use self::audits::{Audit, Audits};
use self::greeting::Greeted;
use self::inbox::Inbox;
pub(super) use self::link::Outlet;
use self::link::{Link, LinkError};
use self::push::Ground;
use self::tally::Tally;
use super::difference::Change;
use super::entry::{Batch, Chassis, Installed};
use super::hypervisors::Hypervisors;
use super::identity::Identity;
use super::leadership::Leadership;
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
    #[error("certificate of `{names}`, but the switch is that of hypervisor `{chassis}`")]
    Impostor { names: String, chassis: Arc<str> },
    #[error("the switch has seen a newer election: another process leads")]
    Fenced,
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
    let Incoming { peer, names, .. } = incoming;
    let known = authenticate(&hypervisors, &mut link, names.as_ref()).await;
    let (chassis, greeted) = match known {
        Ok(known) => known,
        Err(error) => return turn_away(&hypervisors, &peer, &error),
    };
    let software = greeted.software;
    link.trust();
    let (turn, was_taken) = chassis.switch.take();
    if chassis.identity().as_ref() != Some(&greeted.identity) {
        // It left between the search and now, and whoever left has no use for a session.
        chassis.switch.leave(turn);
        return turn_away(&hypervisors, &peer, &Error::Superseded);
    }
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
        () = hypervisors.elections.over() => Err(Error::Fenced),
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
/// A certificate, if it shows one, must be that hypervisor's.
async fn authenticate(
    hypervisors: &Hypervisors,
    link: &mut Link,
    names: Option<&PeerNames>,
) -> Result<(Arc<Chassis>, Greeted), Error> {
    let greeted = tokio::time::timeout(GREETING_TIMEOUT, greeting::greet(link)).await;
    let greeted = greeted.unwrap_or(Err(Error::NoReply))?;
    let found = {
        let search = hypervisors.find(&greeted.identity);
        tokio::pin!(search);
        loop {
            tokio::select! {
                found = &mut search => break found,
                // Keeps the connection alive; nothing of it is of interest yet.
                received = link.receive() => drop(received?.message?),
            }
        }
    };
    match found {
        Some(chassis) if !Incoming::may_be(names, &chassis.name) => {
            let names = names.map(PeerNames::to_string).unwrap_or_default();
            Err(Error::Impostor { names, chassis: Arc::clone(&chassis.name) })
        }
        Some(chassis) => Ok((chassis, greeted)),
        None => {
            let Identity { datapath_id, serial } = greeted.identity;
            Err(Error::Stranger { datapath_id, serial })
        }
    }
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
        Error::Impostor { .. } => {
            hypervisors.counters.refused_impostors.add(1);
            if hypervisors.is_new_complaint(error.to_string()) {
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
        let generation = self.wait_for_admission().await?;
        role::lead(&mut self.link, &mut self.inbox, generation).await?;
        tunnel_options::ensure(&mut self.link, &mut self.inbox).await?;
        self.chassis.reach(self.turn, self.link.outlet());
        self.synchronise().await?;
        let _up = self.hypervisors.counters.switches_up.hold();
        self.run().await
    }

    /// What a new connection needs before flows can be spoken of.
    async fn prepare(&mut self) -> Result<(), Error> {
        self.link.send(&Message::SetConfig(SwitchConfig::WHOLE_PACKETS))?;
        self.link.send(&Message::SetPacketInFormat(PacketInFormat::Nicira2))?;
        let newest = role::newest_seen(&mut self.link, &mut self.inbox).await?;
        self.hypervisors.elections.observe(newest.unwrap_or(0));
        if self.hypervisors.leadership() == Leadership::Standby {
            role::listen(&mut self.link, &mut self.inbox, newest).await?;
        }
        Ok(())
    }

    /// Waits until the engine knows all there is to know, since what it does not know it cannot want, and until this
    /// process leads. Gives the number of its election.
    async fn wait_for_admission(&mut self) -> Result<u64, Error> {
        let (mut gate, mut admitted) = (self.hypervisors.gate.subscribe(), self.chassis.admitted.subscribe());
        let admission = async {
            // The senders live as long as the session: waiting cannot fail.
            let _ = gate.wait_for(|open| *open).await;
            let _ = admitted.wait_for(|admitted| *admitted).await;
            self.hypervisors.elections.won().await
        };
        exchange::meanwhile(&mut self.link, &mut self.inbox, admission).await
    }

    /// Asks what the switch has, and sends the difference.
    async fn synchronise(&mut self) -> Result<(), Error> {
        self.monitor().await?;
        let (installed, ground) = match self.dump().await {
            Ok(installed) => (installed, Ground::Known),
            Err(Error::Malformed(error)) => {
                tracing::warn!(chassis = %self.chassis.name, %error, "switch has flows that cannot be read; replacing all");
                let meters = self.meters().await?;
                (Installed { meters, ..Installed::default() }, Ground::Unknown)
            }
            Err(error) => return Err(error),
        };
        let found = installed.flows.len();
        let batch = self.chassis.follow(self.turn, installed);
        self.inbox.followed();
        let tally = self.push(batch, ground).await?;
        let Tally { added, modified, deleted, groups, .. } = tally;
        let flows = self.chassis.n_flows();
        tracing::info!(chassis = %self.chassis.name, found, flows, added, modified, deleted, groups, "switch in step");
        Ok(())
    }

    /// What the switch has.
    async fn dump(&mut self) -> Result<Installed, Error> {
        let flows = exchange::flows(&mut self.link, &mut self.inbox, None).await?;
        let groups = exchange::groups(&mut self.link, &mut self.inbox).await?;
        Ok(Installed { flows, groups, meters: self.meters().await? })
    }

    /// The meters of the switch; one that cannot have any says so by an error.
    async fn meters(&mut self) -> Result<Vec<Meter>, Error> {
        match exchange::meters(&mut self.link, &mut self.inbox).await {
            Err(Error::Refused { reason, .. }) => {
                tracing::info!(chassis = %self.chassis.name, reason, "switch has no meters");
                Ok(Vec::new())
            }
            meters => meters,
        }
    }

    /// Pushes what changes, puts right what others change.
    async fn run(&mut self) -> Result<Infallible, Error> {
        let mut audits = Audits::new(self.hypervisors.config.audit_every, Instant::now());
        loop {
            // Before the flows that went with a group, the group has to be back.
            if self.inbox.take_groups_gone() {
                self.audit(Audit::Groups).await?;
            }
            if self.inbox.is_fenced() {
                return Err(Error::Fenced);
            }
            if self.chassis.is_dirty() {
                let batch = self.chassis.take(self.turn);
                self.push(batch, Ground::Known).await?;
            }
            let release = self.inbox.release_at();
            tokio::select! {
                () = self.chassis.work.notified() => {}
                received = self.link.receive() => self.inbox.take(received?),
                () = until(release) => self.inbox.release(),
                () = tokio::time::sleep_until(audits.next_at()) => {
                    let due = audits.next(Instant::now(), || self.chassis.tables());
                    self.audit(due).await?;
                }
            }
            if self.inbox.take_missed() {
                audits.hurry(Instant::now());
            }
        }
    }

    /// Sends a batch, if there is anything in it, and tells the driver what came of it.
    async fn push(&mut self, batch: Batch, ground: Ground) -> Result<Tally, Error> {
        let n_meters = self.push_meters(&batch.meters.set).await?;
        if batch.steps.is_empty() && ground == Ground::Known {
            self.push_meters(&batch.meters.removed).await?;
            self.chassis.settle(self.turn, &batch, 0);
            return Ok(Tally::default());
        }
        let pushed = push::push(&mut self.link, &mut self.inbox, &batch.steps, ground).await?;
        let tally = Tally::of(&pushed.accepted);
        let Tally { added, modified, deleted, groups, repairs } = tally;
        let rejected = pushed.rejected.len();
        tally.count(&self.hypervisors.counters);
        self.hypervisors.counters.bundles.add(pushed.n_bundles);
        self.hypervisors.counters.rejected_flows.add(rejected);
        tracing::debug!(chassis = %self.chassis.name, added, modified, deleted, groups, repairs, rejected, "pushed");
        for step in &pushed.accepted {
            tracing::trace!(chassis = %self.chassis.name, %step, "pushed");
        }
        for (step, reason) in pushed.rejected {
            tracing::error!(chassis = %self.chassis.name, %step, reason, "switch refuses a flow or group");
            self.chassis.refuse(self.turn, step, reason);
        }
        if repairs > 0 {
            // Flows are nobody else's to change here: somebody has to find out who does.
            tracing::warn!(chassis = %self.chassis.name, repairs, "put right what somebody else had changed");
            self.inbox.repaired();
        }
        self.push_meters(&batch.meters.removed).await?;
        if groups + n_meters > 0 {
            self.chassis.retry_refused(self.turn);
        }
        self.chassis.settle(self.turn, &batch, added + modified + deleted);
        Ok(tally)
    }

    /// Sends changes of meters, and waits until the switch has them. Gives how many it took.
    async fn push_meters(&mut self, changes: &[Change<Meter>]) -> Result<usize, Error> {
        let refused = push::push_meters(&mut self.link, &mut self.inbox, changes).await?;
        self.hypervisors.counters.rejected_flows.add(refused.len());
        let n_taken = changes.len() - refused.len();
        self.hypervisors.counters.meters_changed.add(n_taken);
        for (change, reason) in refused {
            tracing::error!(chassis = %self.chassis.name, %change, reason, "switch refuses a meter");
            self.chassis.refuse_meter(self.turn, change);
        }
        Ok(n_taken)
    }

    /// Wants to be told what others change.
    async fn monitor(&mut self) -> Result<(), Error> {
        let flags = [FlowMonitorFlags::REMOVED, FlowMonitorFlags::MODIFY, FlowMonitorFlags::INSTRUCTIONS]
            .into_iter()
            .fold(FlowMonitorFlags::ADD, FlowMonitorFlags::union);
        let body = MultipartRequestBody::FlowMonitor(vec![FlowMonitorRequest::all(MONITOR, flags)]);
        let message = Message::MultipartRequest(MultipartRequest { more: false, body });
        if let Err(fault) = exchange::command(&mut self.link, &mut self.inbox, &message).await? {
            tracing::info!(chassis = %self.chassis.name, %fault, "switch cannot report others' changes; audits will find them");
        }
        Ok(())
    }

    /// Compares a part of what the switch holds with what it should hold.
    async fn audit(&mut self, due: Audit) -> Result<(), Error> {
        let (link, inbox) = (&mut self.link, &mut self.inbox);
        let differing = match due {
            Audit::Groups => match exchange::groups(link, inbox).await {
                Ok(groups) => {
                    let meters = self.meters().await?;
                    Ok(self.chassis.audit_groups(self.turn, groups, meters))
                }
                Err(error) => Err(error),
            },
            Audit::Table(table) => exchange::flows(link, inbox, Some(table))
                .await
                .map(|flows| self.chassis.audit(self.turn, table, flows)),
        };
        match differing {
            Ok(0) => {}
            Ok(n) => {
                tracing::warn!(chassis = %self.chassis.name, ?due, differing = n, "switch holds other things than it was sent")
            }
            Err(Error::Malformed(error)) => {
                tracing::warn!(chassis = %self.chassis.name, ?due, %error, "not audited")
            }
            Err(error) => return Err(error),
        }
        Ok(())
    }
}

async fn until(at: Option<Instant>) {
    match at {
        Some(at) => tokio::time::sleep_until(at).await,
        None => std::future::pending().await,
    }
}
